package terminal_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/width"
	"pgregory.net/rapid"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/notify/terminal"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var (
	kyiv = time.FixedZone("Europe/Kyiv", 2*60*60)
	to   = time.Date(2027, 1, 12, 8, 30, 0, 0, kyiv)
)

func TestGolden(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		cfg    terminal.Config
		render func(*terminal.Channel) (news.Message, error)
	}{
		"digest":       {terminal.Config{}, first(digest())},
		"digest_color": {terminal.Config{Color: true, Width: 100}, first(digest())},
		"digest_50":    {terminal.Config{Width: 50}, first(digest())},
		"quiet":        {terminal.Config{}, first(news.Digest{Title: "Harbour morning", From: to.Add(-24 * time.Hour), To: to, Items: 412, Feeds: 38, Missed: 2, Next: to.Add(9 * time.Hour), Location: kyiv})},
		"alert":        {terminal.Config{}, func(c *terminal.Channel) (news.Message, error) { return c.Alert(alert()) }},
		"followup":     {terminal.Config{}, func(c *terminal.Channel) (news.Message, error) { return c.Followup(followup()) }},
		"notice": {terminal.Config{}, func(c *terminal.Channel) (news.Message, error) {
			return c.Notice(news.Notice{
				Kind: "rules_rejected", Headline: "Rules not loaded", Subject: "rules.yaml line 42, column 7",
				Detail: "41 |   - any: [ferry, \"harbour bridge\"]\n42 |     nott: [football]\n   |     ^ unknown key \"nott\"; did you mean \"not\"?",
				Footer: "Still running with the rules loaded at 07:00. Nothing is lost: everything fetched meanwhile is matched again once the file loads.",
			})
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := test.render(terminal.New(test.cfg))
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name+".txt", m.Payload)
		})
	}
}

func TestWideTextKeepsTheWidth(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		columns := rapid.IntRange(40, 110).Draw(t, "width")
		e := news.Entry{
			Number:   rapid.IntRange(1, 99).Draw(t, "number"),
			Headline: rapid.String().Draw(t, "headline"), Summary: rapid.StringN(0, 400, -1).Draw(t, "summary"),
			Why: rapid.String().Draw(t, "why"), Sources: []news.Source{{Name: rapid.String().Draw(t, "name")}},
			Quote: news.Quote{Text: rapid.String().Draw(t, "quote")},
		}
		d := news.Digest{Title: rapid.String().Draw(t, "title"), Sections: []news.Section{{Title: rapid.String().Draw(t, "section"), Entries: []news.Entry{e}}}}
		list, err := terminal.New(terminal.Config{Width: columns}).Digest(d)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(string(list[0].Payload), "\n") {
			if n := shown(line); n > columns {
				t.Fatalf("%d columns in %q, want at most %d", n, line, columns)
			}
			if strings.ContainsFunc(line, func(r rune) bool { return unicode.Is(unicode.Cc, r) }) {
				t.Fatalf("a control character is left in %q", line)
			}
		}
	})
}

func TestNothingOfAFeedIsAnEscape(t *testing.T) {
	t.Parallel()
	d := digest()
	d.Sections[0].Entries[0].Headline = "\x1b]0;owned\x07\x1b[2J\u009b31mNorthsea"
	d.Sections[0].Entries[0].URL = "https://wire.example.com/\x1b\\x"
	list, err := terminal.New(terminal.Config{}).Digest(d)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.ContainsAny(list[0].Payload, "\x1b\x07\u009b") {
		t.Errorf("got an escape in %q", list[0].Payload)
	}
}

func TestPost(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	var out bytes.Buffer
	c := terminal.New(terminal.Config{Out: &out})
	if r, err := c.Post(ctx, news.Delivery{ID: "dg_1", Part: 1, Payload: []byte("hello\n")}); err != nil || r.TS == "" {
		t.Errorf("got %v, %v, want a receipt", r, err)
	}
	if m, err := c.Alert(news.Alert{Kind: news.KindUpdate}); err != nil || len(m.Payload) > 0 {
		t.Errorf("got %q, %v for a rewriting, want nothing to write", m.Payload, err)
	}
	if got, want := out.String(), "hello\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, _, err := c.Find(ctx, news.Delivery{}); !errors.Is(err, notify.ErrNoLookup) {
		t.Errorf("got %v, want ErrNoLookup", err)
	}
	if list, _, err := c.Recent("terminal:desk", to).Next(ctx); list != nil || !errors.Is(err, notify.ErrNoLookup) {
		t.Errorf("got %v, %v, want nothing", list, err)
	}
	if _, ok := c.Lean([]byte("hello\n"), 1); ok {
		t.Error("got a plainer form, want none")
	}
}

func TestPostToAClosedTerminal(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		written int
		proves  bool
	}{"nothing written": {0, true}, "half written": {3, false}}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := terminal.New(terminal.Config{Out: broken(test.written)})
			_, err := c.Post(context.Background(), news.Delivery{ID: "dg_1", Payload: []byte("hello\n")})
			var r *notify.Refusal
			if got := errors.As(err, &r); err == nil || got != test.proves {
				t.Errorf("got %v, want a refusal: %t", err, test.proves)
			}
		})
	}
}

