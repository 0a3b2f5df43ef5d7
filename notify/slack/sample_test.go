package slack_test

import (
	"fmt"
	"strings"
	"time"

	"newswatch/news"
)

// The samples: a desk that watches a harbour, with invented outlets.

var morning = time.Date(2027, 1, 12, 6, 30, 0, 0, time.UTC)

func seven() news.Digest {
	return news.Digest{
		DeliveryID: "dg_5f0c9a7d21e64b38", PlanID: "harbour", Title: "Harbour morning", Slot: "2027-01-12T07:30 Europe/Vienna",
		From: morning.Add(-24 * time.Hour), To: morning, Items: 1412, Feeds: 38, Missed: 3, Waiting: 2, Next: morning.Add(24 * time.Hour),
		Sections: []news.Section{
			{Rule: "bridges", Title: "Bridges & ferries", Entries: []news.Entry{
				story(1, 90, "Strait bridge closes for the third night as cranes are inspected", 7, 5, 4),
				story(2, 70, "Ferry <Gull> & ferry <Tern> swap routes until Thursday", 2, 2, 0),
			}},
			{Rule: "rivals", Title: "Rival ports", Entries: []news.Entry{
				story(3, 80, "Porto Lanta agrees to buy crane maker Hollis for 1.4 billion crowns", 5, 5, 0),
				story(4, 60, "Lanta's finance chief leaves after the audit delay", 1, 1, 0),
				story(5, 55, "Lanta recalls 1,200 quay lamps over overheating", 4, 3, 2),
			}},
			{Rule: "fees", Title: "Fees", Entries: []news.Entry{
				story(6, 50, "Regulator opens consultation on quay fees", 3, 3, 0),
				story(7, 45, "Court stays the new fee model for container ships", 2, 1, 0),
			}},
		},
	}
}

// many is a digest of n stories in three sections, numbered through.
func many(n int) news.Digest {
	d := seven()
	d.Waiting, d.Missed = 0, 0
	number := 0
	for i := range d.Sections {
		share := n / 3
		if i < n%3 {
			share++
		}
		var list []news.Entry
		for j := range share {
			number++
			sources := 1 + number%7
			list = append(list, story(number, 95-j, fmt.Sprintf("Report %d on the strait bridge, the ferries and the fees of the harbour", number),
				sources, max(1, sources-number%3), 0))
		}
		d.Sections[i].Entries = list
	}
	return d
}

func urgent() news.Alert {
	e := story(0, 90, "Strait bridge closes for the third night as cranes are inspected", 3, 3, 0)
	return news.Alert{
		DeliveryID: "al_77aa01c2d3e4f506", PlanID: "urgent", Title: "Urgent", RuleTitle: "Bridges & ferries",
		Entry: e, FirstSeen: e.At.Add(-12 * time.Minute), Mention: []string{"harbour-desk", "S0NIGHTDESK"},
	}
}

func note() news.Alert {
	a := urgent()
	a.DeliveryID = "al_0b1c2d3e4f506172"
	a.Entry = story(0, 90, "Strait bridge closes for the third night as cranes are inspected", 7, 5, 4)
	a.Entry.News = []news.Change{{Reason: "new: Marlow", Report: a.Entry.Sources[3]}}
	for i := 3; i < 7; i++ {
		s := &a.Entry.Sources[i]
		s.New, s.Headline = true, fmt.Sprintf("Inspectors find cracked bolt number %d", i)
	}
	return a
}

func rejected() news.Notice {
	return news.Notice{
		DeliveryID: "op_3f9a1c0000000000", Kind: "rules_rejected", Headline: "Rules not loaded", Subject: "rules.yaml line 42, column 7",
		Detail: "41 |   - any: [ferry, \"strait bridge\"]\n42 |     nott: [football]\n   |     ^ unknown key \"nott\"; did you mean \"not\"?",
		Footer: "Still running with the rules loaded at 05:00. No item is lost: everything fetched meanwhile is matched again once the file loads.",
	}
}

func story(number, score int, title string, sources, publishers, since int) news.Entry {
	outlets := []string{"Aster Wire", "Daily Meridian", "Law & Quay", "Coast Ledger", "Harbour Post", "Quay Radio", "The Mole"}
	e := news.Entry{
		Number: number, StoryID: fmt.Sprintf("%08x%08x", 0xa0000000+number*7919, number), Version: 1,
		Headline: title, URL: fmt.Sprintf("https://wire.example.com/news/%d?utm_id=1&x=2", number),
		Summary: "The operator blames a fault on the northern side; repairs are expected to take four to six weeks.",
		Quote:   quoted("…the second closure of the bridge in six hours followed a fault on the ferry, the operator said…", "bridge", "ferry"),
		Why:     "“bridge” near “ferry”", Score: score, Publishers: publishers, At: morning.Add(-25 * time.Minute),
		Since: since, Developing: since > 0,
	}
	for i := range sources {
		e.Sources = append(e.Sources, news.Source{
			Name: outlets[i%len(outlets)], URL: fmt.Sprintf("https://outlet%d.example.com/a/%d?p=1&q=2", i, number), Headline: title, At: e.At,
		})
	}
	return e
}

func quoted(text string, marks ...string) news.Quote {
	q := news.Quote{Text: text}
	for _, m := range marks {
		i := strings.Index(text, m)
		q.Marks = append(q.Marks, [2]int{i, i + len(m)})
	}
	return q
}
