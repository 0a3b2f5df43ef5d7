package slack

import (
	"encoding/json"
	"strings"

	"github.com/slack-go/slack"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/notify/wording"
)

// The home page shows at most so many of each; the rest is counted. Slack takes
// 100 blocks and 250 KB (docs.slack.dev/reference/methods/views.publish).
const (
	homePlans = 15
	homeRules = 25
	homeMutes = 20
)

// view is the argument of views.publish.
type view struct {
	Type       string       `json:"type"`
	CallbackID string       `json:"callback_id"`
	Blocks     slack.Blocks `json:"blocks"`
}

// homeView renders the state at a glance.
func homeView(h notify.Home, note string) view {
	blocks := []slack.Block{header("News watch")}
	if note = label(note, maxAnswerLine); note != "" {
		blocks = append(blocks, grey("*Just now*: "+note))
	}
	for _, line := range homeFacts(h) {
		blocks = append(blocks, grey(line))
	}
	blocks = append(blocks, homeActions())
	blocks = append(blocks, homePlansBlocks(h)...)
	blocks = append(blocks, homeRulesBlocks(h.Rules)...)
	blocks = append(blocks, homeMuted(h)...)
	blocks = append(blocks, homeFollowed(h)...)
	return view{Type: "home", CallbackID: "home", Blocks: slack.Blocks{BlockSet: blocks}}
}

func homeFacts(h notify.Home) []string {
	state := label(h.Headline, maxSummary)
	if state == "" {
		state = "Running"
	}
	poll := ""
	if !h.Feeds.LastPoll.IsZero() {
		poll = "last poll " + zone{h.Location}.clock(h.Feeds.LastPoll)
	}
	feeds := label(h.Feeds.Words, maxWhy)
	lines := []string{wording.Join(gap, "*"+state+"*", feeds, wording.Count(len(h.Rules), "rule", "rules"), poll)}
	var failing []string
	for _, name := range h.Feeds.Failing[:min(len(h.Feeds.Failing), 5)] {
		failing = append(failing, label(name, maxName))
	}
	if len(failing) > 0 {
		lines = append(lines, "Failing: "+strings.Join(failing, ", "))
	}
	return lines
}

func homeActions() slack.Block {
	return slack.NewActionBlock("home_actions", button("home_refresh", "", "Refresh", "Show this page anew"))
}

// command is the value of a button that means what could have been typed.
func command(words ...string) string {
	b, err := json.Marshal(words)
	if err != nil || len(b) > maxValue {
		return ""
	}
	return string(b)
}

// Slack's limits for the value of a button and of an option, in characters.
const (
	maxValue       = 2000
	maxOptionValue = 150
)

func homePlansBlocks(h notify.Home) []slack.Block {
	if len(h.Plans) == 0 {
		return nil
	}
	blocks := []slack.Block{slack.NewDividerBlock(), section("*Digests and alerts*")}
	for _, p := range h.Plans[:min(len(h.Plans), homePlans)] {
		title := literal(named(p.Title, p.ID, "Untitled"))
		var when []string
		if !p.Paused.IsZero() {
			when = append(when, "*paused* until "+zone{h.Location}.moment(p.Paused)+by(p.By))
		} else if p.Kind == news.DigestPlan && !p.Next.IsZero() {
			when = append(when, zone{h.Location}.moment(p.Next))
		}
		if p.Ready > 0 {
			when = append(when, wording.Count(p.Ready, "story", "stories")+" waiting")
		}
		if p.Muted > 0 {
			when = append(when, wording.Number(p.Muted)+" muted")
		}
		if len(when) == 0 {
			when = append(when, "nothing waiting")
		}
		fields := []*slack.TextBlockObject{
			slack.NewTextBlockObject(slack.MarkdownType, wording.Join(", ", title, target(p.To)), false, true),
			slack.NewTextBlockObject(slack.MarkdownType, strings.Join(when, ", "), false, true),
		}
		blocks = append(blocks, slack.NewSectionBlock(nil, fields, planMenu(p)))
	}
	return append(blocks, moreOf(len(h.Plans), homePlans)...)
}

// planMenu is what can be asked of a plan.
func planMenu(p notify.HomePlan) *slack.Accessory {
	var options []*slack.OptionBlockObject
	add := func(text string, words ...string) {
		if value := command(words...); value != "" && len(value) <= maxOptionValue {
			options = append(options, option(value, text))
		}
	}
	if p.Kind == news.DigestPlan {
		add("Send it now", "now", p.ID)
	}
	if p.Paused.IsZero() {
		add("Pause it for a day", "pause", p.ID, "1d")
	} else {
		add("End its pause", "resume", p.ID)
	}
	if len(options) == 0 {
		return nil
	}
	return slack.NewAccessory(slack.NewOverflowBlockElement("home_plan", options...))
}

