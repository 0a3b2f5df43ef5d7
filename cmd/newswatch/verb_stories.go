package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"newswatch/news"
	"newswatch/notify/wording"
)

type storiesCmd struct {
	Limit int  `default:"30" help:"At most so many. (${default})"`
	JSON  bool `name:"json" help:"One story a line, as JSON."`
}

// Help is the long text of -h.
func (storiesCmd) Help() string {
	return help(`Lists the stories, those that grew last first: where each is in its life, how many outlets have it and how many of them with a
report of their own, and its headline. A story that was taken in by another is not listed; its id still leads to that one. It reads beside a
running daemon.`,
		"newswatch stories\nnewswatch stories --json | jq -r 'select(.phase == \"developing\").title'", "0 listed; 2 wrong usage, or no state yet")
}

// storyLine is a story as programs read it. All times are UTC.
type storyLine struct {
	ID         string     `json:"id"`
	Phase      news.Phase `json:"phase"`
	Version    int        `json:"version"`
	Sources    int        `json:"sources"`
	Publishers int        `json:"publishers"` // independent ones among the sources
	Items      int        `json:"items"`
	First      time.Time  `json:"first"`
	Last       time.Time  `json:"last"`
	Title      string     `json:"title"`
	URL        string     `json:"url,omitempty"`
}

func storyLineOf(s *news.Story, now time.Time) storyLine {
	lead := s.Lead().Item
	return storyLine{
		ID: s.ID, Phase: s.Phase(now), Version: s.Version, Sources: len(s.Sources()), Publishers: len(s.Publishers()),
		Items: len(s.Members), First: s.FirstAt.UTC(), Last: s.LastAt.UTC(), Title: lead.Title, URL: lead.URL,
	}
}

// Run lists.
func (c *storiesCmd) Run(ctx context.Context, a *app) error {
	st, err := a.openStore(ctx, true)
	if err != nil {
		return err
	}
	defer st.Close()
	list, err := st.StoryList(ctx, c.Limit)
	if err != nil {
		return fmt.Errorf("read stories: %w", err)
	}
	clock := a.deskClock()
	if !c.JSON {
		return storyTable(a.out, list, clock)
	}
	for i := range list {
		if err := a.json(false).Encode(storyLineOf(&list[i], clock.Now)); err != nil {
			return err
		}
	}
	return nil
}

func storyTable(out io.Writer, list []news.Story, clock wording.Clock) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(out, "no stories")
		return err
	}
	tw := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "STORY\tPHASE\tSOURCES\tINDEPENDENT\tLAST\tHEADLINE")
	for i := range list {
		s := storyLineOf(&list[i], clock.Now)
		fmt.Fprintln(tw, strings.Join([]string{shortID(s.ID), string(s.Phase), fmt.Sprint(s.Sources), fmt.Sprint(s.Publishers), clock.At(s.Last), headline(s.Title, 90)}, "\t"))
	}
	return tw.Flush()
}

// headline is a title of a feed, fit for a line.
func headline(title string, limit int) string {
	if line := wording.Clip(wording.Line(title), limit); line != "" {
		return line
	}
	return "(no headline)"
}

// shortID is the beginning of an id, as people type it.
func shortID(id string) string { return id[:min(len(id), 8)] }
