package slack_test

import (
	"strings"
	"testing"

	"newswatch/notify"
	"newswatch/notify/slack/slackfake"
)

// What an answer says to type next can be copied: no look-alike stands in it.
func TestHintCanBeCopied(t *testing.T) {
	t.Parallel()
	for hint, want := range map[string]string{
		"Undo: unmute rule ferry_strikes": "`Undo: unmute rule ferry_strikes`",
		"Undo: unmute rule a_`<b":         "`Undo: unmute rule a_ˋ&lt;b`",
		"Undo: resume desk":               "Undo: resume desk",
	} {
		_, c := workspace(slackfake.Plan{})
		b, err := c.Answer(notify.Answer{Headline: "Done", Hint: hint}, false)
		if err != nil {
			t.Fatal(err)
		}
		got := strings.NewReplacer(`\u0026`, "&", `\u003c`, "<").Replace(string(b))
		if !strings.Contains(got, want) {
			t.Errorf("%s: want %s in %s", hint, want, got)
		}
	}
}
