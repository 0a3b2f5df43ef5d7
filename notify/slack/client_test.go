package slack_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/notify/slack"
	"newswatch/notify/slack/slackfake"
)

const token = "xoxb-secret-0123456789"

// workspace is a fake Slack without a rate limit, and a Channel to it.
func workspace(plan slackfake.Plan) (*slackfake.Server, *slack.Channel) {
	plan.Rate.Off = true
	fake := slackfake.New(slackfake.Config{Plan: plan, Token: token})
	return fake, slack.New(slack.Config{Token: token, APIURL: "https://slack.test/api", HTTP: fake.Client()})
}

// deliveries freezes messages as the outbox would.
func deliveries(t testing.TB, list []news.Message, id string) []news.Delivery {
	t.Helper()
	var frozen []news.Delivery
	for i, m := range list {
		d := news.Delivery{
			ID: id, Part: i + 1, Parts: len(list), Kind: news.KindDigest, Destination: "slack:harbour",
			Payload: m.Payload, Stories: m.Stories, StartedAt: time.Now(),
		}
		if i > 0 {
			d.ReplyTo = id
		}
		frozen = append(frozen, d)
	}
	return frozen
}

func post(t testing.TB, c *slack.Channel, list []news.Delivery) []news.Receipt {
	t.Helper()
	var receipts []news.Receipt
	for _, d := range list {
		if d.ReplyTo != "" && len(receipts) > 0 {
			d.Parent = receipts[0]
		}
		r, err := c.Post(t.Context(), d)
		if err != nil {
			t.Fatalf("part %d: %v", d.Part, err)
		}
		receipts = append(receipts, r)
	}
	return receipts
}

func TestPostFindRecent(t *testing.T) {
	t.Parallel()
	fake, c := workspace(slackfake.Plan{ClockSkew: slackfake.Duration(-time.Hour)})
	list, err := c.Digest(many(60))
	if err != nil {
		t.Fatal(err)
	}
	parts := deliveries(t, list, many(0).DeliveryID)
	receipts := post(t, c, parts)
	visible := fake.Visible("harbour")
	if got, want := len(visible), len(parts); got != want {
		t.Fatalf("got %d messages, want %d", got, want)
	}
	for i, m := range visible[1:] {
		if m.ThreadTS != receipts[0].TS {
			t.Errorf("part %d: got thread %q, want %q", i+2, m.ThreadTS, receipts[0].TS)
		}
	}
	if problems := fake.Audit(); len(problems) > 0 {
		t.Errorf("audit: %s", strings.Join(problems, "\n"))
	}
	fresh := slack.New(slack.Config{Token: token, APIURL: "https://slack.test/api/", HTTP: fake.Client()})
	for i, d := range parts {
		if i > 0 {
			d.Parent = receipts[0]
		}
		if got, found, err := fresh.Find(t.Context(), d); err != nil || !found || got != receipts[i] {
			t.Errorf("part %d: got %v, %t, %v, want %v", d.Part, got, found, err, receipts[i])
		}
		d.ID = "dg_another"
		if _, found, err := fresh.Find(t.Context(), d); err != nil || found {
			t.Errorf("another delivery: got %t, %v, want nothing", found, err)
		}
	}
	recent, err := readAll(t.Context(), fresh.Recent("slack:#harbour", time.Now().Add(-time.Minute)))
	slices.SortFunc(recent, func(a, b notify.Posted) int { return b.Part - a.Part })
	if err != nil || len(recent) != len(parts) {
		t.Fatalf("got %d recent, %v, want %d", len(recent), err, len(parts))
	}
	for i, p := range recent {
		part := len(parts) - i
		if p.Part != part || p.DeliveryID != parts[0].ID || p.Receipt != receipts[part-1] || len(p.Stories) != len(parts[part-1].Stories) {
			t.Errorf("got %+v, want part %d of %s", p, part, parts[0].ID)
		}
	}
}

// readAll reads until an error.
func readAll(ctx context.Context, r notify.Reading) (all []notify.Posted, err error) {
	for more := true; more && err == nil; {
		var page []notify.Posted
		page, more, err = r.Next(ctx)
		all = append(all, page...)
	}
	return all, err
}

