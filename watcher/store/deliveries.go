package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"newswatch/news"
)

// SyncDestinations takes over where the rule file sends to. Each is due at once:
// after a start its history is to be read. One that is gone is switched off when
// nothing waits for it: what was frozen for it still goes there.
func (s *Store) SyncDestinations(ctx context.Context, ids []string) error {
	return s.tx(ctx, "sync destinations", func(ctx context.Context, tx *sql.Tx) error {
		if err := s.syncing(ctx, tx, s.lockAllDestinations); err != nil {
			return err
		}
		for _, id := range ids {
			if err := s.wakeDestination(ctx, tx, id); err != nil {
				return err
			}
		}
		_, err := s.exec(ctx, tx, `
			UPDATE destinations SET active = 0 WHERE active = 1 AND key NOT IN ({{list 1}}) AND NOT EXISTS (
				SELECT 1 FROM deliveries d WHERE d.destination = destinations.key AND d.state IN ('pending', 'sending', 'held'))`, list(ids))
		return err
	})
}

// SentTo is a destination whose key begins with a scheme and to which a message has
// gone, or may have; "" when there is none.
func (s *Store) SentTo(ctx context.Context, scheme string) (destination string, err error) {
	err = s.one(ctx, s.reader, `
		SELECT COALESCE(MIN(destination), '') FROM deliveries WHERE state IN ('sent', 'sending') AND substr(destination, 1, $2) = $1`,
		[]any{scheme + ":", int64(len(scheme) + 1)}, &destination)
	return destination, s.explain("destinations", err)
}

// wakeDestination makes a destination when it is missing.
func (s *Store) wakeDestination(ctx context.Context, tx *sql.Tx, id string) error {
	if _, err := s.exec(ctx, tx, `
		INSERT INTO destinations (key) VALUES ($1) ON CONFLICT (key) DO UPDATE SET active = 1`, id); err != nil {
		return err
	}
	return s.wake(ctx, tx, news.Destinations, []string{id})
}

// insertDelivery gives false when the delivery is there already. A new one wakes
// its destination. A rewriting that is not sent yet is out of date when a newer
// one of the same message comes: sent after it, it would bring the old text back.
// One that was sent is there no longer once another one came after it: a story
// that shrinks back is rewritten back. It gives ErrMoved for what answers a message
// that was given up: nobody would ever see it.
func (s *Store) insertDelivery(ctx context.Context, tx *sql.Tx, d news.Delivery) (bool, error) {
	state := d.State
	if state == "" {
		state = news.Pending
	}
	payload := d.Payload
	if payload == nil {
		payload = []byte{}
	}
	if d.ReplyTo != "" {
		var dropped bool
		err := s.one(ctx, tx, `SELECT EXISTS (SELECT 1 FROM deliveries WHERE id = $1 AND part = 1 AND state = 'dropped')`, []any{d.ReplyTo}, &dropped)
		if err == nil && dropped {
			err = fmt.Errorf("answers %s, which was given up: %w", d.ReplyTo, ErrMoved)
		}
		if err != nil {
			return false, err
		}
	}
	n, err := s.exec(ctx, tx, `
		INSERT INTO deliveries (id, part, parts, plan_id, kind, slot, destination, reply_to, broadcast, payload, stories, state,
			rung, not_before, created_at, error)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
		ON CONFLICT (id, part) DO UPDATE SET payload = excluded.payload, rung = 0, state = 'pending', attempts = 0, looks = 0,
			not_before = excluded.not_before, created_at = excluded.created_at, error = ''
		WHERE deliveries.kind = 'update' AND deliveries.state IN ('sent', 'superseded') AND EXISTS (
			SELECT 1 FROM deliveries n WHERE n.reply_to = deliveries.reply_to AND n.reply_to <> '' AND n.kind = 'update'
				AND n.created_at > deliveries.created_at)`,
		d.ID, d.Part, d.Parts, d.PlanID, string(d.Kind), d.Slot, d.Destination, d.ReplyTo, bit(d.Broadcast), payload,
		asJSON(d.Stories), string(state), d.Rung, ms(d.NotBefore), ms(d.CreatedAt), d.Error)
	if err != nil || n == 0 {
		return false, err
	}
	if d.Kind == news.KindUpdate && d.ReplyTo != "" {
		if err := s.supersede(ctx, tx, d); err != nil {
			return false, err
		}
	}
	return true, s.wakeDestination(ctx, tx, d.Destination)
}

