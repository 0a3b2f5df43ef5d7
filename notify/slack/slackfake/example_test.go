package slackfake_test

import (
	"fmt"
	"net/url"

	"newswatch/notify/slack/slackfake"
)

// A Slack that takes a post and loses the answer: what the caller sees, and what
// is true.
func ExampleServer() {
	plan, err := slackfake.ParsePlan([]byte(`{"script": [{"method": "chat.postMessage", "call": 1, "fault": "eof_after"}]}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	s := slackfake.New(slackfake.Config{Seed: 1, Plan: plan, Channels: []string{"harbour-desk"}})
	_, err = s.Client().PostForm("https://fake.slack.example/api/chat.postMessage", url.Values{
		"token": {"xoxb-trial"}, "channel": {"harbour-desk"}, "text": {"Ferries run again"},
	})
	fmt.Println("the caller sees:", err)
	for _, m := range s.Visible("harbour-desk") {
		fmt.Println("the channel shows:", m.Text)
	}
	// Output:
	// the caller sees: Post "https://fake.slack.example/api/chat.postMessage": EOF
	// the channel shows: Ferries run again
}
