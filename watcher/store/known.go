package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"slices"
	"time"

	"newswatch/news"
)

const (
	// seenFresh is how exactly it is known when a key was last seen: the rows of a
	// whole document are written again at most so often.
	seenFresh = 24 * time.Hour
	// maxAliases bounds the keys of one item. A feed that makes up new guids at each
	// poll would fill the table with them; its items are known by the keys they keep.
	maxAliases = 40
)

// Known tells which items of a feed's document are new and which are stored in
// another revision; these keep their id, dates and baseline. The id of a new item
// comes from a key that no other ever had. What the document lists twice is
// folded, the first counts. Only in items whose content is no longer stored edits
// go unnoticed.
func (s *Store) Known(ctx context.Context, feedID string, items []news.Item) (fresh, edited []news.Item, err error) {
	marks := marksOf(items)
	seen, err := s.seenRows(ctx, s.reader, feedID, marks)
	if err != nil {
		return nil, nil, s.explain("known items of "+feedID, err)
	}
	found := resolve(feedID, marks, seen)
	place := map[int]int{} // of a group in fresh
	handled := map[int]bool{}
	for i, it := range items {
		n := found.of[i]
		g := &found.groups[n]
		at, twice := place[n]
		switch {
		case g.item == nil && twice:
			fresh[at].Keys = union(fresh[at].Keys, it.Keys)
		case g.item == nil:
			place[n] = len(fresh)
			it.ID = g.id
			fresh = append(fresh, it)
		case !handled[n] && !g.folded && g.item.stored && g.item.revision != it.Revision:
			edited = append(edited, g.item.restore(it))
		}
		handled[n] = true
	}
	return fresh, edited, nil
}

// storedItem is what is kept of an item that a key leads to.
type storedItem struct {
	id                 string // "" when the key is void
	stored             bool   // its content too
	revision           string
	published, fetched time.Time
	dated, baseline    bool
}

// restore gives an edited item what belongs to its first appearance.
func (k *storedItem) restore(it news.Item) news.Item {
	it.ID, it.Published, it.Dated, it.Fetched, it.Baseline = k.id, k.published, k.dated, k.fetched, k.baseline
	return it
}

// seenRow is what a key leads to, and when it was last seen.
type seenRow struct {
	item *storedItem
	last time.Time
}

func (s *Store) seenRows(ctx context.Context, c conn, feedID string, marks []mark) (map[string]seenRow, error) {
	var keys []string
	for i := range marks {
		keys = marks[i].hashes(keys)
	}
	rows := make(map[string]seenRow, len(keys))
	items := make(map[string]*storedItem, len(marks)+1)
	var key string
	var last time.Time
	var it storedItem
	fields := []any{&key, &it.id, at{&last}, &it.stored, &it.revision, at{&it.published}, at{&it.fetched}, &it.dated, &it.baseline}
	err := s.query(ctx, c, func(r *sql.Rows) error {
		err := r.Scan(fields...)
		if items[it.id] == nil {
			one := it
			items[it.id] = &one
		}
		rows[key] = seenRow{items[it.id], last}
		return err
	}, knownQuery, feedID, list(keys))
	return rows, err
}

const knownQuery = `
	SELECT s.key, s.item_id, s.last_seen, CASE WHEN i.id IS NULL THEN 0 ELSE 1 END, COALESCE(i.revision, ''),
		COALESCE(i.published, 0), COALESCE(i.fetched, 0), COALESCE(i.dated, 0), COALESCE(i.baseline, 0)
	FROM seen s LEFT JOIN items i ON i.id = s.item_id
	WHERE s.feed_id = $1 AND s.key IN ({{list 2}})`

func union(a, b []string) []string {
	a = slices.Clip(a)
	for _, k := range b {
		if !slices.Contains(a, k) {
			a = append(a, k)
		}
	}
	return a
}

// shortHash is a key as it is kept: 16 characters for 96 bits of a hash. Nobody
// gains by a collision, as keys only count inside their feed.
func shortHash(key string) string {
	sum := sha256.Sum256([]byte(key))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// recordSeen notes the keys of all items of the document. A key that is new
// belongs to the item that the others of its entry lead to; one that has told
// nothing once is kept as void, as it would else begin to tell something when the
// entries that share it are never again in one document.
func (s *Store) recordSeen(ctx context.Context, tx *sql.Tx, c PollCommit) error {
	now, feedID := s.now(), c.State.FeedID
	marks := marksOf(documentItems(c))
	if len(marks) == 0 {
		return nil // nothing was read, as of most polls
	}
	seen, err := s.seenRows(ctx, tx, feedID, marks)
	if err != nil {
		return err
	}
	keys := resolve(feedID, marks, seen).rows(marks, now.Add(-seenFresh))
	if keys, err = s.withoutExcess(ctx, tx, feedID, keys); err != nil || len(keys) == 0 {
		return err
	}
	rows := make([][2]string, len(keys))
	var voided []string
	for i, k := range keys {
		rows[i] = [2]string{k.hash, k.item}
		if k.voided {
			voided = append(voided, k.name)
		}
	}
	if len(voided) > 0 {
		s.log.Info("several items share a guid, a link or a title: it identifies none of them from now on",
			"feed", feedID, "keys", len(voided), "first", slices.Min(voided))
	}
	_, err = s.exec(ctx, tx, `
		INSERT INTO seen (feed_id, key, item_id, last_seen)
		SELECT $1, e.value ->> 0, e.value ->> 1, $3 FROM {{rows 2}} WHERE true
		ON CONFLICT (feed_id, key) DO UPDATE SET item_id = excluded.item_id, last_seen = excluded.last_seen`,
		feedID, asJSON(rows), ms(now))
	return err
}

// withoutExcess leaves out new keys of items that have more than enough.
func (s *Store) withoutExcess(ctx context.Context, tx *sql.Tx, feedID string, keys []seenKey) ([]seenKey, error) {
	var items []string
	for _, k := range keys {
		if k.alias && !slices.Contains(items, k.item) {
			items = append(items, k.item)
		}
	}
	if len(items) == 0 {
		return keys, nil
	}
	counts := map[string]int{}
	err := s.query(ctx, tx, func(r *sql.Rows) error {
		var item string
		var n int
		err := r.Scan(&item, &n)
		counts[item] = n
		return err
	}, `SELECT item_id, COUNT(*) FROM seen WHERE feed_id = $1 AND item_id IN ({{list 2}}) GROUP BY item_id`, feedID, list(items))
	return slices.DeleteFunc(keys, func(k seenKey) bool { return k.alias && counts[k.item] >= maxAliases }), err
}

// documentItems are all items of the document. One of which only the new and the
// edited ones are given has no others.
func documentItems(c PollCommit) []news.Item {
	if len(c.Seen) > 0 {
		return c.Seen
	}
	items := make([]news.Item, 0, len(c.Fresh)+len(c.Edited))
	for _, m := range slices.Concat(c.Fresh, c.Edited) {
		items = append(items, m.Item)
	}
	return items
}
