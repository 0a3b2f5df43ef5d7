package slackfake_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"newswatch/notify/slack/slackfake"
)

var emulate = flag.String("emulate", "", "folder where npm has installed emulate@0.11.2, whose Slack the fake is held against")

// TestEmulate posts the same to this Slack and to that of the npm package
// emulate, an independent one, and compares what the two then say of it: ids,
// order, pages, threads, metadata, errors. Of limits and rates the other knows
// nothing. Left out is where the two differ and Slack's pages of the methods are
// with this one: the other gives metadata unasked, knows no oldest, takes away the
// blocks of a message whose text alone is updated, and gives a parent neither
// thread_ts nor latest_reply.
//
//	npm install --prefix /tmp/emulate emulate@0.11.2
//	go test ./notify/slack/slackfake -run TestEmulate -v -emulate /tmp/emulate
func TestEmulate(t *testing.T) {
	if *emulate == "" {
		t.Skip("needs -emulate DIR, with emulate installed there by npm")
	}
	theirs := peer{T: t, base: startEmulate(t), token: "test_token_admin"}
	fake := slackfake.New(slackfake.Config{Plan: slackfake.Plan{Rate: slackfake.Rate{Off: true}}, Channels: []string{"general"}})
	base, err := fake.Start("")
	if err != nil {
		t.Fatal(err)
	}
	defer fake.Close()
	ours := peer{T: t, base: base, token: token}
	if diff := cmp.Diff(theirs.story(), ours.story()); diff != "" {
		t.Errorf("- emulate, + fake:\n%s", diff)
	}
}

func startEmulate(t *testing.T) (base string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	cmd := exec.Command("node", filepath.Join(*emulate, "node_modules", "emulate", "dist", "index.js"),
		"start", "--service", "slack", "--port", fmt.Sprint(port))
	if err := cmd.Start(); err != nil {
		t.Fatalf("start emulate: %v", err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	base = fmt.Sprintf("http://localhost:%d/api/", port)
	for range 100 {
		if resp, err := http.Get(base); err == nil {
			_ = resp.Body.Close()
			return base
		}
		time.Sleep(200 * time.Millisecond)
	}
	t.Fatal("emulate does not answer")
	return ""
}

// peer is a Slack that is asked.
type peer struct {
	*testing.T
	base, token string
}

func (p peer) call(method string, body object) map[string]any {
	p.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		p.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, p.base+method, bytes.NewReader(b))
	if err != nil {
		p.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+p.token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		p.Fatal(err)
	}
	defer resp.Body.Close()
	var answer map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		p.Fatalf("%s: %v", method, err)
	}
	return answer
}

// story plays a scene and tells what is seen of it, with timestamps by their
// order of appearance.
func (p peer) story() []string {
	p.Helper()
	channel := ""
	for _, c := range p.call("conversations.list", object{})["channels"].([]any) {
		if c := c.(map[string]any); c["name"] == "general" {
			channel = c["id"].(string)
		}
	}
	names := map[string]string{}
	name := func(ts any) string {
		s, _ := ts.(string)
		if s != "" && names[s] == "" {
			names[s] = fmt.Sprintf("ts%d", len(names)+1)
		}
		return names[s]
	}
	var seen []string
	say := func(what string, answer map[string]any) {
		seen = append(seen, fmt.Sprintf("%s: ok=%v error=%v ts=%s", what, answer["ok"], answer["error"], name(answer["ts"])))
	}
	message := func(n int, more object) object {
		m := object{
			"channel": channel, "text": fmt.Sprintf("message %d", n),
			"blocks":   []any{object{"type": "section", "text": object{"type": "mrkdwn", "text": fmt.Sprintf("block %d", n)}}},
			"metadata": object{"event_type": "newswatch_digest", "event_payload": object{"delivery_id": fmt.Sprintf("dg_%d", n), "part": 1, "stories": []string{"a1"}}},
		}
		for k, v := range more {
			m[k] = v
		}
		return m
	}
	var all []string
	for n := range 5 {
		a := p.call("chat.postMessage", message(n, nil))
		ts, _ := a["ts"].(string)
		all = append(all, ts)
		say("post", a)
	}
	say("reply", p.call("chat.postMessage", message(10, object{"thread_ts": all[1]})))
	say("reply", p.call("chat.postMessage", message(11, object{"thread_ts": all[1]})))
	say("update", p.call("chat.update", message(2, object{"ts": all[2], "text": "changed"})))
	say("update of nothing", p.call("chat.update", object{"channel": channel, "ts": "1.000001", "text": "changed"}))
	say("delete", p.call("chat.delete", object{"channel": channel, "ts": all[4]}))
	say("nowhere", p.call("chat.postMessage", object{"channel": "C0NOWHERE00", "text": "x"}))
	say("no text", p.call("chat.postMessage", object{"channel": channel}))
	list := func(what string, answer map[string]any) (cursor string) {
		messages, _ := answer["messages"].([]any)
		for _, m := range messages {
			m := m.(map[string]any)
			if m["text"] != "changed" && !strings.HasPrefix(fmt.Sprint(m["text"]), "message ") {
				continue // what the other has from the start
			}
			metadata, _ := json.Marshal(m["metadata"])
			blocks, _ := m["blocks"].([]any)
			thread := ""
			if m["thread_ts"] != m["ts"] {
				thread = name(m["thread_ts"])
			}
			seen = append(seen, fmt.Sprintf("%s: %s %q thread=%s replies=%v blocks=%d edited=%v metadata=%s", what, name(m["ts"]), m["text"],
				thread, m["reply_count"], len(blocks), m["edited"] != nil, metadata))
		}
		next, _ := answer["response_metadata"].(map[string]any)
		cursor, _ = next["next_cursor"].(string)
		return cursor
	}
	for cursor, pages := "", 0; pages < 10; pages++ {
		if cursor = list(fmt.Sprintf("page %d", pages), p.call("conversations.history", object{"channel": channel, "limit": 2, "cursor": cursor, "include_all_metadata": true})); cursor == "" {
			break
		}
	}
	list("thread", p.call("conversations.replies", object{"channel": channel, "ts": all[1], "include_all_metadata": true}))
	return seen
}
