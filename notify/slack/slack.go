// Package slack is the way out to Slack: it renders digests, alerts, follow-ups
// and notices as Block Kit messages within Slack's limits, posts what was
// frozen, and says of each answer what it proves. It stands at the end of the
// pipeline, behind notify, and knows neither the database nor the rules.
//
// Rendering is pure. What only the workspace knows, the ids of channels and of
// user groups, is filled in when a message is posted.
package slack

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/notify/wire"
)

// Config says how to reach a workspace and what its messages offer.
type Config struct {
	Token       news.Secret  // the bot's, "xoxb-..."
	AppToken    news.Secret  // of the app itself, "xapp-...", for Socket Mode; may be empty
	APIURL      string       // base of the methods; "" is Slack's own
	HTTP        *http.Client // nil: one of our own
	Interactive bool         // messages carry buttons; they need Socket Mode
	Log         *slog.Logger // nil: silent
	Now         func() time.Time
	// Observe is told of each call of a method: "ok", Slack's error code, or why there
	// is none, and how long Slack asked to wait. Nil: nobody counts.
	Observe func(method, code string, retryAfter time.Duration)
}

// Channel renders and posts. It is safe for concurrent use.
type Channel struct {
	renderer
	token    news.Secret
	appToken news.Secret
	base     string
	http     *http.Client
	log      *slog.Logger
	now      func() time.Time
	observe  func(method, code string, retryAfter time.Duration)
	who      atomic.Pointer[Identity]
	ahead    atomic.Int64 // how far Slack's clock is ahead of ours, in nanoseconds
	names    directory
	orphans  orphans
	looks    looks
	noMsgID  atomic.Bool // this Slack refuses a client_msg_id
}

var _ notify.Channel = (*Channel)(nil)

// New returns a Channel. It does not call Slack.
func New(cfg Config) *Channel {
	c := &Channel{
		renderer: renderer{interactive: cfg.Interactive},
		token:    cfg.Token,
		appToken: cfg.AppToken,
		base:     strings.TrimSuffix(cfg.APIURL, "/") + "/",
		http:     wire.Client(cfg.HTTP),
		log:      cfg.Log,
		now:      cfg.Now,
		observe:  cfg.Observe,
	}
	if cfg.APIURL == "" {
		c.base = "https://slack.com/api/"
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if c.now == nil {
		c.now = time.Now
	}
	if c.observe == nil {
		c.observe = func(string, string, time.Duration) {}
	}
	c.names.open(c)
	return c
}

// Identity says as whom and where we post.
type Identity struct {
	Team   string   `json:"team"`
	User   string   `json:"user"`
	TeamID string   `json:"team_id"`
	UserID string   `json:"user_id"`
	BotID  string   `json:"bot_id"`
	URL    string   `json:"url"`
	Scopes []string `json:"-"` // that the token has
}

// Check asks Slack who we are (auth.test), which proves that the token is good.
func (c *Channel) Check(ctx context.Context) (Identity, error) {
	var id Identity
	header, err := c.callAs(ctx, c.token, "auth.test", url.Values{}, &id)
	for scope := range strings.SplitSeq(header.Get("X-OAuth-Scopes"), ",") {
		if scope = strings.TrimSpace(scope); scope != "" {
			id.Scopes = append(id.Scopes, scope)
		}
	}
	if err == nil {
		c.who.Store(&id)
	}
	return id, err
}

// self is who we are, asked for once.
func (c *Channel) self(ctx context.Context) (Identity, error) {
	if id := c.who.Load(); id != nil {
		return *id, nil
	}
	return c.Check(ctx)
}
