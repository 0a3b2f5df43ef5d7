package slackfake_test

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"

	"newswatch/notify/slack/slackfake"
)

// listen runs slack-go's own client of Socket Mode, which knows nothing of this
// fake, and hands each event to on.
func listen(t *testing.T, s *slackfake.Server, on func(*socketmode.Client, socketmode.Event)) {
	t.Helper()
	base, err := s.Start("")
	if err != nil {
		t.Fatal(err)
	}
	api := slack.New("xoxb-1", slack.OptionAPIURL(base), slack.OptionAppLevelToken("xapp-1"))
	c := socketmode.New(api, socketmode.OptionLog(log.New(io.Discard, "", 0)))
	ctx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = c.RunContext(ctx) })
	wg.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case e := <-c.Events:
				on(c, e)
			}
		}
	})
	t.Cleanup(func() { stop(); wg.Wait() })
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within 10 s: %s", what)
		}
	}
}

func TestSlackGoListens(t *testing.T) {
	t.Parallel()
	s := newSlack(t, slackfake.Config{Plan: calm()})
	var mu sync.Mutex
	var heard []string
	listen(t, s, func(c *socketmode.Client, e socketmode.Event) {
		mu.Lock()
		defer mu.Unlock()
		switch e.Type {
		case socketmode.EventTypeHello:
			heard = append(heard, "hello")
			return
		case socketmode.EventTypeSlashCommand:
			cmd := e.Data.(slack.SlashCommand)
			heard = append(heard, cmd.Command+" "+cmd.Text+" "+cmd.UserID)
			if err := slack.PostWebhook(cmd.ResponseURL, &slack.WebhookMessage{Text: "a & b", ResponseType: "ephemeral"}); err == nil {
				t.Error("an answer with fields that newswatch does not send was taken")
			}
		case socketmode.EventTypeInteractive:
			cb := e.Data.(slack.InteractionCallback)
			a := cb.ActionCallback.BlockActions[0]
			heard = append(heard, a.ActionID+" "+a.Value+" "+cb.User.ID+" "+cb.Container.ChannelID)
		case socketmode.EventTypeEventsAPI:
			inner := e.Data.(slackevents.EventsAPIEvent).InnerEvent
			heard = append(heard, inner.Type)
		default:
			return
		}
		if err := c.Ack(*e.Request); err != nil {
			t.Error(err)
		}
	})
	eventually(t, "a connection", func() bool { return s.Connections() == 1 })
	blocks := array{object{"type": "actions", "block_id": "a1", "elements": array{
		object{"type": "button", "action_id": "go", "value": "v1", "text": object{"type": "plain_text", "text": "Go"}},
	}}}
	a := post(t, s, "chat.postMessage", object{"channel": "news", "text": "press", "blocks": blocks})
	ids := []string{s.Slash("U0READER01", "news", "mute 3")}
	pressed, err := s.Press("U0READER01", "news", a.TS, "go", "v1")
	if err != nil {
		t.Fatal(err)
	}
	ids = append(ids, pressed, s.OpenHome("U0READER01"))
	for _, id := range ids {
		eventually(t, "an acknowledgement", func() bool { return s.Interaction(id).Acks == 1 })
	}
	mu.Lock()
	defer mu.Unlock()
	want := "hello|/news mute 3 U0READER01|go v1 U0READER01 " + s.ChannelID("news") + "|app_home_opened"
	if got := strings.Join(heard, "|"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if _, err := s.Press("U0READER01", "news", a.TS, "go", "other"); err == nil {
		t.Error("a button that is not there was pressed")
	}
}

func TestSlackGoConnectsAgain(t *testing.T) {
	t.Parallel()
	for name, part := range map[string]func(*slackfake.Server){
		"warned":    func(s *slackfake.Server) { s.Disconnect("warning") },
		"refreshed": func(s *slackfake.Server) { s.Disconnect("refresh_requested") },
		"cut":       func(s *slackfake.Server) { s.Cut() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSlack(t, slackfake.Config{Plan: calm()})
			var mu sync.Mutex
			hellos := 0
			listen(t, s, func(_ *socketmode.Client, e socketmode.Event) {
				mu.Lock()
				defer mu.Unlock()
				if e.Type == socketmode.EventTypeHello {
					hellos++
				}
			})
			count := func(n int) func() bool {
				return func() bool { mu.Lock(); defer mu.Unlock(); return hellos == n }
			}
			eventually(t, "a connection", count(1))
			part(s)
			eventually(t, "another connection", count(2))
		})
	}
}

// dial opens a connection by hand.
func dial(t *testing.T, s *slackfake.Server) *websocket.Conn {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, "http://slack.test/api/apps.connections.open", strings.NewReader(""))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer xapp-1")
	var opened struct {
		URL string `json:"url"`
	}
	if err := decodeAnswer(s.Client(), req, &opened); err != nil {
		t.Fatal(err)
	}
	d := websocket.Dialer{NetDialContext: s.DialContext}
	ws, _, err := d.Dial(opened.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ws.Close() })
	return ws
}

