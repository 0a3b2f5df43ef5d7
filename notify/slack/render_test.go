package slack_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"newswatch/news"
	"newswatch/notify/slack"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestGolden(t *testing.T) {
	t.Parallel()
	plain, interactive := slack.New(slack.Config{}), slack.New(slack.Config{Interactive: true})
	quiet := seven()
	quiet.Sections, quiet.Missed, quiet.Waiting = nil, 0, 0
	tests := map[string]func() ([]news.Message, error){
		"digest":             func() ([]news.Message, error) { return plain.Digest(seven()) },
		"digest_interactive": func() ([]news.Message, error) { return interactive.Digest(seven()) },
		"digest_60":          func() ([]news.Message, error) { return plain.Digest(many(60)) },
		"quiet":              func() ([]news.Message, error) { return plain.Digest(quiet) },
		"urgent":             func() ([]news.Message, error) { return one(interactive.Alert(urgent())) },
		"followup":           func() ([]news.Message, error) { return one(plain.Followup(note())) },
		"rules_rejected":     func() ([]news.Message, error) { return one(plain.Notice(rejected())) },
		"feed_dead": func() ([]news.Message, error) {
			return one(plain.Notice(news.Notice{
				DeliveryID: "op_feed", Kind: "feed_dead", Headline: "Feed silent for 24 hours", Subject: "Aster Wire",
				Footer: "Last error: 503 Service Unavailable. Other feeds are not affected.",
			}))
		},
	}
	for name, render := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list, err := render()
			if err != nil {
				t.Fatal(err)
			}
			for i, m := range list {
				file := name
				if i > 0 {
					file = fmt.Sprintf("%s.thread%d", name, i)
				}
				golden(t, file+".json", m.Payload)
			}
		})
	}
}

// TestShape holds our messages against the shapes that they should have: the
// same blocks in the same order, for the same kind of content.
func TestShape(t *testing.T) {
	t.Parallel()
	const samples = "../../../shared/design/slack"
	if _, err := os.Stat(samples); err != nil {
		t.Skip("the design's samples are not here")
	}
	d := seven()
	d.Waiting = 0
	c := slack.New(slack.Config{Interactive: true})
	sixty, err := c.Digest(many(60))
	if err != nil {
		t.Fatal(err)
	}
	quiet := d
	quiet.Sections = nil
	tests := map[string]struct {
		sample string
		list   func() ([]news.Message, error)
	}{
		"digest":   {"digest.json", func() ([]news.Message, error) { return c.Digest(d) }},
		"quiet":    {"quiet.json", func() ([]news.Message, error) { return c.Digest(quiet) }},
		"urgent":   {"urgent.json", func() ([]news.Message, error) { return one(c.Alert(urgent())) }},
		"rejected": {"ops_rules_rejected.json", func() ([]news.Message, error) { return one(c.Notice(rejected())) }},
		"page":     {"digest_60.thread3.json", func() ([]news.Message, error) { return sixty[3:], nil }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list, err := test.list()
			if err != nil {
				t.Fatal(err)
			}
			sample, err := os.ReadFile(filepath.Join(samples, test.sample))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(shape(t, sample), shape(t, list[0].Payload)); diff != "" {
				t.Errorf("shape (-sample +ours):\n%s", diff)
			}
		})
	}
	if got, want := len(sixty), 4; got != want {
		t.Errorf("60 stories: got %d messages, want %d", got, want)
	}
}

func TestEverySectionIsInTheParent(t *testing.T) {
	t.Parallel()
	d := many(60)
	for i := range d.Sections[2].Entries {
		d.Sections[2].Entries[i].Score = 1 // the weakest section still shows two
	}
	list, err := slack.New(slack.Config{}).Digest(d)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(list[0].Stories), 10; got != want {
		t.Errorf("got %d stories in the parent, want %d", got, want)
	}
	for _, s := range d.Sections {
		n := 0
		for _, e := range s.Entries {
			if slices.Contains(list[0].Stories, e.StoryID) {
				n++
			}
		}
		if n < 2 {
			t.Errorf("section %s has %d stories in the parent, want at least 2", s.Rule, n)
		}
	}
}

func TestSourcesAreToldInEveryMessage(t *testing.T) {
	t.Parallel()
	list, err := slack.New(slack.Config{}).Digest(many(60))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, m := range list {
		all.WriteString(texts(t, m.Payload))
	}
	told := all.String()
	for _, s := range many(60).Sections {
		for _, e := range s.Entries {
			want := fmt.Sprintf("%d sources", len(e.Sources))
			if e.Publishers < len(e.Sources) {
				want += fmt.Sprintf(", %d independent", e.Publishers)
			}
			_, after, found := strings.Cut(told, e.Headline)
			if !found {
				t.Fatalf("story %d is not told", e.Number)
			}
			line, _, _ := strings.Cut(after, "Report ")
			if len(e.Sources) > 1 && !strings.Contains(line, want) {
				t.Errorf("story %d: got %q, want %q in it", e.Number, line, want)
			}
			if len(e.Sources) == 1 && strings.Contains(line, "sources") {
				t.Errorf("story %d: got %q, want no count of sources", e.Number, line)
			}
		}
	}
}

