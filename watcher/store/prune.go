package store

import (
	"context"
	"database/sql"
	"sync"
	"time"
)

const (
	// seenKeep is how long a key is kept at least after its item left the feed.
	// Feeds bring old items back, and what is forgotten would be news again. One
	// that leads to an item which is still stored stays longer: the item made anew
	// would have the same id.
	seenKeep = 180 * 24 * time.Hour
	// seenSlack is how much older than its document a key's time may be: it is
	// renewed once in seenFresh.
	seenSlack = 2 * seenFresh

	// Who commits meanwhile waits for a batch: so it is as large as takes so long, on
	// this disk and of what is in it.
	pruneHeld  = 20 * time.Millisecond
	pruneFirst = 100 // rows of a kind
	pruneLeast = 10
	// tidyRows is for how many rows a small piece of freed space is given back: they
	// never filled more of it.
	tidyRows = 50
)

// pruneSize is how many rows of a kind a batch has.
type pruneSize struct {
	mu   sync.Mutex
	rows int // 0: nothing was pruned yet
}

func (p *pruneSize) get(most int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.rows == 0 {
		p.rows = pruneFirst
	}
	return min(p.rows, most)
}

// took learns from a batch how large the next one may be: at most twice as large, as
// rows differ.
func (p *pruneSize) took(rows int, held time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fits := 2 * rows
	if held > 0 {
		fits = int(min(float64(fits), float64(rows)*float64(pruneHeld)/float64(held)))
	}
	p.rows = max(fits, pruneLeast)
}

// Prune deletes what is out of date, at most batch rows of each kind and so few that
// nobody waits for long, and says how many; it is called until that is 0. Stories that last grew before a time go with
// all that was told of them, items fetched before a time unless they are in a
// story that stays or are still to be grouped. Nothing goes that a delivery not
// yet sent shows, and no key of an item that its feed still lists.
func (s *Store) Prune(ctx context.Context, itemsBefore, storiesBefore time.Time, batch int) (n int, err error) {
	batch = s.pruneSize.get(batch)
	// What could take long is looked for without the write lock.
	items, err := s.texts(ctx, s.reader, `
		SELECT i.id FROM items i WHERE i.fetched < $1 AND (i.place > 0 OR i.hits = 0)
			AND NOT EXISTS (SELECT 1 FROM stories s WHERE s.id = i.story_id)
		ORDER BY i.fetched LIMIT $2`, ms(itemsBefore), batch)
	if err != nil {
		return 0, s.explain("prune", err)
	}
	keys, err := s.forgettable(ctx, itemsBefore, batch)
	if err != nil {
		return 0, s.explain("prune", err)
	}
	began := time.Now()
	for _, step := range []func(ctx context.Context, tx *sql.Tx) (int, error){
		func(ctx context.Context, tx *sql.Tx) (int, error) { // polls and plans wait for it
			began = time.Now()
			return s.pruneNews(ctx, tx, items, storiesBefore, batch)
		},
		func(ctx context.Context, tx *sql.Tx) (int, error) {
			return s.pruneRest(ctx, tx, keys, storiesBefore, batch)
		},
	} {
		pruned := 0
		if err = s.tx(ctx, "prune", func(ctx context.Context, tx *sql.Tx) (err error) {
			pruned, err = step(ctx, tx)
			return err
		}); err != nil {
			break
		}
		n += pruned
	}
	if err != nil || n == 0 {
		return n, err
	}
	s.pruneSize.took(batch, time.Since(began))
	for left := n; left > 0 && s.dialect.tidy != ""; left -= tidyRows {
		if _, err := s.exec(context.WithoutCancel(ctx), s.writer, s.dialect.tidy); err != nil {
			return n, s.explain("give space back", err)
		}
	}
	return n, nil
}

// pruneNews deletes stories, deliveries and items. It has the desk alone: nobody
// puts an item in a story that goes, or answers a message.
func (s *Store) pruneNews(ctx context.Context, tx *sql.Tx, items []string, before time.Time, batch int) (int, error) {
	if err := s.lockDesk(ctx, tx); err != nil {
		return 0, err
	}
	stories, err := s.pruneStories(ctx, tx, before, batch)
	if err != nil {
		return 0, err
	}
	deliveries, err := s.pruneDeliveries(ctx, tx, before, batch)
	if err != nil {
		return 0, err
	}
	gone, err := s.pruneItems(ctx, tx, items)
	return stories + deliveries + gone, err
}

// pruneRest deletes keys of what was seen, and what readers said.
func (s *Store) pruneRest(ctx context.Context, tx *sql.Tx, keys [][2]string, before time.Time, batch int) (int, error) {
	forgotten, err := s.pruneKeys(ctx, tx, keys)
	if err != nil {
		return 0, err
	}
	said, err := s.pruneTriage(ctx, tx, before, batch)
	return forgotten + said, err
}

