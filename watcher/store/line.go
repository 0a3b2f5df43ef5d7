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
	lease *news.Lease // that must be held, or nil
	fn    func(ctx context.Context, tx *sql.Tx) error
	done  chan struct{} // closed when err holds
	err   error
}

// shared runs fn in a write transaction that it may share with others, and
// returns when that is durable. fn may run twice: when another one fails, each
// is tried again alone. It returns ErrFenced only before it has written anything.
func (s *Store) shared(ctx context.Context, what string, fn func(ctx context.Context, tx *sql.Tx) error) error {
	return s.queue(ctx, &queued{what: what, fn: fn, done: make(chan struct{})})
}

// sharedUnder is shared behind the fence of a lease: one fence serves all that share
// a transaction.
func (s *Store) sharedUnder(ctx context.Context, l news.Lease, what string, fn func(ctx context.Context, tx *sql.Tx) error) error {
	return s.queue(ctx, &queued{what: what, lease: &l, fn: fn, done: make(chan struct{})})
}

func (s *Store) queue(ctx context.Context, q *queued) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: %w", q.what, err)
	}
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
			held, err := s.fenceAll(ctx, tx, batch)
			for i := 0; err == nil && i < len(batch); i++ {
				q := batch[i]
				q.err = ErrFenced
				if q.lease == nil || held[q.lease.Token+q.lease.Key] {
					q.err = q.fn(ctx, tx)
				}
				if q.err != nil && !errors.Is(q.err, ErrFenced) {
					err = q.err
				}
			}
			return err
		})
	}
	for _, q := range batch {
		if together != nil {
			fn := q.fn
			if q.lease != nil {
				fn = s.behindFence(*q.lease, q.fn)
			}
			q.err = s.tx(ctx, q.what, fn)
		} else if q.err != nil {
			q.err = s.explain(q.what, q.err)
		}
		close(q.done)
		finished++
	}
}

// fenceAll is fence for all of a batch, one statement for each unit. It says which
// leases are held, by token and key.
func (s *Store) fenceAll(ctx context.Context, tx *sql.Tx, batch []*queued) (map[string]bool, error) {
	held := map[string]bool{}
	for _, u := range units() {
		var rows [][2]string
		for _, q := range batch {
			if q.lease != nil && q.lease.Unit == u {
				rows = append(rows, [2]string{q.lease.Key, q.lease.Token})
			}
		}
		if len(rows) == 0 {
			continue
		}
		query, err := on(u, `
			UPDATE {{unit}} SET lease_token = lease_token FROM {{rows 2}}
			WHERE {{unit}}.key = e.value ->> 0 AND lease_token = e.value ->> 1 AND lease_until > {{now}}
			RETURNING lease_token, {{unit}}.key`)
		if err != nil {
			return nil, err
		}
		if err := s.query(ctx, tx, func(r *sql.Rows) error {
			var token, key string
			err := r.Scan(&token, &key)
			held[token+key] = true
			return err
		}, query, s.clock(), asJSON(rows)); err != nil {
			return nil, err
		}
	}
	return held, nil
}
