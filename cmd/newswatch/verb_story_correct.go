package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"newswatch/news"
	"newswatch/notify/wording"
	"newswatch/rules"
	"newswatch/watcher"
	"newswatch/watcher/store"
	"newswatch/watcher/story"
)

type storyJoinCmd struct {
	A string `arg:"" help:"A story's id, or how it begins."`
	B string `arg:"" help:"Another one's."`
}

// Help is the long text of -h.
func (storyJoinCmd) Help() string {
	return help(`Makes one story of two; the older one keeps its id, and the other id leads to it from then on. What one of the two has told
counts for both. Stories that you had parted may be joined again.`,
		"newswatch story join 1f686cdf 09ab12cd", "0 joined; 1 they are one story; 2 unknown story")
}

// Run joins.
func (c *storyJoinCmd) Run(ctx context.Context, a *app) error {
	return a.correct(ctx, func(st *store.Store, by watcher.Corrector) (news.Transfer, error) {
		one, err := a.story(ctx, st, c.A)
		if err != nil {
			return news.Transfer{}, err
		}
		other, err := a.story(ctx, st, c.B)
		if err != nil {
			return news.Transfer{}, err
		}
		return by.Join(ctx, one.ID, other.ID)
	})
}

type storySplitCmd struct {
	Story string   `arg:"" help:"The story's id, or how it begins."`
	Items []string `arg:"" help:"Ids of the items that leave, or how they begin."`
}

// Help is the long text of -h.
func (storySplitCmd) Help() string {
	return help(`Takes items out of a story into one of their own, and keeps the two apart for good. The old story keeps its id. The new one
counts as told wherever the old one was, so nobody hears again what is known; it is told when it develops.`,
		"newswatch story split 1f686cdf 77aa0011 5d2e99f0", "0 split; 1 an item is not in the story, or none would stay; 2 unknown story or item")
}

// Run splits.
func (c *storySplitCmd) Run(ctx context.Context, a *app) error {
	return a.correct(ctx, func(st *store.Store, by watcher.Corrector) (news.Transfer, error) {
		s, err := a.story(ctx, st, c.Story)
		if err != nil {
			return news.Transfer{}, err
		}
		var items []string
		for _, prefix := range c.Items {
			id, err := a.itemID(ctx, st, prefix)
			if err != nil {
				return news.Transfer{}, err
			}
			items = append(items, id)
		}
		return by.Split(ctx, s.ID, items)
	})
}

type storyPinCmd struct {
	Item  string `arg:"" help:"The item's id, or how it begins."`
	Story string `arg:"" help:"The id of the story that it belongs to, or how it begins."`
}

// Help is the long text of -h.
func (storyPinCmd) Help() string {
	return help(`Moves an item to the story that it belongs to, and keeps the story that it leaves apart from that one for good. When it was
the only item there, the two stories are joined.`,
		"newswatch story pin 77aa0011 09ab12cd", "0 moved; 1 it is there already; 2 unknown story or item")
}

// Run pins.
func (c *storyPinCmd) Run(ctx context.Context, a *app) error {
	return a.correct(ctx, func(st *store.Store, by watcher.Corrector) (news.Transfer, error) {
		id, err := a.itemID(ctx, st, c.Item)
		if err != nil {
			return news.Transfer{}, err
		}
		s, err := a.story(ctx, st, c.Story)
		if err != nil {
			return news.Transfer{}, err
		}
		return by.Pin(ctx, id, s.ID)
	})
}

// correct lets a verb change stories, and says what became of it.
func (a *app) correct(ctx context.Context, change func(*store.Store, watcher.Corrector) (news.Transfer, error)) error {
	st, err := a.openStore(ctx, true)
	if err != nil {
		return err
	}
	defer st.Close()
	t, err := change(st, watcher.Corrector{Store: st, Judge: story.NewJudge(a.names()), Now: st.Now})
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "%s went from story %s to story %s", count(len(t.Items), "item"), t.From, t.Into)
	if t.Verb.Ends() {
		fmt.Fprintf(a.out, ", which took it in\n")
	} else {
		fmt.Fprintf(a.out, "; the two stay apart\n")
	}
	return nil
}

// names are the rules' words for what they call by an id, the ids themselves where
// there are no rules to be read.
func (a *app) names() story.Names {
	if rs, _, err := rules.Load(a.Rules); err == nil && rs != nil {
		return watcher.Names(rs)
	}
	id := func(id string) string { return id }
	return story.Names{Rule: id, Entity: id}
}

// deskClock tells the time where the desk is, by the rules if they can be read.
func (a *app) deskClock() wording.Clock {
	c := wording.Clock{Now: time.Now(), Zone: time.Local}
	if rs, _, err := rules.Load(a.Rules); err == nil && rs != nil && rs.File.Settings.Timezone != nil {
		c.Zone = rs.File.Settings.Timezone
	}
	return c
}

const (
	leastID    = 4 // characters that say which story is meant
	fewMatches = 5
)

// story reads the story that an id, or the beginning of one, leads to.
func (a *app) story(ctx context.Context, st *store.Store, prefix string) (*news.Story, error) {
	id, err := meant(ctx, "story", prefix, st.StoriesLike)
	if err != nil {
		return nil, err
	}
	found, err := st.Stories(ctx, []string{id})
	if err != nil {
		return nil, fmt.Errorf("read story %s: %w", id, err)
	}
	if found[id] == nil {
		return nil, usagef("story %s has no items any more; newswatch stories lists those that have", id)
	}
	return found[id], nil
}

// itemID is the id of the item in a story that the beginning of one means.
func (a *app) itemID(ctx context.Context, st *store.Store, prefix string) (string, error) {
	return meant(ctx, "item", prefix, st.ItemsLike)
}

// meant is the one id that begins so.
func meant(ctx context.Context, what, prefix string, like func(context.Context, string, int) ([]string, error)) (string, error) {
	begin := strings.ToLower(strings.TrimSpace(prefix))
	if len(begin) < leastID {
		return "", usagef("%q does not say which %s is meant: give at least %d characters of its id", prefix, what, leastID)
	}
	ids, err := like(ctx, begin, fewMatches)
	switch {
	case err != nil:
		return "", err
	case len(ids) == 1:
		return ids[0], nil
	case len(ids) > 1:
		return "", usagef("several ids begin with %q: %s", prefix, strings.Join(ids, ", "))
	}
	for n := len(begin) - 1; n >= leastID; n-- { // a slip of the hand near the end
		if ids, err = like(ctx, begin[:n], fewMatches); err != nil {
			return "", err
		}
		if len(ids) > 0 {
			return "", usagef("no %s %q; did you mean %s?", what, prefix, strings.Join(ids, ", "))
		}
	}
	return "", usagef("no %s %q; newswatch stories lists the stories, newswatch story ID the items of one", what, prefix)
}