// supersede takes older rewritings of a message out of the way of a newer one,
// which waits for as long as any of them may still be accepted late, also one that
// was out of date before.
func (s *Store) supersede(ctx context.Context, tx *sql.Tx, d news.Delivery) error {
	const older = ` WHERE reply_to = $1 AND reply_to <> '' AND kind = 'update' AND id <> $2 AND state`
	for _, query := range []string{
		fmt.Sprintf(`UPDATE deliveries SET not_before = {{greatest}}(not_before, (
			SELECT COALESCE(MAX(CASE WHEN not_before = 0 THEN started_at + %d ELSE not_before END), 0)
			FROM deliveries`+older+` IN ('pending', 'sending', 'superseded'))) WHERE id = $2`, uncertain.Milliseconds()),
		// What it was held for is no matter of a newer one.
		`UPDATE deliveries SET state = 'superseded', error = 'a newer rewriting took its place',
			not_before = CASE WHEN state = 'held' THEN 0 ELSE not_before END` + older + ` IN ('pending', 'sending', 'held')`,
	} {
		if _, err := s.exec(ctx, tx, query, d.ReplyTo, d.ID); err != nil {
			return err
		}
	}
	return nil
}

// EnqueueNotice puts a notice to the operators into the outbox, once an id.
func (s *Store) EnqueueNotice(ctx context.Context, d news.Delivery) error {
	return s.tx(ctx, "enqueue notice "+d.ID, func(ctx context.Context, tx *sql.Tx) error {
		if err := s.lockDestinations(ctx, tx, d.Destination); err != nil {
			return err
		}
		_, err := s.insertDelivery(ctx, tx, d)
		return err
	})
}

// selectDelivery also reads where the message stands that a delivery belongs to:
// the first part of its own, or the first part of the one that it answers.
const selectDelivery = `SELECT d.payload, ` + deliveryColumns + fromDelivery

// listDelivery is selectDelivery without the message, which may be large.
const listDelivery = `SELECT NULL, ` + deliveryColumns + fromDelivery

const deliveryColumns = `d.id, d.part, d.parts, d.plan_id, d.kind, d.slot, d.destination, d.reply_to, d.broadcast, d.stories,
		d.state, d.rung, d.attempts, d.looks, d.not_before, d.created_at, d.started_at, d.sent_at, d.channel, d.ts, d.error,
		d.undecided, d.state, COALESCE(p.channel, ''), COALESCE(p.ts, '')`

const fromDelivery = `
	FROM deliveries d LEFT JOIN deliveries p
		ON p.id = CASE WHEN d.part > 1 THEN d.id ELSE d.reply_to END AND p.part = 1`

func deliveryFields(d *news.Delivery) []any {
	return []any{&d.Payload, &d.ID, &d.Part, &d.Parts, &d.PlanID, &d.Kind, &d.Slot, &d.Destination, &d.ReplyTo, &d.Broadcast,
		fromJSON{&d.Stories}, &d.State, &d.Rung, &d.Attempts, &d.Looks, at{&d.NotBefore}, at{&d.CreatedAt}, at{&d.StartedAt},
		at{&d.SentAt}, &d.Receipt.Channel, &d.Receipt.TS, &d.Error, &d.Undecided, &d.Read, &d.Parent.Channel, &d.Parent.TS}
}

// workable are the open deliveries of a destination whose message to answer, or
// first part, is posted: rewritings, or all others. The list of states is that of
// the index deliveries_open, word by word.
const workable = `
	WHERE d.destination = $1 AND d.state IN ('pending', 'sending', 'held') AND d.undecided = 0
		AND (d.kind = 'update') = ($2 = 1) AND (p.state = 'sent' OR d.part = 1 AND d.reply_to = '')`

const (
	deliverableQuery = selectDelivery + workable + ` AND d.not_before <= $3 ORDER BY d.created_at, d.id, d.part LIMIT 1`
	workableAtQuery  = `SELECT COALESCE(MIN(d.not_before), 0)` + fromDelivery + workable
)

