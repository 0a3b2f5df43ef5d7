package slackfake_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slack-go/slack"

	"newswatch/notify/slack/slackfake"
)

// client is slack-go's, against a Slack on a port.
func client(t *testing.T, s *slackfake.Server) *slack.Client {
	t.Helper()
	base, err := s.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return slack.New(token, slack.OptionAPIURL(base), slack.OptionHTTPClient(&http.Client{Timeout: 10 * time.Second}))
}

func marked(delivery string, part int) slack.MsgOption {
	return slack.MsgOptionMetadata(slack.SlackMetadata{EventType: "newswatch_digest", EventPayload: object{
		"delivery_id": delivery, "part": part, "parts": 2, "stories": []string{"0a1b2c3d", "4e5f6a7b"},
	}})
}

func TestSlackGoPostsAndFinds(t *testing.T) {
	t.Parallel()
	s := newSlack(t, slackfake.Config{Channels: []string{"harbour-desk"}, Plan: calm()})
	api := client(t, s)
	if who, err := api.AuthTest(); err != nil || who.BotID == "" {
		t.Fatalf("got %+v, %v, want a bot", who, err)
	}
	channels, _, err := api.GetConversations(&slack.GetConversationsParameters{Types: []string{"public_channel", "private_channel"}})
	if err != nil || len(channels) != 1 || channels[0].Name != "harbour-desk" || !channels[0].IsMember {
		t.Fatalf("got %+v, %v, want the one channel", channels, err)
	}
	id := channels[0].ID
	block := slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, "Talks *resume*", false, false), nil, nil)
	got, ts, err := api.PostMessage(id, slack.MsgOptionText("Talks resume", false), slack.MsgOptionBlocks(block), marked("dg_1", 1),
		slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl())
	if err != nil || got != id {
		t.Fatalf("post: got %q, %v", got, err)
	}
	_, second, err := api.PostMessage("#harbour-desk", slack.MsgOptionText("More", false), slack.MsgOptionTS(ts), marked("dg_1", 2),
		slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl())
	if err != nil || second <= ts {
		t.Fatalf("reply: got %q after %q, %v", second, ts, err)
	}
	found, err := api.GetConversationHistory(&slack.GetConversationHistoryParameters{ChannelID: id, IncludeAllMetadata: true})
	if err != nil || len(found.Messages) != 1 {
		t.Fatalf("history: got %+v, %v, want the parent alone", found, err)
	}
	m := found.Messages[0]
	if m.Metadata.EventPayload["delivery_id"] != "dg_1" || m.ReplyCount != 1 || m.LatestReply != second || len(m.Blocks.BlockSet) != 1 {
		t.Errorf("got %+v, want metadata, one reply and one block", m)
	}
	thread, _, _, err := api.GetConversationReplies(&slack.GetConversationRepliesParameters{ChannelID: id, Timestamp: ts, IncludeAllMetadata: true})
	if err != nil || len(thread) != 2 || thread[1].Timestamp != second || thread[1].Metadata.EventPayload["part"] != 2.0 {
		t.Errorf("replies: got %+v, %v", thread, err)
	}
	link, err := api.GetPermalink(&slack.PermalinkParameters{Channel: id, Ts: second})
	if err != nil || !strings.Contains(link, id+"/p") || !strings.Contains(link, "thread_ts="+ts) {
		t.Errorf("permalink: got %q, %v", link, err)
	}
	if problems := s.Audit(); len(problems) > 0 {
		t.Errorf("audit: %q", problems)
	}
}

func TestSlackGoUpdates(t *testing.T) {
	t.Parallel()
	s := newSlack(t, slackfake.Config{Plan: calm()})
	api := client(t, s)
	id, ts, err := api.PostMessage("news", slack.MsgOptionText("3 sources", false), marked("al_1", 1))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := api.UpdateMessage(id, ts, slack.MsgOptionText("5 sources", false)); err != nil {
		t.Fatal(err)
	}
	m := s.Visible("news")[0]
	if m.Text != "5 sources" || !m.Edited || m.DeliveryID != "al_1" {
		t.Errorf("got %+v, want the new text and the old metadata", m)
	}
	if _, _, _, err := api.UpdateMessage(id, "1.000000", slack.MsgOptionText("a", false)); err == nil || err.Error() != "message_not_found" {
		t.Errorf("got %v, want message_not_found", err)
	}
}

