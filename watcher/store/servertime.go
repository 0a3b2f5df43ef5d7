package store

import (
	"context"
	"sync"
	"time"
)

// serverAsked is how long after the server was asked for its time it is asked again:
// for as long a replica may go by a clock that was set since.
const serverAsked = 5 * time.Second

// serverClock is the clock of a database server, which all replicas go by: what
// their own clocks show, and how they are set, is no matter. Between two questions
// it goes on by a time of our own that nobody sets, and that a machine's sleep does
// not stop, see sinceBoot.
type serverClock struct {
	mu    sync.Mutex
	known bool
	at    time.Time     // what it showed ...
	when  time.Duration // ... at this time of our own
	doubt time.Duration // how wrong that may be: half of how long the answer took
	asked time.Duration // when it last answered
}

// drift is how much two clocks may part in a time, one of which may be slewed.
func drift(d time.Duration) time.Duration { return d / 1000 }

func (c *serverClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at.Add(sinceBoot() - c.when)
}

func (c *serverClock) fresh() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.known && sinceBoot()-c.asked < serverAsked
}

// answered takes an answer to a question, by the times of our own before and after
// it. A slow one is worth less than an old one that was quick, unless the two cannot
// both be right: then the clock was set.
func (c *serverClock) answered(at time.Time, before, after time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	doubt, middle := (after-before)/2, before+(after-before)/2
	old := c.doubt + drift(after-c.when)
	off := at.Sub(c.at.Add(middle - c.when)).Abs()
	c.asked = after
	if c.known && doubt > old && off <= doubt+old {
		return
	}
	c.known, c.at, c.when, c.doubt = true, at, middle, doubt
}

// askTime asks the server for its time, where that holds, once in a while.
func (s *Store) askTime(ctx context.Context) error {
	if s.server.fresh() {
		return nil
	}
	return s.askTimeNow(ctx)
}

func (s *Store) askTimeNow(ctx context.Context) error {
	if s.given || s.dialect.serverNow == "" {
		return nil
	}
	c, err := s.reader.Conn(ctx) // waiting for one is no part of the answer
	if err != nil {
		return err
	}
	defer c.Close()
	before := sinceBoot()
	var at int64
	if err := c.QueryRowContext(ctx, `SELECT `+s.dialect.serverNow).Scan(&at); err != nil {
		return err
	}
	s.server.answered(time.UnixMilli(at), before, sinceBoot())
	return nil
}

// Elapsed is a time that nobody sets, by which the steps of Now are told from time
// that passes. Where all go by a server's clock it counts on while this machine
// sleeps: that is no step of the server's.
func (s *Store) Elapsed() time.Duration {
	if s.given || s.dialect.serverNow == "" {
		return time.Since(s.began)
	}
	return sinceBoot()
}
