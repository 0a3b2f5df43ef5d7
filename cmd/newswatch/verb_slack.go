package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"newswatch/notify/slack"
	"newswatch/notify/wording"
)

type slackCmd struct {
	Manifest slackManifestCmd `cmd:"" help:"Print the manifest to make a Slack app from."`
	Test     slackTestCmd     `cmd:"" help:"Check step by step that newswatch can deliver to a channel."`
}

// Help is the long text of -h.
func (slackCmd) Help() string {
	return help("Sets up Slack: manifest to make the app from, test to see that it may post and look.",
		"newswatch slack manifest\nnewswatch slack test newsroom", "of the verbs below: see newswatch slack test -h")
}

type slackManifestCmd struct{}

// Help is the long text of -h.
func (slackManifestCmd) Help() string {
	return help("Prints an app manifest: at api.slack.com/apps choose Create New App, From a manifest, and paste it. Install the app, and put its bot token (xoxb-...) into SLACK_BOT_TOKEN, and for buttons and /news an app-level token (xapp-...) into SLACK_APP_TOKEN. The manifest's first lines say where they are.",
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
	return help("Checks in order all that delivering to a channel takes: the token, its scopes, the channel; it posts a message, reads it back, rewrites it, replies to it, and tries the app token. What does not hold is told with what to do next.",
		"SLACK_BOT_TOKEN=xoxb-... SLACK_APP_TOKEN=xapp-... newswatch slack test newsroom",
		"0 all holds; 1 something does not; 2 no token")
}

// Run makes the trial.
func (c *slackTestCmd) Run(ctx context.Context, a *app) error {
	token, err := a.secretNamed("SLACK_BOT_TOKEN")
	if err != nil {
		return err
	}
	appToken, err := a.secretNamed("SLACK_APP_TOKEN")
	if err != nil {
		return err
	}
	if token == "" {
		return usagef("no SLACK_BOT_TOKEN; newswatch slack manifest says how to get one")
	}
	channel := slack.New(slack.Config{Token: token, AppToken: appToken, APIURL: a.env("SLACK_API_URL"), Log: a.logger()})
	err = channel.Trial(ctx, c.Channel, func(step, what string) {
		fmt.Fprintf(a.out, "ok  %-10s %s\n", step, wording.Line(what))
	})
	if trouble := (*slack.TrialError)(nil); errors.As(err, &trouble) {
		return &exitError{exitNot, trouble.Error()}
	}
	if err == nil {
		fmt.Fprintf(a.out, "newswatch can deliver to #%s\n", strings.TrimPrefix(c.Channel, "#"))
	}
	return err
}