// Deliverable is the next delivery of a destination that may be worked on now, the
// oldest first, rewritings aside. When there is none, wake says when one may be;
// it is zero when nothing waits but for others.
func (s *Store) Deliverable(ctx context.Context, destination string) (d *news.Delivery, wake time.Time, err error) {
	return s.deliverable(ctx, destination, false)
}

// Rewritable is Deliverable for rewritings alone.
func (s *Store) Rewritable(ctx context.Context, destination string) (d *news.Delivery, wake time.Time, err error) {
	return s.deliverable(ctx, destination, true)
}

func (s *Store) deliverable(ctx context.Context, destination string, rewritings bool) (d *news.Delivery, wake time.Time, err error) {
	what := "next delivery to " + destination
	now := ms(s.now())
	next := &news.Delivery{}
	err = s.one(ctx, s.reader, deliverableQuery, []any{destination, bit(rewritings), now}, deliveryFields(next)...)
	if err == nil {
		return next, time.Time{}, nil
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return nil, time.Time{}, s.explain(what, err)
	}
	err = s.one(ctx, s.reader, workableAtQuery, []any{destination, bit(rewritings)}, at{&wake})
	return nil, wake, s.explain(what, err)
}

// Intend commits that the bytes of a delivery are about to leave, under the lease
// on its destination, and notes it in d. It gives a *news.PacedError when one of
// the lanes is not free yet, and ErrNotFound when the delivery was dropped or
// replaced meanwhile; nothing is changed then.
func (s *Store) Intend(ctx context.Context, l news.Lease, d *news.Delivery, lanes ...news.Lane) error {
	now := s.now()
	err := s.fenced(ctx, l, news.Destinations, fmt.Sprintf("intend delivery %s part %d", d.ID, d.Part), func(ctx context.Context, tx *sql.Tx) error {
		if err := s.enter(ctx, tx, now, lanes); err != nil {
			return err
		}
		return gone(s.exec(ctx, tx, `
			UPDATE deliveries SET state = 'sending', attempts = attempts + 1, looks = 0, started_at = $4, not_before = 0
			WHERE id = $1 AND part = $2 AND destination = $3 AND state IN ('pending', 'sending', 'held')`,
			d.ID, d.Part, l.Key, ms(now)))
	})
	if err != nil {
		return err
	}
	d.State, d.Read, d.Looks, d.StartedAt, d.NotBefore = news.Sending, news.Sending, 0, timeOf(ms(now)), time.Time{}
	d.Attempts++
	return nil
}

// gone is ErrNotFound, and news.ErrGone, when no row was changed.
func gone(rows int64, err error) error {
	if err == nil && rows == 0 {
		return fmt.Errorf("%w: %w", ErrNotFound, news.ErrGone)
	}
	return err
}

// Withdraw takes an attempt back of which it is certain that nothing has left: the
// delivery is due again. It needs no lease, since the number of the attempt says
// that nobody has made another one; whoever took it for uncertain meanwhile, held it
// for a person or took it for delivered, was wrong.
func (s *Store) Withdraw(ctx context.Context, d news.Delivery) error {
	return s.tx(ctx, fmt.Sprintf("withdraw delivery %s part %d", d.ID, d.Part), func(ctx context.Context, tx *sql.Tx) error {
		if err := s.lockDestinations(ctx, tx, d.Destination); err != nil {
			return err
		}
		n, err := s.exec(ctx, tx, `
			UPDATE deliveries SET state = 'pending', not_before = $4, looks = 0, error = '', sent_at = 0, undecided = 0
			WHERE id = $1 AND part = $2 AND attempts = $3 AND (state IN ('sending', 'held') OR state = 'sent' AND ts = '')`,
			d.ID, d.Part, d.Attempts, ms(d.NotBefore))
		if err != nil || n == 0 {
			return err
		}
		return s.wakeDestination(ctx, tx, d.Destination)
	})
}