func TestUserGroupsAndUsers(t *testing.T) {
	t.Parallel()
	plan := calm()
	plan.UserGroups = []slackfake.UserGroup{{ID: "S0DESK0001", Handle: "desk"}}
	plan.Users = []slackfake.User{{ID: "U0ANNA0001", Name: "anna"}}
	api := client(t, newSlack(t, slackfake.Config{Plan: plan}))
	if groups, err := api.GetUserGroups(); err != nil || len(groups) != 1 || groups[0].Handle != "desk" {
		t.Errorf("got %+v, %v, want the group", groups, err)
	}
	if users, err := api.GetUsers(); err != nil || len(users) != 2 || users[1].Name != "anna" {
		t.Errorf("got %+v, %v, want the bot and anna", users, err)
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		only, header, form string
		want               string
	}{
		"any bot token in the header": {"", "Bearer xoxb-1", "", ""},
		"any bot token in the form":   {"", "", "xoxb-1", ""},
		"none":                        {"", "", "", "not_authed"},
		"of a user":                   {"", "", "xoxp-1", "invalid_auth"},
		"the one":                     {"xoxb-2", "Bearer xoxb-2", "", ""},
		"not the one":                 {"xoxb-2", "Bearer xoxb-1", "", "invalid_auth"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSlack(t, slackfake.Config{Token: tc.only})
			values := url.Values{}
			if tc.form != "" {
				values.Set("token", tc.form)
			}
			req := httptest.NewRequest(http.MethodPost, "https://fake.slack.example/api/auth.test", strings.NewReader(values.Encode()))
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			req.Header.Set("Authorization", tc.header)
			rec := httptest.NewRecorder()
			s.ServeHTTP(rec, req)
			if want := fmt.Sprintf("%q:%q", "error", tc.want); tc.want != "" && !strings.Contains(rec.Body.String(), want) ||
				tc.want == "" && !strings.Contains(rec.Body.String(), `"ok":true`) {
				t.Errorf("got %s, want %q", rec.Body, tc.want)
			}
		})
	}
}

func TestBodies(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ kind, body, want string }{
		"no JSON":          {"application/json", "{", "invalid_json"},
		"JSON array":       {"application/json", "[]", "json_not_object"},
		"no type":          {"", "channel=a", "missing_post_type"},
		"another type":     {"text/plain", "channel=a", "invalid_post_type"},
		"broken form":      {"application/x-www-form-urlencoded", "channel=%zz", "invalid_form_data"},
		"more than 1 MiB":  {"application/json", `"` + chars(1<<20) + `"`, "invalid_arguments"},
		"missing channel":  {"application/json", `{"text":"a"}`, "channel_not_found"},
		"JSON and charset": {"application/json; charset=utf-8", `{"channel":"news","text":"a"}`, ""},
		"number as text":   {"application/json", `{"channel":"news","text":7}`, ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSlack(t, slackfake.Config{})
			req, err := http.NewRequest(http.MethodPost, "https://fake.slack.example/api/chat.postMessage", strings.NewReader(tc.body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", tc.kind)
			req.Header.Set("Authorization", "Bearer "+token)
			a, err := do(s.Client(), req)
			if err != nil || a.Error != tc.want {
				t.Errorf("got %q, %v, want %q", a.Error, err, tc.want)
			}
		})
	}
}

func TestUnknownMethods(t *testing.T) {
	t.Parallel()
	s := newSlack(t, slackfake.Config{})
	for _, method := range []string{"views.open", "chat.scheduleMessage", "nothing"} {
		if a := post(t, s, method, object{}); a.Error != "unknown_method" {
			t.Errorf("%s: got %q, want unknown_method", method, a.Error)
		}
	}
}

