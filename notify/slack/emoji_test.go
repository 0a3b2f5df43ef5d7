package slack_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"newswatch/news"
	"newswatch/notify/slack"
	"newswatch/notify/slack/slackfake"
)

// TestForeignEmoji holds that the codes of emoji in foreign text are text in each
// form of a message, and that times of day stay as they are.
func TestForeignEmoji(t *testing.T) {
	t.Parallel()
	check := slackfake.NewChecker(0)
	for text, want := range map[string]string{
		"The :ferry: sails":         "The ∶ferry: sails",
		"A :wave::skin-tone-2: end": "A ∶wave:∶skin-tone-2: end",
		"Lap :100: in 10:30:45":     "Lap ∶100: in 10:30:45",
		":a:b:c":                    "∶a∶b:c",
		"Ends in :piñata:":          "Ends in ∶piñata:",
		"Mill: the end, 10:30: ash": "Mill: the end, 10∶30: ash",
		"A :: of : things":          "A :: of : things",
	} {
		e := news.Entry{
			Number: 1, StoryID: "00000000deadbeef", Headline: text, Summary: text, Why: text,
			Sources: []news.Source{{Name: text, URL: "https://a.example/:x:"}},
		}
		c := slack.New(slack.Config{Interactive: true})
		list, err := c.Digest(news.Digest{DeliveryID: "dg_1", Title: text, Sections: []news.Section{{Rule: "r", Title: text, Entries: []news.Entry{e}}}})
		if err != nil {
			t.Fatal(err)
		}
		var m struct{ Text string }
		if err := json.Unmarshal(list[0].Payload, &m); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(m.Text, "1. "+want) {
			t.Errorf("%q: got the text %q, want %q in it", text, m.Text, want)
		}
		lean, _ := c.Lean(list[0].Payload, 1)
		leaner, _ := c.Lean(lean, 2)
		for _, payload := range [][]byte{list[0].Payload, lean, leaner} {
			if got := check.Check(payload); len(got.Emoji) > 0 || got.Error != "" {
				t.Errorf("%q: live emoji %q %s: %s", text, got.Emoji, got.Error, payload)
			}
		}
	}
}

// TestACutTimeIsNoEmoji: a text that is cut within a time of day has no emoji at its end.
func TestACutTimeIsNoEmoji(t *testing.T) {
	t.Parallel()
	check := slackfake.NewChecker(0)
	c := slack.New(slack.Config{})
	for pad := range 12 {
		m, err := c.Notice(news.Notice{
			DeliveryID: "op_1", Kind: "feed_dead", Headline: "Mill" + strings.Repeat("s", pad), Footer: strings.Repeat("10:30:45 ", 1000),
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := check.Check(m.Payload); slices.Contains(got.Emoji, "30") {
			t.Errorf("%d letters more: live emoji %q", pad, got.Emoji)
		}
	}
}
