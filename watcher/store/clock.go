package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"newswatch/news"
)

// written are the times, by table, that say when something happened.
func written() []struct{ table, column string } {
	return []struct{ table, column string }{
		{"items", "fetched"}, {"items", "published"},
		{"stories", "first_at"}, {"stories", "last_at"}, {"developments", "at"},
		{"told", "at"}, {"plans", "last_at"}, {"plans", "sent_at"}, {"plans", "created_at"},
		{"deliveries", "created_at"}, {"deliveries", "started_at"}, {"deliveries", "sent_at"},
		{"feeds", "polled_at"}, {"feeds", "ok_at"}, {"feeds", "read_at"}, {"seen", "last_seen"},
		{"mutes", "at"}, {"mutes", "lifted_at"}, {"follows", "at"}, {"pauses", "at"}, {"flags", "at"}, {"plans", "asked_at"},
	}
}

// waiting are those until which something waits.
func waiting() []struct{ table, column string } {
	return []struct{ table, column string }{
		{"feeds", "next_at"}, {"deliveries", "not_before"},
		{"hosts", "next_at"}, {"hosts", "hold_until"}, {"hosts", "lease_until"},
		{"desk", "lease_until"}, {"plans", "lease_until"},
		{"destinations", "next_at"}, {"destinations", "lease_until"},
		{"mutes", "until_at"}, {"follows", "until_at"}, {"pauses", "until_at"},
	}
}

// ClockStep is what a look at the clock leads to.
type ClockStep struct {
	Note        string        // to be kept of the look; "": nothing new
	Back, Ahead time.Duration // so far was the clock set back, or went it ahead at once, since anybody looked
	Notices     []news.Delivery
}

// KeepClock looks at the clock. Decide is given what whoever looked last noted under
// a name, and says what follows from that, which is carried out and noted in one
// transaction: of many replicas one at a time looks, and finds what the others did.
// Where the clock is a server's, that is asked for its time before. Decide may run
// twice.
func (s *Store) KeepClock(ctx context.Context, name string, decide func(noted string) (ClockStep, error)) error {
	if err := s.askTimeNow(ctx); err != nil {
		return s.explain("ask for the time", err)
	}
	return s.tx(ctx, "keep the time", func(ctx context.Context, tx *sql.Tx) error {
		if err := s.alone(ctx, tx, clockLock); err != nil {
			return err
		}
		noted := ""
		err := s.one(ctx, tx, `SELECT v FROM meta WHERE k = $1`, []any{name}, &noted)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		step, err := decide(noted)
		if err != nil {
			return err
		}
		return s.followClock(ctx, tx, name, step)
	})
}

func (s *Store) followClock(ctx context.Context, tx *sql.Tx, name string, step ClockStep) error {
	if step.Ahead > 0 {
		if err := s.stepAhead(ctx, tx, step.Ahead); err != nil {
			return fmt.Errorf("follow it ahead: %w", err)
		}
	}
	if step.Back > 0 {
		if err := s.setBack(ctx, tx, step.Back); err != nil {
			return fmt.Errorf("follow it back: %w", err)
		}
	}
	for _, d := range step.Notices {
		if err := s.lockDestinations(ctx, tx, d.Destination); err != nil {
			return err
		}
		if _, err := s.insertDelivery(ctx, tx, d); err != nil {
			return fmt.Errorf("notice %s: %w", d.ID, err)
		}
	}
	if step.Note == "" {
		return nil
	}
	return s.setMeta(ctx, tx, name, step.Note)
}

// setBack follows a clock that was set back by so much. All times that lie ahead
// of it now were written by the clock as it was, and move with it: else a feed
// would not be polled, a lease not end, a cooldown not pass and an alert not be
// told until the clock has come there again. What readers said until a time ends so
// much earlier. A date that a publisher gave is left.
func (s *Store) setBack(ctx context.Context, tx *sql.Tx, by time.Duration) error {
	if err := s.alone(ctx, tx, syncLock); err != nil { // hosts follow their feeds
		return err
	}
	now := ms(s.now())
	for _, c := range append(written(), waiting()...) {
		if _, err := s.exec(ctx, tx, setBackQuery(c.table, c.column), now, by.Milliseconds()); err != nil {
			return fmt.Errorf("%s of %s: %w", c.column, c.table, err)
		}
	}
	for _, u := range []news.Unit{news.Desk, news.Plans} { // they find out themselves when they are due
		if err := s.wakeWhere(ctx, tx, u, `active = 1`); err != nil {
			return err
		}
	}
	if err := s.syncHosts(ctx, tx, nil); err != nil {
		return err
	}
	// The memory of the desk holds times too.
	_, err := s.exec(ctx, tx, `DELETE FROM meta WHERE k = $1`, DeskHolder)
	return err
}

// setBackQuery moves a column. Where it has no index, and the table is large, another
// column says which rows can be meant: what was fetched or frozen lately, or waits.
func setBackQuery(table, column string) string {
	query := fmt.Sprintf(`UPDATE %s SET %s = {{greatest}}(%[2]s - $2, 1) WHERE %[2]s > $1`, table, column)
	switch table + "." + column {
	case "items.published":
		query += fmt.Sprintf(` AND dated = 0 AND fetched > $1 - $2 - %d`, time.Hour.Milliseconds())
	case "stories.first_at":
		query += ` AND last_at > $1` // no story ends before it begins; it is moved after this
	case "deliveries.started_at", "deliveries.sent_at", "deliveries.not_before":
		query += fmt.Sprintf(` AND (created_at > $1 - $2 - %d OR state IN ('pending', 'sending', 'held'))`, sentLate.Milliseconds())
	}
	return query
}

// stepAhead follows a clock that went ahead by so much at once, set or after a
// sleep: what may still be accepted late may be so for as long as before. All other
// waits are over when the clock says so.
//
// setBack undoes it. What else a right clock wrote of times to come, before it went
// ahead and back, setBack brings forward as far: that is a retry earlier than
// meant, by less than the clock was wrong.
func (s *Store) stepAhead(ctx context.Context, tx *sql.Tx, by time.Duration) error {
	_, err := s.exec(ctx, tx, `
		UPDATE deliveries SET not_before = not_before + $2
		WHERE not_before > $1 AND state IN ('pending', 'sending', 'held') AND (state = 'sending' OR state = 'pending' AND kind = 'update')`,
		ms(s.now().Add(-by)), by.Milliseconds())
	return err
}
