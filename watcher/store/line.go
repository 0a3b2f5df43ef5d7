package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
)

// line is where commits of many workers wait for each other: all that have come
// while others were written share the next transaction, because the disk takes as
// long for one as for fifty.
type line struct {
	mu      sync.Mutex
	waiting []*queued

	turns chan struct{} // of those who write: see dialect.turns
}

// queued is a piece of work that waits for its transaction.
type queued struct {
	what string
	fn   func(ctx context.Context, tx *sql.Tx) error
	done chan struct{} // closed when err holds
	err  error
}

// shared runs fn in a write transaction that it may share with others, and
// returns when that is durable. fn may run twice: when another one fails, each
// is tried again alone. It returns ErrFenced only before it has written anything.
func (s *Store) shared(ctx context.Context, what string, fn func(ctx context.Context, tx *sql.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	q := &queued{what: what, fn: fn, done: make(chan struct{})}
	s.line.mu.Lock()
	s.line.waiting = append(s.line.waiting, q)
	s.line.mu.Unlock()
	select {
	case <-q.done:
	case s.line.turns <- struct{}{}:
		s.commitWaiting(context.WithoutCancel(ctx))
		<-q.done // by us, or it was in somebody's hands before
	}
	return q.err
}

// commitWaiting commits what waits, and ends the turn.
func (s *Store) commitWaiting(ctx context.Context) {
	defer func() { <-s.line.turns }()
	s.line.mu.Lock()
	batch := s.line.waiting
	s.line.waiting = nil
	s.line.mu.Unlock()
	s.commitAll(ctx, batch)
}

func (s *Store) commitAll(ctx context.Context, batch []*queued) {
	finished := 0
	defer func() { // a panic in one must not leave the others waiting
		for _, q := range batch[finished:] {
			q.err = fmt.Errorf("%s: broken off with what was written beside it", q.what)
			close(q.done)
		}
	}()
	together := errors.New("alone")
	if len(batch) > 1 {
		together = s.tx(ctx, "commit together", func(ctx context.Context, tx *sql.Tx) error {
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
		close(q.done)
		finished++
	}
}
