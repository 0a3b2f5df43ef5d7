package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"newswatch/news"
)

// Triage is what readers said that is in force, or was in the time that stories
// are kept. Followed stories stand under the ids that they have now.
func (s *Store) Triage(ctx context.Context) (t news.Triage, err error) {
	err = s.snapshot(ctx, "read what readers said", func(tx conn) error {
		err := s.query(ctx, tx, func(r *sql.Rows) error {
			var m news.Mute
			var lifted time.Time
			err := r.Scan(&m.Kind, &m.Key, at{&m.At}, at{&m.Until}, at{&lifted}, &m.By, &m.Reason)
			if lifted.IsZero() {
				t.Mutes = append(t.Mutes, m)
				return err
			}
			m.Until = lifted
			t.Lifted = append(t.Lifted, m)
			return err
		}, mutesQuery)
		if err != nil {
			return err
		}
		err = s.query(ctx, tx, func(r *sql.Rows) error {
			var f news.Follow
			err := r.Scan(&f.StoryID, &f.PlanID, at{&f.At}, at{&f.Until}, &f.By)
			t.Follows = append(t.Follows, f)
			return err
		}, followsQuery)
		if err != nil {
			return err
		}
		return s.query(ctx, tx, func(r *sql.Rows) error {
			var p news.Pause
			err := r.Scan(&p.PlanID, at{&p.At}, at{&p.Until}, &p.By)
			t.Pauses = append(t.Pauses, p)
			return err
		}, `SELECT plan_id, at, until_at, by_whom FROM pauses ORDER BY until_at, plan_id`)
	})
	return t, err
}

// The mute of a story that another one took in has ended with it: it was never said
// of the other one. Who follows a story wants all that it becomes.
const (
	mutesQuery = `
		SELECT m.kind, m.key, m.at, m.until_at, m.lifted_at, m.by_whom, m.reason FROM mutes m
		WHERE NOT EXISTS (SELECT 1 FROM stories s WHERE m.kind = 'story' AND s.id = m.key AND s.merged_into <> '')
		ORDER BY m.until_at, m.kind, m.key, m.at`
	followsQuery = `
		SELECT COALESCE(s.merged_into, f.story_id), f.plan_id, f.at, f.until_at, f.by_whom
		FROM follows f LEFT JOIN stories s ON s.id = f.story_id AND s.merged_into <> '' ORDER BY f.until_at, f.story_id, f.plan_id`
)

// said commits what a reader said, beside a running daemon, which then looks at
// all its plans.
func (s *Store) said(ctx context.Context, what string, fn func(ctx context.Context, tx *sql.Tx) error) error {
	return s.tx(ctx, what, func(ctx context.Context, tx *sql.Tx) error {
		// First, which also lets what two readers say happen one after the other.
		if err := s.wakeWhere(ctx, tx, news.Plans, `active = 1`); err != nil {
			return err
		}
		return fn(ctx, tx)
	})
}

// saidRow is said for a single statement; n counts the rows that it changed.
func (s *Store) saidRow(ctx context.Context, what, query string, args ...any) (n int, err error) {
	err = s.said(ctx, what, func(ctx context.Context, tx *sql.Tx) error {
		rows, err := s.exec(ctx, tx, query, args...)
		n = int(rows)
		return err
	})
	return n, err
}

// Mute keeps a mute. One of the same that is in force gets its end, author and
// reason, and goes on from when it began. A story that is muted is followed no more.
func (s *Store) Mute(ctx context.Context, m news.Mute) error {
	return s.said(ctx, "mute", func(ctx context.Context, tx *sql.Tx) error {
		n, err := s.exec(ctx, tx, `
			UPDATE mutes SET until_at = $3, by_whom = $4, reason = $5
			WHERE kind = $1 AND key = $2 AND lifted_at = 0 AND at <= $6 AND until_at > $6`,
			string(m.Kind), m.Key, ms(m.Until), m.By, m.Reason, ms(m.At))
		if err == nil && n == 0 {
			_, err = s.exec(ctx, tx, `
				INSERT INTO mutes (kind, key, at, until_at, by_whom, reason) VALUES ($1, $2, $3, $4, $5, $6)
				ON CONFLICT (kind, key, at) DO UPDATE SET until_at = excluded.until_at, lifted_at = 0, by_whom = excluded.by_whom, reason = excluded.reason`,
				string(m.Kind), m.Key, ms(m.At), ms(m.Until), m.By, m.Reason)
		}
		if err != nil || m.Kind != news.MuteStory {
			return err
		}
		return s.unfollow(ctx, tx, m.Key)
	})
}

