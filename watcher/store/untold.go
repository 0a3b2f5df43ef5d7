package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"newswatch/news"
)

// Untold are the living stories that a plan has not told, or not since they
// developed: with a hit of one of the rules, at least so high, on an item that is
// no baseline and was fetched since the plan was made.
func (s *Store) Untold(ctx context.Context, planID string, rules []string, minScore int) (untold news.Untold, err error) {
	plan, err := s.Plan(ctx, planID)
	if err != nil {
		return untold, err
	}
	err = s.snapshot(ctx, "untold stories of "+planID, func(tx conn) error {
		untold.Looked, err = s.look(ctx, tx, plan, rules, minScore)
		if err != nil {
			return err
		}
		found, err := s.stories(ctx, tx, untold.Looked.Waiting)
		for _, id := range untold.Looked.Waiting {
			if story := found[id]; story != nil {
				untold.Stories = append(untold.Stories, story)
			}
		}
		return err
	})
	return untold, err
}

// look looks only at the stories that changed since the plan's last commit, and at
// those that waited then. All others were told, or have nothing to tell: a desk
// keeps hundreds of thousands of stories that were told long ago.
func (s *Store) look(ctx context.Context, c conn, plan news.PlanState, rules []string, minScore int) (news.Looked, error) {
	now := news.Looked{Question: shortHash(fmt.Sprintf("%d\x00%d\x00%s", ms(plan.CreatedAt), minScore, strings.Join(rules, "\x00")))}
	stored := news.Looked{}
	// The number is read first: what commits after that is looked at again.
	err := s.one(ctx, c, `SELECT d.seq, p.clean, p.clean_for FROM desk d CROSS JOIN plans p WHERE d.key = $1 AND p.key = $2`,
		[]any{deskKey, plan.ID}, &now.Seq, &stored.Seq, &stored.Question)
	if err != nil {
		return now, err
	}
	last := s.committed(plan.ID)
	if last.Question != now.Question {
		last = stored // the process is new
	}
	if last.Question != now.Question {
		last = news.Looked{}
	}
	now.Waiting, err = s.texts(ctx, c, untoldQuery, last.Seq, list(last.Waiting), plan.ID, list(rules), minScore, ms(plan.CreatedAt))
	return now, err
}

// committed is how far the plan's last commit had looked.
func (s *Store) committed(planID string) news.Looked {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.looked[planID]
}

func (s *Store) setCommitted(planID string, l news.Looked) {
	if l.Question == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.looked[planID] = l
}

// The plus sign keeps a planner from the index that is wrong there.
const untoldQuery = `
	WITH candidates AS (
		SELECT id, version, first_at FROM stories WHERE changed > $1 AND merged_into = ''
		UNION ALL
		SELECT id, version, first_at FROM stories WHERE +changed <= $1 AND merged_into = '' AND id IN ({{list 2}}))
	SELECT s.id FROM candidates s
	WHERE NOT EXISTS (SELECT 1 FROM told t WHERE t.plan_id = $3 AND t.story_id = s.id AND t.version >= s.version)
		AND EXISTS (SELECT 1 FROM items i JOIN hits h ON h.item_id = i.id
			WHERE i.story_id = s.id AND i.place > 0 AND i.baseline = 0 AND i.fetched >= $6
				AND h.rule IN ({{list 4}}) AND h.score >= $5)
	ORDER BY s.first_at, s.id`

// keepLooked lets the next process begin where this one is: below the first story
// that still waits.
func (s *Store) keepLooked(ctx context.Context, tx *sql.Tx, planID string, l news.Looked) error {
	if l.Question == "" {
		return nil
	}
	_, err := s.exec(ctx, tx, `
		UPDATE plans SET clean_for = $2, clean = {{least}}($3, COALESCE((
			SELECT MIN(s.changed) - 1 FROM stories s WHERE s.id IN ({{list 4}}) AND NOT EXISTS (
				SELECT 1 FROM told t WHERE t.plan_id = $1 AND t.story_id = s.id AND t.version >= s.version)), $3))
		WHERE key = $1`, planID, l.Question, l.Seq, list(l.Waiting))
	return err
}
