package watcher_test

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/notify/slack"
	"newswatch/notify/slack/slackfake"
	"newswatch/rules"
	"newswatch/watcher"
	"newswatch/watcher/feed"
	"newswatch/watcher/store"
)

var (
	realTime = flag.Bool("real", false, "measure in real time and over the loopback, not in a bubble where time costs nothing")
	channels = flag.Int("channels", 10, "channels, each with an alert and a feed of its own")
	stories  = flag.Int("stories", 200, "stories that come at once in TestDrain")
	alerted  = flag.Int("alerted", 100, "stories whose way is measured in TestLatency")
)

// slackPace is the default pace between two posts to a channel.
const slackPace = 1100 * time.Millisecond

// slackLatency is from Slack's accepting to its answer.
const slackLatency = 200 * time.Millisecond

// newsroom is a daemon with a feed, a rule, an alert and a channel for each of
// so many topics, at a Slack that answers after 200 ms and allows one message a
// second and channel.
type newsroom struct {
	*testing.T
	fake  *slackfake.Server
	store *store.Store
	stop  func()

	mu     sync.Mutex
	served [][]string // by topic
}

// RoundTrip is the feeds: 10.0.0.N is that of topic N.
func (n *newsroom) RoundTrip(r *http.Request) (*http.Response, error) {
	var topic int
	if _, err := fmt.Sscanf(r.URL.Host, "10.0.0.%d", &topic); err != nil {
		return nil, err
	}
	var b strings.Builder
	b.WriteString(`<rss version="2.0"><channel><title>Aster Wire</title><link>http://aster.example/</link>`)
	n.mu.Lock()
	defer n.mu.Unlock()
	for i, title := range slices.Backward(n.served[topic]) {
		fmt.Fprintf(&b, `<item><title>%s</title><link>http://aster%d.example/%d.html</link><guid>n%d</guid></item>`, title, topic, i, i)
	}
	return fakeWeb{r.URL.Host + r.URL.Path: {status: http.StatusOK, body: []byte(b.String() + `</channel></rss>`)}}.RoundTrip(r)
}

// serve puts a story of its own into the feed of a topic.
func (n *newsroom) serve(topic int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	one := 2 * (topic*10_000 + len(n.served[topic]))
	n.served[topic] = append(n.served[topic], fmt.Sprintf("%s: topic%d, %s", ferry(one), topic, ferry(one+1)))
}

func newNewsroom(t *testing.T, topics int, latency time.Duration) *newsroom {
	t.Helper()
	n := &newsroom{T: t, served: make([][]string, topics)}
	names := make([]string, topics)
	for i := range names {
		names[i] = fmt.Sprint("topic-", i)
	}
	n.fake = slackfake.New(slackfake.Config{Channels: names, Plan: slackfake.Plan{Latency: slackfake.Duration(latency)}})
	base, client := "https://slack.test/api", n.fake.Client()
	if *realTime {
		var err error
		if base, err = n.fake.Start(""); err != nil {
			t.Fatal(err)
		}
		client = nil
	}
	var src strings.Builder
	src.WriteString("version: 1\nsettings: {timezone: UTC, poll: 2s, network: {allow: [10.0.0.0/8]}}\nfeeds:\n")
	for i := range topics {
		fmt.Fprintf(&src, "  - {id: f%d, name: Aster %d, url: \"http://10.0.0.%d/rss\", lang: en}\n", i, i, i)
	}
	src.WriteString("rules:\n")
	for i := range topics {
		fmt.Fprintf(&src, "  - {id: r%d, title: Topic %d, when: {any: [topic%d]}, score: 60}\n", i, i, i)
	}
	src.WriteString("alerts:\n")
	for i := range topics {
		fmt.Fprintf(&src, "  - {id: a%d, title: Alert %d, rules: [r%d], to: {slack: topic-%d}}\n", i, i, i, i)
	}
	rs, report := rules.LoadBytes("rules.yaml", []byte(src.String()), rules.LoadOptions{})
	if rs == nil {
		t.Fatal(report.Findings)
	}
	var err error
	if n.store, err = store.Open(t.Context(), store.Options{URL: "sqlite://" + filepath.Join(t.TempDir(), "state.db")}); err != nil {
		t.Fatal(err)
	}
	channel := slack.New(slack.Config{Token: "xoxb-test", APIURL: base, HTTP: client})
	w, err := watcher.New(t.Context(), watcher.Config{
		Store: n.store, Log: slog.New(slog.NewTextHandler(testLog{t}, &slog.HandlerOptions{Level: slog.LevelWarn})),
		Poller: func(s news.Settings) (*feed.Poller, error) {
			return feed.New(feed.Config{Transport: n, Allow: s.Allow, HostGap: -1})
		},
		Route: func(t news.Target) string { return "slack:" + t.Slack },
		Channel: func(_ string, s news.SlackSettings) (notify.Channel, notify.Pacing, error) {
			return channel, notify.Pacing{Quarantine: s.Quarantine, LookAgain: s.LookAgain, Pace: s.Pace}, nil
		},
	}, rs)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		done <- w.Run(ctx, []news.Unit{news.Hosts, news.Desk, news.Plans, news.Destinations})
	}()
	n.stop = func() {
		cancel()
		for _, err := range []error{<-done, n.store.Close(), n.fake.Close()} {
			if err != nil {
				t.Error(err)
			}
		}
	}
	time.Sleep(5 * time.Second) // what is found first is no news
	return n
}

