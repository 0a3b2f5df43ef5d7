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
// no baseline and was fetched since the plan was made. Whole, the oldest first.
func (s *Store) Untold(ctx context.Context, planID string, rules []string, minScore int) (untold []*news.Story, err error) {
	plan, err := s.Plan(ctx, planID)
	if err != nil {
		return nil, err
	}
	err = s.snapshot(ctx, "untold stories of "+planID, func(tx conn) error {
		ids, err := s.untoldIDs(ctx, tx, plan, rules, minScore)
		if err != nil {
			return err
		}
		found, err := s.stories(ctx, tx, ids)
		for _, id := range ids {
			if story := found[id]; story != nil {
				untold = append(untold, story)
			}
		}
		return err
	})
	return untold, err
}

// looked is what is known of a plan's stories after they were all looked at:
// those that changed up to seq have nothing untold, but the waiting ones. It only
// saves work: a desk keeps hundreds of thousands of stories that were told long
// ago. It holds for one question, as other rules find other stories.
type looked struct {
	question string
	seq      int64
	waiting  []string
}

// untoldIDs looks only at the stories that changed since the last time, and at
// those that waited then. All others were told, or have nothing to tell.
func (s *Store) untoldIDs(ctx context.Context, c conn, plan news.PlanState, rules []string, minScore int) ([]string, error) {
	now := looked{question: shortHash(fmt.Sprintf("%d\x00%d\x00%s", ms(plan.CreatedAt), minScore, strings.Join(rules, "\x00")))}
	stored := looked{}
	// The number is read first: what commits after that is looked at again.
	err := s.one(ctx, c, `SELECT d.seq, p.clean, p.clean_for FROM desk d CROSS JOIN plans p WHERE d.key = $1 AND p.key = $2`,
		[]any{deskKey, plan.ID}, &now.seq, &stored.seq, &stored.question)
	if err != nil {
		return nil, err
	}
	last := s.lookedAt(plan.ID)
	if last.question != now.question {
		last = stored // the process is new
	}
	if last.question != now.question {
		last = looked{}
	}
	now.waiting, err = s.texts(ctx, c, untoldQuery, last.seq, list(last.waiting), plan.ID, list(rules), minScore, ms(plan.CreatedAt))
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.looked[plan.ID] = now
	return now.waiting, nil
}

func (s *Store) lookedAt(planID string) looked {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.looked[planID]
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
func (s *Store) keepLooked(ctx context.Context, tx *sql.Tx, planID string) error {
	last := s.lookedAt(planID)
	if last.question == "" {
		return nil
	}
	_, err := s.exec(ctx, tx, `
		UPDATE plans SET clean_for = $2, clean = {{least}}($3, COALESCE((
			SELECT MIN(s.changed) - 1 FROM stories s WHERE s.id IN ({{list 4}}) AND NOT EXISTS (
				SELECT 1 FROM told t WHERE t.plan_id = $1 AND t.story_id = s.id AND t.version >= s.version)), $3))
		WHERE key = $1`, planID, last.question, last.seq, list(last.waiting))
	return err
}
