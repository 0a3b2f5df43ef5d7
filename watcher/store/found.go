package store

import (
	"context"
	"database/sql"
	"time"

	"newswatch/news"
)

// RestoredFrom is the name of the note, in a backup alone, of when it was made: a
// state that has it was restored.
const RestoredFrom = "restored_from"

// Unknown are those of some deliveries' ids that the outbox does not have.
func (s *Store) Unknown(ctx context.Context, ids []string) (unknown map[string]bool, err error) {
	unknown = make(map[string]bool, len(ids))
	for _, id := range ids {
		unknown[id] = true
	}
	known, err := s.texts(ctx, s.reader, `SELECT DISTINCT id FROM deliveries WHERE id IN ({{list 1}})`, list(ids))
	for _, id := range known {
		delete(unknown, id)
	}
	return unknown, s.explain("known deliveries", err)
}

// AddFound takes messages over that stand where they were posted though nothing of
// them is stored: what is said later may answer them. It takes over which slot a
// digest posted last, too, and keeps a note with it: what is stored here is unknown to
// nobody any more, so nobody would find it again.
func (s *Store) AddFound(ctx context.Context, found []news.Delivery, slots map[string]news.PostedSlot, key, note string) error {
	return s.tx(ctx, "take over what was found", func(ctx context.Context, tx *sql.Tx) error {
		for _, d := range found {
			if _, err := s.exec(ctx, tx, `
				INSERT INTO deliveries (id, part, parts, plan_id, kind, slot, destination, reply_to, broadcast, payload, stories, state,
					not_before, created_at, started_at, sent_at, channel, ts, error)
				VALUES ($1, $2, $3, $4, $5, '', $6, '', 0, $7, '[]', 'sent', $8, $8, $8, $8, $9, $10, $11)
				ON CONFLICT (id, part) DO NOTHING`,
				d.ID, d.Part, d.Parts, d.PlanID, string(d.Kind), d.Destination, []byte{}, ms(d.SentAt), d.Receipt.Channel, d.Receipt.TS, d.Error); err != nil {
				return err
			}
		}
		for plan, p := range slots {
			if _, err := s.exec(ctx, tx, `UPDATE plans SET last_slot = $2, last_at = $3, sent_at = $3 WHERE key = $1 AND last_at < $3`,
				plan, p.Slot, ms(p.At)); err != nil {
				return err
			}
		}
		return s.setMeta(ctx, tx, key, note)
	})
}

// LastSent is when the last message was posted that the state knows of, of those
// before a time; zero when it knows of none.
func (s *Store) LastSent(ctx context.Context, before time.Time) (last time.Time, err error) {
	err = s.one(ctx, s.reader, `SELECT COALESCE(MAX(sent_at), 0) FROM deliveries WHERE state = 'sent' AND sent_at < $1`, []any{ms(before)}, at{&last})
	return last, s.explain("when the last message was posted", err)
}
