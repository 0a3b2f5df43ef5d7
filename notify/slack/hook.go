package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/notify/wire"
)

// maxHookAnswer bounds the answer to a webhook: it is one word.
const maxHookAnswer = 64 << 10 // bytes

// HookScheme is that of the destinations: "slackhook:NAME", after the secret that
// holds the address.
const HookScheme = "slackhook"

// HookConfig says how to reach Slack's incoming webhooks.
type HookConfig struct {
	// Address finds the address of a webhook by the name of its secret, anew for
	// each post: one that is changed needs no restart.
	Address func(name string) (news.Secret, error)
	APIURL  string       // whose host is a Slack too: a proxy, a fake; "": none
	HTTP    *http.Client // nil: one of our own
	Log     *slog.Logger // nil: silent
	Now     func() time.Time
}

// Hook is the way out over Slack's incoming webhooks: the same messages, without
// what needs an app. A webhook's message has no timestamp and no metadata, so it
// cannot be answered, rewritten or looked up: the parts of a digest and what is
// new of a story are messages of their own, and rewritings are left out. It is
// safe for concurrent use.
type Hook struct {
	renderer
	cfg  HookConfig
	http *http.Client
}

var _ notify.Channel = (*Hook)(nil)

// NewHook returns a Hook. It calls nobody.
func NewHook(cfg HookConfig) *Hook {
	h := &Hook{renderer: renderer{threadless: true}, cfg: cfg, http: wire.Client(cfg.HTTP)}
	if h.cfg.Log == nil {
		h.cfg.Log = slog.New(slog.DiscardHandler)
	}
	if h.cfg.Now == nil {
		h.cfg.Now = time.Now
	}
	return h
}

// Digest gives the best stories, then the others in messages of their own.
func (h *Hook) Digest(d news.Digest) ([]news.Message, error) {
	messages, err := h.renderer.Digest(d)
	for i := range messages {
		if messages[i], err = bare(messages[i], err); err != nil {
			return nil, err
		}
	}
	return messages, err
}

// Alert gives a story's message, and nothing for its rewritings.
func (h *Hook) Alert(a news.Alert) (news.Message, error) {
	if a.Kind == news.KindUpdate {
		return news.Message{}, nil
	}
	return bare(h.renderer.Alert(a))
}

// Followup gives what is new of a story, as a message of its own.
func (h *Hook) Followup(a news.Alert) (news.Message, error) { return bare(h.renderer.Followup(a)) }

// Notice tells the operators what broke.
func (h *Hook) Notice(n news.Notice) (news.Message, error) { return bare(h.renderer.Notice(n)) }

// Lean gives a message in a plainer form.
func (h *Hook) Lean(payload []byte, rung int) ([]byte, bool) {
	leaner, ok := h.renderer.Lean(payload, rung)
	if !ok {
		return nil, false
	}
	m, err := bare(news.Message{Payload: leaner}, nil)
	return m.Payload, err == nil
}

// bare makes a webhook's body of what a renderer gave: a webhook takes no
// metadata, and mentions that only an API could look up become plain text.
func bare(m news.Message, err error) (news.Message, error) {
	if err != nil {
		return news.Message{}, err
	}
	var fields struct {
		Text        json.RawMessage `json:"text"`
		Blocks      json.RawMessage `json:"blocks,omitempty"`
		UnfurlLinks bool            `json:"unfurl_links"`
		UnfurlMedia bool            `json:"unfurl_media"`
		Mrkdwn      bool            `json:"mrkdwn"`
	}
	body, err := putMentions(m.Payload, func(string) (string, error) { return "", nil })
	if err != nil {
		return news.Message{}, err
	}
	if err := json.Unmarshal(body, &fields); err != nil {
		return news.Message{}, fmt.Errorf("make a webhook's body: %w", err)
	}
	m.Payload, err = compact(fields)
	return m, err
}

// CheckAddress says what is wrong with the address of a webhook, in words that
// do not hold it. apiURL is HookConfig.APIURL.
func CheckAddress(address news.Secret, apiURL string) error {
	_, err := hookURL(address, apiURL)
	return err
}

// hookURL reads the address of a webhook. Only Slack's own hosts are posted to,
// and that of another API base: anything else is no webhook of Slack's, and would
// be told what was meant for Slack.
func hookURL(address news.Secret, apiURL string) (*url.URL, error) {
	u, err := url.Parse(address.Reveal())
	if err != nil || u.Host == "" {
		return nil, errors.New("it is no address; one of Slack's begins with https://hooks.slack.com/")
	}
	if base, err := url.Parse(apiURL); err == nil && base.Host != "" && u.Host == base.Host && u.Scheme == base.Scheme {
		return u, nil
	}
	switch {
	case u.Scheme == "https" && u.User == nil && (u.Host == "hooks.slack.com" || u.Host == "hooks.slack-gov.com"):
		return u, nil
	case u.Hostname() == "hooks.slack.com" || u.Hostname() == "hooks.slack-gov.com":
		return nil, errors.New("it does not begin with https://hooks.slack.com/ or https://hooks.slack-gov.com/")
	}
	return nil, errors.New("it is no address of Slack's, which begin with https://hooks.slack.com/; a receiver of JSON is named by webhook instead of slack_webhook")
}

