package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"newswatch/news"
)

// ErrMoved says that items moved between stories since those were read.
var ErrMoved = errors.New("items moved from story to story meanwhile")

// Transfer moves items from one story to another, with what was told of them: a
// plan must hear nothing again because of it, and miss nothing.
type Transfer struct {
	news.Transfer
	Carried []Carried
	// Known are the versions of Into that hold no news for whoever was told From.
	// None: what was told of From says nothing of Into.
	Known []int
}

// Carried is a version of From that raised Into as well: who was told the one
// knows the other.
type Carried struct{ From, Into int }

// transfer carries out what the heads, saved before, already say.
func (s *Store) transfer(ctx context.Context, tx *sql.Tx, t Transfer, seq int64) error {
	for _, step := range []func(context.Context, *sql.Tx, Transfer) error{
		s.moveItems, s.passTold, s.passEnded, s.dropDevelopments, s.moveConstraints,
	} {
		if err := step(ctx, tx, t); err != nil {
			return fmt.Errorf("%s of %s and %s: %w", t.Verb, t.From, t.Into, err)
		}
	}
	_, err := s.exec(ctx, tx, `
		INSERT INTO transfers (seq, from_id, into_id, verb, at, items, score, why) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		seq, t.From, t.Into, string(t.Verb), ms(t.At), list(t.Items), t.Score, t.Why)
	return err
}

// moveItems takes all that a story that ends has, whoever counted: its head stays
// and says where they went.
func (s *Store) moveItems(ctx context.Context, tx *sql.Tx, t Transfer) error {
	if !t.Verb.Ends() {
		_, err := s.exec(ctx, tx, `UPDATE items SET story_id = $3 WHERE story_id = $2 AND place > 0 AND id IN ({{list 1}})`,
			list(t.Items), t.From, t.Into)
		return err
	}
	if _, err := s.exec(ctx, tx, `UPDATE items SET story_id = $2 WHERE story_id = $1 AND place > 0`, t.From, t.Into); err != nil {
		return err
	}
	if _, err := s.exec(ctx, tx, `UPDATE stories SET merged_into = $2 WHERE merged_into = $1 AND merged_into <> ''`, t.From, t.Into); err != nil {
		return err
	}
	// An edit of one of the items may still have to be looked at.
	_, err := s.exec(ctx, tx, `
		UPDATE stories SET edited = {{greatest}}(edited, (SELECT f.edited FROM stories f WHERE f.id = $1)) WHERE id = $2`, t.From, t.Into)
	return err
}

// passEnded lets the stories that the one had taken in belong to the other one, where
// the item went there that stood for them. A plan that told one of those finds the
// message again that told it.
func (s *Store) passEnded(ctx context.Context, tx *sql.Tx, t Transfer) error {
	if t.Verb.Ends() {
		return nil
	}
	ended, err := s.texts(ctx, tx, `SELECT id FROM stories WHERE merged_into = $2 AND merged_into <> '' AND lead_id IN ({{list 1}}) ORDER BY first_at, id`,
		list(t.Items), t.From)
	if err != nil {
		return err
	}
	for _, id := range ended {
		if _, err := s.exec(ctx, tx, `UPDATE stories SET merged_into = $2 WHERE id = $1`, id, t.Into); err != nil {
			return err
		}
		if _, err := s.exec(ctx, tx, `
			UPDATE told SET delivery_id = (SELECT e.delivery_id FROM told e WHERE e.plan_id = told.plan_id AND e.story_id = $1)
			WHERE story_id = $2 AND delivery_id = '' AND EXISTS (
				SELECT 1 FROM told e WHERE e.plan_id = told.plan_id AND e.story_id = $1 AND NOT EXISTS (
					SELECT 1 FROM told o WHERE o.plan_id = e.plan_id AND o.story_id = $3 AND o.delivery_id = e.delivery_id))`,
			id, t.Into, t.From); err != nil {
			return err
		}
	}
	return nil
}

// moveConstraints keeps apart what people parted, also from the story that took
// one of the two in. What was split out of a story is kept apart from the others
// too that were. Whoever joins two stories wants them apart no more.
func (s *Store) moveConstraints(ctx context.Context, tx *sql.Tx, t Transfer) error {
	a, b := min(t.From, t.Into), max(t.From, t.Into)
	if !t.Verb.Ends() {
		if t.Verb == news.Split {
			if err := s.passApart(ctx, tx, t); err != nil {
				return err
			}
		}
		_, err := s.exec(ctx, tx, `INSERT INTO apart (a, b, at) VALUES ($1, $2, $3) ON CONFLICT (a, b) DO NOTHING`, a, b, ms(t.At))
		return err
	}
	if err := s.passApart(ctx, tx, t); err != nil {
		return err
	}
	_, err := s.exec(ctx, tx, `DELETE FROM apart WHERE a = $1 OR b = $1`, t.From)
	return err
}

// passApart keeps the one story apart from all that the other one is kept apart from.
func (s *Store) passApart(ctx context.Context, tx *sql.Tx, t Transfer) error {
	_, err := s.exec(ctx, tx, `
		INSERT INTO apart (a, b, at)
		SELECT CASE WHEN o.id < $2 THEN o.id ELSE $2 END, CASE WHEN o.id < $2 THEN $2 ELSE o.id END, o.at
		FROM (SELECT CASE WHEN a = $1 THEN b ELSE a END AS id, at FROM apart WHERE a = $1 OR b = $1) AS o
		WHERE o.id <> $2 ON CONFLICT (a, b) DO NOTHING`, t.From, t.Into)
	return err
}

// unmoved fences a plan: what it is about to tell must still be what it read.
// Otherwise it would note that it told a story which has ended, and the one that
// took that in would be told again. Who moves items waits for it: it shares the desk.
func (s *Store) unmoved(ctx context.Context, tx *sql.Tx, c news.PlanCommit) error {
	if c.Looked.Question == "" {
		return nil // it has read nothing
	}
	ids := make([]string, len(c.Told))
	for i, t := range c.Told {
		ids[i] = t.StoryID
	}
	moved, err := s.texts(ctx, tx, movedQuery, c.Looked.Seq, list(ids))
	if err == nil && len(moved) > 0 {
		return fmt.Errorf("story %s: %w", moved[0], ErrMoved)
	}
	if err != nil {
		return err
	}
	there, err := s.texts(ctx, tx, `SELECT id FROM stories WHERE id IN ({{list 1}})`, list(ids))
	for _, id := range ids {
		if err == nil && !slices.Contains(there, id) {
			err = fmt.Errorf("story %s was forgotten: %w", id, ErrMoved)
		}
	}
	return err
}

const movedQuery = `SELECT from_id FROM transfers WHERE seq > $1 AND (from_id IN ({{list 2}}) OR into_id IN ({{list 2}}))`

// Apart are the pairs of living stories that people said are two.
func (s *Store) Apart(ctx context.Context) (pairs [][2]string, err error) {
	err = s.query(ctx, s.reader, func(r *sql.Rows) error {
		var p [2]string
		err := r.Scan(&p[0], &p[1])
		pairs = append(pairs, p)
		return err
	}, `SELECT a, b FROM apart ORDER BY a, b`)
	return pairs, s.explain("stories kept apart", err)
}

// family are the ids of a story and of those that it took in.
const family = `SELECT id FROM stories WHERE id = $1 OR merged_into = $1 AND merged_into <> ''`

// Transfers are the moves of items to and from a story, and the stories that it
// took in, the oldest first.
func (s *Store) Transfers(ctx context.Context, storyID string) (transfers []news.Transfer, err error) {
	err = s.query(ctx, s.reader, func(r *sql.Rows) error {
		var t news.Transfer
		err := r.Scan(&t.Verb, at{&t.At}, &t.From, &t.Into, fromJSON{&t.Items}, &t.Score, &t.Why)
		transfers = append(transfers, t)
		return err
	}, `SELECT verb, at, from_id, into_id, items, score, why FROM transfers
		WHERE from_id IN (`+family+`) OR into_id IN (`+family+`) ORDER BY seq`, storyID)
	return transfers, s.explain("transfers of story "+storyID, err)
}
