package slackfake_test

import (
	"slices"
	"strings"
	"testing"

	"newswatch/notify/slack/slackfake"
)

func TestAuditOfOneMessage(t *testing.T) {
	t.Parallel()
	big := metadata("dg_1", 1, 1)
	big["event_payload"].(object)["more"] = chars(1000)
	tests := map[string]struct {
		body object
		want string // "": nothing to tell
	}{
		"all is well":         {object{}, ""},
		"unfurling":           {object{"unfurl_links": nil}, "unfurling is on"},
		"no metadata":         {object{"metadata": nil}, "no delivery_id"},
		"large metadata":      {object{"metadata": big}, "metadata of"},
		"no text":             {object{"text": nil, "blocks": array{sectionOf("a")}}, "no text"},
		"text of 4,001 bytes": {object{"text": chars(4001)}, "too long for chat.update"},
		"refused":             {object{"blocks": array{object{"type": "billboard"}}}, "refused payload of delivery \"dg_1\" part 1: invalid_blocks"},

		"channel in text":       {object{"text": "<!channel> now"}, "live mention <!channel>"},
		"here with a label":     {object{"text": "<!here|here>"}, "live mention <!here>"},
		"everyone in mrkdwn":    {object{"blocks": array{sectionOf("hi <!everyone>")}}, "live mention <!everyone>"},
		"user in a context":     {object{"blocks": array{object{"type": "context", "elements": array{mrkdwn("by <@U012AB3CD>")}}}}, "live mention <@U012AB3CD>"},
		"user with a label":     {object{"text": "<@W012AB3CD|ann>"}, "live mention <@W012AB3CD>"},
		"group":                 {object{"text": "<!subteam^S012AB3CD|@desk>"}, "live mention <!subteam^S012AB3CD>"},
		"inside more brackets":  {object{"text": "<<!channel>>"}, "live mention <!channel>"},
		"in a field":            {object{"blocks": array{object{"type": "section", "fields": array{mrkdwn("<!here>")}}}}, "live mention <!here>"},
		"in a markdown block":   {object{"blocks": array{object{"type": "markdown", "text": "<!here>"}}}, "live mention <!here>"},
		"in markdown_text":      {object{"text": nil, "markdown_text": "<!here>"}, "live mention <!here>"},
		"in a confirm dialog":   {object{"blocks": array{confirmWith(object{"text": mrkdwn("<!here>")})}}, "live mention <!here>"},
		"in an attachment":      {object{"attachments": array{object{"text": "<!here>"}}}, "live mention <!here>"},
		"user in rich text":     {object{"blocks": array{rich(richSection(object{"type": "user", "user_id": "U1"}))}}, "live mention <@U1>"},
		"group in rich text":    {object{"blocks": array{rich(richSection(object{"type": "usergroup", "usergroup_id": "S1"}))}}, "live mention <!subteam^S1>"},
		"everyone in rich text": {object{"blocks": array{rich(richSection(object{"type": "broadcast", "range": "channel"}))}}, "live mention <!channel>"},
		"bare name, linked":     {object{"text": "@channel now", "link_names": true}, "live mention <!channel>"},
		"bare name, parsed":     {object{"text": "now @here", "parse": "full"}, "live mention <!here>"},
		"script as a link":      {object{"text": "<javascript:alert(1)|Harbour Wire>"}, `link "javascript:alert(1)"`},
		"script in rich text":   {object{"blocks": array{rich(richSection(object{"type": "link", "url": "data:text/html,x"}))}}, `link "data:text/html,x"`},

		"emoji in the text": {object{"text": "the :ferry: sails", "mrkdwn": false}, `live emoji "ferry"`},
		"emoji after emoji": {object{"text": ":warning::wave:"}, `live emoji "wave"`},
		"emoji in a label":  {object{"text": "<https://wire.example.com/|Wire :+1:>"}, `live emoji "+1"`},
		"emoji in a header": {object{"blocks": array{object{"type": "header", "text": object{"type": "plain_text", "text": ":100:", "emoji": true}}}}, `live emoji "100"`},
		"emoji by default":  {object{"blocks": array{object{"type": "header", "text": plainText(":100:")}}}, `live emoji "100"`},

		"plain without emoji":   {object{"blocks": array{object{"type": "header", "text": object{"type": "plain_text", "text": ":100:", "emoji": false}}}}, ""},
		"times have no emoji":   {object{"text": "at 10:30:45, 2001:db8, a : b : c <https://wire.example.com/:a:|x>"}, ""},
		"own emoji":             {object{"text": ":warning: Held"}, ""},
		"escaped":               {object{"text": "&lt;!channel&gt; &lt;@U1&gt;"}, ""},
		"escaped twice":         {object{"text": "&amp;lt;!channel&amp;gt;"}, ""},
		"plain text is no code": {object{"blocks": array{object{"type": "header", "text": plainText("<!channel> <@U1>")}}}, ""},
		"rich text neither":     {object{"blocks": array{rich(richSection(inlineText("<!channel>")))}}, ""},
		"bare name, not linked": {object{"text": "@channel"}, ""},
		"mail is no mention":    {object{"text": "desk@here.example", "link_names": true}, ""},
		"times":                 {object{"text": "<!date^1798785300^{time}|06:35 UTC>"}, ""},
		"links":                 {object{"text": "<https://wire.example.com/a?b=1&amp;c=2|Harbour Wire> <mailto:desk@wire.example.com|desk>"}, ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSlack(t, slackfake.Config{Plan: calm()})
			post(t, s, "chat.postMessage", message(tc.body))
			got := s.Audit()
			if tc.want == "" && len(got) > 0 || tc.want != "" && (len(got) != 1 || !strings.Contains(got[0], tc.want)) {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestAuditOfDeliveries(t *testing.T) {
	t.Parallel()
	s := newSlack(t, slackfake.Config{Plan: calm()})
	send := func(delivery string, part, parts int, thread string) string {
		return post(t, s, "chat.postMessage", message(object{"metadata": metadata(delivery, part, parts), "thread_ts": thread})).TS
	}
	whole := send("dg_whole", 1, 2, "")
	send("dg_whole", 2, 2, whole)
	twice := send("dg_twice", 1, 2, "")
	send("dg_twice", 2, 2, twice)
	send("dg_twice", 2, 2, twice)
	send("dg_holes", 1, 3, "")
	send("dg_loose", 1, 2, "")
	send("dg_loose", 2, 2, "")
	want := []string{
		"delivery dg_holes part 2 of 3 is missing", "delivery dg_holes part 3 of 3 is missing",
		"delivery dg_loose part 2 is not in the thread of part 1", "delivery dg_twice part 2 visible twice",
	}
	if got := s.Audit(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAllowedMentions(t *testing.T) {
	t.Parallel()
	plan := calm()
	plan.AllowMentions = []string{"<!subteam^S1>"}
	s := newSlack(t, slackfake.Config{Plan: plan})
	post(t, s, "chat.postMessage", message(object{"text": "<!subteam^S1> <!subteam^S2>"}))
	if got := s.Audit(); len(got) != 1 || !strings.Contains(got[0], "S2") {
		t.Errorf("got %q, want S2 alone", got)
	}
	if got := s.Visible("news")[0].Mentions; !slices.Equal(got, []string{"<!subteam^S1>", "<!subteam^S2>"}) {
		t.Errorf("got %q, want both recorded", got)
	}
}
