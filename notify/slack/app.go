package slack

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"newswatch/notify"
)

// What a listener of Socket Mode needs of the workspace. The listener itself is
// package socket.

// OpenSocket asks for a WebSocket of Socket Mode (apps.connections.open), which
// proves that the app's token is good. The address holds a ticket: it is a
// secret that works once.
func (c *Channel) OpenSocket(ctx context.Context) (string, error) {
	var opened struct {
		URL string `json:"url"`
	}
	if _, err := c.callAs(ctx, c.appToken, "apps.connections.open", url.Values{}, &opened); err != nil {
		return "", err
	}
	u, err := url.Parse(opened.URL)
	if err != nil || !c.isSlack(u, "wss", "ws") {
		return "", errors.New("call apps.connections.open: the address is not Slack's")
	}
	return opened.URL, nil
}

// ResponseURL says whether an address is one to which an answer may be posted:
// Slack's host for them, or the host of the API that was configured. It came with
// an envelope, so it is as foreign as anything.
func (c *Channel) ResponseURL(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil || len(raw) > maxResponseURL || u.User != nil {
		return false
	}
	if u.Scheme == "https" && (u.Host == "hooks.slack.com" || u.Host == "hooks.slack-gov.com") {
		return true
	}
	base, err := url.Parse(c.base)
	return err == nil && u.Host == base.Host && u.Scheme == base.Scheme
}

// maxResponseURL bounds a response_url, in bytes. Slack's have about 100.
const maxResponseURL = 1000

// isSlack says whether an address is on Slack's domains, or on the host of the API
// that was configured; there it may be unencrypted if the API is.
func (c *Channel) isSlack(u *url.URL, safe, open string) bool {
	base, err := url.Parse(c.base)
	if err != nil || u.User != nil {
		return false
	}
	if u.Host == base.Host && (u.Scheme == safe || u.Scheme == open && base.Scheme == "http") {
		return true
	}
	host := "." + u.Hostname()
	return u.Scheme == safe && u.Port() == "" && (strings.HasSuffix(host, ".slack.com") || strings.HasSuffix(host, ".slack-gov.com"))
}

// PublishHome shows a user the state at a glance (views.publish), with a line on
// what was just done, which may be empty.
func (c *Channel) PublishHome(ctx context.Context, user string, h notify.Home, note string) error {
	view, err := compact(homeView(h, note))
	if err != nil {
		return fmt.Errorf("render the home page: %w", err)
	}
	var ok struct{}
	return c.call(ctx, "views.publish", url.Values{"user_id": {user}, "view": {string(view)}}, &ok)
}

// RetryAfter returns how long Slack asked to wait after a call that was too many, 0
// when it did not.
func RetryAfter(err error) time.Duration {
	var e *apiError
	if errors.As(err, &e) {
		return e.RetryAfter
	}
	return 0
}

// IsUser says whether s looks like the id of a person.
func IsUser(s string) bool { return isID(s, "UW") && len(s) <= maxID }

// IsChannel says whether s looks like the id of a channel or a conversation.
func IsChannel(s string) bool { return isID(s, "CGD") && len(s) <= maxID }

// maxID bounds ids, in bytes. Slack's have 9 to 11.
const maxID = 40