// Post posts a message. The error is a *notify.Refusal when Slack's answer, or no
// connection at all, proves that nothing was posted; every other error proves
// nothing, and nothing can be looked up.
func (h *Hook) Post(ctx context.Context, d news.Delivery) (news.Receipt, error) {
	u, err := h.address(d.Destination)
	if err != nil {
		return news.Receipt{}, &notify.Refusal{Kind: notify.RefusedConfig, Reason: err.Error(), Wide: true}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(d.Payload))
	if err != nil {
		return news.Receipt{}, &notify.Refusal{Kind: notify.RefusedConfig, Reason: "the address cannot be used"}
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	secrets := wire.SecretsBehind(u)
	a, err := wire.Do(h.http, req, maxHookAnswer, secrets...)
	word := strings.TrimSpace(wire.Hide(string(a.Body), secrets...))
	if refusal := h.refusal(a, err, word); refusal != nil {
		return news.Receipt{}, refusal
	}
	switch {
	case err != nil:
		return news.Receipt{}, fmt.Errorf("post to an incoming webhook: %w", err)
	case a.Status != http.StatusOK || word != "ok":
		return news.Receipt{}, fmt.Errorf("post to an incoming webhook: no answer of Slack's with status %d%s", a.Status, inWords(word))
	}
	// A message of a webhook has no place that could be named; the receipt says
	// that it was posted, and which it was.
	return news.Receipt{Channel: d.Destination, TS: fmt.Sprintf("%s/%d", d.ID, d.Part)}, nil
}

// address is that of the webhook that a destination names.
func (h *Hook) address(destination string) (*url.URL, error) {
	scheme, name, _ := strings.Cut(destination, ":")
	if scheme != HookScheme || name == "" {
		return nil, fmt.Errorf("%q is no incoming webhook", destination)
	}
	secret, err := h.cfg.Address(name)
	if err != nil {
		return nil, err
	}
	if secret == "" {
		return nil, fmt.Errorf("there is no secret %s: it holds the webhook's address", name)
	}
	u, err := hookURL(secret, h.cfg.APIURL)
	if err != nil {
		return nil, fmt.Errorf("the secret %s: %w", name, err)
	}
	return u, nil
}

// refusal says what an answer proves, nil when it proves nothing or that the
// message was posted. The words are those of Slack's page on incoming webhooks
// (docs.slack.dev/messaging/sending-messages-using-incoming-webhooks).
func (h *Hook) refusal(a wire.Answer, err error, word string) *notify.Refusal {
	var broken *wire.Error
	switch {
	case errors.As(err, &broken) && broken.Unsent:
		return &notify.Refusal{Kind: notify.RefusedRate, Reason: fmt.Sprintf("no connection: %v", broken), RetryAfter: soon, Offline: true}
	case a.Status == http.StatusTooManyRequests:
		var e *apiError
		if errors.As(limited("", a.Header.Get("Retry-After"), a.Body, h.cfg.Now()), &e) {
			return refusalOf(e)
		}
	case err != nil, a.Status == http.StatusRequestTimeout, a.Status < 300, a.Status >= 500:
		return nil
	case a.Status < 400:
		return &notify.Refusal{Kind: notify.RefusedConfig, Reason: fmt.Sprintf("redirected, status %d: is this Slack?", a.Status), Wide: true}
	case renderWord(word):
		return &notify.Refusal{Kind: notify.RefusedRender, Reason: word}
	}
	wide := a.Status == http.StatusForbidden || a.Status == http.StatusNotFound || a.Status == http.StatusGone
	return &notify.Refusal{Kind: notify.RefusedConfig, Reason: fmt.Sprintf("status %d%s", a.Status, inWords(word)), Wide: wide}
}

// renderWord says whether a webhook's word means that our rendering is refused.
func renderWord(word string) bool {
	switch word {
	case "invalid_payload", "invalid_blocks", "invalid_blocks_format", "no_text", "too_many_attachments", "msg_too_long", "msg_blocks_too_long":
		return true
	}
	return false
}

// inWords is a word of Slack's for a log; a proxy's page is none.
func inWords(word string) string {
	if c := code(word); c != "" && c != unreadable {
		return ": " + c
	}
	return ""
}

// Find says that a webhook cannot be asked what it posted.
func (h *Hook) Find(context.Context, news.Delivery) (news.Receipt, bool, error) {
	return news.Receipt{}, false, fmt.Errorf("look behind an incoming webhook: %w", notify.ErrNoLookup)
}

// Recent knows of nothing that was posted.
func (h *Hook) Recent(string, time.Time) notify.Reading { return notify.NoHistory{} }
