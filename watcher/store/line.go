package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"newswatch/news"
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
	what  string
	lease news.Lease
	fn    func(ctx context.Context, tx *sql.Tx) error
	done  chan struct{} // closed when err holds
	err   error
}

// shared runs fn behind the fence of a lease on a host, in a write transaction that it
// may share with others, and returns when that is durable. fn may run twice: when
// another one fails, each is tried again alone. It returns ErrFenced only before it
// has written anything.
func (s *Store) shared(ctx context.Context, l news.Lease, what string, fn func(ctx context.Context, tx *sql.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	q := &queued{what: what, lease: l, fn: fn, done: make(chan struct{})}
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
			return s.runAll(ctx, tx, batch)
		})
	}
	for _, q := range batch {
		if together != nil {
			q.err = s.tx(ctx, q.what, s.behindFence(q.lease, q.fn))
		} else if q.err != nil {
			q.err = s.explain(q.what, q.err)
		}
		close(q.done)
		finished++
	}
}

// runAll runs all of a batch, but for those whose lease has ended.
func (s *Store) runAll(ctx context.Context, tx *sql.Tx, batch []*queued) error {
	held, err := s.fenceAll(ctx, tx, batch)
	if err != nil {
		return err
	}
	for _, q := range batch {
		q.err = ErrFenced
		if held[q.lease.Key] == (holder{q.lease.Token, q.lease.Era}) {
			q.err = q.fn(ctx, tx)
		}
		if q.err != nil && !errors.Is(q.err, ErrFenced) {
			return q.err
		}
	}
	return nil
}

// holder is who holds a lease.
type holder struct{ token, era string }

// fenceAll is fence for all of a batch, in one statement, which also locks their hosts
// in the order that all keep. It says who holds the hosts that are leased.
func (s *Store) fenceAll(ctx context.Context, tx *sql.Tx, batch []*queued) (map[string]holder, error) {
	keys := make([]string, len(batch))
	for i, q := range batch {
		keys[i] = q.lease.Key
	}
	held := map[string]holder{}
	err := s.query(ctx, tx, func(r *sql.Rows) error {
		var key string
		var h holder
		err := r.Scan(&key, &h.token, &h.era)
		held[key] = h
		return err
	}, `SELECT key, lease_token, {{era}} FROM hosts WHERE key IN ({{list 2}}) AND lease_until > {{now}} ORDER BY key {{for_update}}`,
		s.clock(), list(keys))
	return held, err
}
