// Package socket listens to what people do in Slack: /news commands, pressed
// buttons, the opened home page, over Socket Mode. It stands beside the pipeline:
// it turns what comes into a notify.Command, hands it to a Commander, and says
// the answer to the asker alone. Nothing of delivery depends on it.
//
// The connection is our own over gorilla/websocket; docs/adr says why.
package socket

import (
	"context"
	"errors"
	"hash/fnv"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"newswatch/notify"
	"newswatch/notify/slack"
	"newswatch/notify/wire"
)

// How connections are made and kept.
const (
	firstPause = time.Second     // after a connection that could not be made or did not last
	patience   = 5 * time.Second // a shorter pause is not worth a word
	longPause  = 5 * time.Minute // doubled up to it
	// offPause is for what only a person can mend: a wrong token, Socket Mode
	// switched off.
	offPause  = 15 * time.Minute
	lasted    = 10 * time.Second // a connection this old was a good one
	handshake = 15 * time.Second
	linger    = 15 * time.Second // Slack keeps an old connection for 10 s after its warning
)

// How much is worked on at a time. A person's commands keep their order.
const (
	workers   = 8
	queue     = 64 // for each worker
	perPerson = 5  // of one person's at once: more is a stuck key, or worse
	jobTime   = 30 * time.Second
	graceTime = 3 * time.Second // when we are stopped
)

// Config says what a Listener needs.
type Config struct {
	Slack     *slack.Channel   // has the app's token; opens connections, shows home pages
	Commander notify.Commander // does what is asked
	Homer     notify.Homer     // nil: the home page says that there is nothing to show
	HTTP      *http.Client     // for answers; nil: one of our own
	Log       *slog.Logger     // nil: silent
	// Dial makes the connection under a WebSocket; nil: by TCP, through the proxy of
	// the environment.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

// Listener is the app's end of Socket Mode.
type Listener struct {
	slack  *slack.Channel
	do     notify.Commander
	home   notify.Homer
	http   *http.Client
	log    *slog.Logger
	dialer *websocket.Dialer
	seen   seen
	queues [workers]chan job
	live   atomic.Int32 // connections that said hello

	mu      sync.Mutex
	pending map[string]int // jobs by person
	team    string         // our workspace's id; "": not asked for yet
	wg      sync.WaitGroup // connections and workers
}

// New returns a Listener. It does not connect.
func New(c Config) *Listener {
	l := &Listener{
		slack: c.Slack, do: c.Commander, home: c.Homer, http: wire.Client(c.HTTP), log: c.Log,
		pending: make(map[string]int),
	}
	if l.log == nil {
		l.log = slog.New(slog.DiscardHandler)
	}
	l.dialer = &websocket.Dialer{Proxy: http.ProxyFromEnvironment, HandshakeTimeout: handshake}
	if c.Dial != nil {
		l.dialer.Proxy, l.dialer.NetDialContext = nil, c.Dial
	}
	for i := range l.queues {
		l.queues[i] = make(chan job, queue)
	}
	return l
}

// Run listens until ctx ends. It connects again whenever it must; what stands in
// the way is logged once, and once more when it is over. It gives back ctx's
// error and no other: without ears newswatch still delivers.
func (l *Listener) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer l.wg.Wait()
	defer stop()
	for _, q := range l.queues {
		l.wg.Go(func() { l.work(ctx, q) })
	}
	var pause time.Duration
	told := false // that we hear nothing
	for {
		err := l.listen(ctx, func() {
			if told {
				l.log.InfoContext(ctx, "commands and buttons from Slack are heard again")
			}
			pause, told = 0, false
		})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			continue
		}
		pause = nextPause(pause, err)
		if !told && (pause > patience || hint(err) != "") {
			told = true
			l.complain(ctx, err)
		}
		wait(ctx, jitter(pause))
	}
}

// Connected says whether Slack can reach us now.
func (l *Listener) Connected() bool { return l.live.Load() > 0 }

// listen makes a connection and keeps it until a new one is wanted, which may be
// before it ends: Slack warns 10 s ahead, and what comes in that time is still
// heard. It is nil when the connection was a good one, of which good was told, and
// a new one shall be made at once.
func (l *Listener) listen(ctx context.Context, good func()) error {
	c, err := l.connect(ctx)
	if err != nil {
		return err
	}
	over := make(chan error, 1)
	l.live.Add(1)
	l.wg.Go(func() {
		defer l.live.Add(-1)
		c.serve(ctx, over)
	})
	t := time.NewTimer(lasted)
	defer t.Stop()
	select {
	case err = <-over:
		if err == nil {
			err = errShort
		}
		return err
	case <-t.C:
		good()
	}
	if err = <-over; hint(err) != "" {
		return err
	}
	return nil
}

