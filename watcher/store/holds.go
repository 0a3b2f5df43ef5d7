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
	return s.shared(ctx, l, "ask "+feedID, func(ctx context.Context, tx *sql.Tx) error {
		return held(s.exec(ctx, tx, `UPDATE feeds SET next_at = $3 WHERE id = $1 AND host = $2`, feedID, l.Key, ms(notBefore)))
	})
}

// hastenAfter is how long after its last poll a feed may be asked again at the
// earliest, however it went.
const hastenAfter = 90 * time.Second

// hastenOver is the longest time over which hastened feeds are spread.
const hastenOver = 4 * time.Minute

// Hasten makes feeds due one after the other from now on, or a little after their
// last poll, as far as nothing holds their hosts. One that was polled since its state
// was read is left alone.
func (s *Store) Hasten(ctx context.Context, feeds []news.FeedState) error {
	if len(feeds) == 0 {
		return nil
	}
	ids := make([]string, len(feeds))
	for i, f := range feeds {
		ids[i] = f.FeedID
	}
	return s.tx(ctx, "hasten feeds", func(ctx context.Context, tx *sql.Tx) error {
		if err := s.alone(ctx, tx, syncLock); err != nil {
			return err
		}
		hosts, err := s.texts(ctx, tx, `SELECT DISTINCT host FROM feeds WHERE id IN ({{list 1}})`, list(ids))
		if err != nil {
			return err
		}
		if err := s.lockHosts(ctx, tx, hosts); err != nil {
			return err
		}
		now, step := s.now(), min(time.Second, hastenOver/time.Duration(len(feeds)))
		for i, f := range feeds {
			if _, err := s.exec(ctx, tx, `
				UPDATE feeds SET next_at = {{least}}(next_at, {{greatest}}($1, polled_at + $3)) WHERE id = $2 AND polled_at = $4`,
				ms(now.Add(time.Duration(i)*step)), f.FeedID, hastenAfter.Milliseconds(), ms(f.PolledAt)); err != nil {
				return err
			}
		}
		_, err = s.exec(ctx, tx, `
			WITH due AS MATERIALIZED (SELECT host, MIN(next_at) AS first FROM feeds WHERE active = 1 AND host IN ({{list 1}}) GROUP BY host)
			UPDATE hosts SET woken = 1, next_at = {{greatest}}(hold_until, due.first) FROM due WHERE due.host = hosts.key AND hosts.active = 1`, list(hosts))
		return err
	})
}
