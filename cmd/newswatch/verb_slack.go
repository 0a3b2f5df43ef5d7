package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/notify/slack"
)

type slackCmd struct {
	Manifest slackManifestCmd `cmd:"" help:"Print the manifest to make a Slack app from."`
	Test     slackTestCmd     `cmd:"" help:"Check the token and post one message."`
}

// Help is the long text of -h.
func (slackCmd) Help() string {
	return help("Sets up Slack: manifest to make the app from, test to see that it may post and look.",
		"newswatch slack manifest\nnewswatch slack test newsroom", "of the verbs below: see newswatch slack test -h")
}

type slackManifestCmd struct{}

// Help is the long text of -h.
func (slackManifestCmd) Help() string {
	return help("Prints an app manifest: at api.slack.com/apps choose Create New App, From a manifest, and paste it. Install the app, and put its bot token (xoxb-...) into SLACK_BOT_TOKEN.",
		"newswatch slack manifest", "0 printed")
}

// Run prints the manifest.
func (slackManifestCmd) Run(a *app) error {
	_, err := a.out.Write(slack.Manifest())
	return err
}

type slackTestCmd struct {
	Channel string `arg:"" help:"A channel's name without #, or its id. The app must be a member: /invite it there."`
}

// Help is the long text of -h.
func (slackTestCmd) Help() string {
	return help("Checks the token, posts one message and reads it back from the channel's history: exactly once needs both.",
		"SLACK_BOT_TOKEN=xoxb-... newswatch slack test newsroom", "0 posted and found; 1 refused, or not found again; 2 no token")
}

// Run posts the test message.
func (c *slackTestCmd) Run(ctx context.Context, a *app) error {
	token, err := a.secretNamed("SLACK_BOT_TOKEN")
	if err != nil {
		return err
	}
	if token == "" {
		return usagef("no SLACK_BOT_TOKEN; newswatch slack manifest says how to get one")
	}
	channel := slack.New(slack.Config{Token: token, APIURL: a.env("SLACK_API_URL"), Log: a.logger()})
	who, err := channel.Check(ctx)
	if err != nil {
		return &exitError{exitNot, fmt.Sprintf("Slack does not know us: %v", err)}
	}
	fmt.Fprintf(a.out, "the token is good: %s in %s\n", who.User, who.Team)
	now := time.Now()
	n := news.Notice{
		DeliveryID: news.NoticeID("test", c.Channel, now.Format(time.RFC3339Nano)), Kind: "test", Headline: "newswatch can post here",
		Subject: "#" + c.Channel, Footer: "A trial by hand. Digests and alerts will come as the rules say.", Location: time.Local,
	}
	m, err := channel.Notice(n)
	if err != nil {
		return fmt.Errorf("render: %w", err)
	}
	d := news.Delivery{ID: n.DeliveryID, Part: 1, Parts: 1, Kind: news.KindNotice, Destination: "slack:" + c.Channel, Payload: m.Payload, StartedAt: now}
	if d.Receipt, err = channel.Post(ctx, d); err != nil {
		return &exitError{exitNot, fmt.Sprintf("not posted: %v", err)}
	}
	fmt.Fprintf(a.out, "posted to %s at %s\n", d.Receipt.Channel, d.Receipt.TS)
	return c.readBack(ctx, a, channel, d)
}

// readBack looks for the message where the daemon would look after a lost answer.
func (c *slackTestCmd) readBack(ctx context.Context, a *app, channel *slack.Channel, d news.Delivery) error {
	for range 5 {
		_, found, err := channel.Find(ctx, d)
		switch {
		case errors.Is(err, notify.ErrNoLookup):
			return &exitError{exitNot, "the channel's history cannot be read: after a lost answer a message may come twice"}
		case err != nil:
			return &exitError{exitNot, fmt.Sprintf("the channel's history cannot be read: %v", err)}
		case found:
			fmt.Fprintln(a.out, "found in the channel's history: each message will come exactly once")
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
	}
	return &exitError{exitNot, "posted, but not found in the channel's history within 5 s"}
}
