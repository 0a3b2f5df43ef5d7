package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/term"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/notify/slack"
	"newswatch/notify/terminal"
	"newswatch/notify/webhook"
	"newswatch/rules"
	"newswatch/watcher"
	"newswatch/watcher/feed"
	"newswatch/watcher/store"
	"newswatch/web"
)

// probeAddr is where the daemon answers probes, or "off".
func (a *app) probeAddr() string {
	if a.Listen == "" {
		return "127.0.0.1:8765"
	}
	return a.Listen
}

// checkListen refuses what is no address to listen at.
func (a *app) checkListen(ctx context.Context) error {
	addr := a.probeAddr()
	if addr == "off" {
		return nil
	}
	_, port, err := net.SplitHostPort(addr)
	if err == nil {
		_, err = net.DefaultResolver.LookupPort(ctx, "tcp", port)
	}
	if err != nil {
		return usagef("--listen %s: no address to listen at: the form is 127.0.0.1:8765, :8765 or off", addr)
	}
	return nil
}

// listenToken is what requests to the daemon must bear beyond the probes, "" for none.
func (a *app) listenToken() (news.Secret, error) {
	token, err := a.secretNamed("LISTEN_TOKEN")
	if err != nil {
		return "", err
	}
	if err := web.CheckToken(token); err != nil {
		return "", usagef("LISTEN_TOKEN %v", err)
	}
	return token, nil
}

// userAgent is how we name ourselves to the servers of feeds, and whom they may
// write to.
func userAgent(contact string) string {
	if contact == "" {
		return "newswatch/" + version + " (feed reader)"
	}
	return "newswatch/" + version + " (feed reader; +" + contact + ")"
}

// color says whether a writer is a terminal that wants colours
// (https://no-color.org).
func (a *app) color(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && a.env("NO_COLOR") == "" && a.env("TERM") != "dumb" && term.IsTerminal(int(f.Fd()))
}

// width is the width of a terminal, or 80 where there is none.
func width(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n >= 40 {
			return min(n, 100)
		}
	}
	return 80
}

// loadRules reads the rule file and says what is wrong with it.
func (a *app) loadRules() (*rules.Ruleset, error) {
	rs, failed, err := a.readRules(a.Rules)
	if err == nil && failed > 0 {
		err = usagef("%s: %s", a.Rules, count(failed, "failed example"))
	}
	if err != nil {
		return nil, err
	}
	return rs, nil
}

// draft reads a rule file that is still being worked on: one whose examples fail
// can be looked at too, although no daemon would take it.
func (a *app) draft(path string) (*rules.Ruleset, error) {
	rs, _, err := a.readRules(path)
	return rs, err
}

// readRules reads a rule file, and says what is wrong with it; failed counts its
// examples that do not hold.
func (a *app) readRules(path string) (rs *rules.Ruleset, failed int, err error) {
	rs, report, err := rules.Load(path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, 0, usagef("%v\nnewswatch init writes one to start from", err)
		}
		return nil, 0, usagef("%v", err)
	}
	report.Faults().Print(a.err, a.color(a.err))
	if rs == nil {
		return nil, 0, usagef("%s has %s", path, count(report.Errors(), "error"))
	}
	return rs, report.Failed(), nil
}

// openStore opens the state. Beside means beside a running daemon.
func (a *app) openStore(ctx context.Context, beside bool) (*store.Store, error) {
	st, url, err := a.openState(ctx, beside)
	if errors.Is(err, store.ErrNotFound) {
		return nil, usagef("no state at %s yet: newswatch run or once makes it", store.Place(url))
	}
	return st, err
}

// openState is openStore for verbs that can do without a state: when there is
// none the error is store.ErrNotFound.
func (a *app) openState(ctx context.Context, beside bool) (st *store.Store, url string, err error) {
	if url, err = a.dbURL(); err != nil {
		return nil, "", err
	}
	o := store.Options{URL: url, Beside: beside, Log: a.logger()}
	if a.metrics != nil {
		o.Wrote = a.metrics.Wrote
	}
	st, err = store.Open(ctx, o)
	if errors.Is(err, store.ErrURL) {
		err = usagef("%v", err)
	}
	return st, url, err
}

