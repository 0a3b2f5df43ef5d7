package suggest_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"newswatch/news"
	"newswatch/rules"
	"newswatch/rules/suggest"
)

var update = flag.Bool("update", false, "rewrite the expected proposals in testdata")

// memory is an archive: the items, with what the rules of old made of them.
type memory struct {
	items []news.Item
	hits  map[string][]news.Hit
}

func (m memory) Items(_ context.Context, since time.Time, fn func(news.Item) error) error {
	for _, it := range m.items {
		if err := fn(it); err != nil {
			return err
		}
	}
	return nil
}

func (m memory) CountItems(context.Context, time.Time, time.Time) (items, feeds int, err error) {
	return len(m.items), 1, nil
}

func (m memory) Hits(context.Context, []string) (map[string][]news.Hit, error) { return m.hits, nil }

// TestProposals plays each case of testdata: a rule file, the stored items one a
// line ("headline | body"), those that are flagged with a rule in front ("rule:"),
// and the proposals. The rule file with its patch is loaded again.
func TestProposals(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			propose(t, path)
		})
	}
}

func propose(t *testing.T, path string) {
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]*txtar.File{}
	for i := range archive.Files {
		files[archive.Files[i].Name] = &archive.Files[i]
	}
	src := rules.Bytes("rules.yaml", files["rules.yaml"].Data)
	rs, report := src.Load(rules.LoadOptions{})
	if rs == nil {
		report.Print(t.Output(), false)
		t.Fatal("the rules are broken")
	}
	m := memory{hits: map[string][]news.Hit{}}
	var flags []suggest.Flagged
	for line := range strings.Lines(string(files["items"].Data)) {
		rule, it := item(len(m.items), line)
		m.items = append(m.items, it)
		m.hits[it.ID] = rs.Match(&it).Hits
		if rule != "" {
			flags = append(flags, suggest.Flagged{Flag: news.Flag{StoryID: "s-" + it.ID, Rule: rule, Items: []string{it.ID}}, Headline: it.Title, Items: []news.Item{it}})
		}
	}
	got, err := suggest.Run(t.Context(), suggest.Config{Source: src, Archive: m, Record: m, Flags: flags})
	if err != nil {
		t.Fatal(err)
	}
	text := printed(got)
	if *update {
		files["proposals"].Data = []byte(text)
		if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if diff := cmp.Diff(string(files["proposals"].Data), text); diff != "" {
		t.Errorf("- want + got\n%s", diff)
	}
	holds(t, files["rules.yaml"].Data, got, m, flags)
}

// item reads a line of stored items.
func item(n int, line string) (rule string, it news.Item) {
	title, body, _ := strings.Cut(strings.TrimSpace(line), " | ")
	if before, after, ok := strings.Cut(title, ": "); ok && !strings.Contains(before, " ") {
		rule, title = before, after
	}
	return rule, news.Item{ID: fmt.Sprintf("i%d", n), FeedID: "a", Title: title, Body: body, Lang: "en", Fetched: time.Unix(int64(1_800_000_000+n), 0)}
}

func printed(r *suggest.Report) string {
	var b strings.Builder
	for _, p := range r.Proposals {
		fmt.Fprintf(&b, "%s: %s, matched %s in the %s\n", p.Rule, p.Headline, p.Why, p.Field)
		for _, c := range p.Changes {
			fmt.Fprintf(&b, "  %s: %s\n", c.Place, c.Text)
		}
		switch {
		case p.Problem != "":
			fmt.Fprintf(&b, "  %s\n", p.Problem)
		case len(p.Changes) > 0:
			fmt.Fprintf(&b, "  held against %d of the rule\n", p.Held)
		}
	}
	fmt.Fprintf(&b, "held against %d items, %d with a match\n%s", r.Items, r.Held, r.Patch)
	return b.String()
}

// holds says by the matcher alone, without the package, that a patch keeps its word.
func holds(t *testing.T, old []byte, r *suggest.Report, m memory, flags []suggest.Flagged) {
	t.Helper()
	changed := patched(t, old, string(r.Patch))
	rs, report := rules.LoadBytes("rules.yaml", changed, rules.LoadOptions{})
	if rs == nil || report.Failed() > 0 {
		report.Print(t.Output(), false)
		t.Fatalf("the patched rules are broken:\n%s", changed)
	}
	flagged := map[string]string{}
	for i, f := range flags {
		if r.Proposals[i].Problem == "" {
			flagged[f.Items[0].ID] = f.Rule
		}
	}
	for _, it := range m.items {
		now := rs.Match(&it).Hits
		for _, h := range now {
			if !slices.ContainsFunc(m.hits[it.ID], func(o news.Hit) bool { return o.Rule == h.Rule }) {
				t.Errorf("%q under %s: only after the patch", it.Title, h.Rule)
			}
		}
		for _, h := range m.hits[it.ID] {
			still := slices.ContainsFunc(now, func(o news.Hit) bool { return o.Rule == h.Rule })
			scored := slices.ContainsFunc(r.Proposals, func(p suggest.Proposal) bool { return len(p.Changes) > 0 && p.Changes[0].Score })
			if want := flagged[it.ID] != h.Rule; still != want && !scored {
				t.Errorf("%q under %s: %t after the patch, want %t", it.Title, h.Rule, still, want)
			}
		}
	}
}

// patched applies a unified diff.
func patched(t *testing.T, old []byte, patch string) []byte {
	t.Helper()
	if patch == "" {
		return old
	}
	lines, at := strings.SplitAfter(string(old), "\n"), 0
	var out strings.Builder
	for line := range strings.Lines(patch) {
		switch {
		case strings.HasPrefix(line, "--- "), strings.HasPrefix(line, "+++ "):
		case strings.HasPrefix(line, "@@"):
			var from int
			if _, err := fmt.Sscanf(line, "@@ -%d", &from); err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			for ; at < from-1; at++ {
				out.WriteString(lines[at])
			}
		case line[0] == '+':
			out.WriteString(line[1:])
		default:
			if lines[at] != line[1:] {
				t.Fatalf("the patch says %q, the file %q", line[1:], lines[at])
			}
			if at++; line[0] == ' ' {
				out.WriteString(line[1:])
			}
		}
	}
	for ; at < len(lines); at++ {
		out.WriteString(lines[at])
	}
	return []byte(out.String())
}
