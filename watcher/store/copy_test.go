package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"newswatch/news"
	"newswatch/watcher/store"
	"newswatch/watcher/store/pgtest"
)

// place gives the URL of an empty database.
type place func(t *testing.T) string

// TestCopy runs each test for each way between databases.
func TestCopy(t *testing.T) {
	cluster := pgtest.Start(t)
	places := map[string]place{
		"sqlite":   func(t *testing.T) string { return "sqlite://" + filepath.Join(t.TempDir(), "n.db") },
		"postgres": func(t *testing.T) string { return cluster.Database(t) },
	}
	tests := map[string]func(t *testing.T, from, to place){
		"leaves out nothing": copyLeavesOutNothing, "leaves no half": copyLeavesNoHalf,
		"ends leases": copyEndsLeases, "of what is worked on": copyOfWhatIsWorkedOn,
	}
	for name, test := range tests {
		for from := range places {
			for to := range places {
				t.Run(name+"/"+from+" to "+to, func(t *testing.T) { test(t, places[from], places[to]) })
			}
		}
	}
	t.Run("cleans what PostgreSQL refuses", func(t *testing.T) { copyCleans(t, places["sqlite"], places["postgres"]) })
	t.Run("notices what differs", func(t *testing.T) { copyNoticesWhatDiffers(t, places["sqlite"], places["postgres"]) })
	t.Run("to itself by another name", func(t *testing.T) {
		url := places["postgres"](t)
		must(t, at(t, url).Close())
		_, err := store.CopyState(t.Context(), store.CopyOptions{From: url, To: url + "&statement_timeout=60000"})
		if !errors.Is(err, store.ErrLocked) {
			t.Errorf("got %v", err)
		}
	})
}

// at opens a state; it is closed by the caller before it is copied.
func at(t *testing.T, url string, more ...func(*store.Options)) *store.Store {
	t.Helper()
	o := store.Options{URL: url}
	for _, set := range more {
		set(&o)
	}
	s, err := store.Open(t.Context(), o)
	must(t, err)
	return s
}

// everything is all rows of all tables, as texts in order.
func everything(t *testing.T, url string) map[string][]string {
	t.Helper()
	s := at(t, url)
	defer s.Close()
	all, err := s.Everything(t.Context())
	must(t, err)
	return all
}

// Every table of the schema is filled by what the database says of it alone: one
// that a later migration adds is copied, or this fails.
func copyLeavesOutNothing(t *testing.T, from, to place) {
	made := regexp.MustCompile(`CREATE TABLE (\w+)`)
	var want []string
	for _, statement := range store.SchemaUpTo(store.SchemaVersion()) {
		for _, m := range made.FindAllStringSubmatch(statement, -1) {
			if m[1] != "schema_version" {
				want = append(want, m[1])
			}
		}
	}
	slices.Sort(want)
	source, target := from(t), to(t)
	s := at(t, source)
	must(t, s.FillTables(t.Context(), 3))
	must(t, s.Close())
	var said []store.CopyProgress
	done, err := store.CopyState(t.Context(), store.CopyOptions{From: source, To: target, Progress: func(p store.CopyProgress) { said = append(said, p) }})
	must(t, err)
	var names []string
	for _, table := range done.Tables {
		names = append(names, table.Name)
		if table.Rows < 3 || len(table.Hash) != 64 {
			t.Errorf("%+v", table)
		}
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("tables differ, - want + got:\n%s", diff)
	}
	if diff := cmp.Diff(everything(t, source), everything(t, target)); diff != "" {
		t.Errorf("contents differ, - source + copy:\n%s", diff)
	}
	if last := said[len(said)-1]; last.Of != 2*done.Rows || !last.Checking || done.Schema != store.SchemaVersion() {
		t.Errorf("got %+v, %d rows of schema %d", last, done.Rows, done.Schema)
	}
	_, err = store.CopyState(t.Context(), store.CopyOptions{From: source, To: target})
	if !errors.Is(err, store.ErrNotEmpty) {
		t.Errorf("into what is there: %v", err)
	}
}

// A copy that fails, here at its last table, leaves the target as it was, and the
// next attempt does it.
func copyLeavesNoHalf(t *testing.T, from, to place) {
	source, target := from(t), to(t)
	s := at(t, source)
	must(t, s.FillTables(t.Context(), 2))
	must(t, s.Close())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := store.CopyState(ctx, store.CopyOptions{From: source, To: target, Progress: func(p store.CopyProgress) {
		if p.Checking {
			cancel()
		}
	}})
	if err == nil {
		t.Fatal("no error")
	}
	if path, ok := strings.CutPrefix(target, "sqlite://"); ok {
		left, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
		must(t, err)
		if diff := cmp.Diff([]string{path + ".lock"}, left); diff != "" {
			t.Errorf("left behind:\n%s", diff)
		}
	}
	_, err = store.CopyState(t.Context(), store.CopyOptions{From: source, To: target})
	must(t, err)
}

