package slackfake

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// call is one call of a method on its way through.
type call struct {
	method string
	token  string
	args   args
	origin string   // scheme and host of the request
	bad    *refusal // the request could not be read
	drop   bool     // what it posts is never shown
	entry  Entry
}

// reply is what goes back, and how the connection ends.
type reply struct {
	status int
	header http.Header
	body   []byte
	end    ending
	over   time.Duration
}

type ending int

const (
	whole ending = iota
	reset        // connection reset, no answer
	eof          // connection closed, no answer
	cut          // half of the answer
	alert        // a TLS alert in place of an answer
	drip         // the answer in drops, over reply.over
	dead         // no connection is made
)

// newCall reads a request: of a method under METHOD or api/METHOD, or to an
// incoming webhook.
func newCall(r *http.Request) *call {
	if channel, ok := hookChannel(r.URL.Path); ok {
		return hookCall(r, channel)
	}
	c := &call{method: strings.TrimPrefix(strings.Trim(r.URL.Path, "/"), "api/")}
	c.token, c.args, c.bad = readArgs(r)
	c.origin = origin(r)
	c.entry = Entry{Method: clip(c.method), Channel: clip(c.args.str("channel"))}
	return c
}

// origin is where the caller thinks that we are.
func origin(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil || r.URL.Scheme == "https" {
		scheme = "https"
	}
	return scheme + "://" + cmp.Or(r.Host, r.URL.Host)
}

// serve takes a call through the faults of the plan.
func (s *Server) serve(ctx context.Context, c *call) reply {
	s.mu.Lock()
	s.calls[c.method]++
	s.total++
	hit := s.plan.strike(s.cfg.Seed, c.method, s.calls[c.method], s.total)
	latency := time.Duration(s.plan.Latency)
	s.identify(c)
	s.mu.Unlock()
	c.entry.Fault = hit.Fault
	rep, spared := s.spare(ctx, c, hit)
	if !spared {
		rep = s.accept(c, hit)
		if hit.Fault == HangAfter || hit.Fault == Slow {
			latency += hit.wait
		}
	}
	if rep.end != reset {
		s.sleep(ctx, latency)
	}
	if c.method == webhook {
		return spell(rep)
	}
	return rep
}

// spare answers the calls that a fault strikes before they do anything.
func (s *Server) spare(ctx context.Context, c *call, hit strike) (reply, bool) {
	var rep reply
	switch hit.Fault {
	case ResetBefore:
		rep = reply{end: reset}
	case BadGateway:
		rep = html(http.StatusBadGateway)
	case RateLimited:
		rep = s.answer(nil, limited(hit.retryAfter))
		c.entry.Answered, c.entry.Error = true, "ratelimited"
	case MessageLimit:
		rep = s.answer(nil, &refusal{code: "message_limit_exceeded", status: http.StatusTooManyRequests})
		c.entry.Answered, c.entry.Error = true, "message_limit_exceeded"
	case ErrorBefore:
		rep = s.answer(nil, refused(hit.error))
		c.entry.Answered, c.entry.Error = true, hit.error
	case HangBefore:
		rep = reply{end: eof}
	case LateAccept:
		rep = reply{end: reset}
	case TLSError:
		rep = reply{end: alert}
	case Refuse:
		rep = reply{end: dead}
	default:
		return reply{}, false
	}
	s.mu.Lock()
	s.write(c.entry)
	s.mu.Unlock()
	switch hit.Fault {
	case Refuse:
		s.unlisten(hit.wait)
	case HangBefore:
		s.sleep(ctx, hit.wait)
	case LateAccept:
		s.spawn(func() {
			if s.sleep(context.Background(), hit.wait) {
				s.accept(c, hit)
			}
		})
	}
	return rep, true
}

// identify notes what a call is about, whatever becomes of it.
func (s *Server) identify(c *call) {
	name := c.args.str("channel")
	s.touch(name)
	if r := s.room(name); r != nil {
		c.entry.Channel, c.entry.ChannelName = r.ID, r.Name
	}
	var md Metadata
	if json.Unmarshal(c.args.raw("metadata"), &md) == nil {
		c.entry.DeliveryID, c.entry.Part, c.entry.Stories = md.text("delivery_id"), md.number("part"), md.texts("stories")
	}
}

