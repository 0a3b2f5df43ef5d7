package slack_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/notify/slack"
	"newswatch/notify/slack/slackfake"
)

// With -pictures the samples are written as pages to look at, such as those in
// docs/pictures: chromium --headless --screenshot=x.png --window-size=640,900 x.html
var pictures = flag.String("pictures", "", "a folder for the sample messages, as web pages")

// samples are conversations as a reader meets them: a message, then its thread.
func samples(t *testing.T) map[string][]news.Message {
	t.Helper()
	c := slack.New(slack.Config{Interactive: true})
	join := func(lists ...[]news.Message) (all []news.Message) {
		for _, l := range lists {
			all = append(all, l...)
		}
		return all
	}
	must := func(list []news.Message, err error) []news.Message {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	first, second, third, fourth := bridgeAlert(0), bridgeAlert(1), bridgeAlert(2), bridgeAlert(3)
	return map[string][]news.Message{
		"digest_7":     must(c.Digest(strait())),
		"digest_60":    must(c.Digest(straits(60))),
		"catch_up":     must(c.Digest(catchUp())),
		"quiet":        must(c.Digest(nothing())),
		"alert":        must(one(c.Alert(first))),
		"alert_after":  join(must(one(c.Alert(sinceFirst(fourth)))), must(one(c.Followup(second))), must(one(c.Followup(third))), must(one(c.Followup(fourth)))),
		"alert_merged": must(one(c.Alert(takenIn()))),
		"night":        must(c.Digest(night())),
		"first":        join(must(c.Digest(firstTold())), must(one(c.Alert(alertFirstTold())))),
		"held":         must(one(c.Notice(held()))),
		"rejected":     must(one(c.Notice(rejected()))),
	}
}

// TestSamples posts each sample to the strict fake, and shows it as a page.
func TestSamples(t *testing.T) {
	t.Parallel()
	for name, list := range samples(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var payloads [][]byte
			for _, m := range list {
				accept(t, m.Payload)
				payloads = append(payloads, m.Payload)
			}
			page, err := slack.HTML(payloads, name)
			if err != nil {
				t.Fatal(err)
			}
			for _, bad := range []string{"&lt;!date", "{time}", "<script"} {
				if strings.Contains(string(page), bad) {
					t.Errorf("the page has %q", bad)
				}
			}
			if *pictures == "" {
				return
			}
			if err := os.WriteFile(filepath.Join(*pictures, name+".html"), page, 0o644); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// accept posts a payload to the fake, which must take it.
func accept(t *testing.T, payload []byte) {
	t.Helper()
	fake := slackfake.New(slackfake.Config{Plan: slackfake.Plan{AllowMentions: []string{"<!subteam^S0NIGHTDESK>"}}})
	body := map[string]any{}
	if err := json.Unmarshal(payload, &body); err != nil {
		t.Fatal(err)
	}
	body["channel"] = "news"
	whole, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "https://slack.example/api/chat.postMessage", strings.NewReader(string(whole)))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer xoxb-1")
	w := httptest.NewRecorder()
	fake.ServeHTTP(w, r)
	if !strings.Contains(w.Body.String(), `"ok":true`) {
		t.Errorf("got %s for %s", w.Body, payload)
	}
}

// strait is a morning's digest of seven stories, two of which go on.
func strait() news.Digest {
	d := news.Digest{
		DeliveryID: "dg_5f0c9a7d21e64b38", PlanID: "strait", Title: "Strait morning", Slot: "2027-01-12T07:30 Europe/Vienna",
		From: morning.Add(-24 * time.Hour), To: morning, Items: 412, Feeds: 38, Next: morning.Add(6 * time.Hour),
		Sections: []news.Section{
			{Rule: "bridges", Title: "Bridges & ferries", Entries: []news.Entry{
				report(1, 90, "Strait bridge closes for the third night as cranes are inspected", "“bridge” near “closes”",
					"The operator blames a fault in the northern bearings; repairs are expected to take four to six weeks.",
					"Aster Wire", "Daily Meridian", "Coast Ledger", "Harbour Post", "Quay Radio", "North Dispatch", "Lemba Times"),
				report(2, 70, "Ferry <Gull> runs aground off Lemba; 214 passengers brought ashore", "“ferry” + “Lemba”",
					"Lifeboats took everyone off before dawn. Two people are treated for cold, the coast guard says.", "Coast Ledger", "Quay Radio"),
			}},
			{Rule: "rivals", Title: "Rival ports", Entries: []news.Entry{
				report(3, 80, "Porto Lanta agrees to buy crane maker Hollis for 1.4 billion crowns", "company Porto Lanta",
					"The all-cash deal needs approval from two regulators and is expected to close in the third quarter.",
					"Daily Meridian", "Aster Wire", "Ledger of Trade", "Lanta press room", "Harbour Post"),
				report(4, 60, "Lanta's finance chief leaves after the audit delay", "company Porto Lanta",
					"The interim chief joins from the towage unit. The annual report is now due on 28 February.", "Ledger of Trade"),
				report(5, 55, "Lanta recalls 1,200 quay lamps over overheating", "“Lanta” in the title",
					"Terminals are asked to switch the lamps off until a new fitting arrives.", "Product Safety Office", "Aster Wire", "Coast Ledger", "Quay Radio"),
			}},
			{Rule: "fees", Title: "Fees", Entries: []news.Entry{
				report(6, 50, "Regulator opens consultation on quay fees", "“quay fees” + “consultation”",
					"Replies are due by 12 March. Draft rules would cut the fee for empty barges by a third.", "Port Regulator", "Ledger of Trade", "Law & Quay"),
				report(7, 45, "Court stays the new fee model for container ships", "“fee model”",
					"The administrative court will decide in April; the old tariff applies until then.", "Administrative Court", "Ledger of Trade"),
			}},
		},
	}
	bridge, lamps := &d.Sections[0].Entries[0], &d.Sections[1].Entries[2]
	bridge.Developing, bridge.Since, bridge.Publishers = true, 4, 5
	bridge.News = []news.Change{{Reason: "new: Ida Berg", Report: source("Lemba Times", "Inspector Ida Berg finds cracks in both main bearings of the strait bridge", 40)}}
	lamps.Developing, lamps.Since = true, 2
	lamps.News = []news.Change{{Reason: "now also in Coast Ledger, Quay Radio"}}
	d.Sections[0].Entries[1].SummaryBy = source("Quay Radio", "Gull aground", 80)
	return d
}

// straits is a digest of n stories: those of strait, and lines of a busy day.
func straits(n int) news.Digest {
	d := strait()
	d.Waiting, d.Items = 0, 1904
	what := []string{
		"Pilot boat crew rescued off %s", "%s dredges its fairway to fourteen metres", "Grain silo at %s catches fire", "Dockers of %s call a two-day strike",
		"New night ferry links %s with the islands", "%s raises towage fees for the second time", "Fog halts all traffic at %s until noon", "Customs seizes untaxed diesel at %s",
	}
	where := []string{"Lemba", "Porto Lanta", "Torvik", "Morzhen", "Saltara", "Kallby", "Aldermere"}
	outlets := []string{"Aster Wire", "Coast Ledger", "Quay Radio", "Harbour Post", "Daily Meridian"}
	number := 7
	for i := 0; number < n; i++ {
		s := &d.Sections[i%3]
		number++
		e := report(number, 40-i/3, fmt.Sprintf(what[i%len(what)], where[(i+i/8)%len(where)]), "“quay”", "", outlets[i%5:]...)
		if i%9 == 4 {
			e.Developing, e.Since, e.News = true, 1, []news.Change{{Reason: "injured now 6, was 2"}}
		}
		s.Entries = append(s.Entries, e)
	}
	return numberedAsRead(d)
}

// numberedAsRead numbers stories as the planner does: the front, then the rest.
func numberedAsRead(d news.Digest) news.Digest {
	number := map[string]int{}
	front, rest := notify.Front(d.Sections, notify.FrontStories)
	for _, s := range slices.Concat(front, rest) {
		for _, e := range s.Entries {
			number[e.StoryID] = len(number) + 1
		}
	}
	for _, s := range d.Sections {
		for i := range s.Entries {
			s.Entries[i].Number = number[s.Entries[i].StoryID]
		}
	}
	return d
}

// catchUp is the digest after two days without the daemon, cut at its limit.
func catchUp() news.Digest {
	d := strait()
	d.From, d.Missed, d.Waiting, d.Sections = morning.Add(-72*time.Hour), 3, 14, d.Sections[:1]
	return d
}

func nothing() news.Digest {
	d := strait()
	d.Sections = nil
	return d
}

// night is what quiet hours held back.
func night() news.Digest {
	d := strait()
	d.Title, d.From, d.Items, d.Feeds, d.Next = "Urgent: while you slept", morning.Add(-7*time.Hour), 0, 0, time.Time{}
	d.Sections = d.Sections[:1]
	d.Sections[0].Entries[0].Developing, d.Sections[0].Entries[0].News = false, nil
	return d
}

// bridgeAlert is an alert after so many developments; each note has the last one.
func bridgeAlert(developments int) news.Alert {
	e := report(0, 90, "Strait bridge closes after a barge hits its northern pier", "“strait bridge” near “closes”",
		"All lanes were closed at 21:40. Divers will look at the foundations at first light, the operator says.",
		[]string{"Aster Wire", "Daily Meridian", "Coast Ledger", "Harbour Post", "Quay Radio", "North Dispatch", "Lemba Times"}[:3+developments]...)
	e.Quote = quoted("A barge that had broken loose in the storm hit the strait bridge, whose operator closes it to all traffic until further notice.", "strait bridge", "closes")
	list := []news.Change{
		{Reason: "injured now 4", Report: source("Harbour Post", "Four of the barge's crew hurt in bridge collision", 80)},
		{Reason: "headline corrected: six, was four", Report: source("Harbour Post", "Six of the barge's crew hurt in bridge collision", 80), Was: "Four of the barge's crew hurt in bridge collision"},
		{Reason: "new: Ida Berg; date: 19 January", Report: source("North Dispatch", "Bridge stays shut until 19 January, inspector Ida Berg says", 10)},
	}
	a := news.Alert{
		DeliveryID: fmt.Sprintf("al_77aa01c2d3e4f50%d", developments), PlanID: "urgent", Title: "Urgent", RuleTitle: "Bridges & ferries",
		FirstSeen: e.At.Add(-12 * time.Minute), Mention: []string{"harbour-desk"},
	}
	if developments > 0 {
		e.Developing, e.Since, e.News = true, developments%2, list[developments-1:developments]
		if developments != 2 {
			e.Sources[2+developments] = e.News[0].Report
			e.Sources[2+developments].New = true
		}
	}
	a.Entry = e
	return a
}

// sinceFirst is an alert with all that is new since its message came.
func sinceFirst(a news.Alert) news.Alert {
	a.DeliveryID = bridgeAlert(0).DeliveryID
	a.Entry.News = nil
	for n := 1; n <= 3; n++ {
		a.Entry.News = append(a.Entry.News, bridgeAlert(n).Entry.News...)
	}
	a.Entry.News[0].Report = a.Entry.News[1].Report // edited since
	return a
}

// firstTold is a digest that tells a story late: it had developed by then.
func firstTold() news.Digest {
	d := strait()
	d.Sections = d.Sections[:1]
	ferry := &d.Sections[0].Entries[1]
	ferry.News = []news.Change{
		{Reason: "injured now 2", Report: source("Coast Ledger", "Two hurt as ferry runs aground off Lemba", 60)},
		{Reason: "injured now 9, was 2", Report: source("Quay Radio", "Nine are in hospital after the ferry accident, coast guard says", 40)},
	}
	return d
}

func alertFirstTold() news.Alert {
	a := sinceFirst(bridgeAlert(3))
	a.Entry.Developing, a.Entry.Since = false, 0
	a.Entry.News[1].Was = ""
	for i := range a.Entry.Sources {
		a.Entry.Sources[i].New = false
	}
	return a
}

// takenIn is the alert of a story that turned out to be one with another.
func takenIn() news.Alert {
	a := bridgeAlert(0)
	a.Entry.Headline, a.Entry.Quote, a.Entry.Summary = "Barge adrift in the strait strikes pier", news.Quote{}, ""
	a.Entry.OneWith = source("Aster Wire", bridgeAlert(0).Entry.Headline, 90)
	return a
}

func held() news.Notice {
	return news.Notice{
		DeliveryID: "op_77f9a1c000000000", Kind: "delivery_held", Headline: "Message held", Subject: "digest strait 2027-01-12T07:30 Europe/Vienna to slack:harbour",
		Detail: "channel_not_found", Footer: "It is not lost: it is tried again by itself every 5 minutes to 1 hour, and goes out once the channel takes it.",
	}
}

// report is a story with a report of each outlet.
func report(number, score int, title, why, summary string, outlets ...string) news.Entry {
	e := news.Entry{
		Number: number, StoryID: fmt.Sprintf("%08x%08x", 0xb0000000+number*7919, number), Version: 1, Headline: title, Summary: summary, Why: why,
		Score: score, Publishers: len(outlets), At: morning.Add(-time.Duration(25+number*7) * time.Minute),
	}
	for _, name := range outlets {
		e.Sources = append(e.Sources, source(name, title, 25+number*7))
	}
	if len(e.Sources) > 0 {
		e.URL = e.Sources[0].URL
	}
	return e
}

// source is an outlet's report that came so many minutes before morning.
func source(name, title string, ago int) news.Source {
	host := strings.ToLower(strings.NewReplacer(" ", "-", "&", "and").Replace(name))
	path := strings.ToLower(strings.Join(strings.FieldsFunc(title, func(r rune) bool { return r < '0' || r > 'z' || r > '9' && r < 'A' }), "-"))
	return news.Source{Name: name, URL: "https://" + host + ".example/2027/01/12/" + path[:min(40, len(path))], Headline: title, At: morning.Add(-time.Duration(ago) * time.Minute)}
}
