package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/notify/slack"
	"newswatch/notify/terminal"
	"newswatch/notify/wording"
	"newswatch/watcher/store"
	"newswatch/watcher/story"
)

type digestCmd struct {
	ID   string `arg:"" help:"The digest's id in the rule file."`
	JSON bool   `name:"json" help:"Print the Block Kit messages as JSON, one a line."`
	HTML bool   `name:"html" help:"Print the messages as a web page that looks like Slack."`
}

// Help is the long text of -h.
func (digestCmd) Help() string {
	return help("Shows what a digest would send now. Nothing is sent and nothing is noted; it reads beside a running daemon.",
		"newswatch digest desk\nnewswatch digest desk --html >digest.html", "0 shown; 2 unknown digest or invalid rules")
}

// Run shows the preview.
func (c *digestCmd) Run(ctx context.Context, a *app) error {
	rs, err := a.loadRules()
	if err != nil {
		return err
	}
	var plan *news.Plan
	var known []string
	for i, p := range rs.File.Plans {
		if p.Kind != news.DigestPlan {
			continue
		}
		known = append(known, p.ID)
		if p.ID == c.ID {
			plan = &rs.File.Plans[i]
		}
	}
	if plan == nil {
		return usagef("no digest %q in %s; there are %s", c.ID, a.Rules, strings.Join(known, ", "))
	}
	st, err := a.openStore(ctx, true)
	if err != nil {
		return err
	}
	defer st.Close()
	planner := notify.NewPlanner(notify.PlannerConfig{Store: st, Titles: rs.Title, Now: st.Now, Summarizer: story.NewJudge(story.Names{})})
	d, err := planner.Preview(ctx, *plan)
	if errors.Is(err, store.ErrNotFound) {
		return usagef("the daemon has not taken %s yet: newswatch run or once does", c.ID)
	}
	if err != nil {
		return err
	}
	if err := a.sayPaused(ctx, st, *plan); err != nil {
		return err
	}
	return c.show(a, d)
}

// sayPaused says on stderr that nothing is sent now, for all that it shows.
func (a *app) sayPaused(ctx context.Context, st *store.Store, plan news.Plan) error {
	said, err := st.Triage(ctx)
	if err != nil {
		return err
	}
	clock := a.deskClock()
	for _, p := range said.Pauses {
		if p.PlanID == plan.ID && news.InForce(p.At, p.Until, clock.Now) {
			fmt.Fprintf(a.err, "%s is paused until %s by %s; newswatch ask resume %s ends that\n", plan.ID, clock.At(p.Until), wording.Line(p.By), plan.ID)
		}
	}
	return nil
}

func (c *digestCmd) show(a *app, d news.Digest) error {
	var renderer notify.Renderer = terminal.New(terminal.Config{Out: a.out, Color: a.color(a.out), Width: width(a.out)})
	if c.JSON || c.HTML {
		renderer = slack.New(slack.Config{})
	}
	messages, err := renderer.Digest(d)
	if err != nil {
		return fmt.Errorf("render: %w", err)
	}
	payloads := make([][]byte, len(messages))
	for i, m := range messages {
		payloads[i] = m.Payload
	}
	if c.HTML {
		page, err := slack.HTML(payloads, d.Title)
		if err != nil {
			return fmt.Errorf("render as a page: %w", err)
		}
		_, err = a.out.Write(page)
		return err
	}
	for _, p := range payloads {
		end := ""
		if c.JSON {
			end = "\n"
		}
		if _, err := fmt.Fprintf(a.out, "%s%s", p, end); err != nil {
			return err
		}
	}
	return nil
}