// TestAnswers gives each kind of answer and holds what Post makes of it.
func TestAnswers(t *testing.T) {
	t.Parallel()
	const posted = `{"ok":true,"channel":"C000000001","ts":"1799735400.000100"}`
	said := func(code string) string { return fmt.Sprintf(`{"ok":false,"error":%q}`, code) }
	tests := map[string]struct {
		status int
		header string // Retry-After
		body   string
		want   notify.RefusalKind // "" with err: proves nothing
		err    bool
		wait   time.Duration
	}{
		"posted":                   {status: 200, body: posted},
		"posted, no timestamp":     {status: 200, body: `{"ok":true}`, err: true},
		"limited":                  {status: 429, header: "7", body: said("ratelimited"), want: notify.RefusedRate, wait: 7 * time.Second},
		"limited, no body":         {status: 429, header: "7", want: notify.RefusedRate, wait: 7 * time.Second},
		"limited, said with 200":   {status: 200, body: said("rate_limited"), want: notify.RefusedRate},
		"over the plan":            {status: 429, body: said("message_limit_exceeded"), want: notify.RefusedConfig},
		"429 and nothing else":     {status: 429, want: notify.RefusedConfig},
		"unknown channel":          {status: 200, body: said("channel_not_found"), want: notify.RefusedConfig},
		"revoked":                  {status: 200, body: said("token_revoked"), want: notify.RefusedConfig},
		"never heard of":           {status: 200, body: said("some_new_error"), want: notify.RefusedConfig},
		"blocks":                   {status: 200, body: said("invalid_blocks"), want: notify.RefusedRender},
		"too long":                 {status: 200, body: said("msg_blocks_too_long"), want: notify.RefusedRender},
		"metadata":                 {status: 200, body: said("invalid_metadata_schema"), want: notify.RefusedRender},
		"refused with 400":         {status: 400, body: said("invalid_blocks"), want: notify.RefusedRender},
		"internal error":           {status: 200, body: said("internal_error"), err: true},
		"fatal error":              {status: 200, body: said("fatal_error"), err: true},
		"unavailable":              {status: 200, body: said("service_unavailable"), err: true},
		"timeout":                  {status: 200, body: said("request_timeout"), err: true},
		"no reason":                {status: 200, body: `{"ok":false}`, err: true},
		"no verdict":               {status: 200, body: `{}`, err: true},
		"no object":                {status: 200, body: `[]`, err: true},
		"cut":                      {status: 200, body: posted[:20], err: true},
		"empty":                    {status: 200, err: true},
		"page of a proxy":          {status: 502, body: "<html>bad gateway</html>", err: true},
		"JSON with 500":            {status: 500, body: said("channel_not_found"), err: true},
		"redirect":                 {status: 307, body: "", err: true},
		"forbidden by a proxy":     {status: 403, body: "<html>no</html>", err: true},
		"an error that is no code": {status: 200, body: said("your token " + token + " is bad"), want: notify.RefusedConfig},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := answering(t, func(w http.ResponseWriter, r *http.Request) {
				if test.header != "" {
					w.Header().Set("Retry-After", test.header)
				}
				w.Header().Set("Location", "http://elsewhere.example/")
				w.WriteHeader(test.status)
				_, _ = w.Write([]byte(test.body))
			})
			_, err := c.Post(t.Context(), alertDelivery(t, c, "slack:C000000001"))
			var r *notify.Refusal
			refused := errors.As(err, &r)
			switch {
			case test.want == "" && !test.err && err != nil, test.err && (err == nil || refused):
				t.Errorf("got %v", err)
			case test.want != "" && (!refused || r.Kind != test.want || r.RetryAfter != test.wait):
				t.Errorf("got %v (%+v), want %s after %s", err, r, test.want, test.wait)
			}
			leaksNoSecret(t, err)
		})
	}
}

func TestNoConnectionProvesThatNothingWasPosted(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + listener.Addr().String()
	_ = listener.Close()
	untrusted := httptest.NewTLSServer(http.NotFoundHandler())
	untrusted.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	t.Cleanup(untrusted.Close)
	for name, address := range map[string]string{"refused": closed, "unknown host": "http://nowhere.invalid", "untrusted": untrusted.URL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := slack.New(slack.Config{Token: token, APIURL: address, HTTP: &http.Client{Transport: &http.Transport{}}})
			_, err := c.Post(t.Context(), alertDelivery(t, c, "slack:C000000001"))
			var r *notify.Refusal
			if !errors.As(err, &r) || r.Kind != notify.RefusedRate || r.RetryAfter == 0 {
				t.Errorf("got %v, want a refusal for now", err)
			}
			leaksNoSecret(t, err)
		})
	}
}