// pruneStories leaves a story that was taken in as long as the one that did so:
// its id may still be asked for.
func (s *Store) pruneStories(ctx context.Context, tx *sql.Tx, before time.Time, batch int) (int, error) {
	bound, err := s.boundStories(ctx, tx)
	if err != nil {
		return 0, err
	}
	ids, err := s.texts(ctx, tx, `
		SELECT a.id FROM stories a WHERE a.last_at < $1 AND a.id NOT IN ({{list 2}})
			AND NOT EXISTS (SELECT 1 FROM stories b WHERE b.id = a.merged_into)
		ORDER BY a.last_at, a.id LIMIT $3`, ms(before), list(bound), batch)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	for _, query := range []string{
		`DELETE FROM developments WHERE story_id IN ({{list 1}})`,
		`DELETE FROM told WHERE story_id IN ({{list 1}})`,
		`DELETE FROM heard WHERE story_id IN ({{list 1}})`,
		`DELETE FROM near WHERE story_id IN ({{list 1}})`,
		`DELETE FROM apart WHERE a IN ({{list 1}}) OR b IN ({{list 1}})`,
		`DELETE FROM stories WHERE id IN ({{list 1}})`,
		`DELETE FROM transfers WHERE (from_id IN ({{list 1}}) OR into_id IN ({{list 1}}))
			AND NOT EXISTS (SELECT 1 FROM stories s WHERE s.id = from_id OR s.id = into_id)`,
	} {
		if _, err := s.exec(ctx, tx, query, list(ids)); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}

// boundStories are the stories that deliveries show which are not sent yet.
func (s *Store) boundStories(ctx context.Context, tx *sql.Tx) (bound []string, err error) {
	err = s.query(ctx, tx, func(r *sql.Rows) error {
		var ids []string
		err := r.Scan(fromJSON{&ids})
		bound = append(bound, ids...)
		return err
	}, `SELECT stories FROM deliveries WHERE state IN ('pending', 'sending', 'held')`)
	return bound, err
}

// pruneDeliveries leaves a delivery whose thread may still go on: one that told a
// story that is kept, and one that an open delivery answers or belongs to.
func (s *Store) pruneDeliveries(ctx context.Context, tx *sql.Tx, before time.Time, batch int) (int, error) {
	n, err := s.exec(ctx, tx, `
		DELETE FROM deliveries WHERE (id, part) IN (
			SELECT d.id, d.part FROM deliveries d
			WHERE d.state IN ('sent', 'dropped', 'superseded') AND d.created_at < $1
				AND NOT EXISTS (SELECT 1 FROM told t WHERE t.delivery_id = d.id)
				AND NOT EXISTS (SELECT 1 FROM deliveries o WHERE o.id = d.id AND o.state IN ('pending', 'sending', 'held'))
				AND NOT EXISTS (SELECT 1 FROM deliveries o
					WHERE o.reply_to = d.id AND o.reply_to <> '' AND o.state IN ('pending', 'sending', 'held'))
			LIMIT $2) AND state IN ('sent', 'dropped', 'superseded')`, ms(before), batch)
	return int(n), err
}

// forgettable are keys of feeds that have since been read without them.
func (s *Store) forgettable(ctx context.Context, before time.Time, batch int) (keys [][2]string, err error) {
	if limit := s.now().Add(-seenKeep); limit.Before(before) {
		before = limit
	}
	err = s.query(ctx, s.reader, func(r *sql.Rows) error {
		var k [2]string
		err := r.Scan(&k[0], &k[1])
		keys = append(keys, k)
		return err
	}, `SELECT s.feed_id, s.key FROM seen s JOIN feeds f ON f.id = s.feed_id
		WHERE s.last_seen < $1 AND s.last_seen < f.read_at - $2 AND NOT EXISTS (SELECT 1 FROM items i WHERE i.id = s.item_id) ORDER BY s.last_seen LIMIT $3`,
		ms(before), seenSlack.Milliseconds(), batch)
	return keys, err
}

// pruneItems checks again what was found before the transaction.
func (s *Store) pruneItems(ctx context.Context, tx *sql.Tx, ids []string) (int, error) {
	n, err := s.exec(ctx, tx, `
		DELETE FROM items WHERE id IN ({{list 1}}) AND (place > 0 OR hits = 0)
			AND NOT EXISTS (SELECT 1 FROM stories s WHERE s.id = items.story_id)`, list(ids))
	if err != nil {
		return 0, err
	}
	for _, query := range []string{
		`DELETE FROM hits WHERE item_id IN ({{list 1}}) AND NOT EXISTS (SELECT 1 FROM items i WHERE i.id = hits.item_id)`,
		`DELETE FROM near WHERE item_id IN ({{list 1}}) AND NOT EXISTS (SELECT 1 FROM items i WHERE i.id = near.item_id)`,
	} {
		if _, err := s.exec(ctx, tx, query, list(ids)); err != nil {
			return 0, err
		}
	}
	return int(n), nil
}

// pruneKeys does so too. An item that came back meanwhile keeps its keys: they were
// seen again with it.
func (s *Store) pruneKeys(ctx context.Context, tx *sql.Tx, keys [][2]string) (int, error) {
	if len(keys) == 0 {
		return 0, nil
	}
	n, err := s.exec(ctx, tx, `
		DELETE FROM seen WHERE last_seen < $2
			AND (feed_id, key) IN (SELECT e.value ->> 0, e.value ->> 1 FROM {{rows 1}})`,
		asJSON(keys), ms(s.now().Add(-seenKeep)))
	return int(n), err
}
