package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"

	"newswatch/news"
)

// DeskHolder is the name of the note that says whose memory of the active stories
// is that of the desk. A correction takes it away: the memory is out of date then.
const DeskHolder = "desk_holder"

// HoldDesk notes whose memory it is from now on, under the lease on the desk: who has
// lost it must not take the note away from who has it.
func (s *Store) HoldDesk(ctx context.Context, l news.Lease, holder string) error {
	return s.fenced(ctx, l, news.Desk, "note who holds the desk", func(ctx context.Context, tx *sql.Tx) error {
		return s.setMeta(ctx, tx, DeskHolder, holder)
	})
}

// Correction is what a person decided about two stories, ready to be committed.
type Correction struct {
	Transfer     Transfer
	Stories      []news.Story // heads of both, as they are after it
	Developments map[string][]news.Development
	CopyOf       map[string]string // by item, of those whose original stands in another story now
}

// Decide works out a correction from whole stories, which stand under the ids that
// were asked for. taken says whether a story has an id.
type Decide func(stories map[string]*news.Story, taken func(id string) bool) (Correction, error)

// Correct commits a correction, beside whoever holds the desk: a round that is
// under way is fenced off, as it has read the stories as they were, and whoever
// has the desk next replays its memory. When decide fails, nothing is changed.
func (s *Store) Correct(ctx context.Context, ids []string, decide Decide) error {
	return s.tx(ctx, "correct stories", func(ctx context.Context, tx *sql.Tx) error {
		if err := s.lockDesk(ctx, tx); err != nil {
			return err
		}
		stories, err := s.stories(ctx, tx, ids)
		if err != nil {
			return err
		}
		var failed error
		c, err := decide(stories, func(id string) bool {
			n := 0
			if err := s.one(ctx, tx, `SELECT COUNT(*) FROM stories WHERE id = $1`, []any{id}, &n); err != nil {
				failed = err
			}
			return n > 0
		})
		if failed != nil || err != nil {
			return errors.Join(failed, err)
		}
		if err := s.applyCorrection(ctx, tx, c); err != nil {
			return err
		}
		if err := s.wake(ctx, tx, news.Desk, []string{deskKey}); err != nil {
			return err
		}
		return s.wakeWhere(ctx, tx, news.Plans, `active = 1 AND kind = $2`, string(news.AlertPlan))
	})
}

func (s *Store) applyCorrection(ctx context.Context, tx *sql.Tx, c Correction) error {
	var seq int64
	err := s.one(ctx, tx, `UPDATE desk SET seq = seq + 1, lease_until = 0, lease_token = '' WHERE key = $1 RETURNING seq`,
		[]any{deskKey}, &seq)
	if err != nil {
		return err
	}
	if _, err := s.exec(ctx, tx, `DELETE FROM meta WHERE k = $1`, DeskHolder); err != nil {
		return err
	}
	for _, head := range c.Stories {
		if err := s.saveHead(ctx, tx, head, seq); err != nil {
			return fmt.Errorf("story %s: %w", head.ID, err)
		}
	}
	if err := s.develop(ctx, tx, c.Developments); err != nil {
		return err
	}
	if err := s.transfer(ctx, tx, c.Transfer, seq); err != nil {
		return err
	}
	for _, item := range slices.Sorted(maps.Keys(c.CopyOf)) {
		if _, err := s.exec(ctx, tx, `UPDATE items SET copy_of = $2 WHERE id = $1`, item, c.CopyOf[item]); err != nil {
			return fmt.Errorf("item %s: %w", item, err)
		}
	}
	return nil
}

// StoriesLike are the ids of stories, also of those that were taken in, that begin
// so, at most limit.
func (s *Store) StoriesLike(ctx context.Context, prefix string, limit int) ([]string, error) {
	ids, err := s.texts(ctx, s.reader, `SELECT id FROM stories WHERE id >= $1 AND id < $2 ORDER BY id LIMIT $3`,
		prefix, prefix+"\x7f", limit)
	return ids, s.explain("stories like "+prefix, err)
}

// ItemsLike are the ids of items in stories that begin so, at most limit.
func (s *Store) ItemsLike(ctx context.Context, prefix string, limit int) ([]string, error) {
	ids, err := s.texts(ctx, s.reader, `SELECT id FROM items WHERE id >= $1 AND id < $2 AND place > 0 ORDER BY id LIMIT $3`,
		prefix, prefix+"\x7f", limit)
	return ids, s.explain("items like "+prefix, err)
}
