package store

import (
	"context"
	"database/sql"
	"slices"

	"newswatch/news"
)

// knowledge is which versions of a story a plan knows: all up to one, and some
// that it told of another story.
type knowledge struct {
	upTo  int
	heard []int
}

func (k knowledge) has(version int) bool {
	return version <= k.upTo || slices.Contains(k.heard, version)
}

// knowledgeOf is what each plan knows of a story, by the plan's id; plans that did
// not tell it are left out.
func (s *Store) knowledgeOf(ctx context.Context, c conn, storyID string) (map[string]knowledge, error) {
	known := map[string]knowledge{}
	err := s.query(ctx, c, func(r *sql.Rows) error {
		var plan string
		var upTo, heard int
		err := r.Scan(&plan, &upTo, &heard)
		k := known[plan]
		k.upTo = upTo
		if heard > 0 {
			k.heard = append(k.heard, heard)
		}
		known[plan] = k
		return err
	}, `SELECT t.plan_id, t.version, COALESCE(h.version, 0) FROM told t
		LEFT JOIN heard h ON h.plan_id = t.plan_id AND h.story_id = t.story_id WHERE t.story_id = $1`, storyID)
	return known, err
}

// passTold lets what plans told of the one story count for the other.
func (s *Store) passTold(ctx context.Context, tx *sql.Tx, t Transfer) error {
	from, err := s.knowledgeOf(ctx, tx, t.From)
	if err != nil {
		return err
	}
	into, err := s.knowledgeOf(ctx, tx, t.Into)
	if err != nil {
		return err
	}
	for plan, told := range from {
		k, toldInto := into[plan]
		if !toldInto && len(t.Known) == 0 {
			continue
		}
		k.heard = append(k.heard, t.Known...)
		for _, c := range t.Carried {
			if told.has(c.From) {
				k.heard = append(k.heard, c.Into)
			}
		}
		// The message that told a story which ends stands for the other one from now
		// on. That of a story which lives on does not: it must not be rewritten.
		if _, err := s.exec(ctx, tx, `
			INSERT INTO told (plan_id, story_id, version, sources, publishers, score, at, delivery_id, notes)
			SELECT plan_id, $3, 1, sources, publishers, score, at, CASE WHEN $4 = 1 THEN delivery_id ELSE '' END, notes
			FROM told WHERE plan_id = $1 AND story_id = $2
			ON CONFLICT (plan_id, story_id) DO NOTHING`, plan, t.From, t.Into, bit(t.Verb.Ends())); err != nil {
			return err
		}
		if err := s.saveKnowledge(ctx, tx, plan, t.Into, k); err != nil {
			return err
		}
	}
	return nil
}

// saveKnowledge keeps what a plan knows of a story: up to before the first of its
// developments that the plan has not heard, and single ones above that.
func (s *Store) saveKnowledge(ctx context.Context, tx *sql.Tx, plan, storyID string, k knowledge) error {
	var upTo, version int
	err := s.one(ctx, tx, `SELECT version FROM stories WHERE id = $1`, []any{storyID}, &upTo)
	if err != nil {
		return err
	}
	var above []int
	unheard := false
	err = s.query(ctx, tx, func(r *sql.Rows) error {
		err := r.Scan(&version)
		switch {
		case !k.has(version) && !unheard:
			upTo, unheard = version-1, true
		case k.has(version) && unheard:
			above = append(above, version)
		}
		return err
	}, `SELECT version FROM developments WHERE story_id = $1 AND version > 1 ORDER BY version`, storyID)
	if err != nil {
		return err
	}
	if _, err := s.exec(ctx, tx, `UPDATE told SET version = {{greatest}}(version, $3) WHERE plan_id = $1 AND story_id = $2`,
		plan, storyID, upTo); err != nil {
		return err
	}
	if err := s.forgetHeard(ctx, tx, plan, storyID); err != nil {
		return err
	}
	for _, v := range above {
		if _, err := s.exec(ctx, tx, `INSERT INTO heard (plan_id, story_id, version) VALUES ($1, $2, $3)`, plan, storyID, v); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) forgetHeard(ctx context.Context, tx *sql.Tx, plan, storyID string) error {
	_, err := s.exec(ctx, tx, `DELETE FROM heard WHERE plan_id = $1 AND story_id = $2`, plan, storyID)
	return err
}

// dropDevelopments takes out of a story that lives on what the items that left had
// brought. A plan that then has nothing left to hear of it has heard it all.
func (s *Store) dropDevelopments(ctx context.Context, tx *sql.Tx, t Transfer) error {
	if t.Verb.Ends() {
		return nil
	}
	if _, err := s.exec(ctx, tx, `DELETE FROM developments WHERE story_id = $2 AND item_id IN ({{list 1}})`, list(t.Items), t.From); err != nil {
		return err
	}
	known, err := s.knowledgeOf(ctx, tx, t.From)
	if err != nil {
		return err
	}
	for plan, k := range known {
		if err := s.saveKnowledge(ctx, tx, plan, t.From, k); err != nil {
			return err
		}
	}
	return nil
}

// addHeard fills in what a plan knows above the versions that it told.
func (s *Store) addHeard(ctx context.Context, c conn, planID, storyIDs string, told map[string]news.Told) error {
	return s.query(ctx, c, func(r *sql.Rows) error {
		var id string
		var version int
		err := r.Scan(&id, &version)
		t := told[id]
		t.Heard = append(t.Heard, version)
		told[id] = t
		return err
	}, `SELECT story_id, version FROM heard WHERE plan_id = $1 AND story_id IN ({{list 2}}) ORDER BY story_id, version`, planID, storyIDs)
}
