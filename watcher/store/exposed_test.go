package store_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"newswatch/watcher/store"
)

// TestOpenWayToPostgreSQLIsTold warns of a way on which somebody may stand, and of no other.
func TestOpenWayToPostgreSQLIsTold(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"postgres://news:word@db.invalid/news":                                       true, // prefer: without TLS when the other side wants it so
		"postgres://news:word@db.invalid/news?sslmode=disable":                       true,
		"postgres://news:word@db.invalid/news?sslmode=allow":                         true,
		"postgres://news:word@db.invalid/news?sslmode=require":                       true, // TLS with anybody
		"postgres://news:word@db.invalid/news?sslmode=verify-full":                   false,
		"postgres://news:word@127.0.0.1:1/news?sslmode=disable":                      false,
		"postgres://news:word@[::1]:1/news":                                          false,
		"postgres://news:word@localhost:1/news":                                      false,
		"postgres:///news?host=/nowhere/run/postgresql":                              false,
		"postgres://news:word@127.0.0.1:1,db.invalid:1/news?sslmode=disable":         true,
		"postgres://news:word@db.invalid/news?sslmode=verify-full&connect_timeout=1": false,
	} {
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // nothing is to be reached
		var log strings.Builder
		s, err := store.Open(ctx, store.Options{URL: address, Log: slog.New(slog.NewTextHandler(&log, nil))})
		if err == nil {
			_ = s.Close()
			t.Errorf("%s was opened", address)
		}
		if told := strings.Contains(log.String(), "sslmode=verify-full"); told != want {
			t.Errorf("%s: told %v, want %v", address, told, want)
		}
		if strings.Contains(log.String(), "word") {
			t.Errorf("the log shows the password: %s", log.String())
		}
	}
}
