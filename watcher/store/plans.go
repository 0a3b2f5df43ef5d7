package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"newswatch/news"
)

// SyncPlans takes the plans of the rule file over. A plan that is known keeps
// what was remembered of it, but is looked at no later than the file says: by
// another schedule, or because the clock was ahead for a while.
func (s *Store) SyncPlans(ctx context.Context, plans []news.PlanState) error {
	return s.tx(ctx, "sync plans", func(ctx context.Context, tx *sql.Tx) error {
		if err := s.syncing(ctx, tx, s.lockPlans); err != nil {
			return err
		}
		ids := make([]string, len(plans))
		for i, p := range plans {
			ids[i] = p.ID
			created := p.CreatedAt
			if created.IsZero() {
				created = s.now()
			}
			if _, err := s.exec(ctx, tx, `
				INSERT INTO plans (key, kind, spec, next_at, last_slot, last_at, created_at, sent_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $9)
				ON CONFLICT (key) DO UPDATE SET active = 1, kind = excluded.kind, spec = excluded.spec,
					next_at = CASE WHEN plans.spec = excluded.spec AND plans.next_at > 0 AND plans.next_at < excluded.next_at
						THEN plans.next_at ELSE excluded.next_at END,
					last_at = CASE WHEN plans.last_at > $8 THEN $8 ELSE plans.last_at END,
					sent_at = CASE WHEN plans.sent_at > $8 THEN $8 ELSE plans.sent_at END,
					woken = CASE WHEN plans.spec = excluded.spec THEN plans.woken ELSE 1 END`,
				p.ID, string(p.Kind), p.Spec, ms(p.NextAt), p.LastSlot, ms(p.LastAt), ms(created), ms(s.now()), ms(p.SentAt)); err != nil {
				return fmt.Errorf("plan %s: %w", p.ID, err)
			}
		}
		_, err := s.exec(ctx, tx, `UPDATE plans SET active = 0 WHERE active = 1 AND key NOT IN ({{list 1}})`, list(ids))
		return err
	})
}

// Plan is what is remembered of a plan.
func (s *Store) Plan(ctx context.Context, id string) (p news.PlanState, err error) {
	err = s.one(ctx, s.reader, `SELECT key, kind, spec, next_at, last_slot, last_at, sent_at, created_at, asked_at FROM plans WHERE key = $1`,
		[]any{id}, &p.ID, &p.Kind, &p.Spec, at{&p.NextAt}, &p.LastSlot, at{&p.LastAt}, at{&p.SentAt}, at{&p.CreatedAt}, at{&p.AskedAt})
	return p, s.explain("plan "+id, missing(err))
}

// missing is ErrNotFound for a row that is not there.
func missing(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}

// Told is what a plan last said of stories, of those that it told.
func (s *Store) Told(ctx context.Context, planID string, storyIDs []string) (map[string]news.Told, error) {
	told, err := s.told(ctx, s.reader, planID, storyIDs)
	return told, s.explain("what "+planID+" told", err)
}

func (s *Store) told(ctx context.Context, c conn, planID string, storyIDs []string) (map[string]news.Told, error) {
	told := map[string]news.Told{}
	err := s.query(ctx, c, func(r *sql.Rows) error {
		t := news.Told{PlanID: planID}
		err := r.Scan(&t.StoryID, &t.Version, &t.Sources, &t.Publishers, &t.Score, at{&t.At}, &t.DeliveryID, &t.Notes,
			&t.Destination, at{&t.First}, &t.Dropped, &t.Rewriting, &t.Corrected)
		told[t.StoryID] = t
		return err
	}, `SELECT t.story_id, t.version, t.sources, t.publishers, t.score, t.at, t.delivery_id, t.notes,
			COALESCE(d.destination, ''), COALESCE(d.created_at, 0), CASE WHEN d.state = 'dropped' THEN 1 ELSE 0 END,
			COALESCE((SELECT u.id FROM deliveries u WHERE u.reply_to = t.delivery_id AND u.reply_to <> '' AND u.kind = 'update'
				ORDER BY u.created_at DESC, u.id LIMIT 1), ''),
			CASE WHEN EXISTS (`+corrections+`) THEN 1 ELSE 0 END
		FROM told t LEFT JOIN deliveries d ON d.id = t.delivery_id AND d.part = 1
		WHERE t.plan_id = $1 AND t.story_id IN ({{list 2}})`, planID, list(storyIDs))
	if err == nil {
		err = s.addHeard(ctx, c, planID, list(storyIDs), told)
	}
	return told, err
}