func TestChannelStates(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		channel      slackfake.Channel
		scopes       []string
		send, lookUp string
	}{
		"healthy":             {slackfake.Channel{}, nil, "", ""},
		"archived":            {slackfake.Channel{Archived: true}, nil, "is_archived", ""},
		"left":                {slackfake.Channel{NotMember: true}, nil, "not_in_channel", "not_in_channel"},
		"left, private":       {slackfake.Channel{NotMember: true, Private: true}, nil, "channel_not_found", "channel_not_found"},
		"read only":           {slackfake.Channel{ReadOnly: true}, nil, "restricted_action_read_only_channel", ""},
		"may write, not read": {slackfake.Channel{NotMember: true}, []string{"chat:write", "chat:write.public", "channels:history"}, "", "not_in_channel"},
		"scope missing":       {slackfake.Channel{}, []string{"chat:write"}, "", "missing_scope"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan := calm()
			plan.Scopes = tc.scopes
			s := newSlack(t, slackfake.Config{Channels: []string{"news"}, Plan: plan})
			tc.channel.Name = "news"
			s.SetChannel(tc.channel)
			if a := post(t, s, "chat.postMessage", message(nil)); a.Error != tc.send {
				t.Errorf("post: got %q, want %q", a.Error, tc.send)
			}
			if a := post(t, s, "conversations.history", object{"channel": s.ChannelID("news")}); a.Error != tc.lookUp {
				t.Errorf("history: got %q, want %q", a.Error, tc.lookUp)
			}
			s.SetChannel(slackfake.Channel{Name: "news"})
			if a := post(t, s, "chat.postMessage", message(nil)); !a.OK {
				t.Errorf("mended: got %q, want ok", a.Error)
			}
		})
	}
}

func TestChannelsThatDoNotExist(t *testing.T) {
	t.Parallel()
	s := newSlack(t, slackfake.Config{Channels: []string{"news"}})
	for _, method := range []string{"chat.postMessage", "chat.update", "conversations.info", "conversations.history", "conversations.replies", "chat.getPermalink"} {
		if a := post(t, s, method, message(object{"channel": "elsewhere"})); a.Error != "channel_not_found" {
			t.Errorf("%s: got %q, want channel_not_found", method, a.Error)
		}
	}
	if a := post(t, s, "conversations.history", object{"channel": "news"}); a.Error != "channel_not_found" {
		t.Errorf("history by name: got %q, want channel_not_found: that method takes ids", a.Error)
	}
	if got := s.All(); len(got) != 0 {
		t.Errorf("got %+v, want nothing visible", got)
	}
}

func TestAuthErrors(t *testing.T) {
	t.Parallel()
	s := newSlack(t, slackfake.Config{Plan: calm()})
	s.SetAuthError("token_revoked")
	if a := post(t, s, "chat.postMessage", message(nil)); a.Error != "token_revoked" {
		t.Errorf("got %q, want token_revoked", a.Error)
	}
	s.SetAuthError("")
	if a := post(t, s, "chat.postMessage", message(nil)); !a.OK {
		t.Errorf("got %q, want ok", a.Error)
	}
}

func TestThreads(t *testing.T) {
	t.Parallel()
	s := newSlack(t, slackfake.Config{Plan: calm()})
	parent := post(t, s, "chat.postMessage", message(nil))
	reply := post(t, s, "chat.postMessage", message(object{"thread_ts": parent.TS}))
	loud := post(t, s, "chat.postMessage", message(object{"thread_ts": parent.TS, "reply_broadcast": true}))
	if reply.Message["thread_ts"] != parent.TS {
		t.Errorf("got %v, want the reply in the thread", reply.Message["thread_ts"])
	}
	if a := post(t, s, "chat.postMessage", message(object{"thread_ts": reply.TS})); a.Error != "cannot_reply_to_message" {
		t.Errorf("reply to a reply: got %q, want cannot_reply_to_message", a.Error)
	}
	found := post(t, s, "conversations.history", object{"channel": parent.Channel})
	if got := stamps(found); !slices.Equal(got, []string{loud.TS, parent.TS}) || found.Messages[0].Subtype != "thread_broadcast" {
		t.Errorf("history: got %q, want the broadcast reply and the parent", got)
	}
	if p := found.Messages[1]; p.ReplyCount != 2 || p.Latest != loud.TS || p.ThreadTS != parent.TS {
		t.Errorf("parent: got %+v, want 2 replies", p)
	}
	thread := post(t, s, "conversations.replies", object{"channel": parent.Channel, "ts": parent.TS})
	if got := stamps(thread); !slices.Equal(got, []string{parent.TS, reply.TS, loud.TS}) {
		t.Errorf("replies: got %q, want parent first, then oldest first", got)
	}
	if !s.Delete(parent.Channel, parent.TS) {
		t.Fatal("the parent was not there")
	}
	orphan := post(t, s, "chat.postMessage", message(object{"thread_ts": parent.TS}))
	if _, threaded := orphan.Message["thread_ts"]; threaded || !orphan.OK {
		t.Errorf("got %+v, want it posted un-threaded", orphan)
	}
	if a := post(t, s, "conversations.replies", object{"channel": parent.Channel, "ts": parent.TS}); a.Error != "thread_not_found" {
		t.Errorf("got %q, want thread_not_found", a.Error)
	}
}

