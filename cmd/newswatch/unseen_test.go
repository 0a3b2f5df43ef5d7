package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestSeenJSONIsTheSameJSON: a program reads the same values, a terminal finds
// nothing to obey.
func TestSeenJSONIsTheSameJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.MapOf(rapid.String(), rapid.SliceOf(rapid.String())).Draw(t, "in")
		var out bytes.Buffer
		enc := json.NewEncoder(seenJSON{&out})
		enc.SetEscapeHTML(false)
		if err := enc.Encode(in); err != nil {
			t.Fatal(err)
		}
		if at := strings.IndexFunc(strings.TrimSuffix(out.String(), "\n"), unseen); at >= 0 {
			t.Fatalf("%q is not all seen", out.String())
		}
		var back map[string][]string
		if err := json.Unmarshal(out.Bytes(), &back); err != nil {
			t.Fatalf("%q: %v", out.String(), err)
		}
		if len(back) != len(in) {
			t.Fatalf("got %q, want %q", back, in)
		}
		for k, v := range in {
			if strings.Join(back[k], "|") != strings.Join(v, "|") {
				t.Fatalf("got %q, want %q", back, in)
			}
		}
	})
}
