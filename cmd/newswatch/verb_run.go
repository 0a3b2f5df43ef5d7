package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strconv"
	"syscall"

	"github.com/coreos/go-systemd/v22/daemon"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"newswatch/cmd/newswatch/metrics"
	"newswatch/news"
	"newswatch/rules"
	"newswatch/watcher"
	"newswatch/watcher/store"
	"newswatch/watcher/story"
	"newswatch/watcher/triage"
	"newswatch/web"
)

type runCmd struct {
	Roles []string `placeholder:"ROLE,..." help:"Only these parts of the work: poll, group, digest, send, web. Default: all."`
}

// Help is the long text of -h.
func (runCmd) Help() string {
	return help(`Polls, matches, groups and delivers until it is stopped. A changed rule file is taken by itself, and on SIGHUP; a broken one never replaces the rules in force.
SIGTERM ends the post in flight and nothing else; kill -9 is as safe. Without SLACK_BOT_TOKEN the digests go to the terminal, unless the state has sent to Slack before. With SLACK_APP_TOKEN too it hears /news and the buttons under its messages.`,
		"SLACK_BOT_TOKEN=xoxb-... SLACK_APP_TOKEN=xapp-... newswatch run --rules rules.yaml",
		"0 stopped; 1 --listen is taken; 2 invalid rules, an address or a secret that cannot be one, or no token where the state has sent to Slack; 74 the database cannot be written or reached; 75 another instance runs")
}

// roleUnits are the units of work behind the names of roles; web has none.
func roleUnits() map[string]news.Unit {
	return map[string]news.Unit{"poll": news.Hosts, "group": news.Desk, "digest": news.Plans, "send": news.Destinations}
}

// Run is the daemon. To be stopped is its end, also where it has not begun yet.
func (c *runCmd) Run(ctx context.Context, a *app) error {
	err := c.serve(ctx, a)
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

func (c *runCmd) serve(ctx context.Context, a *app) error {
	units, serve, err := c.roles()
	if err != nil {
		return err
	}
	rs, err := a.loadRules()
	if err != nil {
		return err
	}
	token, err := a.botToken()
	if err != nil {
		return err
	}
	if slices.Contains(units, news.Destinations) {
		if err := a.checkWays(rs.File); err != nil {
			return err
		}
	}
	appToken, err := a.secretNamed("SLACK_APP_TOKEN")
	if err != nil {
		return err
	}
	if err := a.checkListen(ctx); err != nil {
		return err
	}
	listenToken, err := a.listenToken()
	if err != nil {
		return err
	}
	pinging, err := a.checkPing()
	if err != nil {
		return err
	}
	a.metrics = metrics.New(metrics.Config{Version: version, Log: a.logger()})
	st, url, err := a.openState(ctx, false)
	if err != nil {
		return err
	}
	defer st.Close()
	if err := checkPrinting(ctx, st, token, rs.File); err != nil {
		return err
	}
	if token == "" && postsToSlack(rs.File) {
		a.logger().Warn("there is no SLACK_BOT_TOKEN: what is for Slack is printed here")
	}
	out := a.newWays(a.out, token, appToken)
	config := watcher.Config{Store: st, Observe: a.metrics, Source: func() (rules.Source, error) { return rules.Read(a.Rules) }}
	config.Check = func(f *rules.File) error {
		if err := checkPrinting(ctx, st, token, f); err != nil {
			return err
		}
		if slices.Contains(units, news.Destinations) {
			return a.checkWays(f)
		}
		return nil
	}
	w, err := a.newWatcher(ctx, config, rs, out)
	if err != nil {
		return err
	}
	a.thrift()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return w.Run(ctx, units) })
	g.Go(func() error { return a.reloadOnHangup(ctx, w) })
	a.metrics.Watch(ctx, st, story.Memory)
	a.metrics.Loops(w.Alive, w.Working)
	life := newHeart(w, st)
	g.Go(func() error { return life.watchdog(ctx) })
	if pinging {
		a.tellWatchman(ctx, g, life)
	}
	ready := []web.Check{{Not: "the database cannot be written", Err: st.Ping}}
	if slices.Contains(units, news.Destinations) {
		if out.slack != nil {
			hello := &greeting{}
			g.Go(func() error { a.greetSlack(ctx, out.slack, hello); return nil })
			ready = append(ready, web.Check{Not: "Slack has not been asked about the token yet, or refuses it", Err: hello.check})
		}
		a.hearSlack(ctx, g, appToken, out.slack, triage.New(triage.Config{Store: st, Rules: w.Rules, Now: st.Now, Log: a.logger()}))
	}
	addr := a.probeAddr()
	if serve && addr != "off" {
		site := web.New(web.Config{
			Alive: w.Alive, Ready: ready, Reload: w.Reload, Metrics: a.metrics.Handler(), Profiles: onLoopback(addr), Token: listenToken, Log: a.logger(),
		})
		g.Go(func() error { return site.Serve(ctx, addr) })
	}
	a.logger().Info("running", "rules", a.Rules, "db", store.Place(url), "feeds", len(rs.File.Feeds), "plans", len(rs.File.Plans), "listen", addr, "version", version)
	_, _ = daemon.SdNotify(false, daemon.SdNotifyReady) // nobody listens outside of systemd
	if err := g.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	a.logger().Info("stopped")
	return nil
}

// gcPercent is how much the heap may grow, in per cent of what is in use, until what
// is not is collected: a third of Go's own. A daemon that waits for most of its time has
// processor time to spare, and on a small machine no memory.
const gcPercent = 30

// thrift makes the collector run more often, unless the operator says how often (GOGC,
// package runtime).
func (a *app) thrift() {
	if a.env("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
}

// roles says which units this process works on, and whether it serves pages.
func (c *runCmd) roles() (units []news.Unit, serve bool, err error) {
	known := roleUnits()
	if len(c.Roles) == 0 {
		return []news.Unit{news.Hosts, news.Desk, news.Plans, news.Destinations}, true, nil
	}
	for _, r := range c.Roles {
		unit, ok := known[r]
		switch {
		case r == "web":
			serve = true
		case !ok:
			return nil, false, usagef("unknown role %q; there are poll, group, digest, send, web", r)
		case !slices.Contains(units, unit):
			units = append(units, unit)
		}
	}
	return units, serve, nil
}

// reloadOnHangup reloads the rules on SIGHUP, and tells systemd about it
// (Type=notify-reload, systemd.service(5)).
func (a *app) reloadOnHangup(ctx context.Context, w *watcher.Watcher) error {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	for {
		select {
		case <-ctx.Done():
			_, _ = daemon.SdNotify(false, daemon.SdNotifyStopping)
			return nil
		case <-hangup:
			_, _ = daemon.SdNotify(false, daemon.SdNotifyReloading+"\nMONOTONIC_USEC="+monotonic())
			_ = w.Reload(ctx) // it has logged and told what there is to say
			_, _ = daemon.SdNotify(false, daemon.SdNotifyReady)
		}
	}
}

// monotonic is CLOCK_MONOTONIC in microseconds, which systemd asks for in a
// reload to know that it is not an old one.
func monotonic() string {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		return "0"
	}
	return strconv.FormatInt(now.Nano()/1000, 10)
}
