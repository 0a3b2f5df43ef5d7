package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"newswatch/cmd/newswatch/demo"
	"newswatch/news"
	"newswatch/rules"
	"newswatch/watcher"
	"newswatch/watcher/store"
)

// demoStep is how far the demo's clock moves between two passes: its feeds are
// polled as often.
const demoStep = 5 * time.Minute

type demoCmd struct {
	Slack   bool   `help:"Send the digests and alerts to Slack instead; needs SLACK_BOT_TOKEN and --channel."`
	Channel string `placeholder:"NAME" help:"The channel for --slack."`
}

// Help is the long text of -h.
func (demoCmd) Help() string {
	return help(`Plays a day of invented news through the real pipeline with a fast clock: eight outlets on loopback, their feeds polled, matched and grouped, two digests and the alerts as they come. No network, no Slack, no files left behind.`,
		"newswatch demo\nSLACK_BOT_TOKEN=xoxb-... newswatch demo --slack --channel test", "0 played to the end; 1 something in it failed")
}

// demoClock is the demo's time: it stands still until it is moved.
type demoClock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *demoClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *demoClock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = t
}

// Run plays the day.
func (c *demoCmd) Run(ctx context.Context, a *app) error {
	if c.Slack && c.Channel == "" {
		return usagef("--slack needs --channel NAME")
	}
	var token news.Secret // whatever token is about, the demo stays here unless it is told otherwise
	if c.Slack {
		var err error
		if token, err = a.secretNamed("SLACK_BOT_TOKEN"); err != nil {
			return err
		}
		if token == "" {
			return usagef("--slack needs SLACK_BOT_TOKEN; newswatch slack manifest says how to get one")
		}
	}
	if err := c.play(ctx, a, token); err != nil {
		return &exitError{exitNot, fmt.Sprintf("demo: %v", err)}
	}
	return nil
}

func (c *demoCmd) play(ctx context.Context, a *app, token news.Secret) (err error) {
	day, err := demo.Load()
	if err != nil {
		return err
	}
	clock := &demoClock{t: day.Start}
	base, stop, err := serveLoopback(day.Handler(clock.now))
	if err != nil {
		return err
	}
	defer stop()
	rs, report := rules.LoadBytes("demo/rules.yaml", day.Rules(base), rules.LoadOptions{})
	if report.Errors()+report.Failed() > 0 {
		report.Print(a.err, false)
		return errors.New("its own rules are broken")
	}
	if c.Slack {
		for i := range rs.File.Plans {
			rs.File.Plans[i].To.Slack = c.Channel
		}
	}
	dir, err := os.MkdirTemp("", "newswatch-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	st, err := store.Open(ctx, store.Options{URL: "sqlite://" + filepath.Join(dir, "demo.db"), Now: clock.now})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	if a.LogLevel == "info" {
		a.LogLevel = "error" // the transcript says it all
	}
	log := newTranscript(a.out, day.Location, clock.now)
	w, err := a.newWatcher(ctx, watcher.Config{Store: st, Now: clock.now}, rs, a.newWays(log, token, ""))
	if err != nil {
		return err
	}
	log.head(rs.File, c.Slack)
	p := &play{watcher: w, clock: clock, log: log}
	if c.Slack {
		p.pause = rs.File.Settings.Slack.Pace
	}
	for t := day.Start; !t.After(day.End); t = t.Add(demoStep) {
		if err := p.pass(ctx, t); err != nil {
			return err
		}
	}
	if err := p.drain(ctx, st); err != nil {
		return err
	}
	return log.foot()
}

// play is a day on its way through the pipeline.
type play struct {
	watcher *watcher.Watcher
	clock   *demoClock
	log     *transcript
	pause   time.Duration // of real time after a pass that sent: Slack's clock runs no faster for us
}

// pass sets the clock and makes one pass.
func (p *play) pass(ctx context.Context, at time.Time) error {
	p.clock.set(at)
	sum, err := p.watcher.Pass(ctx)
	if err != nil {
		return err
	}
	p.log.pass(sum)
	if sent := sum.Posted + sum.Rewritten + sum.Waiting + sum.Uncertain; sent == 0 || p.pause == 0 {
		return nil
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(p.pause):
		return nil
	}
}

// drain lets what waits for its channel's pace go out after the day's end.
func (p *play) drain(ctx context.Context, st *store.Store) error {
	open := store.DeliveryFilter{States: []news.DeliveryState{news.Pending, news.Sending}, Limit: 1}
	for range 20 {
		left, err := st.Deliveries(ctx, open)
		if err != nil || len(left) == 0 {
			return err
		}
		if err := p.pass(ctx, p.clock.now().Add(2*time.Second)); err != nil {
			return err
		}
	}
	return nil
}

// serveLoopback serves h on a free port of loopback.
func serveLoopback(h http.Handler) (base string, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, fmt.Errorf("serve the sample feeds: %w", err)
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	go server.Serve(l) //nolint:errcheck // ends with Close
	return "http://" + l.Addr().String(), func() { server.Close() }, nil
}

// transcript tells a day as it goes by: a line for each stretch between two
// messages, and the messages themselves.
type transcript struct {
	out  io.Writer
	loc  *time.Location
	now  func() time.Time
	sum  watcher.Summary // of the stretch that is not told yet
	all  watcher.Summary
	said bool // a message came in this pass
}

func newTranscript(out io.Writer, loc *time.Location, now func() time.Time) *transcript {
	return &transcript{out: out, loc: loc, now: now}
}

func (t *transcript) head(f *rules.File, slack bool) {
	where := "no network, no Slack"
	if slack {
		where = "told in Slack"
	}
	fmt.Fprintf(t.out, "newswatch demo: one day of invented news, %s (%s, %s)\n\n", where,
		count(len(f.Feeds), "feed"), count(len(f.Rules), "rule"))
}

// Write passes a message on, after a line about what led to it.
func (t *transcript) Write(message []byte) (int, error) {
	t.line()
	t.said = true
	return t.out.Write(message)
}

// pass notes a pass, and tells of it at the full hour.
func (t *transcript) pass(s watcher.Summary) {
	t.sum.Add(s)
	t.all.Add(s)
	if now := t.now().In(t.loc); now.Minute() == 0 && !t.said {
		t.line()
	}
	t.said = false
}

func (t *transcript) line() {
	s := t.sum
	if s.Empty() {
		return
	}
	fmt.Fprintf(t.out, "  %s  %-10s  %-13s  %-7s  %s\n", t.now().In(t.loc).Format("15:04"),
		count(s.Feeds, "poll"), count(s.Items, "new item"), count(s.Hits, "hit"), count(s.Stories, "new story"))
	t.sum = watcher.Summary{}
}

func (t *transcript) foot() error {
	t.line()
	s := t.all
	_, err := fmt.Fprintf(t.out, `
%s of %s, told in %s; %s left out.

Next:  newswatch init         write rules.yaml to edit
       newswatch check        say what is wrong with it, and run its examples
       newswatch once --now   one pass over the real feeds, the digest here
       newswatch slack manifest, then SLACK_BOT_TOKEN=... newswatch run
`, count(s.Stories, "story"), count(s.Hits, "matching item"), count(s.Posted, "message"), count(s.Items-s.Hits, "other item"))
	return err
}
