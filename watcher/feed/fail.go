package feed

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"newswatch/news"
)

// statusError is an answer that brings no feed.
type statusError struct {
	code      int
	challenge bool // it comes from a bot wall, not from the publisher
}

func (e *statusError) Error() string {
	status := fmt.Sprintf("status %d %s", e.code, http.StatusText(e.code))
	switch {
	case e.challenge:
		return status + ": a bot wall (Cloudflare) stands before the publisher; ask them to let newswatch in"
	case e.code == http.StatusGone:
		return status + ": the publisher has ended the feed"
	case e.code == http.StatusForbidden:
		return status + ": the publisher does not let us in"
	case e.code == http.StatusUnauthorized:
		return status + ": the publisher wants a login; the feed's login key names one"
	case e.code == http.StatusProxyAuthRequired:
		return status + ": the proxy wants a login"
	}
	return status
}

// challenged says that an answer is a bot wall's question to a browser.
func challenged(h http.Header) bool { return h.Get("Cf-Mitigated") == "challenge" }

// timeoutError says that the deadline of a whole poll is over.
type timeoutError struct{ limit time.Duration }

func (e *timeoutError) Error() string { return fmt.Sprintf("no whole answer within %s", e.limit) }

// redirectError is a redirect that is not followed, and why.
type redirectError string

func (e redirectError) Error() string { return string(e) }

// classOf tells what kind of failure an error is.
func classOf(ctx context.Context, err error, a *answer) news.FailClass {
	var status *statusError
	var redirect redirectError
	switch {
	case errors.As(err, &status):
		return status.class(a.header)
	case errors.As(err, &redirect), badLocation(err):
		return news.FailRedirect
	case errors.Is(err, errForbidden):
		return news.FailForbidden
	case errors.Is(err, errBomb):
		return news.FailBomb
	case errors.Is(err, ErrNotFeed):
		return news.FailNotFeed
	case timedOut(ctx, err):
		return news.FailTimeout
	case isTLS(err):
		return news.FailTLS
	case isNetwork(err):
		return news.FailNetwork
	}
	return news.FailOther
}

func (e *statusError) class(h http.Header) news.FailClass {
	_, named := retryAfter(h, time.Time{})
	switch {
	case e.challenge:
		return news.FailBlocked
	case e.code == http.StatusTooManyRequests, e.code == http.StatusServiceUnavailable && named:
		return news.FailLimited
	case e.code == http.StatusGone:
		return news.FailGone
	case e.code == http.StatusNotFound:
		return news.FailMissing
	case e.code == http.StatusUnauthorized, e.code == http.StatusForbidden, e.code == http.StatusUnavailableForLegalReasons:
		return news.FailBlocked
	}
	return news.FailServer
}

// badLocation says that net/http could not read where a redirect leads. Its error
// holds the address, which may be a secret, and has no type.
func badLocation(err error) bool { return strings.Contains(err.Error(), "parse Location header") }

func timedOut(ctx context.Context, err error) bool {
	var limit *timeoutError
	var slow net.Error
	return errors.As(context.Cause(ctx), &limit) || errors.Is(err, context.DeadlineExceeded) ||
		errors.As(err, &slow) && slow.Timeout()
}

func isTLS(err error) bool {
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	return errors.As(err, &certificate) || errors.As(err, &record) || errors.As(err, &alert)
}

func isNetwork(err error) bool {
	var op *net.OpError
	var dns *net.DNSError
	return errors.As(err, &op) || errors.As(err, &dns) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// failed counts a failure and leaves all else as it was.
func (p *Poller) failed(j Job, t timing, a *answer, err error) Result {
	st := j.State
	m := &st.Memory
	p.forgive(&st)
	if st.Fails == 0 {
		m.FailedAt = t.now
	}
	st.FeedID, st.PolledAt, st.Error = j.Feed.ID, t.now, err.Error()
	st.Fails++
	m.Class, m.Status, m.Ours = a.class, a.status, false
	if a.status != 0 && (a.status == http.StatusNotModified || a.status/100 != 3) && alwaysUnchanged(*m, t.now) {
		m.WholeAt = t.now // it was asked without a condition for once, and this is its answer: that is enough for a while
	}
	ended(m, a, t.now)
	if a.from == m.Move.URL {
		m.Move = lost(m.Move, a.class)
	}
	st.NextAt = t.bad(st.Fails, a, m)
	if m.Gone {
		st.NextAt, m.Reason, m.Bounds = whole(t.now.Add(goneFor)), "gone: asked again only at another address", nil
	}
	return Result{State: st, HostUntil: t.host(st.Fails, a), Err: err}
}

// forgive takes failures back that were counted before it was seen that they
// were our network's.
func (p *Poller) forgive(st *news.FeedState) {
	m := st.Memory
	switch {
	case m.Ours || st.Fails == 0 || !wasSilent(m):
	case p.outage.covers(m.FailedAt):
		st.Fails = 0
	case p.outage.covers(st.PolledAt): // before one is noticed, a feed is asked once
		st.Fails--
	}
}

// goneAfter is how long a server must say that a feed is gone.
const goneAfter = 6 * time.Hour

// ended believes a server that says for a while that the feed is gone. What is
// no answer at all changes nothing about that.
func ended(m *news.FeedMemory, a *answer, now time.Time) {
	switch {
	case a.status == 0:
	case a.class != news.FailGone:
		m.GoneAt = time.Time{}
	case m.GoneAt.IsZero():
		m.GoneAt = now
	case now.Sub(m.GoneAt) >= goneAfter:
		m.Gone = true
	}
}

// cutOff is a poll that failed because our own network is down. It says nothing
// about the feed, and is tried again soon.
func (p *Poller) cutOff(j Job, t timing, a *answer, since time.Time, err error) Result {
	st := j.State
	p.forgive(&st)
	st.FeedID, st.PolledAt = j.Feed.ID, t.now
	err = fmt.Errorf("our network went down at %s, nearly no host answered: %w", since.UTC().Format("15:04:05 UTC"), err)
	st.Error, st.Memory.Class, st.Memory.Status, st.Memory.Ours = err.Error(), a.class, a.status, true
	st.NextAt = t.soon(0, "our network was down: tried again soon", &st.Memory)
	return Result{State: st, Err: err}
}

// busyResult is a poll that made no request, or left its answer unread.
func busyResult(j Job, t timing, busy *busyError) Result {
	st := j.State
	st.FeedID = j.Feed.ID
	st.NextAt = t.soon(min(busy.wait, maxRetryAfter), busy.Error(), &st.Memory)
	return Result{State: st, Unchanged: true, Busy: true}
}
