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

// seenFresh is how exactly it is known when a key was last seen: the rows of a
// whole document are written again at most so often.
const seenFresh = 24 * time.Hour

// Known tells which items of a feed's document are new and which are stored in
// another revision; these keep their id, dates and baseline. Any one key is
// enough to know an item. What the document lists twice is folded, the first
// counts. Only in items whose content is no longer stored edits go unnoticed.
func (s *Store) Known(ctx context.Context, feedID string, items []news.Item) (fresh, edited []news.Item, err error) {
	stored, err := s.storedKeys(ctx, feedID, items)
	if err != nil {
		return nil, nil, s.explain("known items of "+feedID, err)
	}
	place := map[string]int{}         // of a key of this document: index in fresh
	handled := map[string]bool{}      // stored ids
	alias := map[string]*storedItem{} // keys that a known item has besides the stored ones
	for _, it := range items {
		keys := seenKeys(it)
		known := first(keys, stored)
		if known == nil {
			known = first(keys, alias)
		}
		if known != nil {
			for _, k := range keys {
				alias[k] = known
			}
			if !handled[known.id] && known.stored && known.revision != it.Revision {
				edited = append(edited, known.restore(it))
			}
			handled[known.id] = true
			continue
		}
		n := slices.IndexFunc(keys, func(k string) bool { _, ok := place[k]; return ok })
		at := len(fresh)
		if n >= 0 {
			at = place[keys[n]]
			fresh[at].Keys = union(fresh[at].Keys, it.Keys)
		} else {
			fresh = append(fresh, it)
		}
		for _, k := range keys {
			place[k] = at
		}
	}
	return fresh, edited, nil
}

// storedItem is what is kept of an item that a key leads to.
type storedItem struct {
	id                 string
	stored             bool // its content too
	revision           string
	published, fetched time.Time
	dated, baseline    bool
}

// restore gives an edited item what belongs to its first appearance.
func (k *storedItem) restore(it news.Item) news.Item {
	it.ID, it.Published, it.Dated, it.Fetched, it.Baseline = k.id, k.published, k.dated, k.fetched, k.baseline
	return it
}

func (s *Store) storedKeys(ctx context.Context, feedID string, items []news.Item) (map[string]*storedItem, error) {
	var keys []string
	for _, it := range items {
		keys = append(keys, seenKeys(it)...)
	}
	stored := map[string]*storedItem{}
	err := s.query(ctx, s.reader, func(r *sql.Rows) error {
		var key string
		k := &storedItem{}
		err := r.Scan(&key, &k.id, &k.stored, &k.revision, at{&k.published}, at{&k.fetched}, &k.dated, &k.baseline)
		stored[key] = k
		return err
	}, knownQuery, feedID, list(keys))
	return stored, err
}

const knownQuery = `
	SELECT s.key, s.item_id, CASE WHEN i.id IS NULL THEN 0 ELSE 1 END, COALESCE(i.revision, ''), COALESCE(i.published, 0),
		COALESCE(i.fetched, 0), COALESCE(i.dated, 0), COALESCE(i.baseline, 0)
	FROM seen s LEFT JOIN items i ON i.id = s.item_id
	WHERE s.feed_id = $1 AND s.key IN ({{list 2}})`

// first is what the strongest key leads to; nil when none leads anywhere.
func first(keys []string, to map[string]*storedItem) *storedItem {
	for _, k := range keys {
		if found := to[k]; found != nil {
			return found
		}
	}
	return nil
}

func union(a, b []string) []string {
	a = slices.Clip(a)
	for _, k := range b {
		if !slices.Contains(a, k) {
			a = append(a, k)
		}
	}
	return a
}

// seenKeys are an item's keys as they are kept: 16 characters for 96 bits of a
// hash. Nobody gains by a collision, as keys only count inside their feed.
func seenKeys(it news.Item) []string {
	if len(it.Keys) == 0 {
		return []string{shortHash(it.ID)}
	}
	keys := make([]string, len(it.Keys))
	for i, k := range it.Keys {
		keys[i] = shortHash(k)
	}
	return keys
}

func shortHash(key string) string {
	sum := sha256.Sum256([]byte(key))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// recordSeen notes the keys of all items of the document. A key that is new
// belongs to the item that another key of the same entry leads to.
func (s *Store) recordSeen(ctx context.Context, tx *sql.Tx, c PollCommit) error {
	now := s.now()
	known, stale, err := s.seenNow(ctx, tx, c, now.Add(-seenFresh))
	if err != nil {
		return err
	}
	var rows [][2]string // key, item
	for _, it := range documentItems(c) {
		keys, id := seenKeys(it), it.ID
		if n := slices.IndexFunc(keys, func(k string) bool { return known[k] != "" }); n >= 0 {
			id = known[keys[n]]
		}
		for _, k := range keys {
			if known[k] == "" || stale[k] {
				rows = append(rows, [2]string{k, id})
				delete(stale, k)
			}
			if known[k] == "" {
				known[k] = id
			}
		}
	}
	if len(rows) == 0 {
		return nil
	}
	_, err = s.exec(ctx, tx, `
		INSERT INTO seen (feed_id, key, item_id, last_seen)
		SELECT $1, e.value ->> 0, e.value ->> 1, $3 FROM {{rows 2}} WHERE true
		ON CONFLICT (feed_id, key) DO UPDATE SET last_seen = excluded.last_seen`, c.State.FeedID, asJSON(rows), ms(now))
	return err
}

// documentItems are the new items, whose ids bind their keys, then all others.
func documentItems(c PollCommit) []news.Item {
	items := make([]news.Item, 0, len(c.Fresh)+len(c.Edited)+len(c.Seen))
	for _, m := range slices.Concat(c.Fresh, c.Edited) {
		items = append(items, m.Item)
	}
	return append(items, c.Seen...)
}

// seenNow gives the items that the document's keys lead to, and the keys whose
// time is older than the limit.
func (s *Store) seenNow(ctx context.Context, tx *sql.Tx, c PollCommit, limit time.Time) (known map[string]string, stale map[string]bool, err error) {
	var keys []string
	for _, it := range documentItems(c) {
		keys = append(keys, seenKeys(it)...)
	}
	known, stale = map[string]string{}, map[string]bool{}
	err = s.query(ctx, tx, func(r *sql.Rows) error {
		var key, item string
		var last time.Time
		err := r.Scan(&key, &item, at{&last})
		known[key], stale[key] = item, last.Before(limit)
		return err
	}, `SELECT key, item_id, last_seen FROM seen WHERE feed_id = $1 AND key IN ({{list 2}})`, c.State.FeedID, list(keys))
	return known, stale, err
}
