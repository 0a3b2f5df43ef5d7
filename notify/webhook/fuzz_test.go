package webhook_test

import (
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzAnswers: whatever a receiver answers, the error is one short line of
// printable text without the address.
func FuzzAnswers(f *testing.F) {
	f.Add(400, "no such desk", "")
	f.Add(404, address, "7")
	f.Add(503, "xSecretWord", "Tue, 12 Jan 2027 06:31:00 GMT")
	f.Add(302, "\x1b[2J", "-1")
	f.Fuzz(func(t *testing.T, status int, body, retryAfter string) {
		if status < 200 || status > 999 {
			return
		}
		_, err := to(map[string]string{"DESK_HOOK": address}, answer(status, body, "Retry-After", retryAfter)).Post(t.Context(), delivery())
		if (err == nil) != (status < http.StatusMultipleChoices) {
			t.Fatalf("status %d: got %v", status, err)
		}
		if err == nil {
			return
		}
		said := err.Error()
		if strings.Contains(said, "xSecretWord") || strings.Contains(said, "xSecretKey") || strings.Contains(said, "receiver.example") {
			t.Errorf("the address shows: %s", said)
		}
		if len(said) > 250 || !utf8.ValidString(said) || strings.ContainsFunc(said, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("not one short line: %q", said)
		}
	})
}