// accept does what the call asks for and writes it down, then loses the answer
// as the fault wants it.
func (s *Server) accept(c *call, hit strike) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.drop = hit.Fault == Drop
	body, no := s.run(c)
	if hit.Fault == Twice && no == nil {
		first := *c
		first.entry.Answered = false
		s.write(first.entry)
		c.entry.Accepted = false
		body, no = s.run(c)
	}
	rep := s.answer(body, no)
	if no == nil && c.method != "apps.connections.open" {
		rep.header.Set("X-OAuth-Scopes", strings.Join(s.scopes(), ","))
	}
	c.entry.Answered = true
	if no != nil {
		c.entry.Error = no.code
	}
	switch hit.Fault {
	case ResetAfter, LateAccept:
		rep.end = reset
	case EOFAfter, HangAfter:
		rep.end = eof
	case CutBody:
		rep.end = cut
	case InternalAfter:
		rep = s.answer(nil, refused("internal_error"))
	case ErrorAfter:
		rep = s.answer(nil, refused(hit.error))
	case HTML500After:
		rep = html(http.StatusInternalServerError)
	case WrongType:
		rep.header.Set("Content-Type", "text/html")
	case Drip:
		rep.end, rep.over = drip, hit.wait
	}
	switch hit.Fault {
	case "", Slow, Drip, WrongType, Twice, Drop:
	default:
		c.entry.Answered = false
	}
	s.write(c.entry)
	return rep
}

// run checks who calls and hands over to the method.
func (s *Server) run(c *call) (object map[string]any, no *refusal) {
	if c.method == webhook {
		return s.postHook(c)
	}
	m, known := s.methods[c.method]
	switch {
	case !known:
		return nil, refused("unknown_method")
	case c.bad != nil:
		return nil, c.bad
	}
	if no := s.auth(c, m.scope); no != nil {
		return nil, no
	}
	if s.plan.Distributed && m.scope == historyScope {
		m.perMinute = 1
	}
	if (s.plan.Tiers || s.plan.Distributed && m.scope == historyScope) && m.perMinute > 0 {
		b, ok := s.tiers[c.method]
		if !ok {
			b = new(bucket)
			s.tiers[c.method] = b
		}
		if wait, ok := b.take(s.clock(), float64(m.perMinute)/60, m.perMinute); !ok {
			return nil, limited(seconds(wait))
		}
	}
	return m.do(s, c)
}

func (s *Server) auth(c *call, scope string) *refusal {
	switch {
	case s.authError != "":
		return refused(s.authError)
	case scope == appScope:
		return s.authApp(c)
	case c.token == "":
		return refused("not_authed")
	case s.cfg.Token != "" && c.token != s.cfg.Token,
		s.cfg.Token == "" && !strings.HasPrefix(c.token, "xoxb-"):
		return refused("invalid_auth")
	case !s.hasScope(scope):
		return &refusal{code: "missing_scope", needed: scope, provided: strings.Join(s.plan.Scopes, ",")}
	}
	return nil
}

// limited is the answer to calls that are too fast.
func limited(retryAfter int) *refusal {
	return &refusal{code: "ratelimited", status: http.StatusTooManyRequests, retry: retryAfter}
}

// seconds rounds up to the whole seconds that Retry-After has, at least one.
func seconds(d time.Duration) int { return max(1, int((d+time.Second-1)/time.Second)) }

// answer writes what a method came to as Slack does.
func (s *Server) answer(object map[string]any, no *refusal) reply {
	rep := reply{status: http.StatusOK, header: make(http.Header)}
	if no == nil {
		object["ok"] = true
	} else {
		object = map[string]any{"ok": false, "error": no.code}
		if len(no.details) > 0 {
			object["errors"] = no.details
			object["response_metadata"] = map[string]any{"messages": no.details}
		}
		if no.needed != "" {
			object["needed"], object["provided"] = no.needed, no.provided
		}
		if no.status != 0 {
			rep.status = no.status
		}
		if no.retry > 0 {
			rep.header.Set("Retry-After", strconv.Itoa(no.retry))
		}
	}
	rep.header.Set("Content-Type", "application/json; charset=utf-8")
	rep.body = compact(object)
	return rep
}

// html is the page that stands before Slack when it is ill.
func html(status int) reply {
	rep := reply{status: status, header: make(http.Header)}
	rep.header.Set("Content-Type", "text/html; charset=utf-8")
	rep.body = []byte("<!DOCTYPE html><title>" + http.StatusText(status) + "</title><h1>Something went wrong</h1>\n")
	return rep
}

// sleep waits; it is false when the caller left or the server closed before.
func (s *Server) sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
	case <-s.done:
	}
	return false
}