func stamps(a answer) []string {
	var all []string
	for _, m := range a.Messages {
		all = append(all, m.TS)
	}
	return all
}

func TestHistoryPages(t *testing.T) {
	t.Parallel()
	s := newSlack(t, slackfake.Config{Plan: calm()})
	var sent []string
	var channel string
	for range 7 {
		a := post(t, s, "chat.postMessage", message(nil))
		sent, channel = append(sent, a.TS), a.Channel
	}
	if !slices.IsSorted(sent) || len(slices.Compact(slices.Clone(sent))) != 7 {
		t.Fatalf("got %q, want unique rising stamps", sent)
	}
	slices.Reverse(sent)
	tests := map[string]struct {
		args object
		want []string
	}{
		"all":            {object{}, sent},
		"between":        {object{"oldest": sent[4], "latest": sent[1]}, sent[2:4]},
		"both inclusive": {object{"oldest": sent[4], "latest": sent[1], "inclusive": true}, sent[1:5]},
		"since":          {object{"oldest": sent[2]}, sent[:2]},
		"in the future":  {object{"oldest": "99999999999"}, nil},
		"before":         {object{"latest": "1.5"}, nil},
	}
	for name, tc := range tests {
		for _, limit := range []int{1, 3, 999} {
			var got []string
			args := join(object{"channel": channel, "limit": limit}, tc.args)
			for {
				page := post(t, s, "conversations.history", args)
				if !page.OK || len(page.Messages) > limit || page.HasMore != (page.Response.Next != "") {
					t.Fatalf("%s: got %+v", name, page)
				}
				got = append(got, stamps(page)...)
				if args["cursor"] = page.Response.Next; page.Response.Next == "" {
					break
				}
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("%s by %d: got %q, want %q", name, limit, got, tc.want)
			}
		}
	}
	for name, want := range map[string]string{"limit": "invalid_limit", "cursor": "invalid_cursor", "oldest": "invalid_ts_oldest", "latest": "invalid_ts_latest"} {
		if a := post(t, s, "conversations.history", object{"channel": channel, name: "1000x"}); a.Error != want {
			t.Errorf("%s: got %q, want %q", name, a.Error, want)
		}
	}
	if a := post(t, s, "conversations.history", object{"channel": channel, "limit": 1000}); a.Error != "invalid_limit" {
		t.Errorf("1000 a page: got %q, want invalid_limit", a.Error)
	}
	if a := post(t, s, "conversations.history", object{"channel": channel}); a.Messages[0].Metadata != nil {
		t.Error("got metadata that was not asked for")
	}
}

