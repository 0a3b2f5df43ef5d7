package slack_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestForgedMarks: another app of the workspace posts a message with the mark of one of
// our deliveries, to have us believe that it was told. It counts for nothing; where
// nothing says who wrote it, the mark is believed.
func TestForgedMarks(t *testing.T) {
	t.Parallel()
	const who = `{"ok":true,"team_id":"T0","user_id":"U0NEWSBOT1","bot_id":"B0NEWSBOT1"}`
	tests := map[string]struct {
		author string   // as the message names it
		self   []string // Slack's answers of who we are, the last one for ever
		ours   bool
		fails  int // so many times nothing can be said
	}{
		"our bot":                {author: `"bot_id":"B0NEWSBOT1","user":"U0NEWSBOT1",`, self: []string{who}, ours: true},
		"our user alone":         {author: `"user":"U0NEWSBOT1",`, self: []string{who}, ours: true},
		"our bot alone":          {author: `"bot_id":"B0NEWSBOT1",`, self: []string{who}, ours: true},
		"another app":            {author: `"bot_id":"B0OTHER001","user":"U0OTHER001",`, self: []string{who}},
		"a person":               {author: `"user":"U0READER01",`, self: []string{who}},
		"a person by an app":     {author: `"bot_id":"B0OTHER001","user":"U0READER01",`, self: []string{who}},
		"an author of no form":   {author: `"bot_id":7,"user":{"id":"U0OTHER001"},`, self: []string{who}, ours: true},
		"nobody":                 {self: []string{`{"ok":false,"error":"fatal_error"}`}, ours: true},
		"Slack knows no way":     {author: `"bot_id":"B0NEWSBOT1",`, self: []string{`{"ok":false,"error":"unknown_method"}`}, ours: true},
		"Slack does not say":     {author: `"bot_id":"B0NEWSBOT1",`, self: []string{`{"ok":true}`}, ours: true},
		"Slack says half":        {author: `"bot_id":"B0NEWSBOT1",`, self: []string{`{"ok":true,"user_id":"U0NEWSBOT1"}`}, ours: true},
		"Slack is away at first": {author: `"bot_id":"B0NEWSBOT1",`, self: []string{`{"ok":false,"error":"internal_error"}`, who}, ours: true, fails: 1},
		"another, after that":    {author: `"bot_id":"B0OTHER001",`, self: []string{`{"ok":false,"error":"internal_error"}`, who}, fails: 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, look := range []string{"find", "recent"} {
				asked := 0
				c := answering(t, func(w http.ResponseWriter, r *http.Request) {
					if strings.HasSuffix(r.URL.Path, "/auth.test") {
						_, _ = fmt.Fprint(w, tt.self[min(asked, len(tt.self)-1)])
						asked++
						return
					}
					_, _ = fmt.Fprintf(w, `{"ok":true,"messages":[{"ts":"%d.000100",%s"metadata":{"event_type":"x","event_payload":{"delivery_id":"al_77aa01c2d3e4f506","part":1,"stories":"aaaaaaaa"}}}]}`,
						time.Now().Unix(), tt.author)
				})
				var err error
				found := false
				reading := c.Recent("slack:C000000001", time.Now().Add(-time.Hour)) // goes on after what failed
				for i := range tt.fails + 1 {
					if look == "find" {
						_, found, err = c.Find(t.Context(), alertDelivery(t, c, "slack:C000000001"))
					} else {
						posted, _, nextErr := reading.Next(t.Context())
						found, err = len(posted) == 1, nextErr
					}
					if (err != nil) != (i < tt.fails) {
						t.Fatalf("%s %d: %v", look, i, err)
					}
				}
				if found != tt.ours {
					t.Errorf("%s: taken for ours %v, want %v", look, found, tt.ours)
				}
			}
		})
	}
}
