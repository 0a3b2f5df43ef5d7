package main

import (
	"context"
	"fmt"
	"os"

	"newswatch/notify/slack/slackfake"
)

type fakeSlackCmd struct {
	Plan    string `placeholder:"F" help:"JSON file that says what goes wrong: chances, scripted faults, limits."`
	Seed    int64  `default:"1" help:"Of the faults that the plan leaves to chance."`
	Journal string `placeholder:"F" help:"File to which each call is appended as a JSON line."`
}

// Help is the long text of -h.
func (fakeSlackCmd) Help() string {
	return help(`Serves a strict Slack at --listen (127.0.0.1:8766): it refuses what Slack refuses, and breaks calls as a plan says. Its address shows what was posted and what is wrong with it, and there you can press buttons and type /news to a running newswatch; /messages, /journal and /audit are JSON.

A plan is JSON, all keys optional:
  {"chances": {"reset_after": 0.15, "rate_limited": 0.1}, "methods": ["chat.postMessage"],
   "script": [{"method": "chat.postMessage", "call": 3, "fault": "refuse", "for": "5s"}],
   "latency": "200ms", "history_lag": "10s", "clock_skew": "-1h", "client_msg_id": "dedup",
   "rate": {"per_second": 1, "burst": 3}, "tiers": true, "drop_bursts": false, "distributed": false,
   "channels": [{"name": "desk", "thread_only": true}], "blocks_max": 13200, "strict_metadata": true}
Faults: `+slackfake.FaultNames()+`.`,
		"newswatch fake-slack --listen 127.0.0.1:8766 &\nSLACK_API_URL=http://127.0.0.1:8766/api SLACK_BOT_TOKEN=xoxb-trial SLACK_APP_TOKEN=xapp-trial newswatch run",
		"0 stopped; 2 wrong usage or plan")
}

// Run serves until it is stopped.
func (c *fakeSlackCmd) Run(ctx context.Context, a *app) error {
	addr := a.Listen
	if addr == "" {
		addr = "127.0.0.1:8766"
	}
	cfg := slackfake.Config{Addr: addr, Seed: c.Seed}
	if c.Plan != "" {
		plan, err := slackfake.ReadPlan(c.Plan)
		if err != nil {
			return usagef("%v", err)
		}
		cfg.Plan = plan
	}
	if c.Journal != "" {
		f, err := os.OpenFile(c.Journal, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return usagef("%v", err)
		}
		defer f.Close()
		cfg.Journal = f
	}
	server := slackfake.New(cfg)
	url, err := server.Start(addr)
	if err != nil {
		return usagef("%v", err)
	}
	fmt.Fprintf(a.out, "a strict Slack; SLACK_API_URL=%s\n", url)
	<-ctx.Done()
	for _, problem := range server.Audit() {
		fmt.Fprintf(a.err, "problem: %s\n", problem)
	}
	return server.Close()
}