func TestLean(t *testing.T) {
	t.Parallel()
	c := slack.New(slack.Config{Interactive: true})
	list, err := c.Digest(many(60))
	if err != nil {
		t.Fatal(err)
	}
	alert, err := c.Alert(urgent())
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range append(list, alert) {
		first, ok := c.Lean(m.Payload, 1)
		if !ok {
			t.Fatalf("message %d has no first rung", i)
		}
		golden(t, fmt.Sprintf("lean%d.json", i), first)
		for _, kind := range []string{`"rich_text"`, `"actions"`} {
			if bytes.Contains(first, []byte(kind)) {
				t.Errorf("message %d: rung 1 has %s", i, kind)
			}
		}
		second, ok := c.Lean(first, 2)
		if !ok || bytes.Contains(second, []byte(`"blocks"`)) || !bytes.Contains(second, []byte(`"delivery_id"`)) {
			t.Errorf("message %d: got %s for rung 2, want text and metadata", i, second)
		}
		if _, ok := c.Lean(second, 3); ok {
			t.Errorf("message %d has a third rung", i)
		}
	}
	if _, ok := c.Lean([]byte("no json"), 1); ok {
		t.Error("got a plainer form of what is no message")
	}
}

func TestHTML(t *testing.T) {
	t.Parallel()
	d := seven()
	d.Sections[0].Entries[0].Headline = `<script>alert("x")</script> & more`
	list, err := slack.New(slack.Config{Interactive: true}).Digest(d)
	if err != nil {
		t.Fatal(err)
	}
	page, err := slack.HTML([][]byte{list[0].Payload}, "<Harbour>")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"&lt;Harbour&gt;", "&lt;script&gt;", "7 sources, 5 independent", `href="https://wire.example.com/news/1?utm_id=1&amp;x=2"`, "12 Jan 06:30 UTC"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, bad := range []string{"<script", "src=", "@import", "{{"} {
		if strings.Contains(string(page), bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	if _, err := slack.HTML([][]byte{[]byte("{")}, "x"); err == nil {
		t.Error("got a page of what is no message")
	}
}

func one(m news.Message, err error) ([]news.Message, error) { return []news.Message{m}, err }

// shape reduces a message to its keys, and its blocks to their types and the
// types inside of them.
func shape(t *testing.T, payload []byte) []string {
	t.Helper()
	var m struct {
		Blocks []any `json:"blocks"`
	}
	if err := json.Unmarshal(payload, &m); err != nil {
		t.Fatal(err)
	}
	var list []string
	var walk func(v any, depth int)
	walk = func(v any, depth int) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(e, depth)
			}
		case map[string]any:
			kind, _ := v["type"].(string)
			list = append(list, strings.Repeat(" ", depth)+kind)
			if kind != "rich_text_section" && kind != "rich_text_quote" && kind != "actions" {
				walk(v["elements"], depth+1)
			}
		}
	}
	walk(m.Blocks, 0)
	// A run of equal lines counts as one: samples and ours have other numbers of items.
	return slices.Compact(list)
}

// texts are all strings of a message's blocks, in their order.
func texts(t *testing.T, payload []byte) string {
	t.Helper()
	var m struct {
		Blocks []struct {
			Text     struct{ Text string }
			Elements json.RawMessage
		}
	}
	if err := json.Unmarshal(payload, &m); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			if s, ok := v["text"].(string); ok {
				b.WriteString(s + "\n")
			}
			walk(v["elements"])
		}
	}
	for _, block := range m.Blocks {
		b.WriteString(block.Text.Text + "\n")
		var v any
		_ = json.Unmarshal(block.Elements, &v)
		walk(v)
	}
	return b.String()
}

