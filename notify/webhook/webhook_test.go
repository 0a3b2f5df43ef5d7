package webhook_test

import (
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/notify/webhook"
)

const address = "https://receiver.example/in/xSecretWord?key=xSecretKey"

// to is a channel whose secrets are given, and whose calls go to a transport.
func to(secrets map[string]string, rt http.RoundTripper) *webhook.Channel {
	return webhook.New(webhook.Config{
		Secret: func(name string) (news.Secret, error) { return news.Secret(secrets[name]), nil }, UserAgent: "newswatch/test",
		HTTP: &http.Client{Transport: rt}, Now: func() time.Time { return time.Unix(1614265330, 0) },
	})
}

func delivery() news.Delivery {
	return news.Delivery{ID: "dg_1", Part: 2, Parts: 2, Destination: "webhook:DESK_HOOK", Payload: []byte(`{"test": 2432232314}`)}
}

// The vector is that of the standard's own libraries
// (standard-webhooks, libraries/go/webhook_test.go).
func TestSignature(t *testing.T) {
	t.Parallel()
	key, err := base64.StdEncoding.DecodeString("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	got := webhook.Signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), delivery().Payload)
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for secret, good := range map[news.Secret]bool{
		"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw": true, "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw": false, "whsec_c2hvcnQ=": false, "whsec_%%%": false,
	} {
		if err := webhook.CheckSigning(secret); (err == nil) != good || err != nil && strings.Contains(err.Error(), "MfKQ9") {
			t.Errorf("%s: got %v, want good %v", secret.Reveal(), err, good)
		}
	}
}

// The request is the frozen bytes, named, and signed where there is a secret.
func TestRequest(t *testing.T) {
	t.Parallel()
	for name, secrets := range map[string]map[string]string{
		"signed":   {"DESK_HOOK": address, "DESK_HOOK_SIGNING": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"},
		"unsigned": {"DESK_HOOK": address},
	} {
		var got *http.Request
		var body []byte
		c := to(secrets, transport(func(r *http.Request) (*http.Response, error) {
			got = r
			body, _ = io.ReadAll(r.Body)
			return answer(204, "")(r)
		}))
		receipt, err := c.Post(t.Context(), delivery())
		if err != nil || receipt.TS != "dg_1/2" {
			t.Fatalf("%s: got %v, %v, want a receipt", name, receipt, err)
		}
		if got.URL.String() != address || got.Method != http.MethodPost || string(body) != string(delivery().Payload) {
			t.Errorf("%s: got %s %s %s", name, got.Method, got.URL, body)
		}
		want := map[string]string{
			"Content-Type": "application/json; charset=utf-8", "User-Agent": "newswatch/test", "Idempotency-Key": "dg_1/2",
			"Webhook-Id": "", "Webhook-Timestamp": "", "Webhook-Signature": "",
		}
		if name == "signed" {
			key, _ := base64.StdEncoding.DecodeString("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
			want["Webhook-Id"], want["Webhook-Timestamp"] = "dg_1/2", "1614265330"
			want["Webhook-Signature"] = webhook.Signature(key, "dg_1/2", time.Unix(1614265330, 0), body)
		}
		for header, value := range want {
			if got.Header.Get(header) != value {
				t.Errorf("%s: %s is %q, want %q", name, header, got.Header.Get(header), value)
			}
		}
	}
}

// What an answer proves; and no answer brings the address into an error.
func TestAnswers(t *testing.T) {
	t.Parallel()
	fails := func(err error) transport { return func(*http.Request) (*http.Response, error) { return nil, err } }
	const unknown = notify.RefusalKind("unknown")
	tests := map[string]struct {
		receiver transport
		kind     notify.RefusalKind // "": posted
		reason   string
	}{
		"200":             {answer(200, "whatever"), "", ""},
		"202":             {answer(202, ""), "", ""},
		"204":             {answer(204, ""), "", ""},
		"200, cut":        {cut, "", ""},
		"429":             {answer(429, "", "Retry-After", "7"), notify.RefusedRate, "status 429"},
		"429 bare":        {answer(429, ""), notify.RefusedRate, "status 429"},
		"503 with a time": {answer(503, "", "Retry-After", "7"), notify.RefusedRate, "status 503"},
		"503":             {answer(503, ""), unknown, "status 503"},
		"500":             {answer(500, "xSecretWord"), unknown, "status 500"},
		"502":             {answer(502, "<html>"), unknown, "status 502"},
		"408":             {answer(408, ""), unknown, "status 408"},
		"400":             {answer(400, "no such desk\nmore"), notify.RefusedConfig, "status 400: no such desk"},
		"400, echo":       {answer(400, "cannot read xSecretWord"), notify.RefusedConfig, "status 400"},
		"401":             {answer(401, ""), notify.RefusedConfig, "status 401"},
		"403, a page":     {answer(403, "<h1>no</h1>"), notify.RefusedConfig, "status 403"},
		"404, key":        {answer(404, "xSecretKey is unknown"), notify.RefusedConfig, "status 404"},
		"410":             {answer(410, "gone"), notify.RefusedConfig, "status 410: gone"},
		"413":             {answer(413, ""), notify.RefusedRender, "status 413"},
		"308":             {answer(308, "", "Location", "https://receiver.example/xSecretWord"), notify.RefusedConfig, "redirects are not followed"},
		"reset":           {fails(syscall.ECONNRESET), unknown, "reset"},
		"EOF":             {fails(io.EOF), unknown, "EOF"},
		"echo":            {fails(errors.New(`proxy: "` + address + `" is away, receiver.example/in/xSecretWord`)), unknown, "away"},
		"login of proxy":  {fails(errors.New(`invalid proxy address "http://u:xSecretP%zz@proxy:3128": parse`)), unknown, "invalid proxy address"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := to(map[string]string{"DESK_HOOK": address}, test.receiver).Post(t.Context(), delivery())
			if test.kind == "" {
				if err != nil {
					t.Errorf("got %v, want posted", err)
				}
				return
			}
			if err == nil {
				t.Fatal("got posted")
			}
			got, refusal := unknown, (*notify.Refusal)(nil)
			if errors.As(err, &refusal) {
				got = refusal.Kind
			}
			if got != test.kind || !strings.Contains(err.Error(), test.reason) {
				t.Errorf("got %s: %v, want %s with %q", got, err, test.kind, test.reason)
			}
			if strings.HasSuffix(name, "a time") && refusal.RetryAfter != 7*time.Second {
				t.Errorf("got %v to wait, want 7s", refusal.RetryAfter)
			}
			if strings.Contains(err.Error(), "xSecret") || strings.Contains(err.Error(), "receiver.example") {
				t.Errorf("the address shows: %v", err)
			}
		})
	}
}

// A connection that was never made proves that nothing was taken.
func TestNoConnection(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	c := to(map[string]string{"DESK_HOOK": "http://" + l.Addr().String() + "/xSecretWord"}, http.DefaultTransport)
	_, err = c.Post(t.Context(), delivery())
	var refusal *notify.Refusal
	if !errors.As(err, &refusal) || refusal.Kind != notify.RefusedRate || strings.Contains(err.Error(), "xSecret") {
		t.Errorf("got %v, want a refusal for now, without the address", err)
	}
	if _, _, err := c.Find(t.Context(), delivery()); !errors.Is(err, notify.ErrNoLookup) {
		t.Errorf("got %v, want ErrNoLookup", err)
	}
}

// net/http repeats a request that has an Idempotency-Key by itself when a
// connection that it used before breaks. Ours is made once.
func TestNothingIsRepeatedBelowUs(t *testing.T) {
	t.Parallel()
	var taken atomic.Int64
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if taken.Add(1) == 2 {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				_ = conn.(*net.TCPConn).SetLinger(0)
				_ = conn.Close()
			}
		}
	}))
	defer receiver.Close()
	c := to(map[string]string{"DESK_HOOK": receiver.URL}, &http.Transport{})
	if _, err := c.Post(t.Context(), delivery()); err != nil {
		t.Fatal(err)
	}
	var refusal *notify.Refusal
	if _, err := c.Post(t.Context(), delivery()); err == nil || errors.As(err, &refusal) {
		t.Errorf("got %v, want an uncertain end", err)
	}
	if got := taken.Load(); got != 2 {
		t.Errorf("the receiver took %d requests, want 2", got)
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for address, good := range map[string]bool{
		address: true, "https://10.1.2.3/x": true, "http://127.0.0.1:8080/xSecret": true, "http://[::1]/x": true, "http://10.0.0.7/x": true,
		"http://receiver:8080/x": true, "http://hooks.internal/x": true, "http://receiver.example/xSecret": false, "http://8.8.8.8/xSecret": false,
		"ftp://receiver/xSecret": false, "receiver.example/xSecret": false, "https://": false, "https:xSecret": false, "": false,
		"https://receiver.example/%zzxSecret": false,
	} {
		err := webhook.CheckAddress(news.Secret(address))
		if (err == nil) != good {
			t.Errorf("%s: got %v, want good %v", address, err, good)
		}
		if err != nil && strings.Contains(err.Error(), "xSecret") {
			t.Errorf("the address shows: %v", err)
		}
	}
	for name, secrets := range map[string]map[string]string{
		"none": {}, "bad": {"DESK_HOOK": "xSecretWord"}, "bad key": {"DESK_HOOK": address, "DESK_HOOK_SIGNING": "xSecretKey"},
	} {
		_, err := to(secrets, answer(200, "")).Post(t.Context(), delivery())
		var refusal *notify.Refusal
		if !errors.As(err, &refusal) || refusal.Kind != notify.RefusedConfig || !strings.Contains(err.Error(), "DESK_HOOK") || strings.Contains(err.Error(), "xSecret") {
			t.Errorf("%s: got %v, want it held with the secret's name", name, err)
		}
	}
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answer(status int, body string, header ...string) transport {
	return func(*http.Request) (*http.Response, error) {
		h := http.Header{}
		for i := 0; i+1 < len(header); i += 2 {
			h.Set(header[i], header[i+1])
		}
		return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}, nil
	}
}

// cut is an answer that breaks off after its status.
func cut(*http.Request) (*http.Response, error) {
	body := io.MultiReader(strings.NewReader("ta"), failing{})
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(body)}, nil
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