// Settle commits what became of a delivery since it was read, and how long its
// lanes are to rest. What somebody decided meanwhile stays: that it is sent again,
// given up or out of date. But what turns out to be sent is sent.
func (s *Store) Settle(ctx context.Context, l news.Lease, d news.Delivery, lanes ...news.Lane) error {
	return s.fenced(ctx, l, news.Destinations, fmt.Sprintf("settle delivery %s part %d", d.ID, d.Part), func(ctx context.Context, tx *sql.Tx) error {
		if err := s.occupy(ctx, tx, s.now(), lanes); err != nil {
			return err
		}
		n, err := s.exec(ctx, tx, `
			UPDATE deliveries SET state = $4, channel = $5, ts = $6, error = $7, not_before = $8, looks = $9, rung = $10,
				payload = $11, sent_at = $12, undecided = $13
			WHERE id = $1 AND part = $2 AND destination = $3 AND (state = $14 AND attempts = $15 OR $4 = 'sent')`,
			d.ID, d.Part, l.Key, string(d.State), d.Receipt.Channel, d.Receipt.TS, d.Error, ms(d.NotBefore), d.Looks, d.Rung,
			d.Payload, ms(d.SentAt), bit(d.Undecided), string(d.Read), d.Attempts)
		if err != nil || n > 0 {
			return err
		}
		there := false
		err = s.one(ctx, tx, `SELECT 1 FROM deliveries WHERE id = $1 AND part = $2 AND destination = $3`, []any{d.ID, d.Part, l.Key}, &there)
		return missing(err)
	})
}

// Delivery reads one part of a delivery.
func (s *Store) Delivery(ctx context.Context, id string, part int) (d news.Delivery, err error) {
	err = s.one(ctx, s.reader, selectDelivery+` WHERE d.id = $1 AND d.part = $2`, []any{id, part}, deliveryFields(&d)...)
	return d, s.explain(fmt.Sprintf("delivery %s part %d", id, part), missing(err))
}

// DeliveryFilter says which deliveries to list. The zero value lists all.
type DeliveryFilter struct {
	States []news.DeliveryState
	Plan   string
	Limit  int // 0: no limit
}

// The newest are read off an index, and none but those: of all, or of a state.
const (
	newestQuery   = listDelivery + ` WHERE ($1 = '' OR d.plan_id = $1)` + newestFirst + ` LIMIT $2`
	newestInQuery = listDelivery + ` WHERE d.state = $3 AND ($1 = '' OR d.plan_id = $1)` + newestFirst + ` LIMIT $2`
	newestFirst   = ` ORDER BY d.created_at DESC, d.id DESC, d.part DESC`
)

// Deliveries lists deliveries without their payloads, the newest first.
func (s *Store) Deliveries(ctx context.Context, f DeliveryFilter) (deliveries []news.Delivery, err error) {
	limit := f.Limit
	if limit <= 0 {
		limit = math.MaxInt
	}
	read := func(query string, args ...any) {
		if err == nil {
			err = s.query(ctx, s.reader, func(r *sql.Rows) error {
				var d news.Delivery
				err := r.Scan(deliveryFields(&d)...)
				deliveries = append(deliveries, d)
				return err
			}, query, args...)
		}
	}
	if len(f.States) == 0 {
		read(newestQuery, f.Plan, limit)
	}
	for _, state := range f.States {
		read(newestInQuery, f.Plan, limit, string(state))
	}
	slices.SortStableFunc(deliveries, func(a, b news.Delivery) int {
		return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(b.ID, a.ID), cmp.Compare(b.Part, a.Part))
	})
	return deliveries[:min(limit, len(deliveries))], s.explain("list deliveries", err)
}

// SentBetween lists what stands at a destination: the messages posted there in a
// stretch of time, oldest first, rewritings and those taken for delivered aside.
func (s *Store) SentBetween(ctx context.Context, destination string, from, to time.Time) (sent []news.Delivery, err error) {
	err = s.query(ctx, s.reader, func(r *sql.Rows) error {
		var d news.Delivery
		err := r.Scan(deliveryFields(&d)...)
		sent = append(sent, d)
		return err
	}, selectDelivery+` WHERE d.state = 'sent' AND d.created_at > $4 AND d.destination = $1 AND d.sent_at >= $2 AND d.sent_at < $3
		AND d.kind <> 'update' AND d.ts <> '' ORDER BY d.sent_at, d.id, d.part`,
		destination, ms(from), ms(to), ms(from.Add(-sentLate)))
	return sent, s.explain("sent to "+destination, err)
}

// sentLate is how long after it was frozen a message may be sent and still be
// listed as sent: it bounds what is read.
const sentLate = 7 * 24 * time.Hour

