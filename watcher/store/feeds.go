package store

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"strings"
	"time"

	"newswatch/news"
)

// SyncFeeds takes the feeds of the rule file over. A new feed is due at once; one
// that is gone is switched off and comes back with what was remembered of it; one
// that moved to another address starts anew there. A host is due when the first
// of its feeds is.
func (s *Store) SyncFeeds(ctx context.Context, feeds []news.Feed) error {
	return s.tx(ctx, "sync feeds", func(ctx context.Context, tx *sql.Tx) error {
		if err := s.alone(ctx, tx, syncLock); err != nil {
			return err
		}
		gone, err := s.feedRows(ctx, tx)
		if err != nil {
			return err
		}
		var changed []news.Feed
		var hosts []string // theirs, and those that they leave
		old := map[string]feedRow{}
		for _, f := range feeds {
			row, known := gone[f.ID]
			delete(gone, f.ID)
			if !known || row != (feedRow{url: f.URL, host: f.Host(), active: true}) {
				changed, hosts, old[f.ID] = append(changed, f), append(hosts, f.Host(), row.host), row
			}
		}
		for _, row := range gone {
			hosts = append(hosts, row.host)
		}
		if err := s.lockHosts(ctx, tx, hosts); err != nil {
			return err
		}
		for _, f := range changed {
			if err := s.saveFeed(ctx, tx, f, old[f.ID]); err != nil {
				return err
			}
		}
		ids := slices.Sorted(maps.Keys(gone))
		if _, err := s.exec(ctx, tx, `UPDATE feeds SET active = 0 WHERE active = 1 AND id IN ({{list 1}})`, list(ids)); err != nil {
			return err
		}
		if err := s.mendClock(ctx, tx); err != nil {
			return err
		}
		return s.syncHosts(ctx, tx, hosts)
	})
}

// farthest is how far ahead a feed may be due, or a host on hold: no server is
// believed that asks for more.
const farthest = 8 * 24 * time.Hour

// mendClock makes due what a clock that was ahead for a while put off for years.
func (s *Store) mendClock(ctx context.Context, tx *sql.Tx) error {
	now := s.now()
	far := ms(now.Add(farthest))
	if _, err := s.exec(ctx, tx, `UPDATE feeds SET next_at = $1 WHERE next_at > $2`, ms(now), far); err != nil {
		return err
	}
	_, err := s.exec(ctx, tx, `UPDATE hosts SET hold_until = 0 WHERE hold_until > $1`, far)
	return err
}

// feedRow is what a rule file can change of a feed.
type feedRow struct {
	url, host string
	active    bool
}

func (s *Store) feedRows(ctx context.Context, c conn) (map[string]feedRow, error) {
	rows := map[string]feedRow{}
	err := s.query(ctx, c, func(r *sql.Rows) error {
		var id string
		var f feedRow
		err := r.Scan(&id, &f.url, &f.host, &f.active)
		rows[id] = f
		return err
	}, `SELECT id, url, host, active FROM feeds`)
	return rows, err
}

// saveFeed writes a feed that is new or differs from what was stored. Validators
// and learned redirects belong to the old address. Its next poll is a first poll
// too, whose old items are no news; unless only the scheme changed.
func (s *Store) saveFeed(ctx context.Context, tx *sql.Tx, f news.Feed, old feedRow) error {
	if old.url == f.URL {
		_, err := s.exec(ctx, tx, `UPDATE feeds SET host = $2, active = 1 WHERE id = $1`, f.ID, f.Host())
		return err
	}
	_, err := s.exec(ctx, tx, `
		INSERT INTO feeds (id, url, host, next_at) VALUES ($2, $3, $4, $1)
		ON CONFLICT (id) DO UPDATE SET url = excluded.url, host = excluded.host, next_at = excluded.next_at, active = 1,
			final_url = '', etag = '', last_modified = '', body_hash = '', fails = 0, error = '', memory = '{}',
			baselined = CASE WHEN $5 = 1 THEN feeds.baselined ELSE 0 END`,
		ms(s.now()), f.ID, f.URL, f.Host(), bit(withoutScheme(old.url) == withoutScheme(f.URL)))
	return err
}

func withoutScheme(address string) string {
	_, rest, _ := strings.Cut(address, "://")
	return rest
}

// syncHosts makes the hosts follow their feeds. One of the hosts that are locked
// because their feeds changed, and that is being polled, is marked as woken, so that
// its release does not put off a feed that is new there. Others that are being polled
// are left to their release.
func (s *Store) syncHosts(ctx context.Context, tx *sql.Tx, locked []string) error {
	for _, query := range []string{
		`INSERT INTO hosts (key) SELECT DISTINCT f.host FROM feeds f WHERE f.active = 1
			AND NOT EXISTS (SELECT 1 FROM hosts h WHERE h.key = f.host) ON CONFLICT (key) DO NOTHING`,
		`UPDATE hosts SET active = 0 WHERE active = 1
			AND NOT EXISTS (SELECT 1 FROM feeds f WHERE f.host = hosts.key AND f.active = 1)`,
	} {
		if _, err := s.exec(ctx, tx, query); err != nil {
			return err
		}
	}
	_, err := s.exec(ctx, tx, `
		WITH due AS MATERIALIZED (SELECT host, MIN(next_at) AS first FROM feeds WHERE active = 1 GROUP BY host)
		UPDATE hosts SET active = 1, woken = 1, next_at = {{greatest}}(hold_until, due.first)
		FROM due WHERE due.host = hosts.key AND (hosts.active = 0
			OR hosts.lease_token = '' AND hosts.next_at <> {{greatest}}(hosts.hold_until, due.first)
			OR hosts.lease_token <> '' AND hosts.key IN ({{list 1}}))`, list(locked))
	return err
}

const stateColumns = `id, final_url, etag, last_modified, body_hash, next_at, polled_at, ok_at, baselined, fails, error, items, memory`

func scanState(r *sql.Rows, f *news.FeedState) error {
	return r.Scan(&f.FeedID, &f.FinalURL, &f.ETag, &f.LastModified, &f.BodyHash, at{&f.NextAt}, at{&f.PolledAt},
		at{&f.OKAt}, &f.Baselined, &f.Fails, &f.Error, &f.Items, fromJSON{&f.Memory})
}

const dueFeedsQuery = `SELECT ` + stateColumns + ` FROM feeds
	WHERE active = 1 AND host = $1 AND (next_at <= $2 OR $3 = 1) ORDER BY next_at, id`

// DueFeeds are the feeds of a host that are due, the longest due first; with all,
// every one that is switched on.
func (s *Store) DueFeeds(ctx context.Context, host string, all bool) ([]news.FeedState, error) {
	return s.states(ctx, "due feeds of "+host, dueFeedsQuery, host, ms(s.now()), bit(all))
}

// FeedStates are the states of all feeds that are switched on, by id.
func (s *Store) FeedStates(ctx context.Context) ([]news.FeedState, error) {
	return s.states(ctx, "feed states", `SELECT `+stateColumns+` FROM feeds WHERE active = 1 ORDER BY id`)
}

func (s *Store) states(ctx context.Context, what, query string, args ...any) (list []news.FeedState, err error) {
	err = s.query(ctx, s.reader, func(r *sql.Rows) error {
		var f news.FeedState
		err := scanState(r, &f)
		list = append(list, f)
		return err
	}, query, args...)
	return list, s.explain(what, err)
}
