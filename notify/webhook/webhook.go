// Package webhook is the way out to a receiver of JSON: it renders digests,
// alerts, follow-ups, rewritings and notices as documents of their content, and
// posts them, signed where there is a secret for it. It stands at the end of the
// pipeline, beside slack and terminal. docs/webhooks.md describes the documents.
package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/notify/wire"
)

// maxAnswer bounds the answer: nothing but its status counts, and its first line
// in a refusal.
const maxAnswer = 64 << 10 // bytes

// soon is when to try again after no connection could be made.
const soon = 10 * time.Second

// Scheme is that of the destinations: "webhook:NAME", after the secret that
// holds the address.
const Scheme = "webhook"

// signing is what a secret's name has behind it to sign what goes to its address.
const signing = "_SIGNING"

// SigningName is the name of the secret that signs what goes to the address of
// another one.
func SigningName(name string) string { return name + signing }

// Config says how to reach receivers.
type Config struct {
	// Secret finds a secret by its name, anew for each post: one that is changed
	// needs no restart. "" says that there is none.
	Secret    func(name string) (news.Secret, error)
	UserAgent string
	HTTP      *http.Client // nil: one of our own
	Now       func() time.Time
}

// Channel renders and posts. It is safe for concurrent use.
type Channel struct {
	renderer
	cfg  Config
	http *http.Client
}

var _ notify.Channel = (*Channel)(nil)

// New returns a Channel. It calls nobody.
func New(cfg Config) *Channel {
	c := &Channel{cfg: cfg, http: wire.Client(cfg.HTTP)}
	if c.cfg.Now == nil {
		c.cfg.Now = time.Now
	}
	return c
}

// CheckAddress says what is wrong with an address, in words that do not hold it.
func CheckAddress(address news.Secret) error {
	_, err := parse(address)
	return err
}

// parse reads an address. What is told stays between the two: plain http goes to
// this machine and to hosts of our own network only, which have a private address
// or a name without a dot.
func parse(address news.Secret) (*url.URL, error) {
	u, err := url.Parse(address.Reveal())
	if err != nil || u.Hostname() == "" || u.Opaque != "" {
		return nil, errors.New("it is no address; one begins with https://")
	}
	switch {
	case u.Scheme == "https", u.Scheme == "http" && near(u.Hostname()):
		return u, nil
	case u.Scheme == "http":
		return nil, errors.New("plain http is for this machine and private addresses only; use https://")
	}
	return nil, errors.New("it does not begin with https://")
}

// Post posts a document. The error is a *notify.Refusal when the answer, or no
// connection at all, proves that nothing was taken; every other error proves
// nothing, and nothing can be looked up.
func (c *Channel) Post(ctx context.Context, d news.Delivery) (news.Receipt, error) {
	name, _ := strings.CutPrefix(d.Destination, Scheme+":")
	req, u, err := c.request(ctx, name, d)
	if err != nil {
		return news.Receipt{}, &notify.Refusal{Kind: notify.RefusedConfig, Reason: err.Error(), Wide: true}
	}
	secrets := wire.Secrets(u)
	a, err := wire.Do(c.http, req, maxAnswer, secrets...)
	if refusal := c.refusal(a, err, secrets); refusal != nil {
		return news.Receipt{}, refusal
	}
	switch {
	case a.Status >= 200 && a.Status < 300:
		// The status says that it was taken, whatever became of the rest.
		return news.Receipt{Channel: d.Destination, TS: key(d)}, nil
	case err != nil:
		return news.Receipt{}, fmt.Errorf("post to a webhook: %w", err)
	}
	return news.Receipt{}, fmt.Errorf("post to a webhook: status %d", a.Status)
}

// key names a message for ever: a receiver that has seen it drops it.
func key(d news.Delivery) string { return d.ID + "/" + strconv.Itoa(d.Part) }

// request makes the request of a delivery to the address in the named secret.
func (c *Channel) request(ctx context.Context, name string, d news.Delivery) (*http.Request, *url.URL, error) {
	address, err := c.cfg.Secret(name)
	if err != nil {
		return nil, nil, err
	}
	if address == "" {
		return nil, nil, fmt.Errorf("there is no secret %s: it holds the webhook's address", name)
	}
	u, err := parse(address)
	if err != nil {
		return nil, nil, fmt.Errorf("the secret %s: %w", name, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(d.Payload))
	if err != nil {
		return nil, nil, fmt.Errorf("the secret %s: it cannot be used as an address", name)
	}
	// net/http takes a request with this header for one that may be repeated, and
	// repeats it when a connection that was in use before breaks: after the receiver
	// has taken it, too. So there is a new connection for each, and no second body.
	req.Header.Set("Idempotency-Key", key(d))
	req.GetBody, req.Close = nil, true
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("User-Agent", c.cfg.UserAgent)
	return req, u, c.sign(req, name, d)
}

// refusal says what an answer proves, nil when it proves nothing or that the
// document was taken.
func (c *Channel) refusal(a wire.Answer, err error, secrets []string) *notify.Refusal {
	var broken *wire.Error
	if errors.As(err, &broken) && broken.Unsent {
		return &notify.Refusal{Kind: notify.RefusedRate, Reason: fmt.Sprintf("no connection: %v", broken), RetryAfter: soon, Offline: true}
	}
	wait, told := wire.RetryAfter(a.Header.Get("Retry-After"), c.cfg.Now())
	r := &notify.Refusal{Kind: notify.RefusedConfig, Reason: fmt.Sprintf("status %d", a.Status), RetryAfter: wait}
	switch {
	case a.Status == http.StatusTooManyRequests, a.Status == http.StatusServiceUnavailable && told:
		r.Kind = notify.RefusedRate
	case a.Status == http.StatusRequestEntityTooLarge:
		r.Kind = notify.RefusedRender
	case a.Status < 300, a.Status >= 500, a.Status == http.StatusRequestTimeout:
		return nil
	case a.Status < 400:
		r.Wide = true
		r.Reason += ": redirected, and redirects are not followed; has the address moved?"
	default:
		r.Wide = wide(a.Status)
		r.Reason += spoken(a.Body, secrets)
	}
	return r
}

// wide says whether a status is about the address and not about the document.
func wide(status int) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusGone:
		return true
	}
	return false
}

// spoken is the first line of an answer, when it is a few plain words that hold
// nothing of the address.
func spoken(body []byte, secrets []string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(body)), "\n")
	line = strings.TrimSpace(line)
	odd := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune(" .,:;'_-", r)
	}
	if line == "" || len(line) > 100 || strings.IndexFunc(line, odd) >= 0 || wire.Hide(line, secrets...) != line {
		return ""
	}
	return ": " + line
}

// Find says that a webhook cannot be asked what it took.
func (c *Channel) Find(context.Context, news.Delivery) (news.Receipt, bool, error) {
	return news.Receipt{}, false, fmt.Errorf("look behind a webhook: %w", notify.ErrNoLookup)
}

// Recent knows of nothing that was taken.
func (c *Channel) Recent(string, time.Time) notify.Reading { return notify.NoHistory{} }
