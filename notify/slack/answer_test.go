package slack_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"
	"pgregory.net/rapid"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/notify/slack"
	"newswatch/notify/slack/slackfake"
)

const reader = "U0READER01"

// answered posts an answer to the response_url of a command, and returns what the
// asker sees of it.
func answered(t interface{ Fatalf(string, ...any) }, fake *slackfake.Server, body []byte) slackfake.Ephemeral {
	id := fake.Slash(reader, "news", "status")
	resp, err := fake.Client().Post(fake.ResponseURL(id), "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatalf("%v", err)
	}
	defer resp.Body.Close()
	if got := fake.Interaction(id).Answers; resp.StatusCode == http.StatusOK && len(got) == 1 {
		return got[0]
	}
	t.Fatalf("refused with %d: %q", resp.StatusCode, fake.Audit())
	return slackfake.Ephemeral{}
}

func TestAnswerGolden(t *testing.T) {
	t.Parallel()
	c := slack.New(slack.Config{})
	body, err := c.Answer(notify.Answer{
		Headline: "Story 3 is in the digest because rule competitors matched <!channel>",
		Lines: []string{
			"entity Voltera AB in the title of 5 of 5 items", "not excluded by *football* & _music_",
			"grouped: 5 items within 3 h 45 min", "paste this:", "  - id: competitors", "    except: [football]",
		},
		Hint: "/news mute 3 · /news follow 3", Undo: []string{"unmute", "story", "abcdef0123456789"},
	}, false)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "answer.json", body)
	if body, err = c.Choice("abcdef0123456789", "Voltera recalls <Model R2 & R3>"); err != nil {
		t.Fatal(err)
	}
	golden(t, "choice.json", body)
}

// Answers of any size and any words are taken, and nothing in them is live.
func TestAnswersAreTaken(t *testing.T) {
	t.Parallel()
	fake, c := workspace(slackfake.Plan{})
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
		"", "<!channel>", "<https://evil.example|Reuters>", "  indented: yaml", strings.Repeat("x&<>", 2000), "*_~`", "\x00\u202e",
	}))
	rapid.Check(t, func(t *rapid.T) {
		a := notify.Answer{
			Headline: text.Draw(t, "headline"), Lines: rapid.SliceOfN(text, 0, 100).Draw(t, "lines"), Hint: text.Draw(t, "hint"),
			Undo: rapid.SliceOfN(text, 0, 3).Draw(t, "undo"),
		}
		body, err := c.Answer(a, false)
		if err != nil {
			t.Fatalf("%v", err)
		}
		shown := answered(t, fake, body)
		if len(shown.Mentions)+len(shown.Links) > 0 || len(shown.Text) > 4000 {
			t.Fatalf("got %+v, want nothing live and a short text", shown)
		}
		if body, err = c.Choice("abcdef0123456789", text.Draw(t, "picked")); err != nil {
			t.Fatalf("%v", err)
		}
		answered(t, fake, body)
	})
}

// home draws a state at a glance, of the desk's words only where they are not
// drawn.
func home(t *rapid.T) notify.Home {
	text := rapid.OneOf(rapid.StringN(0, 300, 3000), rapid.SampledFrom([]string{"", "<!here>", "<@U0READER01>", strings.Repeat("&", 5000)}))
	at := time.Unix(1_800_000_000, 0)
	h := notify.Home{At: at, Headline: text.Draw(t, "headline"), Held: rapid.IntRange(0, 3).Draw(t, "held")}
	h.Feeds = notify.HomeFeeds{Total: 38, Well: 37, LastPoll: at, Failing: rapid.SliceOfN(text, 0, 8).Draw(t, "failing")}
	for range rapid.IntRange(0, 60).Draw(t, "plans") {
		h.Plans = append(h.Plans, notify.HomePlan{
			ID: text.Draw(t, "id"), Kind: news.DigestPlan, Title: text.Draw(t, "title"), Next: at, Ready: 3, Muted: 1,
			To: news.Target{Slack: text.Draw(t, "to")}, Paused: rapid.SampledFrom([]time.Time{{}, at}).Draw(t, "paused"), By: "ida",
		})
	}
	for range rapid.IntRange(0, 200).Draw(t, "rules") {
		h.Rules = append(h.Rules, notify.HomeRule{ID: text.Draw(t, "id"), Title: text.Draw(t, "title"), Items: 41, Stories: 6, Flags: 2, Example: text.Draw(t, "example")})
	}
	for range rapid.IntRange(0, 60).Draw(t, "mutes") {
		h.Mutes = append(h.Mutes, notify.HomeMute{What: text.Draw(t, "what"), Until: at, By: reader, Reason: text.Draw(t, "reason"), Undo: []string{"unmute", text.Draw(t, "undo")}})
	}
	for range rapid.IntRange(0, 60).Draw(t, "followed") {
		h.Followed = append(h.Followed, notify.HomeStory{ID: "ab", Headline: text.Draw(t, "story"), Until: at, By: text.Draw(t, "by"), Undo: []string{"unfollow", "ab"}})
	}
	return h
}

