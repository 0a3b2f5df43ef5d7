package webhook_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"newswatch/news"
	"newswatch/notify/webhook"
)

var update = flag.Bool("update", false, "rewrite golden files")

var morning = time.Date(2027, 1, 12, 6, 30, 0, 0, time.UTC)

// entry is a story of invented outlets.
func entry(number int) news.Entry {
	return news.Entry{
		Number: number, StoryID: fmt.Sprintf("%016x", number), Version: 2,
		Headline: fmt.Sprintf("Report %d: <!channel> the strait bridge closes & cranes are inspected", number),
		URL:      "https://harbor-wire.example/bridge", Summary: "The bridge closes for a third night. Cranes are being inspected.",
		SummaryBy: news.Source{Name: "Quay Post", URL: "https://quay-post.example/7", Headline: "Bridge closed again", At: morning.Add(-time.Hour)},
		Quote:     news.Quote{Text: "the strait bridge closes", Marks: [][2]int{{4, 17}}}, Why: "strait bridge", Rule: "bridges", Score: 90,
		Sources: []news.Source{
			{Name: "Harbor Wire", URL: "https://harbor-wire.example/bridge", Headline: "Strait bridge closes", At: morning.Add(-3 * time.Hour)},
			{Name: "Quay Post", URL: "javascript:alert(1)", Headline: "Bridge\u202e closed\x1b[2J again", At: morning.Add(-time.Hour), New: true},
		},
		Publishers: 2, At: morning.Add(-time.Hour), Since: 1, Developing: true,
		News: []news.Change{{
			Reason: "closed now 3 nights, was 2", At: morning.Add(-time.Hour), Was: "Bridge closed",
			Report: news.Source{Name: "Quay Post", URL: "https://quay-post.example/7", Headline: "Bridge closed again", At: morning.Add(-time.Hour)},
		}},
	}
}

// taken is a story that another took in.
func taken() news.Alert {
	a := alert(news.KindUpdate, "al_7161514131211102", "al_0a1b2c3d4e5f6071")
	a.Entry.OneWith = news.Source{Name: "Quay Post", URL: "https://quay-post.example/8", Headline: "Cranes of the strait are inspected", At: morning}
	return a
}

func digest(n int) news.Digest {
	d := news.Digest{
		DeliveryID: "dg_5f0c9a7d21e64b38", PlanID: "harbour", Title: "Harbour morning", Slot: "2027-01-12T07:30 Europe/Vienna",
		From: morning.Add(-24 * time.Hour), To: morning, Next: morning.Add(24 * time.Hour), Items: 1412, Feeds: 38, Missed: 1, Waiting: 2, Muted: 1,
	}
	if n > 0 {
		d.Sections = []news.Section{{Rule: "bridges", Title: "Bridges"}}
	}
	for i := range n {
		d.Sections[0].Entries = append(d.Sections[0].Entries, entry(i+1))
	}
	return d
}

// sample is a digest without anything odd in it.
func sample() news.Digest {
	d := digest(1)
	e := &d.Sections[0].Entries[0]
	e.StoryID, e.Headline = "3f2a9c01b7d4e685", "Strait bridge closes for the third night as cranes are inspected"
	e.Sources[1].URL, e.Sources[1].Headline = "https://quay-post.example/7", "Bridge closed again"
	return d
}

func alert(kind news.DeliveryKind, id, replyTo string) news.Alert {
	e := entry(0)
	return news.Alert{
		DeliveryID: "al_0a1b2c3d4e5f6071", PlanID: "urgent", Title: "Urgent", RuleTitle: "Bridges", Entry: e, FirstSeen: morning.Add(-3 * time.Hour),
		Kind: kind, ID: id, ReplyTo: replyTo,
	}
}