func TestRepliesPage(t *testing.T) {
	t.Parallel()
	s := newSlack(t, slackfake.Config{Plan: calm()})
	parent := post(t, s, "chat.postMessage", message(nil))
	want := []string{parent.TS}
	for range 5 {
		want = append(want, post(t, s, "chat.postMessage", message(object{"thread_ts": parent.TS})).TS)
	}
	var got []string
	args := object{"channel": parent.Channel, "ts": parent.TS, "limit": 2}
	for range 10 {
		page := post(t, s, "conversations.replies", args)
		got = append(got, stamps(page)...)
		if args["cursor"] = page.Response.Next; page.Response.Next == "" {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestHistoryLags(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		plan := calm()
		plan.HistoryLag = slackfake.Duration(5 * time.Second)
		s := newSlack(t, slackfake.Config{Plan: plan})
		sent := post(t, s, "chat.postMessage", message(nil))
		if got := post(t, s, "conversations.history", object{"channel": sent.Channel}); len(got.Messages) != 0 {
			t.Errorf("at once: got %q, want nothing", stamps(got))
		}
		if len(s.Visible("news")) != 1 {
			t.Error("got nothing visible, want what stands in the channel")
		}
		time.Sleep(5 * time.Second)
		if got := post(t, s, "conversations.history", object{"channel": sent.Channel}); len(got.Messages) != 1 {
			t.Errorf("after the lag: got %q, want the message", stamps(got))
		}
	})
}

func TestClockSkew(t *testing.T) {
	t.Parallel()
	plan := calm()
	plan.ClockSkew = slackfake.Duration(-time.Hour)
	now := time.Date(2027, 1, 1, 8, 0, 0, 0, time.UTC)
	s := newSlack(t, slackfake.Config{Plan: plan, Now: func() time.Time { return now }})
	a := post(t, s, "chat.postMessage", message(nil))
	if want := now.Add(-time.Hour).Format(http.TimeFormat); a.header.Get("Date") != want {
		t.Errorf("got Date %q, want %q", a.header.Get("Date"), want)
	}
	if want := fmt.Sprintf("%d.000100", now.Add(-time.Hour).Unix()); a.TS != want {
		t.Errorf("got ts %q, want %q", a.TS, want)
	}
	now = now.Add(-time.Minute)
	if b := post(t, s, "chat.postMessage", message(nil)); b.TS <= a.TS {
		t.Errorf("got %q after %q although the clock stepped back, want rising", b.TS, a.TS)
	}
}

func TestRatePerChannel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSlack(t, slackfake.Config{})
		for i := range 3 {
			if a := post(t, s, "chat.postMessage", message(nil)); !a.OK {
				t.Fatalf("post %d of the burst: got %q", i+1, a.Error)
			}
		}
		a := post(t, s, "chat.postMessage", message(nil))
		if a.status != http.StatusTooManyRequests || a.Error != "ratelimited" || a.header.Get("Retry-After") != "1" {
			t.Errorf("got %d %q %q, want 429 with Retry-After 1", a.status, a.Error, a.header.Get("Retry-After"))
		}
		if a := post(t, s, "chat.postMessage", message(object{"channel": "another"})); !a.OK {
			t.Errorf("another channel: got %q, want ok", a.Error)
		}
		time.Sleep(time.Second)
		if a := post(t, s, "chat.postMessage", message(nil)); !a.OK {
			t.Errorf("a second later: got %q, want ok", a.Error)
		}
	})
}

func TestRateBecomesSlackGosError(t *testing.T) {
	t.Parallel()
	plan := slackfake.Plan{Rate: slackfake.Rate{PerSecond: 0.1, Burst: 1}}
	api := client(t, newSlack(t, slackfake.Config{Plan: plan}))
	if _, _, err := api.PostMessage("news", slack.MsgOptionText("a", false)); err != nil {
		t.Fatal(err)
	}
	_, _, err := api.PostMessage("news", slack.MsgOptionText("a", false))
	var limited *slack.RateLimitedError
	if !errors.As(err, &limited) || limited.RetryAfter != 10*time.Second {
		t.Errorf("got %v, want a wait of 10 s", err)
	}
}

func TestBurstsCanBeDropped(t *testing.T) {
	t.Parallel()
	s := newSlack(t, slackfake.Config{Plan: slackfake.Plan{DropBursts: true, Rate: slackfake.Rate{PerSecond: 0.001, Burst: 1}}})
	for range 2 {
		if a := post(t, s, "chat.postMessage", message(nil)); !a.OK || a.TS == "" {
			t.Fatalf("got %+v, want ok", a)
		}
	}
	if got := s.Visible("news"); len(got) != 1 {
		t.Errorf("got %d visible, want 1", len(got))
	}
	if got := s.Audit(); !slices.ContainsFunc(got, func(p string) bool { return strings.Contains(p, "lost in a burst") }) {
		t.Errorf("audit: got %q", got)
	}
}

func TestTiers(t *testing.T) {
	t.Parallel()
	plan := calm()
	plan.Tiers = true
	s := newSlack(t, slackfake.Config{Plan: plan})
	for range 20 {
		if a := post(t, s, "conversations.list", object{}); !a.OK {
			t.Fatalf("got %q", a.Error)
		}
	}
	if a := post(t, s, "conversations.list", object{}); a.Error != "ratelimited" || a.header.Get("Retry-After") == "" {
		t.Errorf("got %q, want ratelimited", a.Error)
	}
}