// Unmute lifts the mutes of something that are in force, as if they had never
// been said: all that they held is told. It says how many they were.
func (s *Store) Unmute(ctx context.Context, kind news.MuteKind, key string) (n int, err error) {
	now := ms(s.now())
	return s.saidRow(ctx, "unmute", unmuteQuery, now, string(kind), key)
}

const unmuteQuery = `
	UPDATE mutes SET lifted_at = $1
	WHERE kind = $2 AND lifted_at = 0 AND until_at > $1 AND key = $3`

// Follow keeps a follow. A story that is followed is muted no more.
func (s *Store) Follow(ctx context.Context, f news.Follow) error {
	return s.said(ctx, "follow", func(ctx context.Context, tx *sql.Tx) error {
		if _, err := s.exec(ctx, tx, `
			INSERT INTO follows (story_id, plan_id, at, until_at, by_whom) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (story_id, plan_id) DO UPDATE SET until_at = excluded.until_at, by_whom = excluded.by_whom`,
			f.StoryID, f.PlanID, ms(f.At), ms(f.Until), f.By); err != nil {
			return err
		}
		_, err := s.exec(ctx, tx, unmuteQuery, ms(f.At), string(news.MuteStory), f.StoryID)
		return err
	})
}

// Unfollow ends all follows of a story, and says whether there were any.
func (s *Store) Unfollow(ctx context.Context, storyID string) (followed bool, err error) {
	err = s.said(ctx, "unfollow", func(ctx context.Context, tx *sql.Tx) error {
		now, n := ms(s.now()), 0
		err := s.one(ctx, tx, `SELECT COUNT(*) FROM follows WHERE until_at > $2 AND (story_id = $1 OR story_id IN (
			SELECT s.id FROM stories s WHERE s.merged_into = $1))`, []any{storyID, now}, &n)
		followed = n > 0
		if err != nil {
			return err
		}
		return s.unfollow(ctx, tx, storyID)
	})
	return followed, err
}

func (s *Store) unfollow(ctx context.Context, tx *sql.Tx, storyID string) error {
	_, err := s.exec(ctx, tx, `DELETE FROM follows WHERE story_id = $1 OR story_id IN (
		SELECT s.id FROM stories s WHERE s.merged_into = $1)`, storyID)
	return err
}

// wakeFollowed wakes the plans that told a story which has developed since and is
// followed.
func (s *Store) wakeFollowed(ctx context.Context, tx *sql.Tx) error {
	return s.wakeWhere(ctx, tx, news.Plans, `active = 1 AND key IN (`+followedQuery+`)`, ms(s.now()), news.ThreadOf(""))
}

const followedQuery = `
	SELECT t.plan_id FROM follows f
		LEFT JOIN stories m ON m.id = f.story_id AND m.merged_into <> ''
		JOIN stories s ON s.id = COALESCE(m.merged_into, f.story_id)
		JOIN told t ON t.story_id = s.id
	WHERE f.until_at > $2 AND (f.plan_id = '' OR f.plan_id = t.plan_id) AND s.version > t.version
		AND NOT EXISTS (SELECT 1 FROM told n WHERE n.plan_id = t.plan_id || $3 AND n.story_id = s.id AND n.version >= s.version)`

// Flag keeps that a story does not belong where it was shown; who says so again
// says it anew.
func (s *Store) Flag(ctx context.Context, f news.Flag) error {
	_, err := s.saidRow(ctx, "flag", `
		INSERT INTO flags (story_id, rule, by_whom, at, items, reason) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (story_id, rule, by_whom) DO UPDATE SET at = excluded.at, items = excluded.items, reason = excluded.reason`,
		f.StoryID, f.Rule, f.By, ms(f.At), asJSON(f.Items), f.Reason)
	return err
}

// Unflag takes back all flags of a story, and says how many they were.
func (s *Store) Unflag(ctx context.Context, storyID string) (n int, err error) {
	return s.saidRow(ctx, "unflag", `DELETE FROM flags WHERE story_id = $1`, storyID)
}

// Flags are those since a time, the oldest first.
func (s *Store) Flags(ctx context.Context, since time.Time) (flags []news.Flag, err error) {
	err = s.query(ctx, s.reader, func(r *sql.Rows) error {
		var f news.Flag
		err := r.Scan(&f.StoryID, &f.Rule, &f.By, at{&f.At}, fromJSON{&f.Items}, &f.Reason)
		flags = append(flags, f)
		return err
	}, `SELECT story_id, rule, by_whom, at, items, reason FROM flags WHERE at >= $1 ORDER BY at, story_id, rule, by_whom`, ms(since))
	return flags, s.explain("read flags", err)
}

