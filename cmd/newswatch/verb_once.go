package main

import (
	"context"
	"fmt"
	"time"

	"newswatch/news"
	"newswatch/rules"
	"newswatch/watcher"
	"newswatch/watcher/store"
)

// oncePatience is the longest pause that once waits out before a message: it is
// for pacing and for short requests to wait, not for a Slack that is away.
const oncePatience = 5 * time.Second

type onceCmd struct {
	Now      bool   `help:"Poll every feed and send every digest and alert at once, whatever the schedules, quiet hours and min_publishers say."`
	Backfill string `placeholder:"DUR" help:"Tell items of a feed's first poll that are younger than this, instead of settings.backfill: 24h, 30d, 20y."`
	JSON     bool   `name:"json" help:"Print the summary as JSON; digests for the terminal go to stderr."`
}

// Help is the long text of -h.
func (onceCmd) Help() string {
	return help("One pass: polls what is due, matches, groups, delivers what is due, prints a summary. Without SLACK_BOT_TOKEN the digests go to the terminal, unless the state has sent to Slack before.",
		"newswatch once --now --backfill 7d",
		"0 done, even if a feed failed or a message is still uncertain; 1 a delivery was refused, or it was stopped; 2 invalid rules, a failing example in them, or no token where the state has sent to Slack; 74 the database cannot be written; 75 another instance runs")
}

// onceSummary is the result of a pass.
type onceSummary struct {
	Feeds     int `json:"feeds"`
	Failed    int `json:"failed"`
	Items     int `json:"items"`
	Hits      int `json:"hits"`
	Stories   int `json:"stories"`
	Told      int `json:"told"`
	Posted    int `json:"posted"`
	Refused   int `json:"refused"`
	Uncertain int `json:"uncertain"`
	Waiting   int `json:"waiting"`
}

// Run makes the pass.
func (c *onceCmd) Run(ctx context.Context, a *app) error {
	rs, err := a.loadRules()
	if err != nil {
		return err
	}
	token, err := a.botToken()
	if err != nil {
		return err
	}
	if err := a.checkWays(rs.File); err != nil {
		return err
	}
	cfg := watcher.Config{AtOnce: c.Now}
	if c.Backfill != "" {
		d, ok := rules.Duration(c.Backfill)
		if !ok {
			return usagef("--backfill: %q is no duration; write 24h, 30d or 20y", c.Backfill)
		}
		cfg.Backfill = &d
	}
	st, err := a.openStore(ctx, false)
	if err != nil {
		return err
	}
	defer st.Close()
	if err := checkPrinting(ctx, st, token, rs.File); err != nil {
		return err
	}
	digests := a.out
	if c.JSON {
		digests = a.err
	}
	cfg.Store = st
	w, err := a.newWatcher(ctx, cfg, rs, a.newWays(digests, token, ""))
	if err != nil {
		return err
	}
	sum, err := w.Pass(ctx)
	if err != nil {
		return err
	}
	if err := w.Drain(ctx, oncePatience, &sum); err != nil {
		return err
	}
	result, err := summarize(ctx, st, sum)
	if err != nil {
		return err
	}
	if err := result.print(a, c.JSON); err != nil {
		return err
	}
	if held := len(rs.File.Feeds) - sum.Feeds; c.Now && held > 0 && !c.JSON {
		fmt.Fprintf(a.out, "%s not polled: their servers asked for a pause\n", count(held, "feed"))
	}
	if result.Refused > 0 {
		return &exitError{exitNot, fmt.Sprintf("%s refused: newswatch outbox shows why", count(result.Refused, "delivery"))}
	}
	return nil
}

// summarize adds to what the pass did how the deliveries stand after it.
func summarize(ctx context.Context, st *store.Store, sum watcher.Summary) (onceSummary, error) {
	states, err := st.Pending(ctx)
	if err != nil {
		return onceSummary{}, fmt.Errorf("count deliveries: %w", err)
	}
	return onceSummary{
		Feeds: sum.Feeds, Failed: sum.Failed, Items: sum.Items, Hits: sum.Hits, Stories: sum.Stories, Told: sum.Told,
		Posted: sum.Posted, Refused: states[news.Held], Uncertain: states[news.Sending], Waiting: states[news.Pending],
	}, nil
}

func (s onceSummary) print(a *app, asJSON bool) error {
	if asJSON {
		return a.json(false).Encode(s)
	}
	out := a.out
	fmt.Fprintf(out, "%s polled", count(s.Feeds, "feed"))
	if s.Failed > 0 {
		fmt.Fprintf(out, " (%d failed)", s.Failed)
	}
	fmt.Fprintf(out, ", %s, %s, %s, %s posted", count(s.Items, "new item"), count(s.Hits, "hit"), count(s.Stories, "new story"), count(s.Posted, "message"))
	for _, more := range []struct {
		n    int
		what string
	}{{s.Refused, "refused"}, {s.Uncertain, "uncertain"}, {s.Waiting, "waiting"}} {
		if more.n > 0 {
			fmt.Fprintf(out, ", %d %s", more.n, more.what)
		}
	}
	_, err := fmt.Fprintln(out)
	return err
}
