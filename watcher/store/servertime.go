package store

import (
	"context"
	"sync"
	"time"
)

// serverAsked is how old what is known of the server's clock may be.
const serverAsked = 30 * time.Second

// serverClock is the clock of a database server, which all replicas go by: what
// their own clocks show, and how they are set, is no matter.
type serverClock struct {
	mu    sync.Mutex
	at    time.Time // what it showed ...
	asked time.Time // ... when we asked, by our own clock, which also counts on its own
}

func (c *serverClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at.Add(time.Since(c.asked))
}

func (c *serverClock) fresh() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.asked.IsZero() && time.Since(c.asked) < serverAsked
}

// askTime asks the server for its time, where that holds, once in a while.
func (s *Store) askTime(ctx context.Context) error {
	if s.given || s.dialect.serverNow == "" || s.server.fresh() {
		return nil
	}
	before := time.Now()
	var at int64
	if err := s.one(ctx, s.reader, `SELECT `+s.dialect.serverNow, nil, &at); err != nil {
		return err
	}
	after := time.Now()
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.at = time.UnixMilli(at)
	s.server.asked = before.Add(after.Sub(before) / 2)
	return nil
}
