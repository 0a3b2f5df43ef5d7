package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"newswatch/news"
	"newswatch/notify/wire"
)

// The calls are our own and not slack-go's, because they decide what an answer
// proves, and slack-go v0.35.0 takes a body without "ok" for success, drops the
// body of a 429, and fails on a whole page of history for one message of another
// app that it cannot decode. Its types describe our blocks.

// maxAnswer bounds an answer. A page of 200 messages of 50 blocks stays below.
const maxAnswer = 16 << 20 // bytes

// apiError is Slack's own word that a call was not done, or may not have been.
type apiError struct {
	Method     string
	Code       string // Slack's error: "channel_not_found"
	Limited    bool   // 429
	RetryAfter time.Duration
	Unsent     bool // no connection was made: nothing has left
	Err        error
}

func (e *apiError) Error() string {
	switch {
	case e.Err != nil:
		return fmt.Sprintf("call %s: %v", e.Method, e.Err)
	case e.Limited && e.RetryAfter > 0:
		return fmt.Sprintf("call %s: %s, retry after %s", e.Method, e.Code, e.RetryAfter)
	}
	return fmt.Sprintf("call %s: %s", e.Method, e.Code)
}

func (e *apiError) Unwrap() error { return e.Err }

// said returns Slack's error code of a failed call, "" when it said none.
func said(err error) string {
	var e *apiError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// call calls a method with a form, the one encoding that every method takes,
// and decodes the answer. Its errors are *apiError.
func (c *Channel) call(ctx context.Context, method string, args url.Values, out any) error {
	_, err := c.callAs(ctx, c.token, method, args, out)
	return err
}

// callAs is call with another token, and gives the header of the answer.
func (c *Channel) callAs(ctx context.Context, token news.Secret, method string, args url.Values, out any) (http.Header, error) {
	header, err := c.exchange(ctx, token, method, args, out)
	c.observe(method, outcomeCode(err), RetryAfter(err))
	return header, err
}

// outcomeCode is what a call came to, in a word: Slack's, where it said one.
func outcomeCode(err error) string {
	var e *apiError
	switch {
	case err == nil:
		return "ok"
	case !errors.As(err, &e) || e.Err != nil && !e.Unsent:
		return "no_answer"
	case e.Unsent:
		return "unreachable"
	}
	return e.Code
}

func (c *Channel) exchange(ctx context.Context, token news.Secret, method string, args url.Values, out any) (http.Header, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+method, strings.NewReader(args.Encode()))
	if err != nil {
		return nil, &apiError{Method: method, Unsent: true, Err: errors.New("the address of the API cannot be used")}
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Authorization", "Bearer "+token.Reveal())
	a, err := wire.Do(c.http, req, maxAnswer, c.secrets()...)
	c.readClock(a.Header.Get("Date"))
	if a.Status == http.StatusTooManyRequests {
		return nil, c.silent(limited(method, a.Header.Get("Retry-After"), a.Body, c.now()))
	}
	var broken *wire.Error
	if errors.As(err, &broken) {
		return nil, &apiError{Method: method, Unsent: broken.Unsent, Err: broken}
	}
	return a.Header, c.silent(decode(method, a.Status, a.Body, out))
}

// decode reads an answer. Only a body that says "ok" is one.
func decode(method string, status int, body []byte, out any) error {
	var verdict struct {
		OK    *bool  `json:"ok"`
		Error string `json:"error"`
	}
	err := json.Unmarshal(body, &verdict)
	switch {
	case status >= 500 || err != nil || verdict.OK == nil:
		return &apiError{Method: method, Err: fmt.Errorf("no answer of Slack's with status %d", status)}
	case !*verdict.OK:
		return &apiError{Method: method, Code: code(verdict.Error)}
	case status != http.StatusOK:
		return &apiError{Method: method, Err: fmt.Errorf("ok with status %d", status)}
	}
	if err := json.Unmarshal(body, out); err != nil {
		return &apiError{Method: method, Err: errors.New("the answer has another form than expected")}
	}
	return nil
}

// limited reads a 429. Without a Retry-After it is not about the rate: the
// workspace is over its plan, unless the body says otherwise.
func limited(method, retryAfter string, body []byte, now time.Time) error {
	var verdict struct {
		Error string `json:"error"`
	}
	e := &apiError{Method: method, Limited: true, Code: "message_limit_exceeded"}
	if json.Unmarshal(body, &verdict) == nil && verdict.Error != "" {
		e.Code = code(verdict.Error)
	}
	if wait, ok := wire.RetryAfter(retryAfter, now); ok {
		e.RetryAfter, e.Code = wait, "ratelimited"
	}
	return e
}

// code keeps of Slack's word what an error code is made of: it goes into logs.
func code(s string) string {
	odd := func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' && r != '-' }
	if len(s) > 64 || strings.IndexFunc(s, odd) >= 0 {
		return unreadable
	}
	return s
}

// unreadable stands for a word of Slack's that is none.
const unreadable = "unreadable_error"

// secrets are what no error may show, in case a proxy echoed it.
func (c *Channel) secrets() []string { return []string{c.token.Reveal(), c.appToken.Reveal()} }

// silent takes the tokens out of Slack's word.
func (c *Channel) silent(err error) error {
	var e *apiError
	if errors.As(err, &e) && e.Code != "" && wire.Hide(e.Code, c.secrets()...) != e.Code {
		e.Code = unreadable
	}
	return err
}

// readClock learns how far Slack's clock is from ours. The header has whole
// seconds.
func (c *Channel) readClock(date string) {
	if at, err := http.ParseTime(date); err == nil {
		c.ahead.Store(int64(at.Sub(c.now()).Truncate(time.Second)))
	}
}

// slackTime turns a time of our clock into a message's timestamp of Slack's.
func (c *Channel) slackTime(t time.Time) string {
	micros := t.Add(time.Duration(c.ahead.Load())).UnixMicro()
	return fmt.Sprintf("%d.%06d", micros/1e6, micros%1e6)
}

// ourTime turns a message's timestamp into a time of our clock, to the second.
func (c *Channel) ourTime(ts string) time.Time {
	seconds, _, _ := strings.Cut(ts, ".")
	n, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(n, 0).Add(-time.Duration(c.ahead.Load()))
}
