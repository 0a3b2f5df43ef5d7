package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"golang.org/x/sync/errgroup"

	"newswatch/cmd/newswatch/deadman"
	"newswatch/news"
	"newswatch/notify/slack"
	"newswatch/notify/wording"
	"newswatch/watcher"
	"newswatch/watcher/store"
)

// heart says whether the daemon lives: its loops go round and its database takes
// writes. systemd's watchdog and the dead man's switch go by the same, but for a
// database server that is away.
type heart struct {
	alive, working func() error                // no loop is stuck, and each does its work
	ping           func(context.Context) error // a write goes through
}

// newHeart is that of a daemon.
func newHeart(w *watcher.Watcher, st *store.Store) heart { return heart{w.Alive, w.Working, st.Ping} }

// beats is nil while no loop is stuck, be it with errors, and a write goes through. A
// server that is away is waited for: a daemon that begins anew would not find it either.
func (h heart) beats(ctx context.Context) error {
	if err := h.alive(); err != nil {
		return err
	}
	if err := h.ping(ctx); !errors.Is(err, store.ErrUnreachable) {
		return err
	}
	return nil
}

// well is nil while each loop does its work without errors, and a write goes through.
func (h heart) well(ctx context.Context) error {
	for _, check := range []func() error{h.working, h.alive} {
		if err := check(); err != nil {
			return err
		}
	}
	return h.ping(ctx)
}

// watchdog tells systemd that the heart beats, as often as asked for.
func (h heart) watchdog(ctx context.Context) error {
	every, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		return fmt.Errorf("watchdog: %w", err)
	}
	if every == 0 {
		return nil
	}
	tick := time.NewTicker(every / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if h.beats(ctx) == nil {
				_, _ = daemon.SdNotify(false, daemon.SdNotifyWatchdog)
			}
		}
	}
}

// pingName is the secret that holds the address of the dead man's switch.
const pingName = "PING_URL"

// checkPing refuses to start with what is no address.
func (a *app) checkPing() (wanted bool, err error) {
	address, err := a.secretNamed(pingName)
	if err != nil || address == "" {
		return false, err
	}
	if err := deadman.CheckAddress(address); err != nil {
		return false, usagef("the secret %s cannot be used: %v", pingName, err)
	}
	return true, nil
}

// pingAddress is the address of the dead man's switch as it is now.
func (a *app) pingAddress() (news.Secret, error) {
	address, err := a.secretNamed(pingName)
	if err == nil && address == "" {
		err = fmt.Errorf("the secret %s is gone", pingName)
	}
	return address, err
}

// tellWatchman keeps the dead man's switch from going off.
func (a *app) tellWatchman(ctx context.Context, g *errgroup.Group, h heart) {
	s := deadman.New(deadman.Config{
		Address: a.pingAddress, Well: h.well, UserAgent: "newswatch/" + version, Pinged: a.metrics.Pinged, Log: a.logger(),
	})
	g.Go(func() error { s.Run(ctx); return nil })
}

// greeting is what Slack said of the token, when it was asked at the start.
type greeting struct {
	mu    sync.Mutex
	asked bool
	err   error // why it is refused
}

// What the probe of readiness waits for.
var (
	errNotAsked = errors.New("the token has not been shown to Slack yet")
	errRefused  = errors.New("the token is refused by Slack")
)

// check is nil when Slack was asked once and did not refuse: that it is away is no
// reason to be unready.
func (g *greeting) check(context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.asked {
		return errNotAsked
	}
	return g.err
}

func (g *greeting) heard(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked, g.err = true, err
}

// greetSlack asks once whether Slack takes the token. It stops nothing: what cannot
// be posted is held and tried again, and somebody may mend it.
func (a *app) greetSlack(ctx context.Context, c *slack.Channel, g *greeting) {
	id, err := c.Check(ctx)
	switch hint := slack.TokenHint(err); {
	case err == nil:
		g.heard(nil)
		a.logger().Info("posting to Slack", "workspace", wording.Line(id.Team), "as", wording.Line(id.User))
	case ctx.Err() != nil:
	case hint != "":
		g.heard(errRefused)
		a.logger().Error("Slack refuses SLACK_BOT_TOKEN: every message is held until it is mended and newswatch runs anew", "err", err, "do", hint)
	default:
		g.heard(nil)
		a.logger().Warn("Slack does not answer: messages wait until it does", "err", err)
	}
}

// onLoopback says whether only this machine can reach an address to listen at.
func onLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