// A home page of any content is within Slack's limits.
func TestHomesAreTaken(t *testing.T) {
	t.Parallel()
	fake, c := workspace(slackfake.Plan{})
	rapid.Check(t, func(rt *rapid.T) {
		if err := c.PublishHome(t.Context(), reader, home(rt), rapid.String().Draw(rt, "note")); err != nil {
			rt.Fatalf("%v %q", err, fake.Audit())
		}
	})
	if problems := fake.Audit(); len(problems) > 0 {
		t.Errorf("audit: %q", problems)
	}
}

func TestHomeGolden(t *testing.T) {
	t.Parallel()
	fake, c := workspace(slackfake.Plan{})
	at := time.Unix(1_798_786_760, 0)
	err := c.PublishHome(t.Context(), reader, notify.Home{
		At: at, Headline: "1 of 38 feeds fails", Feeds: notify.HomeFeeds{Total: 38, Well: 37, Failing: []string{"Aster Wire"}, LastPoll: at}, Held: 1,
		Plans: []notify.HomePlan{
			{ID: "energy", Kind: news.DigestPlan, Title: "Energy morning", To: news.Target{Slack: "C0NEWS0001"}, Next: at.Add(24 * time.Hour), Ready: 3},
			{ID: "urgent", Kind: news.AlertPlan, Title: "Urgent", To: news.Target{Slack: "desk"}, Paused: at.Add(time.Hour), By: reader},
		},
		Rules:    []notify.HomeRule{{ID: "competitors", Title: "Competitors", Items: 118, Stories: 22, Flags: 9, Example: "Ampera <festival>"}},
		Mutes:    []notify.HomeMute{{What: "story “Voltera recalls chargers”", Until: at.Add(24 * time.Hour), By: "ida (" + reader + ")", Undo: []string{"unmute", "91aa23cd"}}},
		Followed: []notify.HomeStory{{ID: "7f31", Headline: "Interconnector trips twice", Until: at.Add(48 * time.Hour), By: "ida", Undo: []string{"unfollow", "7f31"}}},
	}, "")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "home.json", fake.Home(reader))
}

func TestResponseURL(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		api, address string
		want         bool
	}{
		"Slack's":             {"", "https://hooks.slack.com/commands/T1/2/abc", true},
		"GovSlack's":          {"https://slack-gov.com/api", "https://hooks.slack-gov.com/actions/T1/2/abc", true},
		"the API's host":      {"http://127.0.0.1:8766/api", "http://127.0.0.1:8766/commands/T1/abc", true},
		"another port":        {"http://127.0.0.1:8766/api", "http://127.0.0.1:1/commands/T1/abc", false},
		"another scheme":      {"https://proxy.example/api", "http://proxy.example/x", false},
		"unencrypted":         {"", "http://hooks.slack.com/commands/T1/2/abc", false},
		"elsewhere":           {"", "https://evil.example/commands", false},
		"a look-alike":        {"", "https://hooks.slack.com.evil.example/commands", false},
		"before an at sign":   {"", "https://hooks.slack.com@evil.example/commands", false},
		"with a user":         {"", "https://a:b@hooks.slack.com/commands", false},
		"another port of it":  {"", "https://hooks.slack.com:8080/commands", false},
		"inside":              {"", "http://169.254.169.254/latest", false},
		"nothing":             {"", "", false},
		"no address":          {"", "://", false},
		"too long an address": {"", "https://hooks.slack.com/" + strings.Repeat("a", 2000), false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := slack.New(slack.Config{APIURL: tc.api}).ResponseURL(tc.address); got != tc.want {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}

// An address for a WebSocket is dialled only where it can be Slack's.
func TestOpenSocketLooksAtTheAddress(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		address string
		good    bool
	}{
		"Slack's":       {"wss://wss-primary.slack.com/link/?ticket=1", true},
		"the API's":     {"wss://slack.test/link/?ticket=1", true},
		"elsewhere":     {"wss://evil.example/link/", false},
		"a look-alike":  {"wss://notslack.com/link/", false},
		"unencrypted":   {"ws://wss-primary.slack.com/link/", false},
		"another port":  {"wss://wss-primary.slack.com:99/link/", false},
		"another thing": {"https://slack.com/", false},
		"nothing":       {"", false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body, err := json.Marshal(map[string]any{"ok": true, "url": tc.address})
			if err != nil {
				t.Fatal(err)
			}
			c := slack.New(slack.Config{AppToken: "xapp-secret", APIURL: "https://slack.test/api", HTTP: &http.Client{Transport: canned(body)}})
			got, err := c.OpenSocket(t.Context())
			if tc.good != (err == nil) || tc.good && got != tc.address {
				t.Errorf("got %q, %v", got, err)
			}
			if err != nil && tc.address != "" && strings.Contains(err.Error(), tc.address) {
				t.Errorf("the error tells the address: %v", err)
			}
		})
	}
}