func TestABrokenConnectionProvesNothing(t *testing.T) {
	t.Parallel()
	tests := map[string]http.HandlerFunc{
		"closed":    func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) },
		"no answer": func(_ http.ResponseWriter, r *http.Request) { _ = r.ParseForm(); <-r.Context().Done() },
		"cut body": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "99")
			_, _ = w.Write([]byte(`{"ok":true`))
		},
		"endless":    func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(bytes.Repeat([]byte(" "), 17<<20)) },
		"other form": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"ok":true,"ts":{}}`)) },
	}
	for name, handler := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := answering(t, handler)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, err := c.Post(ctx, alertDelivery(t, c, "slack:C000000001"))
			var r *notify.Refusal
			if err == nil || errors.As(err, &r) {
				t.Errorf("got %v, want an error that proves nothing", err)
			}
			leaksNoSecret(t, err)
		})
	}
}

func TestOneCallForOnePost(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	c := answering(t, func(http.ResponseWriter, *http.Request) {
		calls.Add(1)
		panic(http.ErrAbortHandler)
	})
	if _, err := c.Post(t.Context(), alertDelivery(t, c, "slack:C000000001")); err == nil {
		t.Error("got no error")
	}
	if got := calls.Load(); got != 1 {
		t.Errorf("got %d calls, want 1: what comes after an uncertain answer is the outbox's to decide", got)
	}
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	fake, c := workspace(slackfake.Plan{})
	first := alertDelivery(t, c, "slack:harbour")
	receipt := post(t, c, []news.Delivery{first})[0]
	a := urgent()
	a.Entry.Headline = "Strait bridge is open again"
	m, err := c.Alert(a)
	if err != nil {
		t.Fatal(err)
	}
	d := news.Delivery{ID: "al_update", Part: 1, Parts: 1, Kind: news.KindUpdate, Destination: "slack:harbour", ReplyTo: first.ID, Parent: receipt, Payload: m.Payload}
	for range 2 { // it may be repeated
		if got, err := c.Post(t.Context(), d); err != nil || got != receipt {
			t.Fatalf("got %v, %v, want %v", got, err, receipt)
		}
	}
	visible := fake.Visible("harbour")
	if len(visible) != 1 || !visible[0].Edited || !strings.Contains(visible[0].Text, "open again") || visible[0].DeliveryID != first.ID {
		t.Errorf("got %+v, want one rewritten message", visible)
	}
	if _, found, err := c.Find(t.Context(), d); found || err != nil {
		t.Errorf("got %t, %v, want an update to be made again", found, err)
	}
	fake.Delete("harbour", receipt.TS)
	if _, err := c.Post(t.Context(), d); err != nil {
		t.Errorf("an update of a deleted message: got %v, want it done", err)
	}
	d.Parent = news.Receipt{}
	var r *notify.Refusal
	if _, err := c.Post(t.Context(), d); !errors.As(err, &r) || r.Kind != notify.RefusedRate {
		t.Errorf("an update of what is not posted: got %v, want a refusal for now", err)
	}
}

func TestRepliesToADeletedMessage(t *testing.T) {
	t.Parallel()
	fake, c := workspace(slackfake.Plan{})
	receipt := post(t, c, []news.Delivery{alertDelivery(t, c, "slack:harbour")})[0]
	m, err := c.Followup(note())
	if err != nil {
		t.Fatal(err)
	}
	d := news.Delivery{
		ID: note().DeliveryID, Part: 1, Parts: 1, Kind: news.KindFollowup, Destination: "slack:harbour", ReplyTo: "al_1",
		Payload: m.Payload, Broadcast: true, StartedAt: time.Now(),
	}
	var r *notify.Refusal
	if _, err := c.Post(t.Context(), d); !errors.As(err, &r) || r.Kind != notify.RefusedRate {
		t.Errorf("before its parent: got %v, want a refusal for now", err)
	}
	d.Parent = receipt
	if _, err := c.Post(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if visible := fake.Visible("harbour"); len(visible) != 2 || !visible[1].Broadcast || visible[1].ThreadTS != receipt.TS {
		t.Errorf("got %+v, want a reply that also stands in the channel", visible)
	}
	fake.Delete("harbour", receipt.TS)
	d.ID = "al_second"
	d.Payload = bytes.ReplaceAll(d.Payload, []byte(note().DeliveryID), []byte("al_second"))
	stray, err := c.Post(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	if got, found, err := c.Find(t.Context(), d); err != nil || !found || got != stray {
		t.Errorf("got %v, %t, %v, want the stray reply %v found in the channel", got, found, err, stray)
	}
	before := len(fake.Visible("harbour"))
	if _, err := c.Post(t.Context(), d); !errors.As(err, &r) || r.Kind != notify.RefusedConfig {
		t.Errorf("after that: got %v, want it held", err)
	}
	if got := len(fake.Visible("harbour")); got != before {
		t.Errorf("got %d messages, want %d: no more stray replies", got, before)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	t.Run("listed, over pages", func(t *testing.T) {
		t.Parallel()
		var posted, lists atomic.Value
		lists.Store("")
		c := answering(t, func(w http.ResponseWriter, r *http.Request) {
			switch method(r) {
			case "conversations.list":
				lists.Store(lists.Load().(string) + "x")
				if r.FormValue("cursor") == "" {
					_, _ = w.Write([]byte(`{"ok":true,"channels":[{"id":"C00000000A","name":"other"}],"response_metadata":{"next_cursor":"two"}}`))
					return
				}
				_, _ = w.Write([]byte(`{"ok":true,"channels":[{"id":"G00000000B","name":"harbour"}],"response_metadata":{"next_cursor":""}}`))
			case "chat.postMessage":
				posted.Store(r.FormValue("channel"))
				_, _ = w.Write([]byte(`{"ok":true,"channel":"G00000000B","ts":"1.000001"}`))
			default:
				_, _ = w.Write([]byte(`{"ok":false,"error":"unknown_method"}`))
			}
		})
		for range 3 {
			post(t, c, []news.Delivery{alertDelivery(t, c, "slack:#harbour")})
		}
		if got := posted.Load(); got != "G00000000B" {
			t.Errorf("posted to %q, want the id", got)
		}
		if got := lists.Load(); got != "xx" {
			t.Errorf("listed %d times, want the two pages once", len(got.(string)))
		}
	})
	for _, code := range []string{"unknown_method", "missing_scope"} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			var posted atomic.Value
			c := answering(t, func(w http.ResponseWriter, r *http.Request) {
				switch method(r) {
				case "chat.postMessage":
					posted.Store(r.FormValue("channel"))
					_, _ = w.Write([]byte(`{"ok":true,"channel":"C00000000B","ts":"1.000001"}`))
				default:
					_, _ = fmt.Fprintf(w, `{"ok":false,"error":%q}`, code)
				}
			})
			post(t, c, []news.Delivery{alertDelivery(t, c, "slack:harbour")})
			if got := posted.Load(); got != "harbour" {
				t.Errorf("posted to %q, want the name", got)
			}
			_, _, err := c.Find(t.Context(), alertDelivery(t, c, "slack:harbour"))
			if got, want := errors.Is(err, notify.ErrNoLookup), code == "unknown_method"; err == nil || got != want {
				t.Errorf("got %v, want that it cannot be asked: %t", err, want)
			}
			if _, err := readAll(t.Context(), c.Recent("slack:harbour", morning)); err == nil {
				t.Error("got a list of what stands there")
			}
		})
	}
	t.Run("the list fails", func(t *testing.T) {
		t.Parallel()
		c := answering(t, func(w http.ResponseWriter, r *http.Request) {
			if method(r) == "chat.postMessage" {
				t.Error("posted without knowing where")
			}
			w.WriteHeader(http.StatusBadGateway)
		})
		_, err := c.Post(t.Context(), alertDelivery(t, c, "slack:harbour"))
		var r *notify.Refusal
		if !errors.As(err, &r) || r.Kind != notify.RefusedRate {
			t.Errorf("got %v, want a refusal for now", err)
		}
	})
	t.Run("no channel at all", func(t *testing.T) {
		t.Parallel()
		c := answering(t, func(http.ResponseWriter, *http.Request) { t.Error("called Slack") })
		for _, destination := range []string{"terminal:harbour", "slack:", "harbour"} {
			var r *notify.Refusal
			if _, err := c.Post(t.Context(), alertDelivery(t, c, destination)); !errors.As(err, &r) || r.Kind != notify.RefusedConfig {
				t.Errorf("%s: got %v, want it held", destination, err)
			}
		}
	})
}

func TestMentions(t *testing.T) {
	t.Parallel()
	fake, c := workspace(slackfake.Plan{UserGroups: []slackfake.UserGroup{{ID: "S000000042", Handle: "harbour-desk"}}})
	d := alertDelivery(t, c, "slack:harbour")
	lean, _ := c.Lean(d.Payload, 1)
	d2 := d
	d2.Payload = lean
	post(t, c, []news.Delivery{d, d2})
	for _, m := range fake.Visible("harbour") {
		if got := strings.Join(m.Mentions, " "); !strings.Contains(got, "S000000042") || !strings.Contains(got, "S0NIGHTDESK") {
			t.Errorf("got mentions %q, want both user groups", got)
		}
	}
	nobody, c := workspace(slackfake.Plan{})
	post(t, c, []news.Delivery{d})
	if m := nobody.Visible("harbour")[0]; !strings.Contains(string(m.Blocks), `"@harbour-desk"`) || strings.Contains(string(m.Blocks), `"usergroup_id":"@`) {
		t.Errorf("got %s, want an unknown group as plain text", m.Blocks)
	}
}

