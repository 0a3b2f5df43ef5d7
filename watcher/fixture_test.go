package watcher_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/notify/terminal"
	"newswatch/rules"
	"newswatch/watcher"
	"newswatch/watcher/feed"
	"newswatch/watcher/store"
	"newswatch/watcher/store/pgtest"
)

var update = flag.Bool("update", false, "rewrite the expected digests in testdata")

// TestFixtures plays each story in testdata/fixtures: feeds and rules go in at
// the front, digests come out at the back. A fixture's comment is its script:
//
//	clock TIME | +DUR     set or move the clock
//	serve URL FILE        from now on the feed at URL is FILE
//	fail URL STATUS       from now on it answers so
//	pass | now            one pass; now: at once, as once --now
//	restart               end the program, and start it again on the same state
//	rules FILE            replace the rule file and reload; error: it is not taken
//	mute KIND KEY DUR     what readers do; a story's KEY is a word of its headline
//	unmute KIND KEY
//	follow KEY
//	pause PLAN DUR
//	resume PLAN
//	ask PLAN              for all that it has to tell, at once
//	expect FILE           what was printed since the last expect
func TestFixtures(t *testing.T) {
	t.Parallel()
	playAll(t, fileIn)
}

// TestFixturesOnPostgres has the same digests come out of the other database.
func TestFixturesOnPostgres(t *testing.T) {
	t.Parallel()
	if *update {
		t.Skip("skipped: the expected digests are written by TestFixtures")
	}
	c := pgtest.Start(t)
	t.Run("all", func(t *testing.T) { // ends before the server does
		playAll(t, func(t *testing.T) string { return c.Empty(t) })
	})
}

// fileIn is the URL of an empty database that goes with the test.
func fileIn(t *testing.T) string { return "sqlite://" + filepath.Join(t.TempDir(), "state.db") }

// playAll plays all fixtures, each on an empty database.
func playAll(t *testing.T, database func(*testing.T) string) {
	paths, err := filepath.Glob("testdata/fixtures/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			play(t, path, database(t))
		})
	}
}

// world is what a fixture's script acts on.
type world struct {
	t       *testing.T
	archive *txtar.Archive
	now     time.Time
	feeds   fakeWeb
	rules   []byte
	db      string // its URL
	store   *store.Store
	watcher *watcher.Watcher
	atOnce  bool
	out     bytes.Buffer
}

