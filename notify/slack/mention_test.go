package slack_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"newswatch/news"
	"newswatch/notify/slack"
	"newswatch/notify/slack/slackfake"
)

// TestForeignMention posts headlines that look like the place of a mention: they
// are shown as they are, nothing of the message is lost, and nobody asks for the
// workspace's user groups.
func TestForeignMention(t *testing.T) {
	t.Parallel()
	for _, headline := range []string{
		"Quay <!subteam^@ shut", "Quay <!subteam^@desk> shut", `Quay {"type":"usergroup","usergroup_id":"@desk"} shut`, `Quay "usergroup_id":"@desk" shut`, "@desk",
	} {
		e := news.Entry{
			Number: 1, StoryID: "00000000deadbeef", Headline: headline, URL: "https://a.example/1", Summary: headline + ".", Why: headline,
			Sources: []news.Source{{Name: headline, URL: "https://a.example/1"}, {Name: "Quay Radio", URL: "https://quay.example/1"}},
		}
		plan := slackfake.Plan{UserGroups: []slackfake.UserGroup{{ID: "S000000042", Handle: "desk"}}}
		fake, c := workspace(plan)
		digest, err := c.Digest(news.Digest{DeliveryID: "dg_1", Title: headline, Sections: []news.Section{{Rule: "r", Title: headline, Entries: []news.Entry{e}}}})
		if err != nil {
			t.Fatal(err)
		}
		lean, ok := c.Lean(digest[0].Payload, 1)
		if !ok {
			t.Fatal("no plainer form")
		}
		leaner, _ := c.Lean(lean, 2)
		for _, payload := range [][]byte{digest[0].Payload, lean, leaner} {
			d := deliveries(t, digest, "dg_1")[0]
			d.Payload = payload
			post(t, c, []news.Delivery{d})
			visible := fake.Visible("harbour")
			sameBlocks(t, headline, payload, visible[len(visible)-1])
		}
		for _, call := range fake.Journal() {
			if call.Method == "usergroups.list" {
				t.Errorf("%q: the user groups were asked for", headline)
			}
		}
		hook, err := slack.NewHook(slack.HookConfig{}).Digest(news.Digest{DeliveryID: "dg_1", Title: "Desk", Sections: []news.Section{{Rule: "r", Title: "Ports", Entries: []news.Entry{e}}}})
		if err != nil || !bytes.Contains(hook[0].Payload, quotedJSON(headline)) || !strings.Contains(string(hook[0].Payload), "https://quay.example/1") {
			t.Errorf("%q: a webhook's body lost something (%v): %s", headline, err, hook[0].Payload)
		}
	}
}

// sameBlocks holds that a message shows what was frozen, and mentions nobody.
func sameBlocks(t *testing.T, headline string, payload []byte, got slackfake.Message) {
	t.Helper()
	var frozen struct{ Blocks any }
	if err := json.Unmarshal(payload, &frozen); err != nil {
		t.Fatal(err)
	}
	want, err := json.Marshal(frozen.Blocks)
	if err != nil {
		t.Fatal(err)
	}
	var posted any
	if len(got.Blocks) > 0 {
		if err := json.Unmarshal(got.Blocks, &posted); err != nil {
			t.Fatal(err)
		}
	}
	if have, _ := json.Marshal(posted); !bytes.Equal(have, want) {
		t.Errorf("%q: posted\n%s\nof\n%s", headline, have, want)
	}
	if len(got.Mentions) > 0 {
		t.Errorf("%q: live mentions %q", headline, got.Mentions)
	}
}
