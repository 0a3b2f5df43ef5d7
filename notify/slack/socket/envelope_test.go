package socket

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"newswatch/notify/slack"
)

func TestSplit(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		typed string
		want  []string
	}{
		"nothing":        {"  ", nil},
		"words":          {" mute  3\t24h", []string{"mute", "3", "24h"}},
		"quotes":         {`test "a b" c`, []string{"test", "a b", "c"}},
		"curly quotes":   {`test “a b” „c d“`, []string{"test", "a b", "c d"}},
		"an apostrophe":  {`mute entity O'Neil's`, []string{"mute", "entity", "O'Neil's"}},
		"an open quote":  {`test "a b`, []string{"test", "a b"}},
		"an empty quote": {`test ""`, []string{"test", ""}},
		"entities":       {`test &lt;b&gt; &amp;amp;`, []string{"test", "<b>", "&amp;"}},
		"glued":          {`a"b c"d`, []string{"ab cd"}},
		"no UTF-8":       {"a\xffb", []string{"ab"}},
		"a hard space":   {"mute\u00a03", []string{"mute", "3"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, split(tc.typed)); diff != "" {
				t.Error(diff)
			}
		})
	}
	if got := split(strings.Repeat("a ", 1000)); len(got) != maxWords {
		t.Errorf("got %d words, want %d", len(got), maxWords)
	}
}

func TestReadRefusesWhatIsNotOurs(t *testing.T) {
	t.Parallel()
	press := func(action string) string {
		return `{"type":"block_actions","user":{"id":"U0READER01"},"actions":[` + action + `]}`
	}
	tests := map[string]struct{ kind, payload string }{
		"unknown envelope":         {"workflow_step", `{}`},
		"no user":                  {"slash_commands", `{"text":"status"}`},
		"a user of another form":   {"slash_commands", `{"text":"status","user_id":"<!channel>"}`},
		"text that is a number":    {"slash_commands", `{"text":3,"user_id":"U0READER01"}`},
		"a payload that is a list": {"slash_commands", `[]`},
		"no payload":               {"slash_commands", ``},
		"another interaction":      {"interactive", `{"type":"view_submission","user":{"id":"U0READER01"}}`},
		"no action":                {"interactive", press("")},
		"unknown action":           {"interactive", press(`{"action_id":"other","value":"a"}`)},
		"an id with blanks":        {"interactive", press(`{"action_id":"story_mute","value":"a b:24h"}`)},
		"a span with blanks":       {"interactive", press(`{"action_id":"story_mute","value":"ab:24 h"}`)},
		"an empty id":              {"interactive", press(`{"action_id":"story_flag","value":""}`)},
		"a long id":                {"interactive", press(`{"action_id":"story_flag","value":"` + strings.Repeat("a", 65) + `"}`)},
		"a pick of nothing":        {"interactive", press(`{"action_id":"story_menu","selected_option":{"value":"st:"}}`)},
		"no words":                 {"interactive", press(`{"action_id":"home_undo","value":"[]"}`)},
		"words that are none":      {"interactive", press(`{"action_id":"home_undo","value":"{}"}`)},
		"another event":            {"events_api", `{"event":{"type":"message","user":"U0READER01"}}`},
		"the messages tab":         {"events_api", `{"event":{"type":"app_home_opened","user":"U0READER01","tab":"messages"}}`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if j, ok := read(envelope{Type: tc.kind, ID: "e", Payload: json.RawMessage(tc.payload)}); ok {
				t.Errorf("got %+v, want it refused", j)
			}
		})
	}
}

// A name is only shown: one of another form loses no command.
func TestReadName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{`"ida"`: "ida", `3`: "", `null`: "", `{"a":1}`: ""} {
		payload := `{"text":"status","user_id":"U0READER01","user_name":` + name + `}`
		j, ok := read(envelope{Type: "slash_commands", ID: "e", Payload: json.RawMessage(payload)})
		if !ok || j.ByName != want {
			t.Errorf("%s: got name %q, taken %v, want %q", name, j.ByName, ok, want)
		}
	}
}

// Whatever Slack sends, a job has only what is of the right form in it.
func FuzzRead(f *testing.F) {
	f.Add("slash_commands", []byte(`{"text":"mute 3 “a b”","user_id":"U0READER01","channel_id":"C0NEWS0001","response_url":"https://hooks.slack.com/commands/a"}`))
	f.Add("interactive", []byte(`{"type":"block_actions","user":{"id":"U0READER01"},"container":{"type":"view"},"actions":[{"action_id":"home_undo","value":"[\"unmute\",\"a\"]"}]}`))
	f.Add("interactive", []byte(`{"type":"block_actions","user":{"id":"U0READER01"},"message":{"blocks":[{"elements":[{"action_id":"story_menu","options":[{"value":"st:ab"}]}]}]},"actions":[{"action_id":"digest_why","block_id":"digest_actions:dg_1"}]}`))
	f.Add("interactive", []byte(`{"type":"block_actions","user":{"id":"U0READER01"},"actions":[{"action_id":"story_menu","selected_option":{"value":"st:ab","text":{"text":"1. a"}}}]}`))
	f.Add("events_api", []byte(`{"event":{"type":"app_home_opened","user":"U0READER01","tab":"home"}}`))
	f.Fuzz(func(t *testing.T, kind string, payload []byte) {
		j, ok := read(envelope{Type: kind, ID: "e", Payload: payload})
		if !ok {
			return
		}
		if !slack.IsUser(j.By) || j.Channel != "" && !slack.IsChannel(j.Channel) || j.Message != "" && !plainID(j.Message) {
			t.Errorf("got %+v, want ids of the right form", j)
		}
		if len(j.Words) > maxWords || len(strings.Join(j.Words, "")) > maxTyped {
			t.Errorf("got %d words", len(j.Words))
		}
		if j.pick != "" && !plainID(j.pick) || slices.ContainsFunc(j.each, func(id string) bool { return !plainID(id) }) || len(j.each) > maxEach {
			t.Errorf("got %+v, want stories' ids", j)
		}
		c := slack.New(slack.Config{})
		if body, err := c.Choice(j.pick, j.headline); err != nil || !json.Valid(body) {
			t.Errorf("got %s, %v", body, err)
		}
	})
}