func TestFindReadsToTheEnd(t *testing.T) {
	t.Parallel()
	page := func(from, n int) string {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf(`{"ts":"17997354%02d.%06d","metadata":{"event_type":"theirs","event_payload":[1]}}`, from, i))
		}
		return strings.Join(list, ",")
	}
	tests := map[string]struct {
		second string // answer to the second page
		found  bool
		err    bool
	}{
		"on the second page": {second: `{"ok":true,"messages":[{"ts":"1799735400.000100","metadata":{"event_type":"x","event_payload":{"delivery_id":"al_77aa01c2d3e4f506","part":1,"stories":"aaaaaaaa bbbbbbbb"}}}]}`, found: true},
		"nowhere":            {second: `{"ok":true,"messages":[` + page(1, 3) + `]}`},
		"the page fails":     {second: `{"ok":false,"error":"internal_error"}`, err: true},
		"pages in a circle":  {second: `{"ok":true,"messages":[],"has_more":true,"response_metadata":{"next_cursor":"two"}}`, err: true},
		"no way on":          {second: `{"ok":true,"messages":[],"has_more":true}`, err: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := answering(t, func(w http.ResponseWriter, r *http.Request) {
				if r.FormValue("include_all_metadata") != "true" || r.FormValue("oldest") == "" {
					t.Errorf("got %v, want metadata since a time", r.Form)
				}
				if r.FormValue("cursor") == "" {
					_, _ = fmt.Fprintf(w, `{"ok":true,"messages":[%s],"has_more":true,"response_metadata":{"next_cursor":"two"}}`, page(2, 200))
					return
				}
				_, _ = w.Write([]byte(test.second))
			})
			_, found, err := c.Find(t.Context(), alertDelivery(t, c, "slack:C000000001"))
			if found != test.found || (err != nil) != test.err {
				t.Errorf("got %t, %v", found, err)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	fake, c := workspace(slackfake.Plan{})
	if id, err := c.Check(t.Context()); err != nil || id.Team == "" || id.UserID == "" {
		t.Errorf("got %+v, %v", id, err)
	}
	fake.SetAuthError("token_revoked")
	if _, err := c.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "token_revoked") {
		t.Errorf("got %v, want token_revoked", err)
	}
}

// TestStrictSlackTakesAnyDigest posts any digest, in every form, to the strict
// fake.
func TestStrictSlackTakesAnyDigest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		fake, c := workspace(slackfake.Plan{})
		list, err := c.Digest(anyDigest(rt))
		if err != nil {
			rt.Fatal(err)
		}
		parts := deliveries(t, list, "dg_0123456789abcdef")
		receipts := post(t, c, parts)
		if problems := fake.Audit(); len(problems) > 0 {
			rt.Fatalf("audit: %s", strings.Join(problems, "\n"))
		}
		for rung := 1; rung <= 2; rung++ {
			for i := range parts {
				parts[i].Payload, _ = c.Lean(parts[i].Payload, rung)
				parts[i].Parent = receipts[0]
				if _, err := c.Post(rt.Context(), parts[i]); err != nil {
					rt.Fatalf("rung %d, part %d: %v", rung, i+1, err)
				}
			}
		}
	})
}