// What was under way is void or uncertain in the copy, as after a crash.
func copyEndsLeases(t *testing.T, from, to place) {
	source, target := from(t), to(t)
	s := at(t, source)
	must(t, s.SyncFeeds(t.Context(), feedsOn(3, 3)))
	claimOne(t, s, news.Hosts)
	must(t, s.Close())
	_, err := store.CopyState(t.Context(), store.CopyOptions{From: source, To: target})
	must(t, err)
	c := at(t, target)
	defer c.Close()
	leases, err := c.Claim(t.Context(), news.Hosts, 9, time.Minute)
	must(t, err)
	if len(leases) != 3 {
		t.Errorf("%d hosts can be claimed, want 3", len(leases))
	}
}

// While somebody works on the source, what is written would be missed.
func copyOfWhatIsWorkedOn(t *testing.T, from, to place) {
	source, target := from(t), to(t)
	s := at(t, source)
	_, err := store.CopyState(t.Context(), store.CopyOptions{From: source, To: target})
	if !errors.Is(err, store.ErrLocked) {
		t.Errorf("source held: %v", err)
	}
	must(t, s.Close())
	_, err = store.CopyState(t.Context(), store.CopyOptions{From: source, To: source})
	if !errors.Is(err, store.ErrNotEmpty) && !errors.Is(err, store.ErrLocked) && !strings.Contains(fmt.Sprint(err), "lock timeout") {
		t.Errorf("to itself: %v", err)
	}
	_, err = store.CopyState(t.Context(), store.CopyOptions{From: to(t), To: target})
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("no source: %v", err)
	}
}

// Feeds' bytes that PostgreSQL refuses are in old SQLite rows.
func copyCleans(t *testing.T, from, to place) {
	source, target := from(t), to(t)
	s := at(t, source)
	must(t, s.SetMeta(t.Context(), "odd", "a\x00b\xffc"))
	must(t, s.SetMeta(t.Context(), "even", "ß"))
	must(t, s.Close())
	done, err := store.CopyState(t.Context(), store.CopyOptions{From: source, To: target})
	must(t, err)
	if done.Cleaned != 1 {
		t.Errorf("cleaned %d, want 1", done.Cleaned)
	}
	c := at(t, target)
	defer c.Close()
	if got, err := c.Meta(t.Context(), "odd"); err != nil || got != "ab\uFFFDc" {
		t.Errorf("got %q, %v", got, err)
	}
}

// A text that was changed on its way is noticed: here by a rule in the target.
func copyNoticesWhatDiffers(t *testing.T, from, to place) {
	source, target := from(t), to(t)
	s := at(t, source)
	must(t, s.SetMeta(t.Context(), "k", "v"))
	must(t, s.Close())
	c := at(t, target)
	for _, query := range []string{
		`CREATE FUNCTION twist() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.v := NEW.v || ''!''; RETURN NEW; END'`,
		`CREATE TRIGGER twist BEFORE INSERT ON meta FOR EACH ROW EXECUTE FUNCTION twist()`,
	} {
		_, err := c.Writer().ExecContext(t.Context(), query)
		must(t, err)
	}
	must(t, c.Close())
	_, err := store.CopyState(t.Context(), store.CopyOptions{From: source, To: target})
	if !errors.Is(err, store.ErrUnequal) {
		t.Fatalf("got %v", err)
	}
	c = at(t, target)
	defer c.Close()
	if got, err := c.Meta(t.Context(), "k"); err != nil || got != "" {
		t.Errorf("it stayed: %q, %v", got, err)
	}
}

// Names are parts of statements, so those in a foreign file must be like ours.
func TestCopyOfOddNames(t *testing.T) {
	dir := t.TempDir()
	source := "sqlite://" + filepath.Join(dir, "n.db")
	s := at(t, source)
	_, err := s.Writer().ExecContext(t.Context(), `CREATE TABLE "meta; DROP TABLE items" (k TEXT)`)
	must(t, err)
	must(t, s.Close())
	_, err = store.CopyState(t.Context(), store.CopyOptions{From: source, To: "sqlite://" + filepath.Join(dir, "copy.db")})
	if err == nil || !strings.Contains(err.Error(), "none of ours is") {
		t.Errorf("got %v", err)
	}
}

// An older state is brought up to date first, a newer one refused.
func TestCopyOfOtherSchemas(t *testing.T) {
	dir := t.TempDir()
	source := "sqlite://" + filepath.Join(dir, "n.db")
	s := at(t, source)
	_, err := s.Writer().ExecContext(t.Context(), `INSERT INTO schema_version VALUES (9999, 0)`)
	must(t, err)
	must(t, s.Close())
	target := filepath.Join(dir, "copy.db")
	_, err = store.CopyState(t.Context(), store.CopyOptions{From: source, To: "sqlite://" + target})
	if !errors.Is(err, store.ErrNewerSchema) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(target); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file: %v", err)
	}
}