// dbURL is where the state is: --db, else the secret NEWSWATCH_DB, as it may hold a
// password, else newswatch.db in the folder that systemd gives, else in the user's
// state folder (XDG Base Directory).
func (a *app) dbURL() (string, error) {
	if a.DB != "" {
		return a.DB, nil
	}
	if url, err := a.secretNamed("NEWSWATCH_DB"); err != nil || url != "" {
		return url.Reveal(), err
	}
	dir := a.env("STATE_DIRECTORY")
	if dir == "" {
		if state := a.env("XDG_STATE_HOME"); state != "" {
			dir = filepath.Join(state, "newswatch")
		} else {
			home, err := os.UserHomeDir()
			if err != nil {
				return "", usagef("no place for the state: give --db, or set HOME")
			}
			dir = filepath.Join(home, ".local", "state", "newswatch")
		}
	}
	return "sqlite://" + filepath.Join(dir, "newswatch.db"), nil
}

// slackScheme begins the keys of Slack's channels.
const slackScheme = "slack"

// ways are the ways out: Slack where there is a token, else the terminal; and
// webhooks, which need none.
type ways struct {
	slack    *slack.Channel // nil: no token
	hooks    *slack.Hook
	webhooks *webhook.Channel
	terminal *terminal.Channel
}

// newWays prepares the ways out. Digests on the terminal go to out. With an app
// token messages to Slack carry buttons: somebody must listen then.
func (a *app) newWays(out io.Writer, token, appToken news.Secret) *ways {
	w := &ways{
		hooks:    slack.NewHook(slack.HookConfig{Address: a.secretOfRules, APIURL: a.env("SLACK_API_URL"), Log: a.logger()}),
		webhooks: webhook.New(webhook.Config{Secret: a.secretOfRules, UserAgent: "newswatch/" + version}),
		terminal: terminal.New(terminal.Config{Out: out, Color: a.color(out), Width: width(out)}),
	}
	if token != "" {
		c := slack.Config{Token: token, AppToken: appToken, Interactive: appToken != "", APIURL: a.env("SLACK_API_URL"), Log: a.logger()}
		if a.metrics != nil {
			c.Observe = a.metrics.Called
		}
		w.slack = slack.New(c)
	}
	return w
}

// Route names the destination of a target.
func (w *ways) Route(t news.Target) string {
	switch {
	case t.Webhook != "":
		return webhook.Scheme + ":" + t.Webhook
	case t.SlackWebhook != "":
		return slack.HookScheme + ":" + t.SlackWebhook
	case w.slack != nil:
		return slackScheme + ":" + t.Slack
	}
	return "terminal:" + t.Slack
}

// webhookPace lies between two posts to one JSON webhook: a receiver is no match
// for a digest of many parts at once.
const webhookPace = 100 * time.Millisecond

// Channel is the way out of a destination. Messages that were frozen for Slack
// wait while there is no token. What is uncertain at a webhook that the rules no
// longer name waits for a person.
func (w *ways) Channel(destination string, pace news.SlackSettings) (notify.Channel, notify.Pacing, error) {
	scheme, _, _ := strings.Cut(destination, ":")
	pacing := notify.Pacing{Quarantine: pace.Quarantine, LookAgain: pace.LookAgain, Pace: pace.Pace}
	switch {
	case scheme == "terminal":
		return w.terminal, notify.Pacing{}, nil
	case scheme == webhook.Scheme:
		pacing.Pace, pacing.OnUncertain = webhookPace, news.Hold
		return w.webhooks, pacing, nil
	case scheme == slack.HookScheme:
		pacing.OnUncertain = news.Hold
		return w.hooks, pacing, nil
	case scheme == slackScheme && w.slack != nil:
		pacing.Read = slack.ReadPace
		return w.slack, pacing, nil
	case scheme == slackScheme:
		return nil, notify.Pacing{}, fmt.Errorf("%s: no SLACK_BOT_TOKEN", destination)
	}
	return nil, notify.Pacing{}, fmt.Errorf("%s: unknown way out", destination)
}

// newWatcher wires the pipeline to the ways out.
func (a *app) newWatcher(ctx context.Context, c watcher.Config, rs *rules.Ruleset, w *ways) (*watcher.Watcher, error) {
	c.Route, c.Channel, c.Log, c.At = w.Route, w.Channel, a.logger(), crashAt(a.env(crashEnv))
	c.Lease = lease(a.env(leaseEnv))
	now := c.Now
	if now == nil {
		now = c.Store.Now
	}
	c.Poller = func(s news.Settings) (*feed.Poller, error) {
		return feed.New(feed.Config{Allow: s.Allow, UserAgent: userAgent(s.Contact), Now: now, Secret: a.secretOfRules})
	}
	return watcher.New(ctx, c, rs)
}
