package slack_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"newswatch/notify/slack"
)

var types = flag.Bool("types", false, "hold messages against Slack's TypeScript definitions; needs node and npm")

// What Slack's definitions lack: lists that begin to count at an offset, which the
// Python SDK and slack-go have, and lists of words in metadata, which Slack's page on
// metadata neither shows nor forbids.
var (
	offsets = regexp.MustCompile(`,"offset":\d+`)
	stories = regexp.MustCompile(`"stories":\[([^\]]*)\]`)
)

// TestTypes has the compiler of TypeScript read all samples, and their plainer
// forms, as literals of Slack's own types: tsc --strict of the pinned versions in
// testdata/types.
func TestTypes(t *testing.T) {
	t.Parallel()
	if !*types {
		t.Skip("not asked for: go test ./notify/slack -run TestTypes -types")
	}
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not here", tool)
		}
	}
	ctx, stop := context.WithTimeout(t.Context(), 3*time.Minute)
	defer stop()
	dir := t.TempDir()
	for _, name := range []string{"package.json", "package-lock.json", "tsconfig.json"} {
		body, err := os.ReadFile(filepath.Join("testdata", "types", name))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), body, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	npm := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
	npm.Dir = dir
	if out, err := npm.CombinedOutput(); err != nil {
		t.Skipf("the packages cannot be fetched: %v\n%s", err, out)
	}
	source, n := literals(t)
	if err := os.WriteFile(filepath.Join(dir, "messages.ts"), source, 0o644); err != nil {
		t.Fatal(err)
	}
	tsc := exec.CommandContext(ctx, "node", filepath.Join("node_modules", "typescript", "bin", "tsc"), "--project", ".")
	tsc.Dir = dir
	if out, err := tsc.CombinedOutput(); err != nil {
		t.Errorf("of %d messages: %v\n%s", n, err, out)
	}
	t.Logf("%d messages are of Slack's types", n)
}

// literals are the samples as a program of constants.
func literals(t *testing.T) (source []byte, n int) {
	t.Helper()
	var b bytes.Buffer
	b.WriteString("import type { KnownBlock, MessageMetadata } from \"@slack/types\";\n" +
		"interface Message { text: string; blocks?: KnownBlock[]; unfurl_links: false; unfurl_media: false; mrkdwn: boolean; metadata: MessageMetadata }\n")
	add := func(payload []byte) {
		n++
		payload = stories.ReplaceAll(offsets.ReplaceAll(payload, nil), []byte(`"stories":""`))
		fmt.Fprintf(&b, "export const m%d: Message = %s;\n", n, payload)
	}
	c := slack.New(slack.Config{Interactive: true})
	for _, list := range samples(t) {
		for _, m := range list {
			add(m.Payload)
			for rung, body := 1, m.Payload; ; rung++ {
				next, ok := c.Lean(body, rung)
				if !ok {
					break
				}
				add(next)
				body = next
			}
		}
	}
	return b.Bytes(), n
}