// uncertain is how long an attempt must lie back before an operator may decide
// about it: until then it may still be under way, or be accepted late.
const uncertain = 8 * news.CallTimeout

// Resend makes the held and dropped parts of a delivery due now, and says how
// many they were. So it does with one that is uncertain: whoever asks for it has
// looked, or accepts that it may come twice.
func (s *Store) Resend(ctx context.Context, id string) (n int, err error) {
	err = s.tx(ctx, "resend "+id, func(ctx context.Context, tx *sql.Tx) error {
		if err := s.lockDestinationsOf(ctx, tx, `id = $1`, id); err != nil {
			return err
		}
		to, err := s.texts(ctx, tx, `
			UPDATE deliveries SET state = 'pending', not_before = 0, undecided = 0
			WHERE id = $1 AND (state IN ('held', 'dropped') OR state = 'sending' AND started_at < $2)
			RETURNING destination`, id, ms(s.now().Add(-uncertain)))
		for i := 0; err == nil && i < len(to); i++ {
			err = s.retryDestination(ctx, tx, to[i])
		}
		n = len(to)
		return err
	})
	return n, err
}

// retryDestination lets all that waits for a destination go now, also when it has
// refused.
func (s *Store) retryDestination(ctx context.Context, tx *sql.Tx, id string) error {
	if _, err := s.exec(ctx, tx, `DELETE FROM lanes WHERE key = $1`, id+news.HeldLane); err != nil {
		return err
	}
	return s.wakeDestination(ctx, tx, id)
}

// RetryHeld makes everything that is held due now: the reason may be mended. What
// waits for a person's word goes on waiting for it.
func (s *Store) RetryHeld(ctx context.Context) error {
	return s.tx(ctx, "retry what is held", func(ctx context.Context, tx *sql.Tx) error {
		if err := s.lockDestinationsOf(ctx, tx, `state = 'held'`); err != nil {
			return err
		}
		to, err := s.texts(ctx, tx, `UPDATE deliveries SET not_before = 0 WHERE state = 'held' AND undecided = 0 AND not_before > $1 RETURNING destination`, ms(s.now()))
		for i := 0; err == nil && i < len(to); i++ {
			err = s.retryDestination(ctx, tx, to[i])
		}
		return err
	})
}

// Drop gives up the parts of a delivery that wait, are held or uncertain, with
// what answers them, and says how many they were. What is being sent cannot be
// dropped.
func (s *Store) Drop(ctx context.Context, id string) (n int, err error) {
	err = s.tx(ctx, "drop "+id, func(ctx context.Context, tx *sql.Tx) error {
		if err := s.lockDestinationsOf(ctx, tx, `id = $1 OR reply_to = $1 AND reply_to <> ''`, id); err != nil {
			return err
		}
		rows, err := s.exec(ctx, tx, `
			UPDATE deliveries SET state = 'dropped', undecided = 0
			WHERE (id = $1 OR reply_to = $1 AND reply_to <> '')
				AND (state IN ('pending', 'held') OR state = 'sending' AND started_at < $2)`, id, ms(s.now().Add(-uncertain)))
		n = int(rows)
		return err
	})
	return n, err
}

// Overdue counts the deliveries made before a time that are not sent yet and wait
// for no person, and says when the oldest of them was made.
func (s *Store) Overdue(ctx context.Context, before time.Time) (n int, oldest time.Time, err error) {
	err = s.one(ctx, s.reader, `SELECT COUNT(*), COALESCE(MIN(created_at), 0) FROM deliveries WHERE state IN ('pending', 'sending') AND created_at < $1`,
		[]any{ms(before)}, &n, at{&oldest})
	return n, oldest, s.explain("count what waits", err)
}

// Pending counts the deliveries by state.
func (s *Store) Pending(ctx context.Context) (map[news.DeliveryState]int, error) {
	counts := map[news.DeliveryState]int{}
	err := s.query(ctx, s.reader, func(r *sql.Rows) error {
		var state news.DeliveryState
		var n int
		err := r.Scan(&state, &n)
		counts[state] = n
		return err
	}, `SELECT state, COUNT(*) FROM deliveries GROUP BY state`)
	return counts, s.explain("count deliveries", err)
}
