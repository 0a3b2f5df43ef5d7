package store

import (
	"context"
	"database/sql"

	"newswatch/news"
)

// Stories reads whole stories: members in the order in which they came, with
// their hits, and developments. Under the id of a story that was taken in by
// another stands that other one. What is not stored is left out.
func (s *Store) Stories(ctx context.Context, ids []string) (found map[string]*news.Story, err error) {
	err = s.snapshot(ctx, "read stories", func(tx conn) error {
		found, err = s.stories(ctx, tx, ids)
		return err
	})
	return found, err
}

// stories takes four queries, however many stories there are.
func (s *Store) stories(ctx context.Context, c conn, ids []string) (map[string]*news.Story, error) {
	asked, living, err := s.heads(ctx, c, ids)
	if err != nil || len(asked) == 0 {
		return asked, err
	}
	want := make([]string, 0, len(living))
	for id := range living {
		want = append(want, id)
	}
	if err := s.addMembers(ctx, c, living, list(want)); err != nil {
		return nil, err
	}
	err = s.query(ctx, c, func(r *sql.Rows) error {
		var id string
		var d news.Development
		err := r.Scan(&id, &d.Version, at{&d.At}, &d.ItemID, &d.Reason, &d.TitleWas)
		living[id].Developments = append(living[id].Developments, d)
		return err
	}, `SELECT story_id, version, at, item_id, reason, title_was FROM developments WHERE story_id IN ({{list 1}}) ORDER BY story_id, version`, list(want))
	for id, story := range asked {
		if len(story.Members) == 0 { // nothing can be said of it
			delete(asked, id)
		}
	}
	return asked, err
}

// heads reads stories without what is in them, by the id that was asked for and
// by their own.
func (s *Store) heads(ctx context.Context, c conn, ids []string) (asked, living map[string]*news.Story, err error) {
	asked, living = map[string]*news.Story{}, map[string]*news.Story{}
	err = s.query(ctx, c, func(r *sql.Rows) error {
		var id string
		h := &news.Story{}
		err := r.Scan(&id, &h.ID, &h.Version, at{&h.FirstAt}, at{&h.LastAt}, &h.LeadID, &h.MergedInto)
		if living[h.ID] == nil {
			living[h.ID] = h
		}
		asked[id] = living[h.ID]
		return err
	}, headsQuery, list(ids))
	return asked, living, err
}

const headsQuery = `
	SELECT a.id, s.id, s.version, s.first_at, s.last_at, s.lead_id, s.merged_into
	FROM stories a JOIN stories s ON s.id = CASE WHEN a.merged_into = '' THEN a.id ELSE a.merged_into END
	WHERE a.id IN ({{list 1}})`

func (s *Store) addMembers(ctx context.Context, c conn, living map[string]*news.Story, ids string) error {
	hits, err := s.hitsOf(ctx, c, memberIDs, ids)
	if err != nil {
		return err
	}
	return s.query(ctx, c, func(r *sql.Rows) error {
		var id string
		var m news.Member
		err := r.Scan(append(itemFields(&m.Item), &id, &m.CopyOf, &m.Score, &m.Why, &m.TitleWas)...)
		m.Hits = hits[m.Item.ID]
		living[id].Members = append(living[id].Members, m)
		return err
	}, membersQuery, ids)
}

const membersQuery = `
	SELECT ` + itemColumns + `, i.story_id, i.copy_of, i.score, i.why, CASE WHEN i.title_was = i.title THEN '' ELSE i.title_was END
	FROM items i WHERE i.place > 0 AND i.story_id IN ({{list 1}}) ORDER BY i.story_id, i.place`

const memberIDs = `SELECT id FROM items WHERE place > 0 AND story_id IN ({{list 1}})`

const latestQuery = `SELECT id FROM stories WHERE merged_into = '' ORDER BY last_at DESC, id DESC LIMIT $1`

// StoryList are the living stories, whole, the latest first, at most limit.
func (s *Store) StoryList(ctx context.Context, limit int) (stories []news.Story, err error) {
	err = s.snapshot(ctx, "list stories", func(tx conn) error {
		ids, err := s.texts(ctx, tx, latestQuery, limit)
		if err != nil {
			return err
		}
		found, err := s.stories(ctx, tx, ids)
		for _, id := range ids {
			if story := found[id]; story != nil {
				stories = append(stories, *story)
			}
		}
		return err
	})
	return stories, err
}