func golden(t *testing.T, name string, payload []byte) {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, payload, "", " "); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	b.WriteByte('\n')
	file := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func TestSummaryOfAnotherOutlet(t *testing.T) {
	t.Parallel()
	e := news.Entry{
		Number: 1, StoryID: "00000000deadbeef", Headline: "Bridge closed", Summary: "Cracks were found.",
		SummaryBy: news.Source{Name: "Quay Radio", URL: "https://quay.example/1"},
	}
	d := news.Digest{DeliveryID: "dg_1", Title: "Desk", Sections: []news.Section{{Rule: "r", Title: "Ports", Entries: []news.Entry{e}}}}
	got, err := slack.New(slack.Config{}).Digest(d)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"url":"https://quay.example/1"`, `"text":"Quay Radio"`} {
		if !strings.Contains(string(got[0].Payload), want) {
			t.Errorf("the message has no %s:\n%s", want, got[0].Payload)
		}
	}
}

// TestTheFirstTellingHasTheNewest: a story that is told late is told with what is
// known by then, and is not called one that develops.
func TestTheFirstTellingHasTheNewest(t *testing.T) {
	t.Parallel()
	c := slack.New(slack.Config{})
	digest, err := c.Digest(firstTold())
	if err != nil {
		t.Fatal(err)
	}
	alert, err := c.Alert(alertFirstTold())
	if err != nil {
		t.Fatal(err)
	}
	for name, m := range map[string]struct {
		payload []byte
		want    []string
	}{
		"digest": {digest[0].Payload, []string{"Two people are treated for cold", "New: ", "Nine are in hospital after the ferry accident"}},
		"alert":  {alert.Payload, []string{"Injured now 4", "New: ", "Bridge stays shut until 19 January"}},
	} {
		for _, want := range m.want {
			if !strings.Contains(texts(t, m.payload), want) {
				t.Errorf("the %s has no %q:\n%s", name, want, m.payload)
			}
		}
		if name == "alert" && strings.Contains(string(m.payload), "Developing") {
			t.Errorf("the %s is said to develop:\n%s", name, m.payload)
		}
	}
}

// TestTimesInTheZoneOfTheDesk: where nobody knows the reader's zone, times stand in
// that of the desk, with its name.
func TestTimesInTheZoneOfTheDesk(t *testing.T) {
	t.Parallel()
	vienna, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		t.Fatal(err)
	}
	c := slack.New(slack.Config{Interactive: true})
	full, empty, alert, note := strait(), nothing(), bridgeAlert(0), bridgeAlert(1)
	full.Waiting = 3
	full.Location, empty.Location, alert.Location, note.Location = vienna, vienna, vienna, vienna
	for name, m := range map[string]func() ([]news.Message, error){
		"digest": func() ([]news.Message, error) { return c.Digest(full) },
		"empty":  func() ([]news.Message, error) { return c.Digest(empty) },
		"alert":  func() ([]news.Message, error) { return one(c.Alert(alert)) },
		"note":   func() ([]news.Message, error) { return one(c.Followup(note)) },
	} {
		list, err := m()
		if err != nil {
			t.Fatal(err)
		}
		if got := string(list[0].Payload); !strings.Contains(got, " CET") || strings.Contains(got, "UTC") {
			t.Errorf("%s: want times in the zone of the desk only:\n%s", name, got)
		}
	}
}

// TestAHeadlineIsSaidOnce: the report whose headline was edited stands for the
// story. Its new headline stands there, what it was among the reasons.
func TestAHeadlineIsSaidOnce(t *testing.T) {
	t.Parallel()
	const now, was = "Six hurt in bridge collision", "Four hurt in bridge collision"
	a := bridgeAlert(0)
	a.Entry.Headline, a.Entry.Developing, a.Entry.Quote = now, true, news.Quote{}
	report := source("Aster Wire", now, 80)
	a.Entry.News = []news.Change{{Reason: "headline corrected: six, was four", Report: report, Was: was}}
	m, err := slack.New(slack.Config{}).Alert(a)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(string(m.Payload), now); got != 2 || !strings.Contains(string(m.Payload), "Headline corrected: six, was four") {
		t.Errorf("got the headline %d times, want once in the blocks and once in the text, with its reason:\n%s", got, m.Payload)
	}
	a.Entry.Headline = "Bridge closed"
	m, err = slack.New(slack.Config{}).Alert(a)
	if err != nil || strings.Count(string(m.Payload), "Now: ") != 2 {
		t.Errorf("got %s, %v; want the edited headline as what it is now, on the phone as well", m.Payload, err)
	}
}

func TestDigestSaysWhatDeveloped(t *testing.T) {
	t.Parallel()
	e := news.Entry{Number: 1, StoryID: "00000000deadbeef", Headline: "Ferry sinks", Developing: true, News: []news.Change{{Reason: "death toll now 12, was 8"}}}
	d := news.Digest{DeliveryID: "dg_1", Title: "Desk", Sections: []news.Section{{Rule: "r", Title: "Ports", Entries: []news.Entry{e}}}}
	got, err := slack.New(slack.Config{}).Digest(d)
	if err != nil {
		t.Fatal(err)
	}
	if want := "death toll now 12, was 8"; !strings.Contains(string(got[0].Payload), want) {
		t.Errorf("the message has no %q:\n%s", want, got[0].Payload)
	}
}