func TestClientMsgID(t *testing.T) {
	t.Parallel()
	for mode, want := range map[string]struct {
		visible int
		err     string
		twin    bool
	}{
		"": {2, "", false}, "ignore": {2, "", false}, "dedup": {1, "", true}, "refuse": {0, "invalid_arguments", false},
	} {
		plan := calm()
		plan.ClientMsgID = mode
		s := newSlack(t, slackfake.Config{Plan: plan})
		first := post(t, s, "chat.postMessage", message(object{"client_msg_id": "5f0c"}))
		second := post(t, s, "chat.postMessage", message(object{"client_msg_id": "5f0c"}))
		if len(s.Visible("news")) != want.visible || second.Error != want.err || second.IsTwin != want.twin || want.twin && first.TS != second.TS {
			t.Errorf("%q: got %+v, %d visible, want %+v", mode, second, len(s.Visible("news")), want)
		}
	}
}

func TestListPages(t *testing.T) {
	t.Parallel()
	names := []string{"a", "b", "c", "d", "e"}
	s := newSlack(t, slackfake.Config{Channels: names})
	s.SetChannel(slackfake.Channel{Name: "secret", Private: true})
	s.SetChannel(slackfake.Channel{Name: "old", Archived: true})
	api := client(t, s)
	var got []string
	params := &slack.GetConversationsParameters{Limit: 2, ExcludeArchived: true, Types: []string{"public_channel", "private_channel"}}
	for {
		page, next, err := api.GetConversations(params)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range page {
			got = append(got, c.Name)
		}
		if params.Cursor = next; next == "" {
			break
		}
	}
	if want := append(names, "secret"); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	info, err := api.GetConversationInfo(&slack.GetConversationInfoInput{ChannelID: s.ChannelID("old")})
	if err != nil || !info.IsArchived {
		t.Errorf("got %+v, %v, want an archived channel", info, err)
	}
}

func TestFormsWork(t *testing.T) {
	t.Parallel()
	s := newSlack(t, slackfake.Config{})
	a := form(t, s, "chat.postMessage", url.Values{
		"token": {token}, "channel": {"C0NEWS0001"}, "text": {"a"}, "unfurl_links": {"false"}, "unfurl_media": {"0"},
		"blocks": {`[{"type":"divider"}]`}, "metadata": {`{"event_type":"e","event_payload":{"delivery_id":"dg_9","part":1,"parts":1,"stories":0}}`},
	})
	got := s.Visible("C0NEWS0001")
	if !a.OK || a.Channel != "C0NEWS0001" || len(got) != 1 || got[0].DeliveryID != "dg_9" || got[0].UnfurlLinks || got[0].UnfurlMedia {
		t.Errorf("got %+v and %+v", a, got)
	}
}

// An app that is sold outside the Marketplace reads 15 messages a minute.
func TestDistributedApps(t *testing.T) {
	t.Parallel()
	plan := calm()
	plan.Distributed = true
	s := newSlack(t, slackfake.Config{Plan: plan})
	for range 20 {
		post(t, s, "chat.postMessage", message(nil))
	}
	ask := object{"channel": s.ChannelID("news"), "limit": 200}
	if got := post(t, s, "conversations.history", ask); len(got.Messages) != 15 || !got.HasMore {
		t.Errorf("got %d messages, more: %v; want 15 and more", len(got.Messages), got.HasMore)
	}
	if got := post(t, s, "conversations.history", ask); got.status != 429 {
		t.Errorf("the second call in a minute: got %d, want 429", got.status)
	}
}

// A message can be taken away by a method, and a channel be for replies only.
func TestDeleteAndThreadOnly(t *testing.T) {
	t.Parallel()
	s := newSlack(t, slackfake.Config{Plan: calm()})
	first := post(t, s, "chat.postMessage", message(nil))
	s.SetChannel(slackfake.Channel{Name: "news", ThreadOnly: true})
	if got := post(t, s, "chat.postMessage", message(nil)); got.Error != "restricted_action_thread_only_channel" {
		t.Errorf("a message of its own: got %q", got.Error)
	}
	if got := post(t, s, "chat.postMessage", message(object{"thread_ts": first.TS})); !got.OK {
		t.Errorf("a reply: got %q", got.Error)
	}
	for _, want := range []string{"", "message_not_found"} {
		if got := post(t, s, "chat.delete", object{"channel": s.ChannelID("news"), "ts": first.TS}); got.Error != want {
			t.Errorf("delete: got %q, want %q", got.Error, want)
		}
	}
	entry := s.Journal()[0]
	if entry.VisibleAt == nil || entry.VisibleAt.Before(entry.Time.Add(-time.Second)) {
		t.Errorf("visible at %v, posted at %v", entry.VisibleAt, entry.Time)
	}
}
