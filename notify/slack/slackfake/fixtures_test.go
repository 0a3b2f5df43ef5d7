package slackfake_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"newswatch/notify/slack/slackfake"
)

// fixture is a body and what becomes of it: "" is accepted.
type fixture struct {
	Want string          `json:"want"`
	At   string          `json:"at"`
	Body json.RawMessage `json:"body"`
}

func TestFixtures(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("testdata", "bodies", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("got %d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var f fixture
			if err := json.Unmarshal(raw, &f); err != nil {
				t.Fatal(err)
			}
			s := newSlack(t, slackfake.Config{})
			a := post(t, s, "chat.postMessage", f.Body)
			if a.Error != f.Want {
				t.Fatalf("got %q %q, want %q", a.Error, a.Response.Messages, f.Want)
			}
			if f.At != "" && (len(a.Response.Messages) != 1 || !strings.HasSuffix(a.Response.Messages[0], "[json-pointer:"+f.At+"]")) {
				t.Errorf("got %q, want one fault at %s", a.Response.Messages, f.At)
			}
			if problems := s.Audit(); f.Want == "" && len(problems) > 0 {
				t.Errorf("audit: %q", problems)
			}
		})
	}
}

// The messages as they were designed are taken, in JSON and as a form.
func TestDesignedMessages(t *testing.T) {
	t.Parallel()
	shared := os.Getenv("NEWSWATCH_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "..", "shared")
	}
	files, err := filepath.Glob(filepath.Join(shared, "design", "slack", "*.json"))
	if err != nil || len(files) == 0 {
		t.Skipf("no designed messages in %s: set NEWSWATCH_SHARED to post them", shared)
	}
	sent := 0
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var body object
		if err := json.Unmarshal(raw, &body); err != nil {
			t.Fatal(err)
		}
		if body["channel"] == nil {
			continue // a view, or an answer to a command
		}
		s := newSlack(t, slackfake.Config{})
		if a := post(t, s, "chat.postMessage", body); !a.OK {
			t.Errorf("%s: got %q %q, want ok", filepath.Base(file), a.Error, a.Response.Messages)
		}
		sent++
	}
	if sent == 0 {
		t.Error("got no message among the designs")
	}
}