// Pause keeps a pause. One of the same plan that is in force gets its end and its
// author, and goes on from when it began.
func (s *Store) Pause(ctx context.Context, p news.Pause) error {
	return s.said(ctx, "pause", func(ctx context.Context, tx *sql.Tx) error {
		n, err := s.exec(ctx, tx, `UPDATE pauses SET until_at = $2, by_whom = $3 WHERE plan_id = $1 AND at <= $4 AND until_at > $4`,
			p.PlanID, ms(p.Until), p.By, ms(p.At))
		if err != nil || n > 0 {
			return err
		}
		_, err = s.exec(ctx, tx, `
			INSERT INTO pauses (plan_id, at, until_at, by_whom) VALUES ($1, $2, $3, $4)
			ON CONFLICT (plan_id, at) DO UPDATE SET until_at = excluded.until_at, by_whom = excluded.by_whom`,
			p.PlanID, ms(p.At), ms(p.Until), p.By)
		return err
	})
}

// Resume ends the pause of a plan now, and says whether there was one.
func (s *Store) Resume(ctx context.Context, planID string) (paused bool, err error) {
	n, err := s.saidRow(ctx, "resume "+planID, `UPDATE pauses SET until_at = $2 WHERE plan_id = $1 AND until_at > $2`, planID, ms(s.now()))
	return n > 0, err
}

// Ask asks for all that a plan has to tell, at once. It gives ErrNotFound for a
// plan that no daemon has taken from the rules.
func (s *Store) Ask(ctx context.Context, planID string) error {
	return s.tx(ctx, "ask for "+planID, func(ctx context.Context, tx *sql.Tx) error {
		if err := gone(s.exec(ctx, tx, `UPDATE plans SET asked_at = $2 WHERE key = $1 AND active = 1`, planID, ms(s.now()))); err != nil {
			return err
		}
		return s.wake(ctx, tx, news.Plans, []string{planID})
	})
}

// saveShown keeps the numbers of a digest; those of one that is there already stay.
func (s *Store) saveShown(ctx context.Context, tx *sql.Tx, shown []news.Shown) error {
	for _, n := range shown {
		if _, err := s.exec(ctx, tx, `
			INSERT INTO shown (delivery_id, number, story_id) VALUES ($1, $2, $3) ON CONFLICT (delivery_id, number) DO NOTHING`,
			n.DeliveryID, n.Number, n.StoryID); err != nil {
			return err
		}
	}
	return nil
}

// Shown is the story that a digest shows under a number, as it is called now.
func (s *Store) Shown(ctx context.Context, deliveryID string, number int) (storyID string, err error) {
	err = s.one(ctx, s.reader, `
		SELECT COALESCE(s.merged_into, n.story_id) FROM shown n LEFT JOIN stories s ON s.id = n.story_id AND s.merged_into <> ''
		WHERE n.delivery_id = $1 AND n.number = $2`, []any{deliveryID, number}, &storyID)
	return storyID, s.explain("number in "+deliveryID, missing(err))
}

// CountShown is how many stories a digest shows under a number.
func (s *Store) CountShown(ctx context.Context, deliveryID string) (n int, err error) {
	err = s.one(ctx, s.reader, `SELECT COUNT(*) FROM shown WHERE delivery_id = $1`, []any{deliveryID}, &n)
	return n, s.explain("numbers in "+deliveryID, err)
}

// NewestDigest is the first part of the digest with numbered stories that was
// posted last in a channel, by the channel's id, and by a plan; "": in or by any. It
// may be one of which no certain answer came: who reads it there means it.
func (s *Store) NewestDigest(ctx context.Context, channel, planID string) (d news.Delivery, err error) {
	err = s.snapshot(ctx, "newest digest", func(tx conn) error {
		sent := s.one(ctx, tx, newestDigestQuery, []any{channel, planID}, deliveryFields(&d)...)
		if sent != nil && !errors.Is(sent, sql.ErrNoRows) {
			return sent
		}
		destination, err := s.destinationIn(ctx, tx, channel)
		if err != nil {
			return err
		}
		var open news.Delivery
		err = s.one(ctx, tx, selectDelivery+`
			WHERE (d.state = 'sending' OR d.state = 'held' AND d.undecided = 1) AND d.part = 1 AND d.kind = 'digest' AND ($1 = '' OR d.destination = $1) AND ($2 = '' OR d.plan_id = $2)
				AND EXISTS (SELECT 1 FROM shown n WHERE n.delivery_id = d.id)
			ORDER BY d.started_at DESC, d.created_at DESC, d.id LIMIT 1`, []any{destination, planID}, deliveryFields(&open)...)
		if errors.Is(err, sql.ErrNoRows) {
			return missing(sent)
		}
		if err == nil && (sent != nil || open.StartedAt.After(d.SentAt)) {
			d = open
		}
		return err
	})
	return d, err
}