type frame struct {
	Type    string `json:"type"`
	ID      string `json:"envelope_id"`
	Reason  string `json:"reason"`
	Retry   int    `json:"retry_attempt"`
	Because string `json:"retry_reason"`
	Links   int    `json:"num_connections"`
}

func read(t *testing.T, ws *websocket.Conn) frame {
	t.Helper()
	_ = ws.SetReadDeadline(time.Now().Add(10 * time.Second))
	var f frame
	if err := ws.ReadJSON(&f); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestAtMostTenConnections(t *testing.T) {
	t.Parallel()
	s := newSlack(t, slackfake.Config{})
	for i := range 10 {
		if f := read(t, dial(t, s)); f.Type != "hello" || f.Links != i+1 {
			t.Fatalf("connection %d: got %+v, want hello", i+1, f)
		}
	}
	if f := read(t, dial(t, s)); f.Type != "disconnect" || f.Reason != "too_many_websockets" {
		t.Errorf("got %+v, want too_many_websockets", f)
	}
}

func TestUnacknowledgedComesAgain(t *testing.T) {
	t.Parallel()
	plan := calm()
	plan.Socket.AckWithin = slackfake.Duration(50 * time.Millisecond)
	s := newSlack(t, slackfake.Config{Plan: plan})
	one, two := dial(t, s), dial(t, s)
	read(t, one)
	read(t, two)
	id := s.Slash("U0READER01", "news", "status")
	got := make(chan frame, 8)
	for _, ws := range []*websocket.Conn{one, two} {
		go func() {
			for {
				var f frame
				if ws.ReadJSON(&f) != nil {
					return
				}
				got <- f
			}
		}()
	}
	for n := range 4 {
		if f := <-got; f.ID != id || f.Retry != n || n > 0 && f.Because != "timeout" {
			t.Errorf("delivery %d: got %+v", n, f)
		}
	}
	eventually(t, "the person reads of it", func() bool { return s.Interaction(id).Error == "operation_timeout" })
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	s := newSlack(t, slackfake.Config{})
	if got := s.Interaction(s.Slash("U0READER01", "news", "status")); got.Error != "dispatch_failed" || got.Deliveries != 0 {
		t.Errorf("got %+v, want dispatch_failed", got)
	}
}

func TestAppTokens(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ only, given, want string }{
		"any":         {"", "xapp-1", ""},
		"the one":     {"xapp-1", "xapp-1", ""},
		"another":     {"xapp-1", "xapp-2", "invalid_auth"},
		"a bot's":     {"", "xoxb-1", "not_allowed_token_type"},
		"none":        {"", "", "not_authed"},
		"of no token": {"", "hello", "invalid_auth"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSlack(t, slackfake.Config{AppToken: tc.only})
			req, err := http.NewRequest(http.MethodPost, "http://slack.test/api/apps.connections.open", nil)
			if err != nil {
				t.Fatal(err)
			}
			if tc.given != "" {
				req.Header.Set("Authorization", "Bearer "+tc.given)
			}
			if a, err := do(s.Client(), req); err != nil || a.Error != tc.want {
				t.Errorf("got %q, %v, want %q", a.Error, err, tc.want)
			}
		})
	}
}

func TestTicketsWorkOnce(t *testing.T) {
	t.Parallel()
	s := newSlack(t, slackfake.Config{})
	d := websocket.Dialer{NetDialContext: s.DialContext}
	if _, resp, err := d.Dial("ws://slack.test/link/?ticket=made-up", nil); err == nil || resp.StatusCode != http.StatusForbidden {
		t.Errorf("got %v, want it refused", err)
	}
}

func TestResponseURLs(t *testing.T) {
	t.Parallel()
	now := time.Now()
	var mu sync.Mutex
	clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	s := newSlack(t, slackfake.Config{Now: clock})
	ws := dial(t, s)
	read(t, ws)
	s.Slash("U0READER01", "news", "status")
	var e struct {
		Payload struct {
			URL string `json:"response_url"`
		} `json:"payload"`
	}
	if err := ws.ReadJSON(&e); err != nil {
		t.Fatal(err)
	}
	answer := func(address, body string) (int, string) {
		resp, err := s.Client().Post(address, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, string(text)
	}
	good := `{"response_type":"ephemeral","text":"hello"}`
	for i := range 5 {
		if status, text := answer(e.Payload.URL, good); status != http.StatusOK || text != "ok" {
			t.Fatalf("use %d: got %d %s", i+1, status, text)
		}
	}
	if status, text := answer(e.Payload.URL, good); status != http.StatusNotFound || !strings.Contains(text, "used_url") {
		t.Errorf("sixth use: got %d %s, want used_url", status, text)
	}
	u, _ := url.Parse(e.Payload.URL)
	u.Path += "x"
	if status, _ := answer(u.String(), good); status != http.StatusNotFound {
		t.Errorf("another address: got %d", status)
	}
	s.Slash("U0READER01", "news", "status")
	if err := ws.ReadJSON(&e); err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]string{
		"no JSON": `{`, "no text": `{"response_type":"ephemeral"}`, "to everybody": `{"text":"a","response_type":"in_channel"}`,
		"unknown field": `{"text":"a","response_type":"ephemeral","color":"red"}`,
	} {
		if status, _ := answer(e.Payload.URL, bad); status != http.StatusBadRequest && status != http.StatusNotFound {
			t.Errorf("%s: got %d, want it refused", name, status)
		}
	}
	s.Slash("U0READER01", "news", "status")
	if err := ws.ReadJSON(&e); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	now = now.Add(31 * time.Minute)
	mu.Unlock()
	if status, text := answer(e.Payload.URL, good); status != http.StatusNotFound || !strings.Contains(text, "expired_url") {
		t.Errorf("after 31 min: got %d %s, want expired_url", status, text)
	}
}

