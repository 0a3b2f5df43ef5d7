package rules_test

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"newswatch/news"
	"newswatch/rules"
)

// Each folder of testdata/load holds rule files and the report that is printed
// of them: of rules.yaml alone as read from memory, of several as a folder.
func TestReports(t *testing.T) {
	t.Parallel()
	dirs, err := filepath.Glob("testdata/load/*")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("got %d folders, %v", len(dirs), err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			golden(t, filepath.Join(dir, "report.golden"), []byte(report(t, dir)))
		})
	}
}

func report(t *testing.T, dir string) string {
	t.Helper()
	src, err := os.ReadFile(filepath.Join(dir, "rules.yaml"))
	if err == nil {
		rs, r := rules.LoadBytes("rules.yaml", src, rules.LoadOptions{})
		if (rs == nil) != (r.Errors() > 0) {
			t.Errorf("got rules %v with %d errors", rs != nil, r.Errors())
		}
		return printed(r)
	}
	_, r, err := rules.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(printed(r), dir+string(filepath.Separator), "")
}

// The sample file is what a newcomer starts from: nothing may be wrong with it.
func TestSampleFile(t *testing.T) {
	t.Parallel()
	rs, r, err := rules.Load("../rules.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Findings) > 0 {
		t.Error(printed(r))
	}
	if rs == nil || len(rs.File.Rules) == 0 || len(rs.Hash) != 64 {
		t.Errorf("got rules %+v, want some, with a hash", rs)
	}
	src, err := os.ReadFile("../rules.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if first, _, _ := strings.Cut(string(src), "\n"); first != "# yaml-language-server: $schema=./rules.schema.json" {
		t.Errorf("line 1 is %q, want the schema's modeline", first)
	}
}

// What is left out has its documented default.
func TestDefaults(t *testing.T) {
	t.Parallel()
	rs, r := rules.LoadBytes("rules.yaml", []byte(`
feeds: [{id: herald, url: "https://herald.example/rss"}]
rules: [{id: truce, when: {any: [truce]}}]
digests: [{id: desk, cron: "0 8 * * *", rules: all, to: {slack: desk}}]
alerts: [{id: urgent, rules: truce, to: {slack: urgent}}]
`), rules.LoadOptions{})
	if rs == nil {
		t.Fatal(printed(r))
	}
	want := news.Settings{
		Timezone: time.UTC, Plurals: "english", SearchIn: []news.Field{news.Title, news.Body},
		Poll: "*/15 * * * *", Backfill: 24 * time.Hour, KeepItems: 30 * 24 * time.Hour, KeepStories: 180 * 24 * time.Hour,
		Slack: news.SlackSettings{Quarantine: time.Minute, LookAgain: 20 * time.Second, Pace: 1100 * time.Millisecond},
	}
	same := cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() })
	if diff := cmp.Diff(want, rs.File.Settings, same, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
	plans := []news.Plan{
		{ID: "desk", Kind: news.DigestPlan, Title: "desk", Rules: []string{"truce"}, Timezone: time.UTC, Cron: "0 8 * * *", To: news.Target{Slack: "desk"}},
		{
			ID: "urgent", Kind: news.AlertPlan, Title: "urgent", Rules: []string{"truce"}, Timezone: time.UTC, To: news.Target{Slack: "urgent"},
			MinPublishers: 1, Wait: 30 * time.Minute, Cooldown: 4 * time.Hour,
		},
	}
	if diff := cmp.Diff(plans, rs.File.Plans, same); diff != "" {
		t.Errorf("plans (-want +got):\n%s", diff)
	}
	if f := rs.File.Feeds[0]; f.Name != "herald" || f.Outlet() != "herald" {
		t.Errorf("feed %+v has not its id for a name", f)
	}
}

// Every value that can be written is read as what it says.
func TestValues(t *testing.T) {
	t.Parallel()
	rs, r := rules.LoadBytes("rules.yaml", []byte(`
settings:
  poll: 1d
  backfill: 1w
  network: {allow: [10.1.2.3/8, "::1"]}
  slack: {quarantine: 1h, look_again: 90s, pace: 1.5s}
entities:
  marten:
    name: Ilya Marten
    type: person
    surname: [Marten, {text: Marder, lang: de}]
    surname_needs: {any: [no, 1.0, "12:30"], within: 30 words}
rules:
  - id: talks
    when:
      near: {a: [entity:marten], b: [talks], within: sentence, ordered: true}
      in: title
      lang: [en, de]
alerts:
  - id: urgent
    rules: [talks]
    quiet_hours: {from: 22:00, to: "6:30", days: [FRI-SUN, tuesday]}
    to: {slack: C0123456789, mention: desk-editors}
`), rules.LoadOptions{})
	if rs == nil {
		t.Fatal(printed(r))
	}
	f := rs.File
	if f.Settings.Poll != "24h0m0s" || f.Settings.Backfill != 7*24*time.Hour || f.Settings.Slack.Pace != 1500*time.Millisecond {
		t.Errorf("got settings %+v", f.Settings)
	}
	allow := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	if diff := cmp.Diff(allow, f.Settings.Allow, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
		t.Errorf("allow (-want +got):\n%s", diff)
	}
	needs := f.Entities[0].Needs
	if needs.Within != (rules.Within{Words: 30}) || needs.Any[0].Text != "no" || needs.Any[1].Text != "1.0" || needs.Any[2].Text != "12:30" {
		t.Errorf("got needs %+v", needs)
	}
	if s := f.Entities[0].Surname[1]; s.Text != "Marder" || s.Lang != "de" || s.Pos.Line != 11 || s.Pos.Column != 30 {
		t.Errorf("got surname %+v", s)
	}
	when := f.Rules[0].When
	if !when.Near.Ordered || when.Near.Within.Unit != rules.Sentence || len(when.In) != 1 || len(when.Lang) != 2 {
		t.Errorf("got condition %+v", when)
	}
	want := &news.QuietHours{From: 22 * 60, To: 6*60 + 30, Days: []time.Weekday{time.Sunday, time.Tuesday, time.Friday, time.Saturday}}
	if diff := cmp.Diff(want, f.Plans[0].Quiet); diff != "" {
		t.Errorf("quiet hours (-want +got):\n%s", diff)
	}
}

