package watcher_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// lines is a log that can be read while it is written.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// of are the lines with a message, as what they say.
func (l *lines) of(t *testing.T, msg string) (found []map[string]any) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.text.String()) {
		var said map[string]any
		if err := json.Unmarshal([]byte(line), &said); err != nil {
			t.Fatal(err)
		}
		if said["msg"] == msg {
			found = append(found, said)
		}
	}
	return found
}

// TestOneLineADecision follows an item from its poll to its alert by the ids in the
// log, and counts the lines of a feed that fails for hours.
func TestOneLineADecision(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log := &lines{}
		w := newClockWorld(t, time.Time{})
		w.log = slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		w.start()
		stop := w.run()
		time.Sleep(time.Minute)
		w.serve()
		time.Sleep(40 * time.Minute)
		first := func(msg string) map[string]any {
			t.Helper()
			got := log.of(t, msg)
			if len(got) == 0 {
				t.Fatalf("no line %q", msg)
			}
			return got[0]
		}
		matched, placed := first("matched"), first("placed")
		if matched["feed"] != "a" || matched["rule"] != "r" || matched["item"] == nil || matched["item"] != placed["item"] {
			t.Errorf("matched %v and placed %v do not follow each other", matched, placed)
		}
		var alert map[string]any
		for _, p := range log.of(t, "posted") {
			if p["plan"] == "now" {
				alert = p
			}
		}
		if alert == nil || alert["story"] != placed["story"] || alert["kind"] != "alert" || alert["attempt"] != 1.0 || alert["delivery_id"] == nil {
			t.Errorf("posted is %v, want the alert of story %v with its ids", alert, placed["story"])
		}
		if n := len(log.of(t, "placed")); n != 1 {
			t.Errorf("%d lines of one placing", n)
		}
		w.status.Store(http.StatusInternalServerError)
		time.Sleep(3 * time.Hour)
		failures := 0
		for _, line := range log.of(t, "poll failed") {
			if line["level"] == "WARN" {
				failures++
			}
		}
		if all := len(log.of(t, "poll failed")); failures < 3 || failures > 6 || all <= failures {
			t.Errorf("%d of %d failures are worth a warning, want those that double", failures, all)
		}
		w.status.Store(0)
		time.Sleep(3 * time.Hour)
		if n := len(log.of(t, "polled well again")); n != 1 {
			t.Errorf("%d lines of the feed's coming back, want 1", n)
		}
		stop()
		w.stop()
	})
}