func TestHomeViews(t *testing.T) {
	t.Parallel()
	divider := object{"type": "divider"}
	many := make(array, 101)
	for i := range many {
		many[i] = divider
	}
	tests := map[string]struct {
		args object
		want string
	}{
		"good":            {object{"user_id": "U0READER01", "view": object{"type": "home", "blocks": array{divider}}}, ""},
		"100 blocks":      {object{"user_id": "U0READER01", "view": object{"type": "home", "blocks": many[:100]}}, ""},
		"101 blocks":      {object{"user_id": "U0READER01", "view": object{"type": "home", "blocks": many}}, "invalid_arguments"},
		"too large":       {object{"user_id": "U0READER01", "view": object{"type": "home", "blocks": array{}, "private_metadata": strings.Repeat("a", 260_000)}}, "view_too_large"},
		"a modal":         {object{"user_id": "U0READER01", "view": object{"type": "modal", "blocks": array{}}}, "invalid_arguments"},
		"unknown field":   {object{"user_id": "U0READER01", "view": object{"type": "home", "blocks": array{}, "title": "a"}}, "invalid_arguments"},
		"no such user":    {object{"user_id": "reader", "view": object{"type": "home", "blocks": array{}}}, "user_not_found"},
		"nobody":          {object{"view": object{"type": "home", "blocks": array{}}}, "invalid_arguments"},
		"for messages":    {object{"user_id": "U0READER01", "view": object{"type": "home", "blocks": array{object{"type": "markdown", "text": "a"}}}}, "invalid_arguments"},
		"no view":         {object{"user_id": "U0READER01"}, "invalid_arguments"},
		"blocks no array": {object{"user_id": "U0READER01", "view": object{"type": "home", "blocks": "a"}}, "invalid_arguments"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSlack(t, slackfake.Config{})
			if a := post(t, s, "views.publish", tc.args); a.Error != tc.want {
				t.Errorf("got %q %q, want %q", a.Error, a.Response.Messages, tc.want)
			}
		})
	}
}

// People can do on the page what tests do in Go.
func TestPageForPeople(t *testing.T) {
	t.Parallel()
	s := newSlack(t, slackfake.Config{Plan: calm()})
	base, err := s.Start("")
	if err != nil {
		t.Fatal(err)
	}
	site := strings.TrimSuffix(base, "/api/")
	blocks := array{object{"type": "actions", "elements": array{
		object{"type": "button", "action_id": "go", "value": "v1", "text": object{"type": "plain_text", "text": "Go <there>"}},
	}}}
	a := post(t, s, "chat.postMessage", object{"channel": "news", "text": "press", "blocks": blocks})
	submit := func(path string, form url.Values) string {
		resp, err := http.PostForm(site+path, form)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		page, _ := io.ReadAll(resp.Body)
		return string(page)
	}
	page := submit("/slash", url.Values{"text": {"status"}, "channel": {"news"}})
	if !strings.Contains(page, "Go &lt;there&gt;") || !strings.Contains(page, `name="action" value="go"`) {
		t.Errorf("got %s, want the button", page)
	}
	submit("/press", url.Values{"channel": {"news"}, "ts": {a.TS}, "action": {"go"}, "value": {"v1"}})
	submit("/home", nil)
	acts := s.Interactions()
	if len(acts) != 3 || acts[0].Text != "status" || acts[1].Text != "go v1" || acts[2].Kind != "events_api" {
		t.Errorf("got %+v", acts)
	}
}

// A fake that starts anew does not repeat the envelopes of the one before: an app
// would take them for repeats.
func TestEnvelopesAreNew(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 2 {
		s := slackfake.New(slackfake.Config{})
		for range 3 {
			id := s.Slash("U0READER01", "desk", "status")
			if seen[id] || len(id) != 36 {
				t.Errorf("envelope %s", id)
			}
			seen[id] = true
		}
	}
}
