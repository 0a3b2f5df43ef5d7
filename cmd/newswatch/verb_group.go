package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"newswatch/news"
	"newswatch/text"
	"newswatch/watcher/feed"
	"newswatch/watcher/story"
)

type groupCmd struct {
	JSONL     bool    `name:"jsonl" required:"" help:"Items as JSON lines on stdin, in the order of arrival."`
	Pairs     bool    `help:"Lines are pairs: say of each whether both tell the same story."`
	Threshold float64 `default:"0" help:"Move the decision to join (0: the built-in one)."`
}

// Help is the long text of -h.
func (groupCmd) Help() string {
	return help(`Groups items into stories as the daemon does. In: {"id","title","time"?,"lang"?,"source"?,"url"?,"text"?};
out, after the last line: {"id","story","copy"}, with the same copy for copies of one report.
With --pairs in: {"id","a":{...},"b":{...}}, out: {"id","same","score"}.`,
		"newswatch group --jsonl <items.jsonl >stories.jsonl", "0 done; 1 a line could not be read; 2 wrong usage")
}

// groupItem is an item as the tool reads it.
type groupItem struct {
	ID     string  `json:"id"`
	Title  string  `json:"title"`
	Time   instant `json:"time"`
	Lang   string  `json:"lang"`
	Source string  `json:"source"`
	URL    string  `json:"url"`
	Text   string  `json:"text"`
}

// instant is a time, a day, or nothing: labelled sets have all three.
type instant time.Time

// UnmarshalText reads a time in any form that feeds use; "" is no time.
func (t *instant) UnmarshalText(raw []byte) error {
	if len(raw) == 0 {
		return nil
	}
	at, ok := feed.ParseDate(string(raw))
	if !ok {
		return fmt.Errorf("time %q cannot be read", raw)
	}
	*t = instant(at)
	return nil
}

func (g groupItem) item() news.Item {
	at := time.Time(g.Time)
	it := news.Item{
		ID: g.ID, FeedName: g.Source, Publisher: g.Source, URL: g.URL,
		Title: text.Title(g.Title), Body: text.Visible(g.Text), Lang: g.Lang,
		Published: at, Fetched: at, Dated: !at.IsZero(),
	}
	it.Revise()
	return it
}

// Run groups.
func (c *groupCmd) Run(a *app) error {
	if !(c.Threshold >= 0 && c.Threshold <= 1) { // also NaN
		return usagef("--threshold %v: want a number from 0 to 1", c.Threshold)
	}
	if c.Pairs {
		return c.pairs(a)
	}
	g := story.New(story.Config{Threshold: c.Threshold})
	type placed struct {
		ID    string `json:"id"`
		Story string `json:"story,omitempty"`
		Copy  string `json:"copy,omitempty"`
		Error string `json:"error,omitempty"`
	}
	var lines []placed
	into := map[string]string{}     // of a story, the one that took it in
	original := map[string]string{} // of a copy, the first of its report
	bad, err := eachLine(a.in, func(raw []byte) error {
		var in groupItem
		err := json.Unmarshal(raw, &in)
		if err == nil && in.ID == "" {
			err = errors.New("an item needs an id")
		}
		if err != nil {
			lines = append(lines, placed{ID: idOf(raw), Error: err.Error()})
			return err
		}
		p := g.Add(in.item(), nil)
		for _, m := range p.Merged {
			into[m.From] = m.Into
		}
		first := in.ID
		if p.CopyOf != "" {
			first = p.CopyOf
			if o, known := original[first]; known {
				first = o
			}
		}
		original[in.ID] = first
		lines = append(lines, placed{ID: in.ID, Story: p.StoryID, Copy: first})
		return nil
	})
	if err != nil {
		return err
	}
	out := a.json(false)
	for _, l := range lines {
		for into[l.Story] != "" {
			l.Story = into[l.Story]
		}
		if err := out.Encode(l); err != nil {
			return fmt.Errorf("write: %w", err)
		}
	}
	return afterLines(bad)
}

func (c *groupCmd) pairs(a *app) error {
	g := story.New(story.Config{Threshold: c.Threshold})
	out := a.json(false)
	bad, err := eachLine(a.in, func(raw []byte) error {
		var in struct {
			ID   string
			A, B groupItem
		}
		if err := json.Unmarshal(raw, &in); err != nil {
			return badLine(out, raw, err)
		}
		if in.A.Title+in.A.Text == "" || in.B.Title+in.B.Text == "" {
			return badLine(out, raw, errors.New("a pair needs a and b, each with a title or a text"))
		}
		in.A.ID, in.B.ID = in.ID+"/a", in.ID+"/b"
		v := g.Same(in.A.item(), in.B.item())
		same := 0
		if v.Same {
			same = 1
		}
		return out.Encode(struct {
			ID    string  `json:"id"`
			Same  int     `json:"same"`
			Score float64 `json:"score"`
		}{in.ID, same, v.Score})
	})
	if err != nil {
		return err
	}
	return afterLines(bad)
}