// A finding is one flat object for editors and CI.
func TestFindingJSON(t *testing.T) {
	t.Parallel()
	_, r := rules.LoadBytes("rules.yaml", []byte("settings:\n  polll: 15m\n"), rules.LoadOptions{})
	got, err := json.Marshal(r.Findings[0])
	if err != nil {
		t.Fatal(err)
	}
	want := `{"file":"rules.yaml","line":2,"column":3,"severity":"error","code":"unknown-key","message":"unknown key \"polll\" in settings","suggestion":"poll"}`
	if string(got) != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// What cannot be read at all is an error, not a report.
func TestLoadUnreadable(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{"missing": filepath.Join(t.TempDir(), "rules.yaml"), "empty folder": t.TempDir()} {
		if _, _, err := rules.Load(path); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
}

func TestTooBig(t *testing.T) {
	t.Parallel()
	src := []byte(strings.Repeat("# 0123456789\n", 5<<20/12))
	_, r := rules.LoadBytes("rules.yaml", src, rules.LoadOptions{})
	if r.Errors() != 1 || r.Findings[0].Code != "too-big" {
		t.Errorf("got %v, want one finding: too-big", r.Findings)
	}
}

// A file in one line, as programs write them, takes no longer than one with line
// breaks: each value asks for its place.
func TestOneLongLine(t *testing.T) {
	t.Parallel()
	var src strings.Builder
	src.WriteString("topics: {")
	for i := range 20_000 {
		fmt.Fprintf(&src, "t%d: {any: harbour%d, except: }, ", i, i)
	}
	src.WriteString("}\n")
	began := time.Now()
	rs, r := rules.LoadBytes("rules.yaml", []byte(src.String()), rules.LoadOptions{})
	if rs == nil {
		t.Fatal(printed(r))
	}
	if took := time.Since(began); took > 20*time.Second { // half a second alone; minutes when it is quadratic
		t.Errorf("took %v", took)
	}
}

// Of very many slips only so many are given a suggestion, and a circle of very
// many topics is told in a line.
func TestManySlips(t *testing.T) {
	t.Parallel()
	var src strings.Builder
	src.WriteString("topics:\n")
	const topics = 20_000
	for i := range topics {
		fmt.Fprintf(&src, "  t%d: {any: [\"topic:t%d\", \"topic:u%d\"]}\n", i, (i+1)%topics, i)
	}
	_, r := rules.LoadBytes("rules.yaml", []byte(src.String()), rules.LoadOptions{})
	circles, unknown := 0, 0
	for _, f := range r.Findings {
		switch f.Code {
		case "topic-cycle":
			circles++
			if len(f.Message) > 300 {
				t.Errorf("a circle in %d bytes", len(f.Message))
			}
		case "unknown-topic":
			unknown++
		}
	}
	if circles != 1 || unknown != topics {
		t.Errorf("got %d circles and %d unknown topics, want 1 and %d", circles, unknown, topics)
	}
}

// Where there is not room for all, errors are printed before warnings.
func TestErrorsBeforeWarnings(t *testing.T) {
	t.Parallel()
	src := "topics:\n"
	for i := range 30 {
		src += fmt.Sprintf("  t%d: {any: [peace AND plan%d]}\n", i, i)
	}
	src += "rules:\n  - {id: truce, when: truce, tests: {match: [nothing]}}\n"
	_, r := rules.LoadBytes("rules.yaml", []byte(src), rules.LoadOptions{})
	if got := printed(r); !strings.Contains(got, "must match this example") || !strings.HasSuffix(got, "and 11 more\n") {
		t.Errorf("got:\n%s", got)
	}
	if n := len(r.Faults().Findings); n != 1 {
		t.Errorf("got %d faults, want 1", n)
	}
}

// TestMutualNeeds takes two people whose surnames need each other: a name is
// company without needs of its own.
func TestMutualNeeds(t *testing.T) {
	t.Parallel()
	rs, r := rules.LoadBytes("rules.yaml", []byte(`
entities:
  marlow: {name: Thomas Marlow, type: person, surname: [Marlow], surname_needs: {any: ["entity:gradov"]}}
  gradov: {name: Anton Gradov, type: person, surname: [Gradov], surname_needs: {any: ["entity:marlow"]}}
rules:
  - {id: both, when: {any: ["entity:marlow", "entity:gradov"]}}
`), rules.LoadOptions{})
	if rs == nil {
		t.Fatal(printed(r))
	}
	for title, want := range map[string]int{"Marlow and Gradov meet": 2, "Gradov speaks": 0} {
		if got := rs.Match(&news.Item{Title: title}).Entities; len(got) != want {
			t.Errorf("%q: got %v, want %d", title, got, want)
		}
	}
}