func play(t *testing.T, path, db string) {
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, archive: archive, feeds: fakeWeb{}, db: db, now: time.Date(2026, 3, 12, 6, 0, 0, 0, time.UTC)}
	w.rules = w.file("rules.yaml")
	for n, line := range strings.Split(string(archive.Comment), "\n") {
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if err := w.do(words[0], words[1:]); err != nil {
			t.Fatalf("%s:%d: %s: %v", path, n+1, line, err)
		}
	}
	w.close()
	if *update {
		if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func (w *world) do(verb string, args []string) error {
	switch verb {
	case "clock":
		return w.clock(args[0])
	case "serve":
		w.feeds[args[0]] = answer{status: http.StatusOK, body: w.file(args[1])}
		return nil
	case "fail":
		status, err := strconv.Atoi(args[1])
		w.feeds[args[0]] = answer{status: status}
		return err
	case "pass", "now":
		if w.atOnce != (verb == "now") {
			w.close()
		}
		w.atOnce = verb == "now"
		return w.pass()
	case "restart":
		w.close()
		return nil
	case "rules":
		w.rules = w.file(args[0])
		if err := w.open(); err != nil {
			return err
		}
		if err := w.watcher.Reload(context.Background()); err != nil {
			fmt.Fprintf(&w.out, "rules: %v\n", err)
		}
		return nil
	case "mute", "unmute", "follow", "pause", "resume", "ask":
		if err := w.open(); err != nil {
			return err
		}
		return w.said(verb, args)
	case "expect":
		w.expect(args[0])
		return nil
	}
	return fmt.Errorf("unknown verb %q", verb)
}

// said does what a reader says.
func (w *world) said(verb string, args []string) error {
	ctx := context.Background()
	var until time.Time
	if d, err := time.ParseDuration(args[len(args)-1]); err == nil {
		until = w.now.Add(d)
	}
	switch verb {
	case "mute":
		kind := news.MuteKind(args[0])
		return w.store.Mute(ctx, news.Mute{Kind: kind, Key: w.key(kind, args[1]), At: w.now, Until: until, By: "ida"})
	case "unmute":
		kind := news.MuteKind(args[0])
		n, err := w.store.Unmute(ctx, kind, w.key(kind, args[1]))
		if err == nil && n != 1 {
			err = fmt.Errorf("%d mutes lifted", n)
		}
		return err
	case "follow":
		return w.store.Follow(ctx, news.Follow{StoryID: w.key(news.MuteStory, args[0]), At: w.now, Until: w.now.Add(7 * 24 * time.Hour), By: "ida"})
	case "pause":
		return w.store.Pause(ctx, news.Pause{PlanID: args[0], At: w.now, Until: until, By: "ida"})
	case "resume":
		_, err := w.store.Resume(ctx, args[0])
		return err
	}
	return w.store.Ask(ctx, args[0])
}

// key is what a mute's key in a script stands for.
func (w *world) key(kind news.MuteKind, word string) string {
	if kind != news.MuteStory {
		return strings.ReplaceAll(word, "_", " ")
	}
	stories, err := w.store.StoryList(context.Background(), 100)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, s := range stories {
		for _, m := range s.Members {
			if strings.Contains(m.Item.Title, word) {
				return s.ID
			}
		}
	}
	w.t.Fatalf("no story has %q in a headline", word)
	return ""
}

func (w *world) clock(s string) (err error) {
	if strings.HasPrefix(s, "+") {
		d, err := time.ParseDuration(s[1:])
		w.now = w.now.Add(d)
		return err
	}
	w.now, err = time.Parse(time.RFC3339, s)
	return err
}

func (w *world) pass() error {
	if err := w.open(); err != nil {
		return err
	}
	sum, err := w.watcher.Pass(context.Background())
	if err != nil {
		return err
	}
	fmt.Fprintf(&w.out, "-- %s: %d feeds, %d failed, %d new, %d edited, %d hits, %d stories, %d grown\n",
		w.now.Format("15:04"), sum.Feeds, sum.Failed, sum.Items, sum.Edited, sum.Hits, sum.Stories, sum.Grown)
	return nil
}

// expect compares what was printed with a file of the archive.
func (w *world) expect(name string) {
	got := w.out.String()
	w.out.Reset()
	for i := range w.archive.Files {
		f := &w.archive.Files[i]
		if f.Name != name {
			continue
		}
		if *update {
			f.Data = []byte(got)
		} else if diff := cmp.Diff(string(f.Data), got); diff != "" {
			w.t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		return
	}
	if !*update {
		w.t.Errorf("no file %s in the fixture; printed:\n%s", name, got)
	}
	w.archive.Files = append(w.archive.Files, txtar.File{Name: name, Data: []byte(got)})
}

func (w *world) file(name string) []byte {
	for _, f := range w.archive.Files {
		if f.Name == name {
			return f.Data
		}
	}
	w.t.Fatalf("no file %s in the fixture", name)
	return nil
}

// open starts the program, if it does not run.
func (w *world) open() error {
	if w.watcher != nil {
		return nil
	}
	ctx := context.Background()
	now := func() time.Time { return w.now }
	rs, report := rules.LoadBytes("rules.yaml", w.rules, rules.LoadOptions{})
	if rs == nil || report.Errors()+report.Failed() > 0 {
		report.Print(&w.out, false)
		return fmt.Errorf("the fixture's rules are broken:\n%s", w.out.String())
	}
	var err error
	if w.store, err = store.Open(ctx, store.Options{URL: w.db, Now: now}); err != nil {
		return err
	}
	screen := terminal.New(terminal.Config{Out: &w.out, Width: 80})
	w.watcher, err = watcher.New(ctx, watcher.Config{
		Store: w.store, AtOnce: w.atOnce, Now: now, Log: slog.New(slog.NewTextHandler(testLog{w.t}, nil)),
		Poller: func(s news.Settings) (*feed.Poller, error) {
			return feed.New(feed.Config{Transport: w.feeds, Allow: s.Allow, UserAgent: "newswatch/test", Now: now, HostGap: -1})
		},
		Source: func() (rules.Source, error) { return rules.Bytes("rules.yaml", w.rules), nil },
		Route:  func(t news.Target) string { return "terminal:" + t.Slack },
		Channel: func(string, news.SlackSettings) (notify.Channel, notify.Pacing, error) {
			return screen, notify.Pacing{}, nil
		},
	}, rs)
	return err
}

func (w *world) close() {
	if w.store != nil {
		if err := w.store.Close(); err != nil {
			w.t.Error(err)
		}
	}
	w.store, w.watcher = nil, nil
}

// fakeWeb answers requests without a socket.
type fakeWeb map[string]answer

type answer struct {
	status int
	body   []byte
}

func (f fakeWeb) RoundTrip(r *http.Request) (*http.Response, error) {
	a, known := f[r.URL.Host+r.URL.Path]
	if !known {
		a.status = http.StatusNotFound
	}
	kind := "application/rss+xml"
	if strings.HasSuffix(r.URL.Path, ".html") {
		kind = "text/html; charset=utf-8"
	}
	return &http.Response{
		StatusCode: a.status, Status: http.StatusText(a.status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {kind}}, Body: io.NopCloser(bytes.NewReader(a.body)),
		ContentLength: int64(len(a.body)), Request: r,
	}, nil
}

// testLog shows the log of a test that fails.
type testLog struct{ t *testing.T }

func (l testLog) Write(p []byte) (int, error) {
	l.t.Log(strings.TrimSpace(string(p)))
	return len(p), nil
}
