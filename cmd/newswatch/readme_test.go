package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"newswatch"
)

// TestReadme holds the README's transcripts against what the program prints:
// every line that is shown must come, in this order.
func TestReadme(t *testing.T) {
	raw, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(raw, []byte("\n")); n >= 150 {
		t.Errorf("the README has %d lines, want fewer than 150", n)
	}
	dir := t.TempDir()
	mistaken := strings.Replace(string(newswatch.Rules()), "surname_needs:", "surname_neds:", 1)
	if err := os.WriteFile(filepath.Join(dir, "rules.yaml"), []byte(mistaken), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	for command, args := range map[string][]string{
		"$ go run ./cmd/newswatch demo\n": {"demo"},
		"$ newswatch check\nrules":        {"check"},
	} {
		_, shown, found := strings.Cut(string(raw), command)
		if !found {
			t.Errorf("the README does not show %q", command)
			continue
		}
		shown, _, _ = strings.Cut(shown, "```")
		var out bytes.Buffer
		run(t.Context(), args, stdio{out: &out, err: &out, env: func(string) string { return "" }})
		holdsInOrder(t, out.String(), strings.Split(shown, "\n"))
	}
}

func holdsInOrder(t *testing.T, out string, lines []string) {
	t.Helper()
	for _, line := range lines {
		if line == "..." || strings.TrimSpace(line) == "" {
			continue
		}
		_, rest, found := strings.Cut(out, line)
		if !found {
			t.Errorf("the README shows a line that does not come there:\n%s", line)
			return
		}
		out = rest
	}
}
