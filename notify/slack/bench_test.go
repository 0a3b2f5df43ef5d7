package slack_test

import (
	"testing"

	"newswatch/notify/slack"
)

func BenchmarkDigest60(b *testing.B) {
	c, d := slack.New(slack.Config{}), many(60)
	for b.Loop() {
		if _, err := c.Digest(d); err != nil {
			b.Fatal(err)
		}
	}
}