type broken int

func (b broken) Write([]byte) (int, error) { return int(b), errors.New("broken pipe") }

func first(d news.Digest) func(*terminal.Channel) (news.Message, error) {
	return func(c *terminal.Channel) (news.Message, error) {
		list, err := c.Digest(d)
		if err != nil {
			return news.Message{}, err
		}
		return list[0], nil
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func shown(line string) int {
	n := 0
	for _, r := range line {
		switch k := width.LookupRune(r).Kind(); {
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		case k == width.EastAsianWide || k == width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	if !utf8.ValidString(line) {
		return 1 << 20
	}
	return n
}

func TestSummaryOfAnotherOutlet(t *testing.T) {
	t.Parallel()
	d := digest()
	d.Sections[0].Entries[0].SummaryBy = news.Source{Name: "Quay Radio", URL: "https://quay.example/1"}
	got, err := terminal.New(terminal.Config{Width: 80}).Digest(d)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(got[0].Payload), "Thursday. (Quay Radio)") {
		t.Errorf("nobody is named for the summary:\n%s", got[0].Payload)
	}
}

func digest() news.Digest {
	return news.Digest{
		DeliveryID: "dg_5f0c", PlanID: "morning", Title: "Harbour morning", Slot: "2027-01-12T08:30 Europe/Kyiv",
		From: to.Add(-24 * time.Hour), To: to, Items: 1412, Feeds: 38, Missed: 1, Waiting: 5, Next: to.Add(24 * time.Hour), Location: kyiv,
		Sections: []news.Section{
			{Rule: "ports", Title: "Ports and ferries", Entries: []news.Entry{
				{
					Number: 1, StoryID: "a1b2c3d4e5f60718", Headline: "Strait bridge closes for the third night as cranes are inspected after the storm",
					URL: "https://wire.example.com/strait-bridge", Summary: "Engineers want to look at every bolt. Lorries are sent over the old ferry until Thursday.",
					Quote: quoted("the bridge stays shut while the ferry runs every hour, the harbour master said", "bridge", "ferry"),
					Why:   "“bridge” near “ferry”", Publishers: 5, Developing: true, Since: 4, At: to.Add(-25 * time.Minute),
					Sources: sources("Aster Wire", "Daily Meridian", "Coast Ledger", "Harbour Post", "Quay Radio", "North Dispatch", "The Mole"),
				},
				{
					Number: 2, StoryID: "b1b2c3d4e5f60718", Headline: "海峡大橋、嵐のあと三夜連続で通行止め 旧フェリーが木曜まで代行運航すると港湾局が発表",
					URL: "https://news.example.jp/hashi", Why: "“海峡大橋” in the title", Publishers: 1, At: to.Add(-26 * time.Hour), Sources: sources("港新聞"),
				},
			}},
			{Rule: "tariffs", Title: "Tariffs", Entries: []news.Entry{{
				Number: 3, StoryID: "c1b2c3d4e5f60718", Headline: "Council delays the quay fee", URL: "javascript:alert(1)",
				Why: "topic tariffs", Publishers: 2, At: to.Add(-3 * time.Hour), Sources: sources("Coast Ledger", "Aster Wire"),
			}}},
		},
	}
}

func alert() news.Alert {
	e := digest().Sections[0].Entries[0]
	e.Developing, e.Since = false, 0
	return news.Alert{
		DeliveryID: "al_1", Title: "Urgent", RuleTitle: "Ports and ferries", Entry: e, FirstSeen: to.Add(-2 * time.Hour),
		Mention: []string{"harbour-desk"}, Location: kyiv,
	}
}

func followup() news.Alert {
	a := alert()
	a.Entry.Developing, a.Entry.Since, a.Entry.News = true, 2, []news.Change{{Reason: "new: Marlow", Report: a.Entry.Sources[0]}}
	for i := range a.Entry.Sources[5:] {
		a.Entry.Sources[5+i].New = true
		a.Entry.Sources[5+i].Headline = "Inspectors find a cracked bolt"
	}
	return a
}

func sources(names ...string) []news.Source {
	var list []news.Source
	for _, n := range names {
		list = append(list, news.Source{Name: n, URL: "https://example.com/a", At: to})
	}
	return list
}

func quoted(text string, marks ...string) news.Quote {
	q := news.Quote{Text: text}
	for _, m := range marks {
		i := strings.Index(text, m)
		q.Marks = append(q.Marks, [2]int{i, i + len(m)})
	}
	return q
}

func TestDigestSaysWhatDeveloped(t *testing.T) {
	t.Parallel()
	d := digest()
	d.Sections[0].Entries[0].News = []news.Change{{Reason: "death toll now 10, was 8"}, {Reason: "death toll now 12, was 10; now: arrested"}}
	got, err := terminal.New(terminal.Config{Width: 80}).Digest(d)
	if err != nil {
		t.Fatal(err)
	}
	if want := "death toll now 12, was 8; now: arrested"; !strings.Contains(string(got[0].Payload), want) {
		t.Errorf("the digest has no %q:\n%s", want, got[0].Payload)
	}
}
