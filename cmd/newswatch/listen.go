package main

import (
	"context"
	"net/url"
	"slices"

	"golang.org/x/sync/errgroup"

	"newswatch/news"
	"newswatch/notify/slack"
	"newswatch/notify/slack/socket"
	"newswatch/rules"
	"newswatch/watcher/store"
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
	if api := a.env("SLACK_API_URL"); api != "" {
		if u, err := url.Parse(api); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return "", usagef("SLACK_API_URL is no address: it begins with https:// and ends with /api/")
		}
	}
	if err := slack.CheckToken(token); err != nil {
		return "", usagef("%v", err)
	}
	return token, nil
}

// checkPrinting is for who has no token: what the rules send to Slack is printed then,
// and counts as told. That is never meant where a state has sent to Slack before, as one
// that several daemons share: nobody there would hear of it.
func checkPrinting(ctx context.Context, st *store.Store, token news.Secret, f *rules.File) error {
	if token != "" || !postsToSlack(f) {
		return nil
	}
	switch known, err := st.SentTo(ctx, slackScheme); {
	case err != nil:
		return err
	case known != "":
		return usagef("there is no SLACK_BOT_TOKEN, and this state has sent to %s: what is for Slack would be printed here and count as told; give the token, or a state of its own with --db", known)
	}
	return nil
}

// postsToSlack says whether a token is of use.
func postsToSlack(f *rules.File) bool {
	return f.Operators != nil && f.Operators.Slack != "" || slices.ContainsFunc(f.Plans, func(p news.Plan) bool { return p.To.Slack != "" })
}
