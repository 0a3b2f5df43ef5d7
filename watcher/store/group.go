package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"newswatch/news"
)

// The condition is that of the index items_work, word by word.
const fromUngrouped = ` FROM items i WHERE i.hits > 0 AND i.place = 0 ORDER BY i.published, i.id LIMIT $1`

// Ungrouped are the items that hit and are in no story yet, in the order of
// their publication, at most limit.
func (s *Store) Ungrouped(ctx context.Context, limit int) (members []news.Member, err error) {
	err = s.snapshot(ctx, "ungrouped items", func(tx conn) error {
		err := s.query(ctx, tx, func(r *sql.Rows) error {
			var m news.Member
			err := r.Scan(itemFields(&m.Item)...)
			members = append(members, m)
			return err
		}, `SELECT `+itemColumns+fromUngrouped, limit)
		if err != nil {
			return err
		}
		hits, err := s.hitsOf(ctx, tx, `SELECT i.id`+fromUngrouped, limit)
		for i := range members {
			members[i].Hits = hits[members[i].Item.ID]
		}
		return err
	})
	return members, err
}

const editedQuery = `SELECT id FROM stories WHERE edited > 0 AND merged_into = '' ORDER BY id LIMIT $1`

// Edited are the ids of living stories a member of which was edited, or matched
// anew, since the desk settled them.
func (s *Store) Edited(ctx context.Context, limit int) ([]string, error) {
	ids, err := s.texts(ctx, s.reader, editedQuery, limit)
	return ids, s.explain("edited stories", err)
}

// placedPage is how many items Placed reads at once: a read that lasts as long as
// the caller's work would keep the log from being folded into the database.
const placedPage = 500

// Placed gives fn the items that were placed in stories and fetched since a time,
// in the order in which they were placed.
func (s *Store) Placed(ctx context.Context, since time.Time, fn func(it news.Item, entities []string, storyID, copyOf string) error) error {
	var next int64
	err := s.one(ctx, s.reader, firstPlaceQuery, []any{ms(since)}, &next)
	if err != nil {
		return s.explain("placed items", err)
	}
	for next > 0 {
		page, err := s.placedPage(ctx, next, since)
		if err != nil {
			return s.explain("placed items", err)
		}
		next = 0
		for _, p := range page {
			if err := fn(p.item, p.entities, p.storyID, p.copyOf); err != nil {
				return err
			}
			next = p.place + 1
		}
	}
	return nil
}

// The plus keeps a planner from walking through all places before the first.
const firstPlaceQuery = `SELECT COALESCE(MIN(+place), 0) FROM items WHERE place > 0 AND fetched >= $1`

const placedQuery = `
	SELECT ` + itemColumns + `, COALESCE(h.entities, 'null'), i.story_id, i.copy_of, i.place
	FROM items i LEFT JOIN hits h ON h.item_id = i.id AND h.rank = 0
	WHERE i.place >= $1 AND i.place > 0 AND i.fetched >= $2 ORDER BY i.place LIMIT $3`

type placed struct {
	item            news.Item
	entities        []string
	storyID, copyOf string
	place           int64
}

func (s *Store) placedPage(ctx context.Context, from int64, since time.Time) (page []placed, err error) {
	err = s.query(ctx, s.reader, func(r *sql.Rows) error {
		var p placed
		err := r.Scan(append(itemFields(&p.item), fromJSON{&p.entities}, &p.storyID, &p.copyOf, &p.place)...)
		page = append(page, p)
		return err
	}, placedQuery, from, ms(since), placedPage)
	return page, err
}

// GroupCommit is one round of the desk. It commits whole or not at all.
type GroupCommit struct {
	Placed       []PlacedItem
	Stories      []news.Story // heads only: members and developments are not read
	Transfers    []Transfer   // in their order; the heads are as they are after them
	Developments map[string][]news.Development
	Settled      []string // stories that were looked at because they were edited
	WakePlans    []string
}

// PlacedItem is the decision that puts an item into a story.
type PlacedItem struct {
	ItemID  string
	StoryID string
	CopyOf  string // the member whose report it repeats, "" for a report of its own
	Score   float64
	Why     string
	Near    []Near // stories that it nearly was put in
}

