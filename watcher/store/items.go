package store

import (
	"context"
	"database/sql"
	"fmt"

	"newswatch/news"
)

const itemColumns = `i.id, i.feed_id, i.feed_name, i.publisher, i.weight, i.keys, i.url, i.title, i.body, i.author,
	i.categories, i.lang, i.published, i.dated, i.fetched, i.baseline, i.revision`

// itemFields is where itemColumns are scanned to.
func itemFields(it *news.Item) []any {
	return []any{&it.ID, &it.FeedID, &it.FeedName, &it.Publisher, &it.Weight, fromJSON{&it.Keys}, &it.URL, &it.Title,
		&it.Body, &it.Author, fromJSON{&it.Categories}, &it.Lang, at{&it.Published}, &it.Dated, at{&it.Fetched},
		&it.Baseline, &it.Revision}
}

const insertItemQuery = `
	INSERT INTO items (id, feed_id, feed_name, publisher, weight, keys, url, title, body, author, categories, lang,
		published, dated, fetched, baseline, revision, rules_hash, hits)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
	ON CONFLICT (id) DO NOTHING`

// insertItem gives false when the item is there already: then it stays as it is.
func (s *Store) insertItem(ctx context.Context, tx *sql.Tx, m Matched) (bool, error) {
	it := m.Item
	n, err := s.exec(ctx, tx, insertItemQuery,
		it.ID, it.FeedID, it.FeedName, it.Publisher, it.Weight, asJSON(it.Keys), it.URL, it.Title, it.Body, it.Author,
		asJSON(it.Categories), it.Lang, ms(it.Published), bit(it.Dated), ms(it.Fetched), bit(it.Baseline), it.Revision,
		m.RulesHash, len(m.Hits))
	return n > 0, err
}

// editItem replaces what an item says. When it came, and where it was placed,
// stays; of a placed one the desk is shown the headline that it knows. It gives
// false when the item is stored no longer.
func (s *Store) editItem(ctx context.Context, tx *sql.Tx, m Matched) (bool, error) {
	it := m.Item
	n, err := s.exec(ctx, tx, `
		UPDATE items SET feed_name = $2, publisher = $3, weight = $4, keys = $5, url = $6, title = $7, body = $8,
			author = $9, categories = $10, lang = $11, revision = $12,
			title_was = CASE WHEN place = 0 OR title_was <> '' THEN title_was ELSE title END
		WHERE id = $1`,
		it.ID, it.FeedName, it.Publisher, it.Weight, asJSON(it.Keys), it.URL, it.Title, it.Body,
		it.Author, asJSON(it.Categories), it.Lang, it.Revision)
	return n > 0, err
}

// insertHits records the hits of an item, best first.
func (s *Store) insertHits(ctx context.Context, tx *sql.Tx, itemID string, hits []news.Hit) error {
	for rank, h := range hits {
		_, err := s.exec(ctx, tx, `
			INSERT INTO hits (item_id, rule, score, rank, entities, evidence) VALUES ($1, $2, $3, $4, $5, $6)`,
			itemID, h.Rule, h.Score, rank, asJSON(h.Entities), asJSON(evidence{h.Parts, h.Spans, h.Quote, h.Why, h.Negated}))
		if err != nil {
			return fmt.Errorf("hit of %s on %s: %w", h.Rule, itemID, err)
		}
	}
	return nil
}

// replaceHits puts new hits in the place of an item's old ones, after an edit or
// under other rules. When the item is in a story, the desk must look at that
// story again; a mark that is made while the desk works outlives its round, as it
// may have read the story before.
func (s *Store) replaceHits(ctx context.Context, tx *sql.Tx, m Matched) error {
	if _, err := s.exec(ctx, tx, `DELETE FROM hits WHERE item_id = $1`, m.Item.ID); err != nil {
		return err
	}
	if err := s.insertHits(ctx, tx, m.Item.ID, m.Hits); err != nil {
		return err
	}
	if _, err := s.exec(ctx, tx, `UPDATE items SET hits = $2, rules_hash = $3 WHERE id = $1`,
		m.Item.ID, len(m.Hits), m.RulesHash); err != nil {
		return err
	}
	_, err := s.exec(ctx, tx, `
		UPDATE stories SET edited = CASE WHEN (SELECT lease_until FROM desk WHERE key = $3) > {{now}} THEN 2 ELSE 1 END
		WHERE id = (SELECT story_id FROM items WHERE id = $2 AND place > 0)`, s.clock(), m.Item.ID, deskKey)
	return err
}

// evidence is the part of a hit that is only shown, never searched.
type evidence struct {
	Parts   []news.ScorePart
	Spans   []news.Span
	Quote   news.Quote
	Why     string
	Negated bool
}

// hitsOf reads the hits of all items that a sub-select names, best first.
func (s *Store) hitsOf(ctx context.Context, c conn, items string, args ...any) (map[string][]news.Hit, error) {
	hits := map[string][]news.Hit{}
	err := s.query(ctx, c, func(r *sql.Rows) error {
		var h news.Hit
		var e evidence
		err := r.Scan(&h.ItemID, &h.Rule, &h.Score, fromJSON{&h.Entities}, fromJSON{&e})
		h.Parts, h.Spans, h.Quote, h.Why, h.Negated = e.Parts, e.Spans, e.Quote, e.Why, e.Negated
		hits[h.ItemID] = append(hits[h.ItemID], h)
		return err
	}, hitsQuery(items), args...)
	return hits, err
}

func hitsQuery(items string) string {
	return `SELECT item_id, rule, score, entities, evidence FROM hits WHERE item_id IN (` + items + `) ORDER BY item_id, rank`
}