// Each kind of document is as docs/webhooks.md shows it, and of the schema.
func TestDocuments(t *testing.T) {
	t.Parallel()
	schema := compiled(t)
	c := webhook.New(webhook.Config{})
	first := func(list []news.Message, err error) (news.Message, error) {
		if err != nil {
			return news.Message{}, err
		}
		return list[0], nil
	}
	for name, render := range map[string]func() (news.Message, error){
		"digest": func() (news.Message, error) { return first(c.Digest(sample())) },
		"empty":  func() (news.Message, error) { return first(c.Digest(digest(0))) },
		"alert":  func() (news.Message, error) { return c.Alert(alert(news.KindAlert, "al_0a1b2c3d4e5f6071", "")) },
		"update": func() (news.Message, error) {
			return c.Alert(alert(news.KindUpdate, "al_7161514131211101", "al_0a1b2c3d4e5f6071"))
		},
		"taken_in": func() (news.Message, error) { return c.Alert(taken()) },
		"followup": func() (news.Message, error) {
			return c.Followup(alert(news.KindFollowup, "al_9192939495969798", "al_0a1b2c3d4e5f6071"))
		},
		"notice": func() (news.Message, error) {
			return c.Notice(news.Notice{
				DeliveryID: "op_5b6c7d8e9fa0b1c2", Kind: "rules_rejected", Headline: "Rules not loaded", Subject: "rules.yaml line 42",
				Detail: "  42 | scor: 40\n     | ^", Footer: "The rules in force stay.",
			})
		},
	} {
		m, err := render()
		if err != nil {
			t.Fatal(err)
		}
		validate(t, schema, m.Payload)
		var pretty bytes.Buffer
		if err := json.Indent(&pretty, m.Payload, "", "  "); err != nil {
			t.Fatal(err)
		}
		pretty.WriteByte('\n')
		path := filepath.Join("testdata", name+".json")
		if *update {
			if err := os.WriteFile(path, pretty.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), pretty.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	sample, err := os.ReadFile("testdata/digest.json")
	if err != nil {
		t.Fatal(err)
	}
	manual, err := os.ReadFile("../../docs/webhooks.md")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(manual, sample) {
		t.Error("docs/webhooks.md does not show testdata/digest.json as it is")
	}
}

// Whatever a digest holds, its documents are of the schema, within their size
// where more than one story is in them, and tell each story once; so do the
// leaner ones.
func TestDigestsAreWhole(t *testing.T) {
	t.Parallel()
	schema := compiled(t)
	c := webhook.New(webhook.Config{})
	rapid.Check(t, func(t *rapid.T) {
		d := digest(rapid.IntRange(0, 250).Draw(t, "stories"))
		for i := range d.Sections {
			for j := range d.Sections[i].Entries {
				e := &d.Sections[i].Entries[j]
				e.Summary = strings.Repeat(rapid.StringN(0, 20, -1).Draw(t, "summary"), rapid.IntRange(0, 300).Draw(t, "times"))
			}
		}
		list, err := c.Digest(d)
		if err != nil {
			t.Fatal(err)
		}
		told := map[string]int{}
		for i, m := range list {
			validate(t, schema, m.Payload)
			if len(m.Payload) > 210<<10 && len(m.Stories) > 1 || len(m.Stories) > 100 {
				t.Errorf("part %d has %d bytes and %d stories", i+1, len(m.Payload), len(m.Stories))
			}
			for _, id := range m.Stories {
				told[id]++
			}
			if lean, ok := c.Lean(m.Payload, 1); ok {
				validate(t, schema, lean)
			}
		}
		for _, s := range d.Stories() {
			if told[s] != 1 {
				t.Errorf("story %s is told %d times", s, told[s])
			}
		}
	})
}

type tester interface {
	Helper()
	Errorf(string, ...any)
	Fatal(...any)
}

func validate(t tester, schema *jsonschema.Schema, body []byte) {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(v); err != nil {
		t.Errorf("not of the schema: %v\n%.2000s", err, body)
	}
}

// closed makes a schema take no other keys than it names: receivers are told to
// let new ones pass, but we shall not send one that is not written down.
func closed(v any) {
	o, ok := v.(map[string]any)
	if !ok {
		return
	}
	if _, ok := o["properties"]; ok {
		o["additionalProperties"] = false
	}
	for _, inner := range o {
		closed(inner)
	}
}

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	src, err := os.Open("../../docs/webhook.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	doc, err := jsonschema.UnmarshalJSON(src)
	if err != nil {
		t.Fatal(err)
	}
	closed(doc)
	c := jsonschema.NewCompiler()
	if err := c.AddResource("webhook.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("webhook.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}
