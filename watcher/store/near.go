package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"
)

// Near is a story that an item nearly was put in.
type Near struct {
	StoryID string
	Score   float64
	Why     string // what speaks for it, in words
}

// saveNear keeps the stories that an item nearly was put in.
func (s *Store) saveNear(ctx context.Context, tx *sql.Tx, p PlacedItem) error {
	for _, n := range p.Near {
		_, err := s.exec(ctx, tx, `
			INSERT INTO near (item_id, story_id, score, why) VALUES ($1, $2, $3, $4) ON CONFLICT (item_id, story_id) DO NOTHING`,
			p.ItemID, n.StoryID, n.Score, n.Why)
		if err != nil {
			return fmt.Errorf("near story %s: %w", n.StoryID, err)
		}
	}
	return nil
}

// NearMiss is an item that nearly was put into another story.
type NearMiss struct {
	ItemID, Title, Publisher string // of the item
	Published                time.Time
	StoryID, StoryTitle      string // the story on the other side
	Score                    float64
	Why                      string
}

// NearMisses are the items of other stories that nearly were put into this one,
// or into a story that it took in, and the other stories that its own items nearly
// were put in; of each the nearest first, at most limit.
func (s *Store) NearMisses(ctx context.Context, storyID string, limit int) (items, stories []NearMiss, err error) {
	err = s.snapshot(ctx, "what is near to story "+storyID, func(tx conn) (err error) {
		if items, err = s.nearMisses(ctx, tx, nearItemsQuery, storyID, limit); err != nil {
			return err
		}
		stories, err = s.nearMisses(ctx, tx, nearStoriesQuery, storyID, limit)
		return err
	})
	return items, stories, err
}

func (s *Store) nearMisses(ctx context.Context, c conn, query, storyID string, limit int) (list []NearMiss, err error) {
	err = s.query(ctx, c, func(r *sql.Rows) error {
		var m NearMiss
		err := r.Scan(&m.ItemID, &m.Title, &m.Publisher, at{&m.Published}, &m.StoryID, &m.StoryTitle, &m.Score, &m.Why)
		again := func(o NearMiss) bool { return o.ItemID == m.ItemID && o.StoryID == m.StoryID }
		if !slices.ContainsFunc(list, again) { // it was near to two that are one now
			list = append(list, m)
		}
		return err
	}, query, storyID, limit)
	return list, err
}

const nearColumns = `SELECT i.id, i.title, i.publisher, i.published, o.id, COALESCE(l.title, ''), n.score, n.why`

// The stories are those of today: items may have moved since.
const (
	nearItemsQuery = nearColumns + `
		FROM near n JOIN items i ON i.id = n.item_id JOIN stories o ON o.id = i.story_id LEFT JOIN items l ON l.id = o.lead_id
		WHERE n.story_id IN (` + family + `) AND i.story_id <> $1 ORDER BY n.score DESC, i.id LIMIT $2`
	nearStoriesQuery = nearColumns + `
		FROM items i JOIN near n ON n.item_id = i.id JOIN stories a ON a.id = n.story_id
			JOIN stories o ON o.id = CASE WHEN a.merged_into = '' THEN a.id ELSE a.merged_into END LEFT JOIN items l ON l.id = o.lead_id
		WHERE i.story_id = $1 AND i.place > 0 AND o.id <> $1 ORDER BY n.score DESC, i.id LIMIT $2`
)