// byHand are the verbs of corrections.
const byHand = `'join', 'split', 'pin'`

// corrections are those of a story since a plan told it.
const corrections = `SELECT 1 FROM transfers x WHERE x.verb IN (` + byHand + `) AND (x.from_id = t.story_id OR x.into_id = t.story_id) AND x.at >= t.at`

// Grown are the living stories that a plan has told and that took more reports in
// since, or lost some, without a development: whole. What neither took in a report
// nor was corrected after a time is left out.
func (s *Store) Grown(ctx context.Context, planID string, since time.Time) (grown []*news.Story, err error) {
	err = s.snapshot(ctx, "grown stories of "+planID, func(tx conn) error {
		ids, err := s.texts(ctx, tx, `
			SELECT s.id FROM told t JOIN stories s ON s.id = t.story_id
			WHERE t.plan_id = $1 AND s.merged_into = '' AND s.version <= t.version AND (s.last_at > t.at AND s.last_at > $2 OR s.id IN (
				SELECT from_id FROM transfers WHERE verb IN (`+byHand+`) AND at > $2 UNION
				SELECT into_id FROM transfers WHERE verb IN (`+byHand+`) AND at > $2)
				AND EXISTS (`+corrections+`)) ORDER BY s.id`, planID, ms(since))
		if err != nil {
			return err
		}
		found, err := s.stories(ctx, tx, ids)
		for _, id := range ids {
			if story := found[id]; story != nil {
				grown = append(grown, story)
			}
		}
		return err
	})
	return grown, err
}

// TakenIn are the stories that a plan told, with a report after a time, and that
// others which it told as well took in since.
func (s *Store) TakenIn(ctx context.Context, planID string, since time.Time) (list []news.TakenIn, err error) {
	err = s.snapshot(ctx, "stories taken in of "+planID, func(tx conn) error {
		var from, into []string
		err := s.query(ctx, tx, func(r *sql.Rows) error {
			var t news.TakenIn
			var id string
			err := r.Scan(&t.StoryID, &t.LeadID, &id, &t.DeliveryID)
			list, from, into = append(list, t), append(from, t.StoryID), append(into, id)
			return err
		}, `SELECT s.id, s.lead_id, s.merged_into, o.delivery_id FROM told t JOIN stories s ON s.id = t.story_id
			JOIN told o ON o.plan_id = t.plan_id AND o.story_id = s.merged_into
			WHERE t.plan_id = $1 AND s.merged_into <> '' AND s.last_at > $2 ORDER BY s.id`, planID, ms(since))
		if err != nil || len(list) == 0 {
			return err
		}
		found, err := s.stories(ctx, tx, into)
		if err != nil {
			return err
		}
		told, err := s.told(ctx, tx, planID, from)
		for i := range list {
			list[i].Told, list[i].Into = told[from[i]], found[into[i]]
		}
		list = slices.DeleteFunc(list, func(t news.TakenIn) bool { return t.Into == nil })
		return err
	})
	return list, err
}

// CountItems counts the items fetched after a time and not after another, and the
// feeds that are switched on.
func (s *Store) CountItems(ctx context.Context, from, to time.Time) (items, feeds int, err error) {
	err = s.one(ctx, s.reader, `
		SELECT (SELECT COUNT(*) FROM items WHERE fetched > $1 AND fetched <= $2), (SELECT COUNT(*) FROM feeds WHERE active = 1)`,
		[]any{ms(from), ms(to)}, &items, &feeds)
	return items, feeds, s.explain("count items", err)
}

