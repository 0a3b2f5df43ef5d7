// Package slackfake is a strict Slack, in memory and on a port: the other end of
// package slack in tests, and for trying newswatch without a workspace. It
// refuses what Slack refuses, limits the rate as Slack does, keeps what was
// posted, breaks calls by a seeded plan, and keeps a journal of what it accepted
// and what it answered, against which a test can hold what newswatch believes.
// Over Socket Mode it hands on what people do: a test types, presses and opens in
// Go (Slash, Press, OpenHome), a person on the page that it serves.
//
// It stands behind the last step of the pipeline, Delivery, and knows nothing of
// newswatch but the delivery_id, part, parts and stories in a message's metadata.
package slackfake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// Config says what a Server is. The zero value is a healthy Slack in which every
// channel exists and any bot token is good.
type Config struct {
	Addr    string // of Start, when it is given none
	Seed    int64  // of the faults that the plan leaves to chance
	Plan    Plan
	Journal io.Writer        // one JSON line a call; nil: kept in memory only
	Now     func() time.Time // nil: time.Now
	// Channels exist, and the bot is in them; empty (and none in the plan): any
	// channel exists from the first call that names it.
	Channels []string
	Token    string // the only good one; "": any that begins with "xoxb-"
	AppToken string // of Socket Mode, likewise; "": any that begins with "xapp-"
}

// Server is a Slack. It is an http.Handler (methods under /api/METHOD and
// /METHOD) and an http.RoundTripper, for tests without a port.
type Server struct {
	cfg     Config
	clock   func() time.Time
	check   *checker
	methods map[string]method
	done    chan struct{} // closed by Close: nothing hangs any longer
	running sync.WaitGroup

	mu        sync.Mutex // guards what follows
	closed    bool
	plan      Plan
	open      bool
	authError string
	rooms     []*room
	lastTS    int64
	calls     map[string]int
	total     int
	tiers     map[string]*bucket
	entries   []Entry
	refusals  []string
	journal   error // of the first write that failed
	http      *http.Server
	listener  net.Listener // nil while nobody listens

	nextID    int    // of tickets, interactions and views
	home      string // origin under which the app knows us: "http://127.0.0.1:8766"
	tickets   map[string]time.Time
	links     []*link
	turn      int // whose connection is next
	envelopes map[string]*envelope
	acts      []*Interaction
	views     map[string]view // by user
	pipes     *pipes
	memory    *http.Server // behind the pipes
}

// New makes a Slack. The plan must hold (see Plan.Validate).
func New(cfg Config) *Server {
	if err := cfg.Plan.Validate(); err != nil {
		panic("slackfake: " + err.Error())
	}
	s := &Server{
		cfg: cfg, clock: cfg.Now, check: newChecker(cfg.Plan.StrictMetadata), done: make(chan struct{}), plan: cfg.Plan,
		calls: make(map[string]int), tiers: make(map[string]*bucket), tickets: make(map[string]time.Time),
		envelopes: make(map[string]*envelope), views: make(map[string]view),
		open: len(cfg.Channels) == 0 && len(cfg.Plan.Channels) == 0,
	}
	if s.clock == nil {
		s.clock = time.Now
	}
	s.methods = methods()
	for _, name := range cfg.Channels {
		c := Channel{Name: name}
		if isChannelID(name) {
			c = Channel{ID: name}
		}
		s.addRoom(c)
	}
	for _, c := range cfg.Plan.Channels {
		s.addRoom(c)
	}
	return s
}

// Start listens on addr ("" means Config.Addr, and that a free port) and returns
// the base address of the methods, with its last slash.
func (s *Server) Start(addr string) (string, error) {
	if addr == "" {
		addr = s.cfg.Addr
	}
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return "", fmt.Errorf("start fake Slack: %w", err)
	}
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	s.mu.Lock()
	s.http, s.listener = server, l
	s.mu.Unlock()
	s.spawn(func() { _ = server.Serve(l) }) // ends with ErrServerClosed, by Close
	return "http://" + l.Addr().String() + "/api/", nil
}

// unlisten closes the port for a while: connections to it are refused. Without a
// port there is nothing to close.
func (s *Server) unlisten(d time.Duration) {
	s.mu.Lock()
	l, server := s.listener, s.http
	s.listener = nil
	s.mu.Unlock()
	if l == nil {
		return
	}
	_ = l.Close() // the error is that of a port which is closed already
	server.SetKeepAlivesEnabled(false)
	s.spawn(func() {
		if !s.sleep(context.Background(), d) {
			return
		}
		server.SetKeepAlivesEnabled(true)
		again, err := net.Listen("tcp", l.Addr().String())
		if err != nil {
			return // somebody else has taken it: it stays refused
		}
		s.mu.Lock()
		s.listener = again
		s.mu.Unlock()
		_ = server.Serve(again) // ends by Close, or the next time
	})
}

// Serve runs a Slack on addr until ctx ends.
func (s *Server) Serve(ctx context.Context, addr string) error {
	if _, err := s.Start(addr); err != nil {
		return err
	}
	<-ctx.Done()
	return s.Close()
}

// Close ends all connections, forgets what was still to be accepted late, and
// tells of a journal that could not be written.
func (s *Server) Close() error {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.done)
	}
	servers := []*http.Server{s.http, s.memory}
	s.mu.Unlock()
	var err error
	for _, server := range servers {
		if server != nil {
			err = errors.Join(err, server.Close())
		}
	}
	s.running.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(err, s.journal)
}

// spawn runs f until Close, which waits for it. After Close nothing is run.
func (s *Server) spawn(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.running.Go(f)
	}
}

// SetPlan changes how Slack behaves from the next call on. Channels that the
// plan names are made or changed, no other is.
func (s *Server) SetPlan(p Plan) error {
	if err := p.Validate(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.plan = p
	for _, c := range p.Channels {
		s.addRoom(c)
	}
	return nil
}

// SetChannel makes a channel or changes one: archived, private, left by the bot.
func (s *Server) SetChannel(c Channel) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.room(c.Name); r != nil && c.ID == "" {
		c.ID = r.ID
	}
	s.addRoom(c)
}

// SetAuthError makes every call fail with a word such as "token_revoked", until
// it is set to "".
func (s *Server) SetAuthError(code string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.authError = code
}

// Delete takes a message away, as a person in Slack would. The replies of a
// parent stay.
func (s *Server) Delete(channel, ts string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.room(channel)
	return r != nil && r.remove(ts)
}

// ChannelID returns the id of a channel, "" when there is none by that name.
func (s *Server) ChannelID(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.room(name); r != nil {
		return r.ID
	}
	return ""
}

// Visible returns what stands in a channel (name or id), threads included,
// oldest first, whether history shows it already or not.
func (s *Server) Visible(channel string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.room(channel); r != nil {
		return r.copies()
	}
	return nil
}

// All returns what stands in all channels.
func (s *Server) All() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all()
}

func (s *Server) all() []Message {
	var all []Message
	for _, r := range s.rooms {
		all = append(all, r.copies()...)
	}
	return all
}

func (r *room) copies() []Message {
	all := make([]Message, len(r.messages))
	for i, m := range r.messages {
		all[i] = *m
	}
	return all
}
