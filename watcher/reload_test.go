package watcher_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/notify/terminal"
	"newswatch/rules"
	"newswatch/watcher"
	"newswatch/watcher/feed"
	"newswatch/watcher/store"
)

// editorRules is a rule file whose version n can be told apart. A failing one is
// good YAML with an example that does not hold; a broken one is neither.
func editorRules(n int, kind string) []byte {
	src := fmt.Sprintf(`version: 1
feeds:
  - {id: a, name: Aster Wire, url: "https://a.example/rss"}
rules:
  - id: truce
    title: Truce %d
    when: {any: [truce, armistice]}
    score: 50
    tests: {match: ["%s"]}
digests:
  - {id: desk, title: Desk, cron: "0 8 * * *", rules: all, to: {slack: desk}}
`, n, map[bool]string{true: "no such word", false: "a truce"}[kind == "failing"])
	if kind == "broken" {
		src = src[:len(src)/2] + "\n\t- ]["
	}
	return []byte(src)
}

// editor replaces a file in the ways of editors and of Kubernetes.
type editor struct {
	dir, path string
	rnd       *rand.Rand
	n         int
}

func (e *editor) write(t *testing.T, how string, src []byte) {
	t.Helper()
	e.n++
	fresh := filepath.Join(e.dir, fmt.Sprintf(".version-%d", e.n))
	var err error
	switch how {
	case "in place":
		err = os.WriteFile(e.path, src, 0o600)
	case "slowly":
		err = e.slowly(src)
	case "renamed over":
		if err = os.WriteFile(fresh, src, 0o600); err == nil {
			err = os.Rename(fresh, e.path)
		}
	case "link swapped":
		link := fresh + "-link"
		if err = os.WriteFile(fresh, src, 0o600); err == nil {
			if err = os.Symlink(fresh, link); err == nil {
				err = os.Rename(link, e.path)
			}
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

// slowly truncates the file and writes it in pieces, with pauses longer than
// any that could be waited out, at times.
func (e *editor) slowly(src []byte) error {
	if err := os.Remove(e.path); err != nil { // a link must not be written through
		return err
	}
	f, err := os.Create(e.path)
	if err != nil {
		return err
	}
	for len(src) > 0 {
		n := min(len(src), 1+e.rnd.IntN(120))
		if _, err := f.Write(src[:n]); err != nil {
			return err
		}
		src = src[n:]
		time.Sleep(time.Duration(e.rnd.IntN(240)) * time.Millisecond)
	}
	return f.Close()
}

// A thousand edits under a running daemon, good and bad, whole and in pieces:
// only whole good files are ever in force, and each within two seconds.
func TestThousandEdits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rnd := rand.New(rand.NewPCG(7, 1))
		dir := t.TempDir()
		e := &editor{dir: dir, path: filepath.Join(dir, "rules.yaml"), rnd: rnd}
		good := map[string]bool{}
		first := editorRules(0, "good")
		good[rules.Bytes(e.path, first).Hash()] = true
		e.write(t, "in place", first)
		w, stop := runDaemon(t, e.path, testLog{t})
		slowest := time.Duration(0)
		for n := range 1000 {
			kind := []string{"good", "good", "good", "failing", "broken"}[rnd.IntN(5)]
			how := []string{"in place", "slowly", "renamed over", "link swapped"}[rnd.IntN(4)]
			src := editorRules(n+1, kind)
			hash := rules.Bytes(e.path, src).Hash()
			good[hash] = kind == "good"
			e.write(t, how, src)
			took, taken := inForce(w, hash, 3*time.Second)
			if taken != (kind == "good") {
				t.Fatalf("edit %d, %s and %s: in force: %v", n, kind, how, taken)
			}
			if taken {
				slowest = max(slowest, took)
			}
			if got := w.Rules().Hash; !good[got] {
				t.Fatalf("edit %d, %s and %s: a file that was never whole and good is in force", n, kind, how)
			}
			time.Sleep(time.Duration(rnd.IntN(1500)) * time.Millisecond)
		}
		t.Logf("slowest from the edit's end to its being in force: %v", slowest)
		if slowest > 2*time.Second {
			t.Errorf("an edit was in force after %v, want 2 s at most", slowest)
		}
		stop()
	})
}

// A rule file that is away for more than a moment is told of, once, and so is its
// return; what an editor does between two files is not.
func TestRuleFileAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "rules.yaml")
		away := path + ".away"
		src := append(editorRules(0, "good"), "operators: {to: {slack: ops}}\n"...)
		if err := os.WriteFile(path, src, 0o600); err != nil {
			t.Fatal(err)
		}
		var out lockedBuffer
		_, stop := runDaemon(t, path, &out)
		move := func(from, to string, wait time.Duration) {
			if err := os.Rename(from, to); err != nil {
				t.Fatal(err)
			}
			time.Sleep(wait)
		}
		move(path, away, 2*time.Second)
		move(away, path, 5*time.Second)
		if got := out.String(); got != "" {
			t.Errorf("after two seconds without a file: %s", got)
		}
		move(path, away, time.Minute)
		move(away, path, 5*time.Second)
		stop()
		got := out.String()
		if strings.Count(got, "Rules not loaded") != 1 || strings.Count(got, "Rules loaded") != 1 {
			t.Errorf("want one notice that the file is away and one that it is back, got:\n%s", got)
		}
	})
}

