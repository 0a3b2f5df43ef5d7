package store

import (
	"context"
	"database/sql"
	"time"

	"newswatch/news"
)

// enter starts an attempt in lanes, all of them or none: when one is not free the
// error is a *news.PacedError.
func (s *Store) enter(ctx context.Context, tx *sql.Tx, now time.Time, lanes []news.Lane) error {
	free := now
	for _, l := range lanes {
		at, err := s.laneFree(ctx, tx, now, l)
		if err != nil {
			return err
		}
		if at.After(free) {
			free = at
		}
	}
	if free.After(now) {
		return &news.PacedError{Until: free}
	}
	return s.occupy(ctx, tx, now, lanes)
}

// laneFree is when a lane may be entered; nobody else enters it until the
// transaction ends. A last attempt in the future is one of a clock that was set back
// since: what it says of pauses means nothing any more.
func (s *Store) laneFree(ctx context.Context, tx *sql.Tx, now time.Time, l news.Lane) (time.Time, error) {
	var last, free time.Time
	err := s.one(ctx, tx, `
		INSERT INTO lanes (key, last_at, free_at) VALUES ($1, 0, 0)
		ON CONFLICT (key) DO UPDATE SET key = excluded.key RETURNING last_at, free_at`, []any{l.Key}, at{&last}, at{&free})
	if last.After(now.Add(l.Gap)) {
		return now, err
	}
	if paced := last.Add(l.Gap); paced.After(free) {
		free = paced
	}
	return free, err
}

// occupy notes an attempt in lanes, and the pause that was asked for after it. A
// longer one that was asked for before goes on.
func (s *Store) occupy(ctx context.Context, tx *sql.Tx, now time.Time, lanes []news.Lane) error {
	for _, l := range lanes {
		if _, err := s.exec(ctx, tx, `
			INSERT INTO lanes (key, last_at, free_at) VALUES ($1, $2, $3)
			ON CONFLICT (key) DO UPDATE SET last_at = excluded.last_at,
				free_at = CASE WHEN lanes.last_at <= excluded.last_at THEN {{greatest}}(lanes.free_at, excluded.free_at) ELSE excluded.free_at END`,
			l.Key, ms(now), ms(l.Until)); err != nil {
			return err
		}
	}
	return nil
}
