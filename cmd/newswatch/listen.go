package main

import (
	"context"

	"golang.org/x/sync/errgroup"

	"newswatch/news"
	"newswatch/notify/slack"
	"newswatch/notify/slack/socket"
	"newswatch/watcher/triage"
)

// hearSlack listens to commands and buttons from Slack where there is a token for
// it. It never ends the daemon: what is sent does not hang on what is heard. The
// work is small, so it goes with the role that sends; of several processes that
// listen Slack chooses one for each command.
func (a *app) hearSlack(ctx context.Context, g *errgroup.Group, appToken news.Secret, channel *slack.Channel, desk *triage.Desk) {
	switch {
	case appToken == "":
		return
	case channel == nil:
		a.logger().Warn("SLACK_APP_TOKEN without SLACK_BOT_TOKEN: nothing is posted to Slack, so nothing is heard from it")
		return
	}
	l := socket.New(socket.Config{Slack: channel, Commander: desk, Homer: desk, Log: a.logger()})
	a.metrics.Socket(l.Connected)
	g.Go(func() error {
		_ = l.Run(ctx) // ends with ctx, and has logged what there is to say
		return nil
	})
}

// botToken is the token for Slack, "" for none. What cannot be one is refused: all
// messages would be held.
func (a *app) botToken() (news.Secret, error) {
	token, err := a.secretNamed("SLACK_BOT_TOKEN")
	if err != nil || token == "" {
		return "", err
	}
	if err := slack.CheckToken(token); err != nil {
		return "", usagef("%v", err)
	}
	return token, nil
}
