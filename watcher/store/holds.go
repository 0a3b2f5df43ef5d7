package store

import (
	"context"
	"database/sql"
	"time"
)

// Holds are the hosts that asked for a pause, and until when none of their feeds
// is polled.
func (s *Store) Holds(ctx context.Context) (map[string]time.Time, error) {
	holds := map[string]time.Time{}
	err := s.query(ctx, s.reader, func(r *sql.Rows) error {
		var host string
		var until time.Time
		err := r.Scan(&host, at{&until})
		holds[host] = until
		return err
	}, `SELECT key, hold_until FROM hosts WHERE active = 1 AND hold_until > $1`, ms(s.now()))
	return holds, s.explain("holds of hosts", err)
}