// CommitGroup commits a round under the lease on the desk.
func (s *Store) CommitGroup(ctx context.Context, l news.Lease, c GroupCommit) error {
	return s.fenced(ctx, l, news.Desk, "commit group", func(ctx context.Context, tx *sql.Tx) error {
		var seq int64
		err := s.one(ctx, tx, `UPDATE desk SET seq = seq + $2 WHERE key = $1 RETURNING seq`,
			[]any{l.Key, len(c.Placed) + len(c.Transfers) + 1}, &seq)
		if err != nil {
			return err
		}
		for _, head := range c.Stories {
			if err := s.saveHead(ctx, tx, head, seq); err != nil {
				return fmt.Errorf("story %s: %w", head.ID, err)
			}
		}
		first := seq - int64(len(c.Placed)+len(c.Transfers))
		for i, p := range c.Placed {
			if err := s.placeItem(ctx, tx, p, first+int64(i)); err != nil {
				return fmt.Errorf("place item %s: %w", p.ItemID, err)
			}
		}
		if err := s.develop(ctx, tx, c.Developments); err != nil {
			return err
		}
		first += int64(len(c.Placed))
		for i, t := range c.Transfers {
			if err := s.transfer(ctx, tx, t, first+int64(i)); err != nil {
				return err
			}
		}
		if _, err := s.exec(ctx, tx, `UPDATE stories SET edited = edited - 1, changed = $2 WHERE edited > 0 AND id IN ({{list 1}})`,
			list(c.Settled), seq); err != nil {
			return err
		}
		if _, err := s.exec(ctx, tx, settleTitlesQuery, list(c.Settled)); err != nil {
			return err
		}
		if err := s.wake(ctx, tx, news.Plans, c.WakePlans); err != nil {
			return err
		}
		return s.wakeFollowed(ctx, tx)
	})
}

// settleTitlesQuery forgets the old headlines of stories that were looked at. Those
// that were edited meanwhile keep them until the next round.
const settleTitlesQuery = `
	UPDATE items SET title_was = '' WHERE title_was <> '' AND story_id IN (
		SELECT id FROM stories WHERE edited = 0 AND id IN ({{list 1}}))`

func (s *Store) saveHead(ctx context.Context, tx *sql.Tx, h news.Story, seq int64) error {
	_, err := s.exec(ctx, tx, `
		INSERT INTO stories (id, version, phase, first_at, last_at, lead_id, merged_into, changed)
		VALUES ($1, $2, '', $3, $4, $5, $6, $7)
		ON CONFLICT (id) DO UPDATE SET version = excluded.version, first_at = excluded.first_at, last_at = excluded.last_at, lead_id = excluded.lead_id, merged_into = excluded.merged_into, changed = excluded.changed`,
		h.ID, h.Version, ms(h.FirstAt), ms(h.LastAt), h.LeadID, h.MergedInto, seq)
	return err
}

// placeItem places an item, which happens once. A story that was taken in by
// another takes nothing in itself any more.
func (s *Store) placeItem(ctx context.Context, tx *sql.Tx, p PlacedItem, place int64) error {
	n, err := s.exec(ctx, tx, `
		UPDATE items SET story_id = COALESCE((SELECT s.merged_into FROM stories s WHERE s.id = $2 AND s.merged_into <> ''), $2), copy_of = $3, score = $4, why = $5, place = $6 WHERE id = $1 AND place = 0`,
		p.ItemID, p.StoryID, p.CopyOf, p.Score, p.Why, place)
	if err == nil && n == 0 {
		return fmt.Errorf("%w among the items without a story", ErrNotFound)
	}
	if err != nil {
		return err
	}
	return s.saveNear(ctx, tx, p)
}

func (s *Store) develop(ctx context.Context, tx *sql.Tx, of map[string][]news.Development) error {
	for storyID, list := range of {
		for _, d := range list {
			_, err := s.exec(ctx, tx, `
				INSERT INTO developments (story_id, version, at, item_id, reason, title_was) VALUES ($1, $2, $3, $4, $5, $6)
				ON CONFLICT (story_id, version) DO UPDATE SET at = excluded.at, item_id = excluded.item_id,
					reason = excluded.reason, title_was = excluded.title_was`,
				storyID, d.Version, ms(d.At), d.ItemID, d.Reason, d.TitleWas)
			if err != nil {
				return fmt.Errorf("development of story %s: %w", storyID, err)
			}
		}
	}
	return nil
}