// canned is a transport that always gives the same answer.
type canned []byte

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	w := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Request: r, Body: http.NoBody}
	w.Body = nopCloser{bytes.NewReader(c)}
	return w, nil
}

type nopCloser struct{ *bytes.Reader }

func (nopCloser) Close() error { return nil }

// TestManifest holds the manifest against Slack's limits for one
// (docs.slack.dev/reference/app-manifest), and against what we use.
func TestManifest(t *testing.T) {
	t.Parallel()
	var m struct {
		Display struct {
			Name        string `yaml:"name"`
			Description string `yaml:"description"`
			Color       string `yaml:"background_color"`
		} `yaml:"display_information"`
		Features struct {
			Home struct {
				Home     bool `yaml:"home_tab_enabled"`
				Messages bool `yaml:"messages_tab_enabled"`
			} `yaml:"app_home"`
			Bot struct {
				Name   string `yaml:"display_name"`
				Online bool   `yaml:"always_online"`
			} `yaml:"bot_user"`
			Commands []struct {
				Command string `yaml:"command"`
				Text    string `yaml:"description"`
				Hint    string `yaml:"usage_hint"`
				Escape  bool   `yaml:"should_escape"`
			} `yaml:"slash_commands"`
		} `yaml:"features"`
		OAuth struct {
			Scopes struct {
				Bot []string `yaml:"bot"`
			} `yaml:"scopes"`
		} `yaml:"oauth_config"`
		Settings struct {
			Events struct {
				Bot []string `yaml:"bot_events"`
			} `yaml:"event_subscriptions"`
			Interactivity struct {
				On bool `yaml:"is_enabled"`
			} `yaml:"interactivity"`
			Org      bool `yaml:"org_deploy_enabled"`
			Socket   bool `yaml:"socket_mode_enabled"`
			Rotation bool `yaml:"token_rotation_enabled"`
		} `yaml:"settings"`
	}
	d := yaml.NewDecoder(bytes.NewReader(slack.Manifest()))
	d.KnownFields(true)
	if err := d.Decode(&m); err != nil {
		t.Fatal(err)
	}
	if len(m.Display.Name) > 35 || len(m.Display.Description) > 140 || len(m.Features.Bot.Name) > 80 {
		t.Error("a name or description is too long")
	}
	if len(m.Features.Commands) != 1 || m.Features.Commands[0].Command != "/news" || len(m.Features.Commands[0].Text) > 2000 || len(m.Features.Commands[0].Hint) > 1000 {
		t.Errorf("got %+v, want /news", m.Features.Commands)
	}
	if strings.Join(m.OAuth.Scopes.Bot, " ") != strings.Join(slack.Scopes(), " ") {
		t.Errorf("got %v, want %v", m.OAuth.Scopes.Bot, slack.Scopes())
	}
	if !m.Settings.Socket || !m.Settings.Interactivity.On || !m.Features.Home.Home || strings.Join(m.Settings.Events.Bot, "") != "app_home_opened" {
		t.Error("Socket Mode, interactivity or the home page is not on")
	}
}

// Where any channel exists its list shows none that nobody has used, and a trial
// still ends well.
func TestTrialOfAnyChannel(t *testing.T) {
	t.Parallel()
	_, c := workspace(slackfake.Plan{})
	var steps []string
	err := c.Trial(t.Context(), "#anywhere", func(step, _ string) { steps = append(steps, step) })
	if want := "token workspace scopes channel post read back rewrite thread app token"; err != nil || strings.Join(steps, " ") != want {
		t.Errorf("got %q, %v, want %q", steps, err, want)
	}
}
