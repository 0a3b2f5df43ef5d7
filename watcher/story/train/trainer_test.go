package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"newswatch/watcher/story"
	"newswatch/watcher/story/score"
)

const ownFolder = "../testdata"

// folder writes invented sets: two rows in each but ours.
func folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	line := func(v any) string {
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw) + "\n"
	}
	rows := told()
	for _, s := range sources() {
		lines := line(rows[0]) + line(rows[1])
		if s.kind == couples {
			lines = line(couple{ID: "p", A: rows[0], B: rows[2], Same: 1}) + line(couple{ID: "q", A: rows[0], B: rows[1]})
		}
		if !s.ours {
			put(t, dir, s.name+".jsonl", lines)
		}
	}
	return dir
}

func put(t *testing.T, dir, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestNewTrainerRefuses holds that what is wrong with the data is said with the
// file and the line.
func TestNewTrainerRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(t *testing.T, dir string)
		own   string
		want  []string
	}{
		"a set is missing": {
			func(t *testing.T, dir string) {
				if err := os.Remove(filepath.Join(dir, "ecbplus.jsonl")); err != nil {
					t.Fatal(err)
				}
			}, ownFolder, []string{"holds no ecbplus.jsonl and no ecbplus.jsonl.gz"},
		},
		"our own set is missing": {func(*testing.T, string) {}, "nowhere", []string{"nowhere", "desk.jsonl"}},
		"a set is empty":         {func(t *testing.T, dir string) { put(t, dir, "basil.jsonl", "") }, ownFolder, []string{"basil.jsonl holds no rows"}},
		"a broken row":           {func(t *testing.T, dir string) { put(t, dir, "uci2014.jsonl", "{}\n{\"ID\":\n") }, ownFolder, []string{"uci2014.jsonl: line 2: "}},
		"pairs that are no pairs": {
			func(t *testing.T, dir string) { put(t, dir, "pairs_telegram.jsonl", `{"A":3}`) }, ownFolder, []string{"pairs_telegram.jsonl: line 1: "},
		},
		"packed, and no gzip": {func(t *testing.T, dir string) { put(t, dir, "og2021.jsonl.gz", strings.Repeat("no gzip ", 10)) }, ownFolder, []string{"og2021.jsonl.gz: gzip"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := folder(t)
			c.spoil(t, dir)
			_, err := newTrainer(dir, c.own, false)
			if err == nil {
				t.Fatal("got no error")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got error %q, want %q in it", err, want)
				}
			}
		})
	}
}

// TestTrain holds that the same sets give the same model, that the program can use
// it, and that it is not fitted on what may not be given away.
func TestTrain(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	var written [2][]byte
	for i := range written {
		tr, err := newTrainer(dir, ownFolder, false)
		if err != nil {
			t.Fatal(err)
		}
		m, err := tr.train(all)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "model.json")
		if err := write(path, m); err != nil {
			t.Fatal(err)
		}
		if written[i], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(written[0], written[1]) {
		t.Error("the same sets gave two models")
	}
	m, err := story.ReadModel(written[0])
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Join.Trees) != joinSettings().Trees {
		t.Errorf("got %d trees, want %d", len(m.Join.Trees), joinSettings().Trees)
	}
	for _, s := range sources() {
		list := m.Manifest["fitted on"]
		if s.research {
			list = m.Manifest["not fitted on"]
		}
		if names, _ := list.([]any); !slices.Contains(names, any(s.name+": "+s.licence)) {
			t.Errorf("the manifest does not list %s where it belongs: %v", s.name, m.Manifest)
		}
	}
}

// TestTrainOfTooLittle holds that sets with next to nothing in them are refused:
// what is fitted on nothing would join all or none.
func TestTrainOfTooLittle(t *testing.T) {
	t.Parallel()
	tr := &trainer{streams: []set{{source: source{name: "uci2014"}, rows: told()}}}
	if m, err := tr.train(all); err == nil || !strings.Contains(err.Error(), "examples of joining") {
		t.Errorf("got %v and error %v, want one about the examples", m, err)
	}
	if m, err := new(trainer).train(0); err == nil {
		t.Errorf("without any set: got %v", m)
	}
}