// DestinationIn is the destination that was last posted to in a channel, by the
// channel's id; without any it is that of the id itself.
func (s *Store) DestinationIn(ctx context.Context, channel string) (string, error) {
	destination, err := s.destinationIn(ctx, s.reader, channel)
	return destination, s.explain("what posts in "+channel, err)
}

func (s *Store) destinationIn(ctx context.Context, c conn, channel string) (destination string, err error) {
	if channel == "" {
		return "", nil
	}
	err = s.one(ctx, c, `SELECT d.destination FROM deliveries d WHERE d.state = 'sent' AND d.channel = $1 ORDER BY d.created_at DESC, d.id LIMIT 1`,
		[]any{channel}, &destination)
	if errors.Is(err, sql.ErrNoRows) {
		return "slack:" + channel, nil
	}
	return destination, err
}

// The conditions on kind and part are those of the index; the empty text keeps a
// planner from the one that is wrong here.
const newestDigestQuery = selectDelivery + `
		WHERE d.part = 1 AND d.kind = 'digest' AND d.state || '' = 'sent' AND ($1 = '' OR d.channel = $1) AND ($2 = '' OR d.plan_id = $2)
			AND EXISTS (SELECT 1 FROM shown n WHERE n.delivery_id = d.id)
		ORDER BY d.sent_at DESC, d.created_at DESC, d.id DESC LIMIT 1`

// RuleCount is how much a rule brought.
type RuleCount struct {
	Rule           string
	Items, Stories int
}

// RuleCounts are how many items fetched since a time each rule matched, and how
// many stories those are in. Baselines do not count.
func (s *Store) RuleCounts(ctx context.Context, since time.Time) (counts map[string]RuleCount, err error) {
	counts = map[string]RuleCount{}
	err = s.query(ctx, s.reader, func(r *sql.Rows) error {
		var c RuleCount
		err := r.Scan(&c.Rule, &c.Items, &c.Stories)
		counts[c.Rule] = c
		return err
	}, `SELECT h.rule, COUNT(*), COUNT(DISTINCT CASE WHEN i.story_id = '' THEN NULL ELSE i.story_id END)
		FROM items i JOIN hits h ON h.item_id = i.id
		WHERE i.fetched >= $1 AND i.hits > 0 AND i.baseline = 0 GROUP BY h.rule`, ms(since))
	return counts, s.explain("count what rules brought", err)
}

// Recorded are items with their hits as they were stored, by the items' ids.
func (s *Store) Recorded(ctx context.Context, itemIDs []string) (items []news.Item, hits map[string][]news.Hit, err error) {
	err = s.snapshot(ctx, "read items", func(tx conn) error {
		err := s.query(ctx, tx, func(r *sql.Rows) error {
			var it news.Item
			err := r.Scan(itemFields(&it)...)
			items = append(items, it)
			return err
		}, `SELECT `+itemColumns+` FROM items i WHERE i.id IN ({{list 1}}) ORDER BY i.fetched, i.id`, list(itemIDs))
		if err != nil {
			return err
		}
		hits, err = s.hitsOf(ctx, tx, `{{list 1}}`, list(itemIDs))
		return err
	})
	return items, hits, err
}

// pruneTriage forgets what readers said of what is no longer kept.
func (s *Store) pruneTriage(ctx context.Context, tx *sql.Tx, before time.Time, batch int) (n int, err error) {
	for _, query := range []string{
		`DELETE FROM mutes WHERE (kind, key, at) IN (SELECT kind, key, at FROM mutes WHERE until_at < $1 LIMIT $2) AND until_at < $1`,
		`DELETE FROM follows WHERE (story_id, plan_id) IN (SELECT story_id, plan_id FROM follows WHERE until_at < $1 LIMIT $2) AND until_at < $1`,
		`DELETE FROM pauses WHERE (plan_id, at) IN (SELECT plan_id, at FROM pauses WHERE until_at < $1 LIMIT $2) AND until_at < $1`,
		`DELETE FROM flags WHERE (story_id, rule, by_whom) IN (SELECT story_id, rule, by_whom FROM flags WHERE at < $1 LIMIT $2) AND at < $1`,
	} {
		rows, err := s.exec(ctx, tx, query, ms(before), batch)
		if err != nil {
			return 0, err
		}
		n += int(rows)
	}
	rows, err := s.exec(ctx, tx, `DELETE FROM shown WHERE (delivery_id, number) IN (SELECT n.delivery_id, n.number FROM shown n
		WHERE NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.id = n.delivery_id) LIMIT $1)`, batch)
	return n + int(rows), err
}