// target is where a plan goes, as a link where the rule file has a channel's id.
func target(t news.Target) string {
	switch {
	case IsChannel(t.Slack):
		return "<#" + t.Slack + ">"
	case t.Slack != "":
		return exact("#"+t.Slack, maxName)
	case t.SlackWebhook != "":
		return exact(t.SlackWebhook, maxName)
	}
	return exact(t.Webhook, maxName)
}

// by names who did something: a person of the workspace, who is not pinged by it
// on a page of their own, or a login name.
func by(who string) string {
	switch {
	case who == "":
		return ""
	case IsUser(who):
		return " by <@" + who + ">"
	case strings.HasSuffix(who, ")"): // a name, and the id in brackets
		if id := strings.TrimSuffix(who[strings.LastIndex(who, "(")+1:], ")"); IsUser(id) {
			return by(id)
		}
	}
	return " by " + exact(who, maxName)
}

func homeRulesBlocks(rules []notify.HomeRule) []slack.Block {
	if len(rules) == 0 {
		return nil
	}
	list := slack.NewRichTextList(slack.RTEListBullet, 0)
	for _, r := range rules[:min(len(rules), homeRules)] {
		line := []slack.RichTextSectionElement{bold(named(r.Title, r.ID, "Untitled")), words("  " + wording.Join(", ",
			wording.Count(r.Items, "match", "matches"), wording.Count(r.Stories, "story", "stories"), wording.Number(r.Flags)+" flagged"))}
		if example := wording.Clip(wording.Line(r.Example), maxWhy); example != "" {
			line = append(line, words(": "), slack.NewRichTextSectionTextElement("“"+example+"”", &slack.RichTextSectionTextStyle{Italic: true}))
		}
		list.Elements = append(list.Elements, paragraph(line...))
	}
	blocks := []slack.Block{slack.NewDividerBlock(), section("*Rules, last 7 days*"), rich(list)}
	return append(blocks, moreOf(len(rules), homeRules)...)
}

func homeMuted(h notify.Home) []slack.Block {
	mutes := h.Mutes
	if len(mutes) == 0 {
		return nil
	}
	blocks := []slack.Block{slack.NewDividerBlock(), section("*Muted*")}
	for _, m := range mutes[:min(len(mutes), homeMutes)] {
		text := literal(wording.Clip(named(m.What, "Something"), maxHeadline)) + ", until " + zone{h.Location}.moment(m.Until) + by(m.By)
		text = wording.Join(", because: ", text, label(m.Reason, maxWhy))
		blocks = append(blocks, undoable(text, "Unmute", m.Undo))
	}
	return append(blocks, moreOf(len(mutes), homeMutes)...)
}

func homeFollowed(h notify.Home) []slack.Block {
	stories := h.Followed
	if len(stories) == 0 {
		return nil
	}
	blocks := []slack.Block{slack.NewDividerBlock(), section("*Followed*")}
	for _, s := range stories[:min(len(stories), homeMutes)] {
		text := literal(wording.Clip(named(s.Headline, s.ID, "A story"), maxHeadline))
		if !s.Until.IsZero() {
			text += ", until " + zone{h.Location}.moment(s.Until)
		}
		blocks = append(blocks, undoable(text+by(s.By), "Unfollow", s.Undo))
	}
	return append(blocks, moreOf(len(stories), homeMutes)...)
}

// named is the first of some names that shows.
func named(names ...string) string {
	for _, n := range names {
		if n = wording.Clip(wording.Line(n), maxHeadline); n != "" {
			return n
		}
	}
	return ""
}

// undoable is a line with a button that takes it back.
func undoable(mrkdwn, undo string, words []string) slack.Block {
	text := slack.NewTextBlockObject(slack.MarkdownType, mrkdwn, false, true)
	value := command(words...)
	if len(words) == 0 || value == "" {
		return slack.NewSectionBlock(text, nil, nil)
	}
	return slack.NewSectionBlock(text, nil, slack.NewAccessory(button("home_undo", value, undo, "")))
}

func moreOf(have, shown int) []slack.Block {
	if have <= shown {
		return nil
	}
	return []slack.Block{grey("and " + wording.Number(have-shown) + " more")}
}
