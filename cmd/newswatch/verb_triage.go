package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/user"
	"slices"

	"newswatch/notify"
	"newswatch/notify/wording"
	"newswatch/rules"
	"newswatch/watcher/triage"
)

type muteCmd struct {
	Words []string `arg:"" optional:"" help:"What, for how long, and why: rule ferries 3d old news. Nothing, or list: what is muted."`
	JSON  bool     `name:"json" help:"Print the answer as JSON: headline, lines, hint."`
}

// Help is the long text of -h.
func (muteCmd) Help() string {
	return help(`Holds a story, or all that a rule, an entity or a source brings, for a while: 24 hours where none is given, 90 days at most. What is
held is counted in each digest, and told at the end as far as it is still news: what happened within a day before it, or after. A story is
called by its id, by how that begins, or by its number in the digest that was posted last, of several digests with its name: desk 3. It works beside a running daemon, which minds it
within a second.`,
		"newswatch mute story 1f686cdf 24h seen enough\nnewswatch mute rule ferries until MON 08:00\nnewswatch mute entity keller 3 days\nnewswatch mute source Borel Post 2w\nnewswatch mute",
		"0 muted, or listed; 2 unknown story, rule, entity or source, or a time that cannot be read")
}

// Run mutes.
func (c *muteCmd) Run(ctx context.Context, a *app) error {
	return a.ask(ctx, append([]string{"mute"}, c.Words...), c.JSON)
}

type unmuteCmd struct {
	Words []string `arg:"" help:"What: story 1f686cdf, rule ferries, entity keller, source Borel Post."`
}

// Help is the long text of -h.
func (unmuteCmd) Help() string {
	return help("Lifts a mute, as if it had never been: all that it held is told, at once by alerts and in the next digest.",
		"newswatch unmute rule ferries\nnewswatch unmute story 1f686cdf", "0 lifted; 1 it is not muted; 2 unknown story, rule, entity or source")
}

// Run lifts a mute.
func (c *unmuteCmd) Run(ctx context.Context, a *app) error {
	return a.ask(ctx, append([]string{"unmute"}, c.Words...), false)
}

type followCmd struct {
	Words []string `arg:"" help:"The story, and for how long: 1f686cdf 3d."`
	Stop  bool     `help:"Follow it no more."`
}

// Help is the long text of -h.
func (followCmd) Help() string {
	return help(`Tells what develops in a story at once, in the thread of the message that told it: of a digest too, and of an alert whatever its
cooldown. For 7 days where no time is given, 90 at most. Quiet hours and pauses hold it all the same. Called by its number, it is followed
where the digest stands; by its id, in each digest and alert that told it.`,
		"newswatch follow 1f686cdf\nnewswatch follow 1f686cdf 3d\nnewswatch follow --stop 1f686cdf", "0 followed; 1 with --stop: it is not followed; 2 unknown story")
}

// Run follows.
func (c *followCmd) Run(ctx context.Context, a *app) error {
	verb := "follow"
	if c.Stop {
		verb = "unfollow"
	}
	return a.ask(ctx, append([]string{verb}, c.Words...), false)
}

type askCmd struct {
	Words []string `arg:"" optional:"" help:"As after /news in Slack: status, why 1f686cdf, flag 1f686cdf, pause desk 2d."`
	JSON  bool     `name:"json" help:"Print the answer as JSON: headline, lines, hint."`
}

// Help is the long text of -h.
func (askCmd) Help() string {
	return help("Asks and answers as /news does in Slack; without words it lists what can be asked. It works beside a running daemon, which minds what was said within a second.",
		"newswatch ask status\nnewswatch ask why 1f686cdf\nnewswatch ask flag 1f686cdf a cereal, not the envoy\nnewswatch ask pause desk until MON 08:00\nnewswatch ask now desk",
		"0 done; 1 there is nothing to undo; 2 it cannot be understood")
}

// Run asks.
func (c *askCmd) Run(ctx context.Context, a *app) error { return a.ask(ctx, c.Words, c.JSON) }

// ask does what somebody at the command line asks for, and prints the answer.
func (a *app) ask(ctx context.Context, words []string, asJSON bool) error {
	rs, err := a.draft(a.Rules)
	if err != nil {
		return err
	}
	st, err := a.openStore(ctx, true)
	if err != nil {
		return err
	}
	defer st.Close()
	desk := triage.New(triage.Config{Store: st, Rules: func() *rules.Ruleset { return rs }, Now: st.Now})
	answer, err := desk.Do(ctx, notify.Command{By: a.login(), Words: words})
	switch {
	case errors.Is(err, triage.ErrNothing):
		return &exitError{exitNot, err.Error()}
	case errors.Is(err, notify.ErrAsked):
		return usagef("%v", err)
	case err != nil:
		return err
	}
	if asJSON {
		return a.json(false).Encode(answerLine{answer.Headline, append([]string{}, answer.Lines...), answer.Hint})
	}
	_, err = fmt.Fprintln(a.out, answerText(answer))
	return err
}

// answerLine is an answer as programs read it.
type answerLine struct {
	Headline string   `json:"headline"`
	Lines    []string `json:"lines"`
	Hint     string   `json:"hint"`
}

// answerText is an answer for a terminal.
func answerText(a notify.Answer) string {
	text := wording.Line(a.Headline)
	for _, line := range a.Lines {
		text += "\n  " + wording.Line(line)
	}
	if a.Hint != "" {
		text += "\n" + wording.Line(a.Hint)
	}
	return text
}

// login is the name of the user at the command line.
func (a *app) login() string {
	names := []string{a.env("LOGNAME"), a.env("USER")}
	if u, err := user.Current(); err == nil {
		names = slices.Insert(names, 0, u.Username)
	}
	return cmp.Or(append(names, "somebody")...)
}
