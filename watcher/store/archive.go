package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"newswatch/news"
)

// itemPage is how many items are read at once; between pages no read is open.
const itemPage = 1000

// Items gives fn the items fetched since a time, the oldest first.
func (s *Store) Items(ctx context.Context, since time.Time, fn func(news.Item) error) error {
	return s.stream(ctx, since, "", fn)
}

// Stale gives fn the items fetched since a time that were matched under other
// rules than those with the given hash, the oldest first.
func (s *Store) Stale(ctx context.Context, rulesHash string, since time.Time, fn func(news.Item) error) error {
	return s.stream(ctx, since, rulesHash, fn)
}

func (s *Store) stream(ctx context.Context, since time.Time, notUnder string, fn func(news.Item) error) error {
	from, after := ms(since), ""
	for {
		var page []news.Item
		err := s.query(ctx, s.reader, func(r *sql.Rows) error {
			var it news.Item
			err := r.Scan(itemFields(&it)...)
			page = append(page, it)
			return err
		}, `SELECT `+itemColumns+` FROM items i
			WHERE (i.fetched, i.id) > ($1, $2) AND ($3 = '' OR i.rules_hash <> $3) ORDER BY i.fetched, i.id LIMIT $4`,
			from, after, notUnder, itemPage)
		if err != nil {
			return s.explain("read items", err)
		}
		for _, it := range page {
			if err := fn(it); err != nil {
				return err
			}
		}
		if len(page) < itemPage {
			return nil
		}
		last := page[len(page)-1]
		from, after = ms(last.Fetched), last.ID
	}
}

// Item reads an item, its hits, and the story that it is in, "" when in none.
func (s *Store) Item(ctx context.Context, id string) (it news.Item, hits []news.Hit, storyID string, err error) {
	err = s.snapshot(ctx, "item "+id, func(tx conn) error {
		err := s.one(ctx, tx, `SELECT `+itemColumns+`, i.story_id FROM items i WHERE i.id = $1`, []any{id},
			append(itemFields(&it), &storyID)...)
		if err != nil {
			return missing(err)
		}
		byItem, err := s.hitsOf(ctx, tx, `$1`, id)
		hits = byItem[id]
		return err
	})
	return it, hits, storyID, err
}

// Hits reads the hits of items, by their ids, best first.
func (s *Store) Hits(ctx context.Context, itemIDs []string) (map[string][]news.Hit, error) {
	hits, err := s.hitsOf(ctx, s.reader, `{{list 1}}`, list(itemIDs))
	return hits, s.explain("read hits", err)
}

// Rematch commits what rules that are new say of stored items, under the lease on
// the desk. Items that hit now and are in no story become its work.
func (s *Store) Rematch(ctx context.Context, l news.Lease, matched []Matched) error {
	return s.fenced(ctx, l, news.Desk, "rematch", func(ctx context.Context, tx *sql.Tx) error {
		for _, m := range matched {
			err := s.rematch(ctx, tx, m)
			if err != nil {
				return fmt.Errorf("item %s: %w", m.Item.ID, err)
			}
		}
		return s.wake(ctx, tx, news.Desk, []string{deskKey})
	})
}

// rematch leaves out an item that was pruned meanwhile, and one that was edited:
// its edit was matched under the new rules.
func (s *Store) rematch(ctx context.Context, tx *sql.Tx, m Matched) error {
	var revision string
	err := s.one(ctx, tx, `SELECT revision FROM items WHERE id = $1`, []any{m.Item.ID}, &revision)
	if errors.Is(err, sql.ErrNoRows) || err == nil && revision != m.Item.Revision {
		return nil
	}
	if err != nil {
		return err
	}
	return s.replaceHits(ctx, tx, m)
}

// Names of notes about a rule file on disk that is not the rules in force.
const (
	// RulesBadSince is since when, in Unix milliseconds; "" while it is. A restart
	// must not forget that items are to be matched again.
	RulesBadSince = "rules_bad_since"
	// RulesBadWhy says in words what is wrong with it.
	RulesBadWhy = "rules_bad_why"
)

// Meta reads a note under a name, "" when there is none.
func (s *Store) Meta(ctx context.Context, name string) (value string, err error) {
	err = s.one(ctx, s.reader, `SELECT v FROM meta WHERE k = $1`, []any{name}, &value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return value, s.explain("read "+name, err)
}

// SetMeta keeps a note under a name.
func (s *Store) SetMeta(ctx context.Context, name, value string) error {
	return s.tx(ctx, "keep "+name, func(ctx context.Context, tx *sql.Tx) error {
		return s.setMeta(ctx, tx, name, value)
	})
}

// Note changes a note from what it was, "" for none, and puts notices of it into the
// outbox with it: of several that do so at once one does, which is told.
func (s *Store) Note(ctx context.Context, name, was, is string, notices ...news.Delivery) (changed bool, err error) {
	err = s.tx(ctx, "note "+name, func(ctx context.Context, tx *sql.Tx) error {
		if err := s.lockDestinations(ctx, tx, destinationsOf(notices)...); err != nil {
			return err
		}
		n, err := s.exec(ctx, tx, `
			INSERT INTO meta (k, v) SELECT $1, $3 WHERE $2 = '' OR EXISTS (SELECT 1 FROM meta WHERE k = $1)
			ON CONFLICT (k) DO UPDATE SET v = excluded.v WHERE meta.v = $2`, name, was, is)
		changed = n > 0
		for i := 0; err == nil && changed && i < len(notices); i++ {
			_, err = s.insertDelivery(ctx, tx, notices[i])
		}
		return err
	})
	return changed && err == nil, err
}

func (s *Store) setMeta(ctx context.Context, tx *sql.Tx, name, value string) error {
	_, err := s.exec(ctx, tx, `INSERT INTO meta (k, v) VALUES ($1, $2) ON CONFLICT (k) DO UPDATE SET v = excluded.v`, name, value)
	return err
}