// wait sleeps until so many items are in stories, and each story is in Slack. It
// gives how many they are: the grouper makes one of two now and then.
func (n *newsroom) wait(items int, most time.Duration) (stories int) {
	n.Helper()
	for end := time.Now().Add(most); ; time.Sleep(time.Second / 2) {
		list, err := n.store.StoryList(n.Context(), 10_000)
		if err != nil {
			n.Fatal(err)
		}
		placed, told := 0, len(n.accepted())
		for _, s := range list {
			placed += len(s.Members)
		}
		if placed == items && told >= len(list) {
			return told
		}
		if time.Now().After(end) {
			n.Fatalf("%d of %d items placed, %d of %d stories told after %v", placed, items, told, len(list), most)
		}
	}
}

// accepted is when Slack took the message that told each story, by the story's mark.
func (n *newsroom) accepted() map[string]time.Time {
	all := map[string]time.Time{}
	for _, e := range n.fake.Journal() {
		for _, id := range e.Stories {
			if _, again := all[id]; !again && e.Method == "chat.postMessage" && e.Accepted {
				all[id] = e.Time
			}
		}
	}
	return all
}

// audit checks that all went well, and counts the posts that were too fast.
func (n *newsroom) audit() (limited int) {
	n.Helper()
	for _, problem := range n.fake.Audit() {
		n.Error(problem)
	}
	for _, e := range n.fake.Journal() {
		if e.Error == "ratelimited" {
			limited++
		}
	}
	if limited > 0 {
		n.Errorf("%d posts were too fast", limited)
	}
	return limited
}

// inBubble runs f in a bubble, unless real time is asked for.
func inBubble(t *testing.T, f func(*testing.T)) {
	if *realTime {
		f(t)
		return
	}
	synctest.Test(t, f)
}

// TestDrain lets many stories come at once: they are out as fast as the pace of
// each channel allows, also when Slack takes its time. The whole of it:
//
//	go test ./watcher -run TestDrain -v -real -channels 20 -stories 1000
func TestDrain(t *testing.T) {
	if raced {
		t.Skip("measures")
	}
	for _, latency := range []time.Duration{slackLatency, 600 * time.Millisecond} {
		t.Run(fmt.Sprint("answers after ", latency), func(t *testing.T) {
			inBubble(t, func(t *testing.T) { drain(t, latency) })
		})
	}
}

func drain(t *testing.T, latency time.Duration) {
	n := newNewsroom(t, *channels, latency)
	defer n.stop()
	each := *stories / *channels
	for topic := range *channels {
		for range each {
			n.serve(topic)
		}
	}
	began := time.Now()
	told := n.wait(each**channels, 5*time.Minute)
	took := time.Since(began)
	paced := time.Duration(each) * slackPace
	limited := n.audit()
	t.Logf("%d stories to %d channels in %v, the pace gives %v; %d refused as too fast", told, *channels, took.Round(time.Millisecond), paced, limited)
	if most := paced + 5*time.Second; took > most && !*realTime {
		t.Errorf("took %v, want %v at most", took, most)
	}
}

// TestLatency measures from an item's fetching to Slack's answer that it has
// accepted the alert of it. The whole of it:
//
//	go test ./watcher -run TestLatency -v -real -channels 20 -alerted 300
func TestLatency(t *testing.T) {
	if raced {
		t.Skip("measures")
	}
	inBubble(t, func(t *testing.T) {
		n := newNewsroom(t, *channels, slackLatency)
		defer n.stop()
		for i := range *alerted {
			n.serve(i % *channels)
			time.Sleep(time.Second * 2 / time.Duration(*channels)) // one a channel in two seconds
		}
		n.wait(*alerted, time.Minute)
		accepted := n.accepted()
		var items []news.Item
		if err := n.store.Items(t.Context(), time.Time{}, func(it news.Item) error {
			items = append(items, it)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		var took []time.Duration
		for _, it := range items {
			_, _, id, err := n.store.Item(t.Context(), it.ID)
			if err != nil || id == "" {
				t.Fatalf("item %s: story %q, %v", it.ID, id, err)
			}
			at, told := accepted[strings.TrimPrefix(id, "st_")[:8]]
			if !told || at.Before(it.Fetched) { // it joined a story that was told
				continue
			}
			took = append(took, at.Add(slackLatency).Sub(it.Fetched))
		}
		if len(took) < *alerted*9/10 {
			t.Fatalf("%d of %d items were told for the first time", len(took), *alerted)
		}
		slices.Sort(took)
		at := func(p int) time.Duration { return took[min(len(took)*p/100, len(took)-1)].Round(time.Millisecond) }
		limited := n.audit()
		t.Logf("fetched to answered, %d alerts to %d channels: p50 %v, p90 %v, p99 %v, most %v; %d refused as too fast",
			len(took), *channels, at(50), at(90), at(99), at(100), limited)
		if at(99) > 3*time.Second && !*realTime {
			t.Errorf("p99 is %v, want 3 s at most", at(99))
		}
	})
}
