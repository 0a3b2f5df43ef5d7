package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"newswatch/watcher/store"
)

func TestExitCodesOfTheState(t *testing.T) {
	for err, want := range map[error]int{
		store.ErrUnwritable: 74, store.ErrUnreachable: 74, store.ErrNewerSchema: 74, store.ErrLocked: 75,
	} {
		if got := exitCode(fmt.Errorf("open it: %w", err)); got != want {
			t.Errorf("got exit code %d of %v, want %d", got, err, want)
		}
	}
}

// The driver of PostgreSQL tries with and without TLS, and says of both what was wrong.
func TestUnreachableServerIsToldLegibly(t *testing.T) {
	var out bytes.Buffer
	code := run(t.Context(), []string{"stories", "--db", "postgres://ida@127.0.0.1:1/desk"}, stdio{out: &out, err: &out, env: func(string) string { return "" }})
	if said := out.String(); code != exitUnwritable || !strings.Contains(said, "cannot be reached") || strings.ContainsAny(said, "\t\ufffd") {
		t.Errorf("got exit code %d and %q", code, said)
	}
}
