package notify_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"newswatch/news"
	"newswatch/notify/slack/slackfake"
)

// Three rewritings in a row, the first of which Slack accepts late: the text that
// stays is the newest.
func TestLateRewritingBeforeTwoNewer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, slackfake.Plan{Script: []slackfake.Step{{
			Method: "chat.update", Call: 1, Fault: slackfake.LateAccept, For: slackfake.Duration(30 * time.Second)}}})
		d.enqueue("al_1", "Headline old")
		d.work(10 * time.Second)
		up := func(v int) {
			u := d.message("al_1", fmt.Sprintf("Headline %d", v))
			u.ID, u.ReplyTo, u.Kind = fmt.Sprintf("u%d", v), "al_1", news.KindUpdate
			d.put(u)
		}
		up(1)
		d.work(5 * time.Second)
		if got := d.delivery("u1").State; got != news.Sending {
			t.Fatalf("the first rewriting is %s, want it uncertain", got)
		}
		up(2)
		time.Sleep(100 * time.Millisecond)
		up(3)
		d.work(time.Hour)
		for _, m := range d.slack.Visible("desk") {
			if !strings.Contains(m.Text, "Headline 3") {
				t.Errorf("an hour later Slack shows %q", m.Text)
			}
		}
		d.stop()
	})
}