func TestGroup(t *testing.T) {
	t.Parallel()
	rows := told()[:2]
	again := rows[0]
	again.ID, again.Source, again.Story, again.Lang = "again", "Courier", "truce", "en"
	got := group(biased(-20), append(rows, again))
	for i, want := range []score.Row{{Lang: "en", Gold: "truce"}, {Lang: "en", Gold: "fish"}, {Lang: "en", Gold: "truce"}} {
		if got[i].Lang != want.Lang || got[i].Gold != want.Gold || got[i].Predicted == "" {
			t.Errorf("item %d: got %+v, want %+v and a story", i, got[i], want)
		}
	}
	if got[0].Predicted != got[2].Predicted || got[0].Predicted == got[1].Predicted {
		t.Errorf("got %+v, want the copy with its original, and nothing else", got)
	}
}

func TestHalves(t *testing.T) {
	t.Parallel()
	rows := told()
	if got := len(half(rows, 0)) + len(half(rows, 1)); got != len(rows) || len(half(rows, all)) != len(rows) {
		t.Errorf("the halves hold %d of %d rows, both %d", got, len(rows), len(half(rows, all)))
	}
	for fold := range 2 {
		for _, r := range half(rows, fold) {
			if score.Fold(r.Story) != fold {
				t.Errorf("%s of the story %q is in half %d", r.ID, r.Story, fold)
			}
		}
	}
	pairs := []couple{{A: rows[0], B: rows[1]}, {A: rows[0], B: rows[2]}, {A: rows[0], B: rows[3]}, {A: rows[1], B: rows[3]}}
	if got := len(pairsOf(pairs, 0)) + len(pairsOf(pairs, 1)); got != len(pairs) || len(pairsOf(pairs, all)) != len(pairs) {
		t.Errorf("the halves hold %d of %d pairs, both %d", got, len(pairs), len(pairsOf(pairs, all)))
	}
}

func TestRowItem(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]time.Time{
		"2031-03-04T06:00:00Z":      time.Date(2031, 3, 4, 6, 0, 0, 0, time.UTC),
		"2031-03-04T06:00:00+02:00": time.Date(2031, 3, 4, 4, 0, 0, 0, time.UTC),
		"2031-03-04":                time.Date(2031, 3, 4, 0, 0, 0, 0, time.UTC),
		"":                          {}, "last week": {},
	} {
		it := row{ID: "a", Title: "A <b>truce</b>", Time: given}.item()
		if !it.Published.Equal(want) || it.Dated == want.IsZero() {
			t.Errorf("%q: got %v, dated %v, want %v", given, it.Published, it.Dated, want)
		}
	}
}

// TestVariants holds that a set as it might have come in another way has no items
// of its own, and leaves the set as it was.
func TestVariants(t *testing.T) {
	t.Parallel()
	var rows []row
	for _, r := range told() {
		for i := range 100 {
			r.ID, r.Text = r.ID+string(rune('a'+i%26)), strings.Repeat("word ", 60)
			rows = append(rows, r)
		}
	}
	rows[0].Title = ""
	for i, v := range variants() {
		before := slices.Clone(rows)
		one, two := v.change(rows), v.change(rows)
		if !slices.Equal(rows, before) {
			t.Fatalf("variant %d of %s changed the set", i, v.set)
		}
		if !slices.Equal(one, two) || len(one) == 0 || len(one) > len(rows) {
			t.Errorf("variant %d of %s: %d and %d items of %d", i, v.set, len(one), len(two), len(rows))
		}
		if !slices.ContainsFunc(sources(), func(s source) bool { return s.name == v.set && s.kind == stream }) {
			t.Errorf("variant %d: no stream is called %s", i, v.set)
		}
	}
	for _, r := range titles(rows) {
		if (r.Text != "") != (r.Title == "") {
			t.Errorf("%s: headline %q with the text %q", r.ID, r.Title, r.Text)
		}
	}
	for _, r := range summaries(rows) {
		if n := len(strings.Fields(r.Text)); n != 45 {
			t.Errorf("%s: got a summary of %d words", r.ID, n)
		}
	}
	if got := len(thin(rows, 5)); got < 40 || got > 120 {
		t.Errorf("one of five: got %d of %d", got, len(rows))
	}
	if !slices.IsSortedFunc(dated(rows, 9), func(a, b row) int { return strings.Compare(a.Time, b.Time) }) {
		t.Error("the invented times are out of order")
	}
}
