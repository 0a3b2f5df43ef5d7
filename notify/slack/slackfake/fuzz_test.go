package slackfake_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"newswatch/notify/slack/slackfake"
)

// No body ends in anything but an answer, and only ok makes a message visible.
func FuzzBodies(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "bodies", "*.json"))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		var fix fixture
		if err := json.Unmarshal(raw, &fix); err != nil {
			f.Fatal(err)
		}
		f.Add("chat.postMessage", "application/json", []byte(fix.Body))
	}
	f.Add("chat.postMessage", "application/x-www-form-urlencoded", []byte(`channel=news&text=a&blocks=[{"type":"divider"}]&thread_ts=1.0`))
	f.Add("chat.update", "application/json", []byte(`{"channel":"news","ts":"1.000100","metadata":{}}`))
	f.Add("conversations.history", "application/x-www-form-urlencoded", []byte("channel=news&cursor=bmV4dF90czox&limit=2&oldest=1e9"))
	f.Add("conversations.list", "application/json", []byte(`{"cursor":"b2Zmc2V0Ojk5","types":"im"}`))
	s := slackfake.New(slackfake.Config{Plan: calm(), Now: func() time.Time { return time.Unix(1, 0) }})
	visible := 0
	f.Fuzz(func(t *testing.T, method, kind string, body []byte) {
		req := httptest.NewRequest(http.MethodPost, "https://fake.slack.example/api/", strings.NewReader(string(body)))
		req.URL.Path += method
		req.Header.Set("Content-Type", kind)
		req.Header.Set("Authorization", "Bearer "+token)
		rec := httptest.NewRecorder()
		s.ServeHTTP(rec, req)
		var a answer
		if err := json.Unmarshal(rec.Body.Bytes(), &a); err != nil {
			t.Fatalf("got %q: %v", rec.Body, err)
		}
		if a.OK == (a.Error != "") {
			t.Errorf("got ok %v with error %q", a.OK, a.Error)
		}
		now := len(s.All())
		if grown := now > visible; grown != (a.OK && strings.Trim(method, "/") == "chat.postMessage") && !strings.Contains(method, "api/") {
			t.Errorf("%s: %d messages became %d with %s", method, visible, now, rec.Body)
		}
		if visible = now; now > 500 {
			s, visible = slackfake.New(slackfake.Config{Plan: calm()}), 0
		}
	})
}

func FuzzPlans(f *testing.F) {
	raw, err := os.ReadFile(filepath.Join("testdata", "plans", "storm.json"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte(`{"chances":{"slow":1e-3},"rate":{"per_second":-1,"burst":-4}}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		plan, err := slackfake.ParsePlan(src)
		if err != nil {
			return
		}
		plan.Chances, plan.Script, plan.Latency = nil, nil, 0
		s := slackfake.New(slackfake.Config{Plan: plan})
		if _, err := try(s, "chat.postMessage", message(nil)); err != nil {
			t.Errorf("got %v from %s", err, src)
		}
	})
}
