package main

import (
	"time"

	"newswatch/news"
	"newswatch/watcher/store"
)

// storyObject is a story in full, as programs read it. All times are UTC.
type storyObject struct {
	storyLine
	Lead         string            `json:"lead"` // id of the item that stands for it
	Developments []developmentLine `json:"developments"`
	Events       []eventLine       `json:"events"` // what happened in it, by time; one at least
	Reports      []reportLine      `json:"reports"`
	Transfers    []transferLine    `json:"transfers"`
	NearItems    []nearLine        `json:"near_items"`   // of other stories, that nearly were in this one
	NearStories  []nearLine        `json:"near_stories"` // that its own items nearly were in
}

type developmentLine struct {
	Version int       `json:"version"`
	At      time.Time `json:"at"`
	Item    string    `json:"item"`
	Reason  string    `json:"reason"`
}

type eventLine struct {
	At     time.Time `json:"at"` // when its first item came out
	Reason string    `json:"reason,omitempty"`
	Items  []string  `json:"items"` // in the order of publication, with copies
}

type reportLine struct {
	Item      string       `json:"item"`
	Outlet    string       `json:"outlet"`
	Feed      string       `json:"feed"`
	Title     string       `json:"title"`
	URL       string       `json:"url,omitempty"`
	Published time.Time    `json:"published"`
	Fetched   time.Time    `json:"fetched"`
	Score     float64      `json:"score"`
	Why       string       `json:"why"`
	Rules     []string     `json:"rules"`
	Copies    []reportLine `json:"copies,omitempty"`
}

type transferLine struct {
	At    time.Time         `json:"at"`
	Verb  news.TransferVerb `json:"verb"`
	From  string            `json:"from"`
	Into  string            `json:"into"`
	Items []string          `json:"items"`
	Score float64           `json:"score,omitempty"`
	Why   string            `json:"why,omitempty"`
}

type nearLine struct {
	Item       string  `json:"item"`
	Outlet     string  `json:"outlet"`
	Title      string  `json:"title"`
	Story      string  `json:"story"`
	StoryTitle string  `json:"story_title"`
	Score      float64 `json:"score"`
	Why        string  `json:"why"`
}

// object is the page as JSON; lists are never null.
func (p *storyPage) object() storyObject {
	o := storyObject{
		storyLine: storyLineOf(p.story, p.clock.Now), Lead: p.story.Lead().Item.ID,
		Developments: []developmentLine{}, Events: []eventLine{}, Reports: []reportLine{}, Transfers: []transferLine{},
		NearItems: nearLines(p.nearItems), NearStories: nearLines(p.nearStories),
	}
	for _, d := range p.story.Developments {
		o.Developments = append(o.Developments, developmentLine{d.Version, d.At.UTC(), d.ItemID, d.Reason})
	}
	for i, e := range p.events {
		o.Events = append(o.Events, eventLine{e.At.UTC(), p.resumption(i), e.Items})
	}
	for _, r := range p.reports() {
		line := reportLineOf(r.Member)
		for _, m := range r.copies {
			line.Copies = append(line.Copies, reportLineOf(m))
		}
		o.Reports = append(o.Reports, line)
	}
	for _, t := range p.transfers {
		o.Transfers = append(o.Transfers, transferLine{t.At.UTC(), t.Verb, t.From, t.Into, t.Items, t.Score, t.Why})
	}
	return o
}

func reportLineOf(m news.Member) reportLine {
	it, rules := m.Item, []string{}
	for _, h := range m.Hits {
		rules = append(rules, h.Rule)
	}
	return reportLine{
		Item: it.ID, Outlet: it.Publisher, Feed: it.FeedID, Title: it.Title, URL: it.URL, Published: it.Published.UTC(),
		Fetched: it.Fetched.UTC(), Score: m.Score, Why: m.Why, Rules: rules,
	}
}

func nearLines(list []store.NearMiss) []nearLine {
	lines := []nearLine{}
	for _, m := range list {
		lines = append(lines, nearLine{m.ItemID, m.Publisher, m.Title, m.StoryID, m.StoryTitle, m.Score, m.Why})
	}
	return lines
}
