package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
)

// line is where commits of many workers wait for each other: all that have come
// while one was written share the next transaction, because the disk takes as
// long for one as for fifty.
type line struct {
	mu      sync.Mutex
	waiting []*queued

	turn sync.Mutex // of the one who writes
}

// queued is a piece of work that waits for its transaction.
type queued struct {
	what string
	host string // whose lease it is under
	fn   func(ctx context.Context, tx *sql.Tx) error
	done bool
	err  error
}

// shared runs fn, which works under the lease on a host, in a write transaction that
// it may share with others, and returns when that is durable. fn may run twice: when
// another one fails, each is tried again alone. It returns ErrFenced only before it
// has written anything.
func (s *Store) shared(ctx context.Context, what, host string, fn func(ctx context.Context, tx *sql.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	q := &queued{what: what, host: host, fn: fn}
	s.line.mu.Lock()
	s.line.waiting = append(s.line.waiting, q)
	s.line.mu.Unlock()
	s.line.turn.Lock()
	defer s.line.turn.Unlock()
	if !q.done {
		s.line.mu.Lock()
		batch := s.line.waiting
		s.line.waiting = nil
		s.line.mu.Unlock()
		s.commitAll(context.WithoutCancel(ctx), batch)
	}
	return q.err
}

func (s *Store) commitAll(ctx context.Context, batch []*queued) {
	defer func() { // a panic in one must not leave the others waiting
		for _, q := range batch {
			if !q.done {
				q.done, q.err = true, fmt.Errorf("%s: broken off with what was written beside it", q.what)
			}
		}
	}()
	together := errors.New("alone")
	if len(batch) > 1 {
		hosts := make([]string, len(batch))
		for i, q := range batch {
			hosts[i] = q.host
		}
		together = s.tx(ctx, "commit together", func(ctx context.Context, tx *sql.Tx) error {
			if err := s.lockHosts(ctx, tx, hosts); err != nil {
				return err
			}
			for _, q := range batch {
				if q.err = q.fn(ctx, tx); q.err != nil && !errors.Is(q.err, ErrFenced) {
					return q.err
				}
			}
			return nil
		})
	}
	for _, q := range batch {
		if together != nil {
			q.err = s.tx(ctx, q.what, q.fn)
		} else if q.err != nil {
			q.err = s.explain(q.what, q.err)
		}
		q.done = true
	}
}
