package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"newswatch/news"
)

// PollCommit is what one poll of one feed leads to. It commits whole or not at
// all: a state without its items would lose them, as the next answer is a 304.
type PollCommit struct {
	State         news.FeedState // its NextAt is set
	Fresh, Edited []Matched
	Seen          []news.Item // all items of the document
	HostUntil     time.Time   // no feed of the host is polled before; zero when it asked for nothing
	Partial       bool        // Seen is not all that the feed lists
	Last          bool        // the last poll under its lease, which ends with it: the host is due with the first of its feeds
}

// Matched is an item and what the rules say of it.
type Matched struct {
	Item      news.Item
	Hits      []news.Hit // best first
	RulesHash string     // of the rules in force
}

// CommitPoll commits a poll under the lease on the feed's host. Items that hit
// become work of the desk, and so do stories with an edited member.
func (s *Store) CommitPoll(ctx context.Context, l news.Lease, c PollCommit) error {
	what := "commit poll of " + c.State.FeedID
	if c.State.NextAt.IsZero() {
		return fmt.Errorf("%s: it does not say when to poll next", what)
	}
	if l.Unit != news.Hosts {
		return fmt.Errorf("%s: a lease on %s does not cover it", what, l.Unit)
	}
	return s.shared(ctx, what, l.Key, s.behindFence(l, func(ctx context.Context, tx *sql.Tx) error {
		if err := s.saveState(ctx, tx, l, c); err != nil {
			return err
		}
		if err := s.recordSeen(ctx, tx, c); err != nil {
			return err
		}
		if len(c.Edited) > 0 { // their stories are marked
			if err := s.lockDesk(ctx, tx); err != nil {
				return err
			}
		}
		work, err := s.saveItems(ctx, tx, c)
		if err == nil && work {
			err = s.wake(ctx, tx, news.Desk, []string{deskKey})
		}
		if err != nil || !c.Last {
			return err
		}
		if err := s.release(ctx, tx, l, time.Time{}); !errors.Is(err, ErrFenced) {
			return err
		}
		return nil // the lease has just ended by itself
	}))
}

// saveState also fences a feed that a reload moved to another host: the lease
// does not cover it any more.
func (s *Store) saveState(ctx context.Context, tx *sql.Tx, l news.Lease, c PollCommit) error {
	f := c.State
	err := held(s.exec(ctx, tx, `
		UPDATE feeds SET final_url = $3, etag = $4, last_modified = $5, body_hash = $6, next_at = $7, polled_at = $8,
			ok_at = $9, baselined = $10, fails = $11, error = $12, items = $13,
			memory = $15, read_at = CASE WHEN CAST($14 AS BIGINT) > 0 THEN $14 ELSE read_at END
		WHERE id = $1 AND host = $2`,
		f.FeedID, l.Key, f.FinalURL, f.ETag, f.LastModified, f.BodyHash, ms(f.NextAt), ms(f.PolledAt),
		ms(f.OKAt), bit(f.Baselined), f.Fails, f.Error, f.Items, bit(len(c.Seen) > 0 && !c.Partial)*ms(s.now()), asJSON(f.Memory)))
	if err != nil || c.HostUntil.IsZero() {
		return err
	}
	_, err = s.exec(ctx, tx, `UPDATE hosts SET hold_until = {{greatest}}(hold_until, $2) WHERE key = $1`, l.Key, ms(c.HostUntil))
	return err
}

// saveItems says whether there is work for the desk.
func (s *Store) saveItems(ctx context.Context, tx *sql.Tx, c PollCommit) (work bool, err error) {
	if len(c.Fresh) > 0 {
		work, err = s.insertItems(ctx, tx, c.Fresh)
	}
	for i := 0; err == nil && i < len(c.Edited); i++ {
		m, stored := c.Edited[i], false
		if stored, err = s.editItem(ctx, tx, m); err == nil && stored {
			err = s.replaceHits(ctx, tx, m)
		}
		if err != nil {
			err = fmt.Errorf("edited item %s: %w", m.Item.ID, err)
		}
		work = true
	}
	return work, err
}

func (s *Store) insertItems(ctx context.Context, tx *sql.Tx, fresh []Matched) (work bool, err error) {
	for _, m := range fresh {
		inserted, err := s.insertItem(ctx, tx, m)
		if err != nil {
			return false, fmt.Errorf("item %s: %w", m.Item.ID, err)
		}
		if !inserted {
			continue
		}
		if err := s.insertHits(ctx, tx, m.Item.ID, m.Hits); err != nil {
			return false, err
		}
		work = work || len(m.Hits) > 0
	}
	return work, nil
}