// TestLeaksNoSecret breaks every call in every way, with all there is to log.
func TestLeaksNoSecret(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "http://"+token+".example/")
		w.WriteHeader([]int{200, 301, 400, 429, 500}[len(r.URL.Path)%5])
		_, _ = fmt.Fprintf(w, `{"ok":false,"error":"bad %s","needed":%q}`, r.Header.Get("Authorization"), token)
	}))
	t.Cleanup(echo.Close)
	for _, address := range []string{echo.URL, "http://127.0.0.1:1/" + token, "http://" + token + ".invalid", "::" + token} {
		c := slack.New(slack.Config{Token: token, APIURL: address, Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
		d := alertDelivery(t, c, "slack:harbour")
		_, err := c.Post(t.Context(), d)
		leaksNoSecret(t, err)
		_, _, err = c.Find(t.Context(), d)
		leaksNoSecret(t, err)
		_, err = readAll(t.Context(), c.Recent("slack:C000000001", time.Now()))
		leaksNoSecret(t, err)
		_, err = c.Check(t.Context())
		leaksNoSecret(t, err)
		d.Kind, d.Parent = news.KindUpdate, news.Receipt{Channel: "C000000001", TS: "1.000001"}
		_, err = c.Post(t.Context(), d)
		leaksNoSecret(t, err)
	}
	if strings.Contains(log.String(), token) {
		t.Errorf("the log has the token: %s", log.String())
	}
}

func leaksNoSecret(t *testing.T, err error) {
	t.Helper()
	if err != nil && strings.Contains(fmt.Sprintf("%v %+v", err, err), token) {
		t.Errorf("the error has the token: %v", err)
	}
}

func answering(t *testing.T, handler http.HandlerFunc) *slack.Channel {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return slack.New(slack.Config{Token: token, APIURL: server.URL + "/api/"})
}

func method(r *http.Request) string {
	return strings.TrimPrefix(r.URL.Path, "/api/")
}

func alertDelivery(t *testing.T, c *slack.Channel, destination string) news.Delivery {
	t.Helper()
	m, err := c.Alert(urgent())
	if err != nil {
		t.Fatal(err)
	}
	if destination == "slack:C000000001" { // no mention, no look-up of groups
		a := urgent()
		a.Mention = nil
		if m, err = c.Alert(a); err != nil {
			t.Fatal(err)
		}
	}
	return news.Delivery{
		ID: urgent().DeliveryID, Part: 1, Parts: 1, Kind: news.KindAlert, Destination: destination,
		Payload: m.Payload, Stories: m.Stories, StartedAt: time.Now(),
	}
}

// A post that is made a second time is one message only where Slack heeds the
// client_msg_id; one that refuses it is posted to without, and not asked again.
func TestClientMsgID(t *testing.T) {
	t.Parallel()
	for mode, want := range map[string]struct{ visible, refused int }{"ignore": {2, 0}, "dedup": {1, 0}, "refuse": {2, 1}} {
		fake, c := workspace(slackfake.Plan{ClientMsgID: mode})
		list, err := c.Digest(many(3))
		if err != nil {
			t.Fatal(err)
		}
		first := post(t, c, deliveries(t, list, "dg_1")[:1])
		second := post(t, c, deliveries(t, list, "dg_1")[:1])
		if got := len(fake.Visible("harbour")); got != want.visible || (first[0] == second[0]) != (mode == "dedup") {
			t.Errorf("%s: %d messages, at %v and %v; want %d", mode, got, first, second, want.visible)
		}
		refused := 0
		for _, e := range fake.Journal() {
			if e.Error == "invalid_arguments" {
				refused++
			}
		}
		if refused != want.refused {
			t.Errorf("%s: %d calls refused, want %d", mode, refused, want.refused)
		}
	}
}