// CommitPlan commits a run of a plan under the lease on it. A delivery that is
// there already stays as it is, and with it what was told of its stories: a slot
// that comes twice, after the clock was ahead, is told once, and what is new in it
// by the next one. It gives
// ErrMoved when the stories are no longer those that Untold gave.
func (s *Store) CommitPlan(ctx context.Context, l news.Lease, c news.PlanCommit) error {
	if l.Unit != news.Plans {
		return fmt.Errorf("commit plan %s: a lease on %s does not cover it", l.Key, l.Unit)
	}
	err := s.tx(ctx, "commit plan "+l.Key, func(ctx context.Context, tx *sql.Tx) error {
		for _, lock := range []func() error{
			func() error { return s.shareDesk(ctx, tx) },
			func() error { return s.fence(ctx, tx, l) },
			func() error { return s.lockDestinations(ctx, tx, destinationsOf(c.Deliveries)...) },
			func() error { return s.unmoved(ctx, tx, c) },
		} {
			if err := lock(); err != nil {
				return err
			}
		}
		before, err := s.enqueue(ctx, tx, c.Deliveries)
		if err != nil {
			return err
		}
		for _, t := range c.Told {
			if before[t.StoryID] {
				continue
			}
			if err := s.saveTold(ctx, tx, t); err != nil {
				return fmt.Errorf("told of story %s: %w", t.StoryID, err)
			}
		}
		if err := s.saveShown(ctx, tx, c.Shown); err != nil {
			return fmt.Errorf("numbers of stories: %w", err)
		}
		if err := s.keepLooked(ctx, tx, l.Key, c.Looked); err != nil {
			return err
		}
		_, err = s.exec(ctx, tx, `
			UPDATE plans SET asked_at = CASE WHEN asked_at = $5 THEN 0 ELSE asked_at END, last_slot = CASE WHEN $2 = '' THEN last_slot ELSE $2 END,
				last_at = CASE WHEN $2 = '' THEN last_at ELSE $3 END, sent_at = CASE WHEN $6 = 1 THEN $3 ELSE sent_at END,
				next_at = CASE WHEN woken = 1 AND next_at > 0 AND (next_at < $4 OR $4 = 0) THEN next_at ELSE $4 END
			WHERE key = $1`, l.Key, c.Slot, ms(c.At), ms(c.Next), ms(c.Asked),
			bit(slices.ContainsFunc(c.Deliveries, func(d news.Delivery) bool { return d.Kind == news.KindDigest })))
		return err
	})
	if err == nil {
		s.setCommitted(l.Key, c.Looked)
	}
	return err
}

// enqueue puts deliveries into the outbox, all parts of one or none: an old message
// gets no parts of a new one. It gives the stories that only stand in deliveries
// that were there before.
func (s *Store) enqueue(ctx context.Context, tx *sql.Tx, deliveries []news.Delivery) (before map[string]bool, err error) {
	before = map[string]bool{}
	taken := map[string]bool{}
	var fresh []string
	for _, d := range deliveries {
		there, known := taken[d.ID]
		if !known && d.Parts > 1 {
			if there, err = s.hasDelivery(ctx, tx, d.ID); err != nil {
				return nil, fmt.Errorf("delivery %s: %w", d.ID, err)
			}
			taken[d.ID] = there
		}
		inserted := false
		if !there {
			if inserted, err = s.insertDelivery(ctx, tx, d); err != nil {
				return nil, fmt.Errorf("delivery %s part %d: %w", d.ID, d.Part, err)
			}
		}
		if inserted {
			fresh = append(fresh, d.Stories...)
			continue
		}
		for _, id := range d.Stories {
			before[id] = true
		}
	}
	for _, id := range fresh {
		delete(before, id)
	}
	return before, nil
}

// hasDelivery says whether the outbox has a part of a delivery, in whatever state.
func (s *Store) hasDelivery(ctx context.Context, c conn, id string) (there bool, err error) {
	err = s.one(ctx, c, `SELECT EXISTS (SELECT 1 FROM deliveries WHERE id = $1)`, []any{id}, &there)
	return there, err
}

func (s *Store) saveTold(ctx context.Context, tx *sql.Tx, t news.Told) error {
	_, err := s.exec(ctx, tx, `
		INSERT INTO told (plan_id, story_id, version, sources, publishers, score, at, delivery_id, notes)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (plan_id, story_id) DO UPDATE SET version = excluded.version, sources = excluded.sources,
			publishers = excluded.publishers, score = excluded.score, at = excluded.at, delivery_id = excluded.delivery_id,
			notes = excluded.notes
		WHERE excluded.version >= told.version`,
		t.PlanID, t.StoryID, t.Version, t.Sources, t.Publishers, t.Score, ms(t.At), t.DeliveryID, t.Notes)
	if err != nil {
		return err
	}
	return s.forgetHeard(ctx, tx, t.PlanID, t.StoryID)
}
