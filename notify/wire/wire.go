// Package wire makes the call that a post is, for the ways out that speak HTTP:
// once, without a redirect, within a time and a size. It tells the errors that
// prove that nothing has left from those that prove nothing, and keeps secrets
// out of their words. It stands below slack and webhook, and knows no messages.
package wire

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"newswatch/news"
)

// Client copies an HTTP client (nil: Go's own) so that it has a timeout and
// follows no redirect: one would carry a secret to another host, or post twice.
func Client(given *http.Client) *http.Client {
	c := http.Client{}
	if given != nil {
		c = *given
	}
	if c.Timeout == 0 {
		c.Timeout = news.CallTimeout
	}
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &c
}

// Answer is what came back.
type Answer struct {
	Status int // 0: no answer at all
	Header http.Header
	Body   []byte
}

// Error says that no whole answer came. Its words hold no address, nor any of
// the secrets.
type Error struct {
	Unsent bool // no connection was made: nothing has left
	Err    error
}

// Error says what happened.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap gives what happened.
func (e *Error) Unwrap() error { return e.Err }

// Do makes a request and reads at most so many bytes of the answer. When the
// answer breaks off, its status and header are there beside the *Error.
func Do(c *http.Client, req *http.Request, most int64, secrets ...string) (Answer, error) {
	var sent trace
	req = req.WithContext(httptrace.WithClientTrace(req.Context(), sent.hooks()))
	resp, err := c.Do(req)
	if err != nil {
		return Answer{}, &Error{Unsent: sent.nothing(), Err: plain(err, secrets)}
	}
	defer func() { _ = resp.Body.Close() }()
	a := Answer{Status: resp.StatusCode, Header: resp.Header}
	a.Body, err = io.ReadAll(io.LimitReader(resp.Body, most+1))
	switch {
	case err != nil:
		return a, &Error{Err: fmt.Errorf("read the answer: %w", plain(err, secrets))}
	case int64(len(a.Body)) > most:
		return a, &Error{Err: fmt.Errorf("the answer has more than %d bytes", most)}
	}
	return a, nil
}

// plain takes the address and the secrets out of an error: a proxy may echo
// them, and net/http quotes addresses.
func plain(err error, secrets []string) error {
	var at *url.Error
	if errors.As(err, &at) {
		err = at.Err
	}
	text := err.Error()
	if hidden := Hide(text, secrets...); hidden != text {
		return errors.New(hidden)
	}
	return err
}

// Hide puts stars in the place of secrets, and of what stands before an @ as
// the user and password of an address do.
func Hide(text string, secrets ...string) string {
	for _, s := range secrets {
		if s != "" {
			text = strings.ReplaceAll(text, s, "***")
		}
	}
	if !strings.Contains(text, "@") {
		return text
	}
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\r\n\"'", r) }) {
		if _, after, ok := strings.Cut(word, "://"); ok {
			word = after
		}
		if at := strings.LastIndexByte(word, '@'); at > 0 {
			text = strings.ReplaceAll(text, word[:at+1], "***@")
		}
	}
	return text
}

// Secrets are the parts of an address that make it a secret: whoever has them can
// post. Its host is one where it is a name; on a bare IP address it is what a
// person needs to find the fault.
func Secrets(u *url.URL) []string {
	list := []string{u.String(), u.EscapedPath(), u.Path, u.RawQuery}
	password, _ := u.User.Password()
	list = append(list, password, u.User.Username())
	if host := u.Hostname(); net.ParseIP(host) == nil && host != "localhost" {
		list = append(list, host)
	}
	list = append(list, strings.Split(u.Path, "/")...)
	list = append(list, strings.Split(u.EscapedPath(), "/")...)
	for _, values := range u.Query() {
		list = append(list, values...)
	}
	// What is as short as a word of any message hides nothing and would blot it.
	return slices.DeleteFunc(list, func(s string) bool { return len(s) < 6 })
}

// SecretsBehind are the secrets of an address at a host that all know.
func SecretsBehind(u *url.URL) []string {
	bare := *u
	bare.Host = "localhost"
	return append(Secrets(&bare), u.String())
}

// RetryAfter reads the header of that name: seconds or a time (RFC 9110, section
// 10.2.3), at most a day.
func RetryAfter(header string, now time.Time) (wait time.Duration, ok bool) {
	const most = 24 * time.Hour
	if seconds, err := strconv.Atoi(strings.TrimSpace(header)); err == nil && seconds >= 0 {
		return time.Duration(min(seconds, int(most/time.Second))) * time.Second, true
	}
	if at, err := http.ParseTime(header); err == nil {
		return min(max(time.Second, at.Sub(now)), most), true
	}
	return 0, false
}

// trace watches whether a request can have left: it has not while no connection
// was made for it. A transport that does not report to it counts as having sent.
type trace struct{ asked, got atomic.Bool }

func (s *trace) hooks() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn:              func(string) { s.asked.Store(true) },
		GotConn:              func(httptrace.GotConnInfo) { s.got.Store(true) },
		WroteHeaderField:     func(string, []string) { s.got.Store(true) },
		WroteHeaders:         func() { s.got.Store(true) },
		WroteRequest:         func(httptrace.WroteRequestInfo) { s.got.Store(true) },
		GotFirstResponseByte: func() { s.got.Store(true) },
	}
}

func (s *trace) nothing() bool { return s.asked.Load() && !s.got.Load() }
