package web_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"newswatch/web"
)

func TestSite(t *testing.T) {
	t.Parallel()
	local := places(t)["loopback"]
	broken := errors.New("rules.yaml has 1 error")
	tests := map[string]struct {
		method, path string
		header       map[string]string
		alive, ready error
		reload       error
		status       int
		body         string
	}{
		"alive":                     {method: "GET", path: "/healthz", status: 200, body: "ok"},
		"ready":                     {method: "GET", path: "/readyz", status: 200, body: "ready"},
		"not ready":                 {method: "GET", path: "/readyz", ready: errors.New("disk I/O error"), status: 503, body: "cannot be written"},
		"not alive":                 {method: "GET", path: "/healthz", alive: errors.New("hosts has not ended a step"), status: 503, body: "a loop is stuck"},
		"counted":                   {method: "GET", path: "/metrics", status: 200, body: "newswatch_up 1"},
		"no counting by POST":       {method: "POST", path: "/metrics", status: 405},
		"no profiles":               {method: "GET", path: "/debug/pprof/heap", status: 404},
		"no variables":              {method: "GET", path: "/debug/vars", status: 404},
		"reloaded":                  {method: "POST", path: "/-/reload", status: 200, body: "rules loaded"},
		"rejected":                  {method: "POST", path: "/-/reload", reload: broken, status: 422, body: "the old ones stay in force: rules.yaml has 1 error"},
		"no reload by GET":          {method: "GET", path: "/-/reload", status: 405},
		"no reload from a web page": {method: "POST", path: "/-/reload", header: map[string]string{"Sec-Fetch-Site": "cross-site"}, status: 403},
		"nothing else":              {method: "GET", path: "/", status: 404},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site := web.New(web.Config{
				Alive: func() error { return tt.alive },
				Ready: []web.Check{
					{Not: "never said", Err: func(context.Context) error { return nil }},
					{Not: "the database cannot be written", Err: func(context.Context) error { return tt.ready }},
				},
				Reload:  func(context.Context) error { return tt.reload },
				Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "newswatch_up 1") }),
				Log:     slog.New(slog.DiscardHandler),
			})
			req := httptest.NewRequestWithContext(web.WithListener(t.Context(), local), tt.method, tt.path, nil)
			req.Host = "localhost:8765"
			for k, v := range tt.header {
				req.Header.Set(k, v)
			}
			rec := httptest.NewRecorder()
			site.ServeHTTP(rec, req)
			if rec.Code != tt.status || !strings.Contains(rec.Body.String(), tt.body) {
				t.Errorf("%s %s = %d %q, want %d with %q", tt.method, tt.path, rec.Code, rec.Body, tt.status, tt.body)
			}
			if strings.Contains(rec.Body.String(), "disk I/O") || strings.Contains(rec.Body.String(), "ended a step") {
				t.Error("an inner error is shown to whoever asks")
			}
		})
	}
}

func TestServeEndsWithItsContext(t *testing.T) {
	t.Parallel()
	site := web.New(well(web.Config{Log: slog.New(slog.DiscardHandler)}))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- site.Serve(ctx, "127.0.0.1:0") }()
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Serve = %v, want nil", err)
	}
	if err := site.Serve(t.Context(), "256.0.0.1:1"); err == nil || !strings.Contains(err.Error(), "--listen off") {
		t.Errorf("Serve at no address = %v, want an error that says what to do", err)
	}
}

// well fills in a daemon that is well.
func well(c web.Config) web.Config {
	c.Alive, c.Metrics = func() error { return nil }, http.NotFoundHandler()
	if c.Reload == nil {
		c.Reload = func(context.Context) error { return nil }
	}
	return c
}

func TestProfilesWhereTheyAreWanted(t *testing.T) {
	t.Parallel()
	site := web.New(well(web.Config{Profiles: true, Log: slog.New(slog.DiscardHandler)}))
	for path, want := range map[string]struct {
		status int
		body   string
	}{
		"/debug/pprof/goroutine?debug=1": {200, "goroutine profile"}, "/debug/pprof/heap": {200, "\x1f\x8b"},
		"/debug/pprof/profile?seconds=0": {200, "\x1f\x8b"}, "/debug/pprof/cmdline": {404, ""}, "/debug/pprof/": {404, ""},
	} {
		req := httptest.NewRequestWithContext(web.WithListener(t.Context(), places(t)["loopback"]), "GET", path, nil)
		req.Host = "localhost:8765"
		rec := httptest.NewRecorder()
		site.ServeHTTP(rec, req)
		if rec.Code != want.status || !strings.HasPrefix(rec.Body.String(), want.body) {
			t.Errorf("%s = %d %.40q, want %d %q", path, rec.Code, rec.Body, want.status, want.body)
		}
	}
}