// What ends a connection beyond an error of the network.
var (
	errShort   = errors.New("the connection did not last")
	errOff     = errors.New("link_disabled: Socket Mode is switched off for the app")
	errTooMany = errors.New("the app has 10 connections already (too_many_websockets)")
	errSilent  = errors.New("no hello from Slack")
)

// nextPause says how long to wait before the next try.
func nextPause(last time.Duration, err error) time.Duration {
	if hint(err) != "" {
		return offPause
	}
	return max(min(max(firstPause, 2*last), longPause), slack.RetryAfter(err))
}

// jitter spreads a pause over 75 to 125 %, so that replicas do not come back together.
func jitter(d time.Duration) time.Duration {
	return d*3/4 + time.Duration(rand.Int64N(int64(d)/2+1)) //nolint:gosec // no secret hangs on it
}

// hint says what a person must do, "" when time will mend it.
func hint(err error) string {
	switch {
	case errors.Is(err, errOff):
		return "switch Socket Mode on at api.slack.com/apps, or take SLACK_APP_TOKEN away"
	case errors.Is(err, errTooMany):
		return "run fewer processes with SLACK_APP_TOKEN: an app has 10 connections at most"
	}
	return slack.AppTokenHint(err)
}

func (l *Listener) complain(ctx context.Context, err error) {
	attrs := []any{"err", err, "still", "digests and alerts go out as ever"}
	if h := hint(err); h != "" {
		attrs = append(attrs, "do", h)
	}
	l.log.WarnContext(ctx, "no commands or buttons from Slack for now", attrs...)
}

// wait waits, or until ctx ends.
func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// submit queues a job at the worker of its person, which keeps their order; it is
// false when there is too much to do already.
func (l *Listener) submit(j job) bool {
	h := fnv.New32a()
	_, _ = h.Write([]byte(j.By)) // never fails
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.pending[j.By] >= perPerson {
		return false
	}
	select {
	case l.queues[h.Sum32()%workers] <- j:
		l.pending[j.By]++
		return true
	default:
		return false
	}
}

// settle notes that a job is done.
func (l *Listener) settle(j job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.pending[j.By]--; l.pending[j.By] == 0 {
		delete(l.pending, j.By)
	}
}

// work does jobs until ctx ends, and then those that were acknowledged.
func (l *Listener) work(ctx context.Context, q <-chan job) {
	for {
		select {
		case j := <-q:
			l.finish(ctx, j)
		case <-ctx.Done():
			select {
			case j := <-q:
				l.finish(ctx, j)
			default:
				return
			}
		}
	}
}

// finish performs a job; when ctx ends meanwhile it gets a little more time.
func (l *Listener) finish(ctx context.Context, j job) {
	timed, cancel := context.WithTimeout(context.WithoutCancel(ctx), jobTime)
	defer cancel()
	defer context.AfterFunc(ctx, func() {
		t := time.AfterFunc(graceTime, cancel)
		context.AfterFunc(timed, func() { t.Stop() })
	})()
	l.perform(timed, j)
	l.settle(j)
}

// seenFor is how long an envelope is remembered. Slack repeats what is not
// acknowledged within minutes.
const seenFor = time.Hour

// seen remembers the envelopes that were taken in the last hour, at most the last
// thousands of them: one that comes again is acknowledged and nothing else. A
// restart forgets them, and then a repeated command repeats its effect, which is
// the same.
type seen struct {
	mu   sync.Mutex
	ids  map[string]time.Time // when it was taken
	ring [4096]string
	next int
}

// add notes an id and is true when it is new.
func (s *seen) add(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if at, known := s.ids[id]; known && now.Sub(at) < seenFor {
		return false
	}
	if s.ids == nil {
		s.ids = make(map[string]time.Time, len(s.ring))
	}
	delete(s.ids, s.ring[s.next])
	s.ring[s.next], s.ids[id] = id, now
	s.next = (s.next + 1) % len(s.ring)
	return true
}

// drop forgets an id that was not worked on after all.
func (s *seen) drop(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.ids, id)
}
