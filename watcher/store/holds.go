package store

import (
	"context"
	"database/sql"
	"time"

	"newswatch/news"
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

// Asking puts off the next poll of a feed that is about to be asked, under the
// lease on its host: should nothing come of the poll, not even a failure, the feed
// is not asked again before. CommitPoll says better.
func (s *Store) Asking(ctx context.Context, l news.Lease, feedID string, notBefore time.Time) error {
	return s.shared(ctx, "ask "+feedID, l.Key, s.behindFence(l, func(ctx context.Context, tx *sql.Tx) error {
		return held(s.exec(ctx, tx, `UPDATE feeds SET next_at = $3 WHERE id = $1 AND host = $2`, feedID, l.Key, ms(notBefore)))
	}))
}

// hastenAfter is how long after its last poll a feed may be asked again at the
// earliest, however it went.
const hastenAfter = 90 * time.Second

// hastenOver is the longest time over which hastened feeds are spread.
const hastenOver = 4 * time.Minute

// Hasten makes feeds due one after the other from now on, or a little after their
// last poll, as far as nothing holds their hosts.
func (s *Store) Hasten(ctx context.Context, feedIDs []string) error {
	return s.tx(ctx, "hasten feeds", func(ctx context.Context, tx *sql.Tx) error {
		if err := s.alone(ctx, tx, syncLock); err != nil {
			return err
		}
		hosts, err := s.texts(ctx, tx, `SELECT DISTINCT host FROM feeds WHERE id IN ({{list 1}})`, list(feedIDs))
		if err != nil {
			return err
		}
		if err := s.lockHosts(ctx, tx, hosts); err != nil {
			return err
		}
		now, step := s.now(), min(time.Second, hastenOver/time.Duration(max(len(feedIDs), 1)))
		for i, id := range feedIDs {
			if _, err := s.exec(ctx, tx, `
				UPDATE feeds SET next_at = {{least}}(next_at, {{greatest}}($1, polled_at + $3)) WHERE id = $2`,
				ms(now.Add(time.Duration(i)*step)), id, hastenAfter.Milliseconds()); err != nil {
				return err
			}
		}
		return s.syncHosts(ctx, tx, hosts)
	})
}