// What was taken or refused at somebody's word is not a change that is seen afterwards.
func TestReloadByWordIsTheOnlyOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "rules.yaml")
		write := func(src string) {
			if err := os.WriteFile(path, []byte(src), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		good := string(editorRules(0, "good"))
		write(good)
		y := newObserver()
		w, stop := runDaemon(t, path, io.Discard, y)
		for _, src := range []string{"rules: [", good + "# edited\n", good, "rules: {"} {
			write(src)
			_ = w.Reload(t.Context())
			time.Sleep(5 * time.Second)
		}
		write(good + "# seen by itself\n")
		time.Sleep(5 * time.Second)
		const words = 10
		for i := range words { // some come between two looks at a file that has changed
			write(fmt.Sprint("rules: [ # ", i, "\n"))
			time.Sleep(200 * time.Millisecond)
			_ = w.Reload(t.Context())
			time.Sleep(5*time.Second + 100*time.Millisecond)
		}
		stop()
		if y.told["rejected"] != 2+words || y.told["loaded"] != 4 {
			t.Errorf("told of %v, want %d rejected and 4 loaded with the first", y.told, 2+words)
		}
	})
}

// A file whose webhooks cannot be reached is refused as a broken one is; digests and
// alerts that come or go are told.
func TestReloadLacking(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "rules.yaml")
		write := func(more string) string {
			src := append(editorRules(0, "good"), more+"operators: {to: {slack: ops}}\n"...)
			if err := os.WriteFile(path, src, 0o600); err != nil {
				t.Fatal(err)
			}
			return rules.Bytes(path, src).Hash()
		}
		write("")
		var out lockedBuffer
		w, stop := runDaemon(t, path, &out)
		lacking := write("  - {id: hooked, title: Hooked, cron: \"0 9 * * *\", rules: all, to: {webhook: LACKING, on_uncertain: resend}}\n")
		if _, taken := inForce(w, lacking, 5*time.Second); taken {
			t.Error("a file is in force whose webhook has no address")
		}
		good := write("  - {id: late, title: Late, cron: \"0 19 * * *\", rules: all, to: {slack: desk}}\n")
		if _, taken := inForce(w, good, 5*time.Second); !taken {
			t.Error("the good one is not in force")
		}
		time.Sleep(5 * time.Second)
		stop()
		for _, want := range []string{"Rules not loaded", "hooked: no LACKING", "digests and alerts added: late"} {
			if got := out.String(); !strings.Contains(got, want) {
				t.Errorf("want %q told, got:\n%s", want, got)
			}
		}
	})
}

type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.String()
}

// inForce waits until the rules of a hash are in force.
func inForce(w *watcher.Watcher, hash string, most time.Duration) (time.Duration, bool) {
	began := time.Now()
	for time.Since(began) < most {
		if w.Rules().Hash == hash {
			return time.Since(began), true
		}
		time.Sleep(10 * time.Millisecond)
	}
	return most, false
}

// runDaemon runs a watcher on a rule file until stop is called.
func runDaemon(t *testing.T, path string, out io.Writer, observe ...watcher.Observer) (w *watcher.Watcher, stop func()) {
	t.Helper()
	rs, report, err := rules.Load(path)
	if err != nil || rs == nil {
		t.Fatalf("load: %v, %v", err, report)
	}
	st, err := store.Open(t.Context(), store.Options{URL: "sqlite://" + filepath.Join(t.TempDir(), "state.db")})
	if err != nil {
		t.Fatal(err)
	}
	screen := terminal.New(terminal.Config{Out: out})
	w, err = watcher.New(t.Context(), watcher.Config{
		Store: st, Log: slog.New(slog.DiscardHandler), Observe: cmp.Or(append(observe, nil)...),
		Poller: func(s news.Settings) (*feed.Poller, error) {
			return feed.New(feed.Config{Transport: fakeWeb{}, Allow: s.Allow, HostGap: -1})
		},
		Source: func() (rules.Source, error) { return rules.Read(path) },
		Check: func(f *rules.File) error {
			for _, p := range f.Plans {
				if p.To.Webhook != "" {
					return fmt.Errorf("%s: no %s", p.ID, p.To.Webhook)
				}
			}
			return nil
		},
		Route: func(t news.Target) string { return "terminal:" + t.Slack },
		Channel: func(string, news.SlackSettings) (notify.Channel, notify.Pacing, error) {
			return screen, notify.Pacing{}, nil
		},
	}, rs)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- w.Run(ctx, []news.Unit{news.Hosts, news.Desk, news.Plans, news.Destinations})
	}()
	return w, func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	}
}
