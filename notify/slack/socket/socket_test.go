package socket_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/notify/slack"
	"newswatch/notify/slack/slackfake"
	"newswatch/notify/slack/socket"
)

const (
	bot    = "xoxb-secret-bot"
	app    = "xapp-secret-app"
	reader = "U0READER01"
)

// desk is a Commander that notes what it was asked.
type desk struct {
	mu     sync.Mutex
	asked  []notify.Command
	answer notify.Answer
	err    error
	slow   time.Duration
}

func (d *desk) Do(ctx context.Context, c notify.Command) (notify.Answer, error) {
	if d.slow > 0 {
		select {
		case <-time.After(d.slow):
		case <-ctx.Done():
			return notify.Answer{}, ctx.Err()
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = append(d.asked, c)
	return d.answer, d.err
}

func (d *desk) commands() []notify.Command {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]notify.Command(nil), d.asked...)
}

func (d *desk) Home(context.Context) (notify.Home, error) {
	return notify.Home{
		Headline: "Healthy", Healthy: true, Feeds: notify.HomeFeeds{Total: 3, Well: 3},
		Mutes: []notify.HomeMute{{What: "story “Trams stop <!channel>”", Until: time.Unix(1_800_000_000, 0), By: reader, Undo: []string{"unmute", "abc123"}}},
	}, nil
}

// scene is a Slack, a listener to it, and what the listener logged.
type scene struct {
	slack *slackfake.Server
	desk  *desk
	log   *locked
}

// play runs a scene in virtual time.
func play(t *testing.T, plan slackfake.Plan, f func(t *testing.T, s *scene)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		plan.Rate.Off = true
		s := &scene{
			slack: slackfake.New(slackfake.Config{Plan: plan, Token: bot, AppToken: app}),
			desk:  &desk{answer: notify.Answer{Headline: "Done"}}, log: new(locked),
		}
		ctx, stop := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		logger := slog.New(slog.NewTextHandler(s.log, nil))
		channel := slack.New(slack.Config{
			Token: bot, AppToken: app, APIURL: "http://slack.test/api", HTTP: s.slack.Client(), Log: logger,
		})
		l := socket.New(socket.Config{
			Slack: channel, Commander: s.desk, Homer: s.desk, HTTP: s.slack.Client(), Dial: s.slack.DialContext, Log: logger,
		})
		wg.Go(func() {
			if err := l.Run(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("run: got %v", err)
			}
		})
		synctest.Wait()
		defer s.end(t, func() { stop(); wg.Wait() })
		f(t, s)
	})
}

// end stops the listener and looks at what was left behind.
func (s *scene) end(t *testing.T, stop func()) {
	began := time.Now()
	stop()
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("stopping took %s", took)
	}
	if err := s.slack.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	synctest.Wait()
	for _, problem := range s.slack.Audit() {
		t.Errorf("audit: %s", problem)
	}
	for _, secret := range []string{bot, app, "ticket-"} {
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("the log has %q:\n%s", secret, s.log)
		}
	}
}

// locked is a log that can be read while it is written.
type locked struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestSlashCommand(t *testing.T) {
	t.Parallel()
	play(t, slackfake.Plan{}, func(t *testing.T, s *scene) {
		s.desk.answer = notify.Answer{Headline: "Story 3 is muted <!here>", Lines: []string{"*until* tomorrow", "  - id: x"}, Hint: "/news unmute 3"}
		id := s.slack.Slash(reader, "news", ` mute   3 “Voltera & Söhne” isn't <b> `)
		synctest.Wait()
		act := s.slack.Interaction(id)
		want := []notify.Command{{
			By: reader, ByName: "u0reader01", Words: []string{"mute", "3", "Voltera & Söhne", "isn't", "<b>"}, Channel: s.slack.ChannelID("news"),
		}}
		if diff := cmp.Diff(want, s.desk.commands()); diff != "" {
			t.Error(diff)
		}
		if act.Acks != 1 || act.Acked.Sub(act.At) > time.Second || len(act.Answers) != 1 {
			t.Fatalf("got %+v, want one acknowledgement and one answer", act)
		}
		answer := act.Answers[0]
		if len(answer.Mentions)+len(answer.Links) > 0 || !strings.Contains(answer.Text, "Story 3 is muted &lt;!here&gt;") {
			t.Errorf("got %+v, want it as data", answer)
		}
	})
}

// People of another organisation see our messages in a shared channel. They decide
// nothing.
func TestStrangersAreRefused(t *testing.T) {
	t.Parallel()
	play(t, slackfake.Plan{}, func(t *testing.T, s *scene) {
		s.slack.Stranger("U0GUEST001", "T0OTHERORG")
		for user, want := range map[string]int{"U0GUEST001": 0, reader: 1} {
			id := s.slack.Slash(user, "news", "mute 3")
			synctest.Wait()
			act := s.slack.Interaction(id)
			if len(act.Answers) != 1 || act.Acks != 1 {
				t.Fatalf("%s: got %+v, want one answer", user, act)
			}
			if refused := strings.Contains(act.Answers[0].Text, "Only people of the workspace"); refused != (want == 0) {
				t.Errorf("%s was told %q", user, act.Answers[0].Text)
			}
			did := 0
			for _, c := range s.desk.commands() {
				if c.By == user {
					did++
				}
			}
			if did != want {
				t.Errorf("%d commands of %s were done, want %d", did, user, want)
			}
		}
	})
}

// People of another organisation see our buttons in a shared channel: pressing them
// does nothing either, and is answered.
func TestStrangersPressInVain(t *testing.T) {
	t.Parallel()
	const guest = "U0GUEST001"
	for action, value := range map[string]string{
		"digest_why": "", "digest_more": "pause_until:tomorrow", "story_menu": "st:abcdef0123456789", "story_mute": "", "story_ack": "", "story_flag": "",
	} {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			play(t, slackfake.Plan{}, func(t *testing.T, s *scene) {
				s.slack.Stranger(guest, "T0OTHERORG")
				at, alert := s.digest(t)
				if strings.HasPrefix(action, "story_") && action != "story_menu" {
					at = alert
				}
				id, err := s.slack.Press(guest, "news", at, action, value)
				if err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				act := s.slack.Interaction(id)
				if len(act.Answers) != 1 || !strings.Contains(act.Answers[0].Text, "Only people of the workspace") {
					t.Errorf("got %+v, want a refusal", act.Answers)
				}
				if did := s.desk.commands(); len(did) > 0 {
					t.Errorf("did %v", did)
				}
			})
		})
	}
}

func TestAcknowledgesBeforeItWorks(t *testing.T) {
	t.Parallel()
	play(t, slackfake.Plan{}, func(t *testing.T, s *scene) {
		s.desk.slow = 20 * time.Second
		id := s.slack.Slash(reader, "news", "backtest")
		time.Sleep(30 * time.Second)
		synctest.Wait()
		if act := s.slack.Interaction(id); act.Deliveries != 1 || act.Acked.Sub(act.At) > time.Second || len(act.Answers) != 1 {
			t.Errorf("got %+v, want one delivery, acknowledged at once, answered later", act)
		}
	})
}

func TestErrors(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		err     error
		says    string
		logs    string
		secrets bool
	}{
		"a question that cannot be answered": {fmt.Errorf("%w: no story 9 here", notify.ErrAsked), "no story 9 here", "", false},
		"a fault of ours":                    {errors.New("disk /var/x is full"), "did not work", "disk /var/x is full", true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, slackfake.Plan{}, func(t *testing.T, s *scene) {
				s.desk.err = tc.err
				id := s.slack.Slash(reader, "news", "mute 9")
				synctest.Wait()
				act := s.slack.Interaction(id)
				if len(act.Answers) != 1 || !strings.Contains(act.Answers[0].Text, tc.says) || tc.secrets && strings.Contains(act.Answers[0].Text, "/var") {
					t.Errorf("got %+v, want %q", act.Answers, tc.says)
				}
				if !strings.Contains(s.log.String(), tc.logs) {
					t.Errorf("log: got %s, want %q", s.log, tc.logs)
				}
			})
		})
	}
}

// digest posts a digest and an alert with controls, and returns where they stand.
func (s *scene) digest(t *testing.T) (digest, alert string) {
	t.Helper()
	c := slack.New(slack.Config{Token: bot, APIURL: "http://slack.test/api", HTTP: s.slack.Client(), Interactive: true})
	entry := news.Entry{
		StoryID: "abcdef0123456789", Number: 1, Headline: "Trams stop & <go>", URL: "https://a.example/1", At: time.Now(),
		Sources: []news.Source{{Name: "Aster Wire"}},
	}
	list, err := c.Digest(news.Digest{DeliveryID: "dg_0011", Title: "Desk", Sections: []news.Section{{Rule: "trams", Title: "Trams", Entries: []news.Entry{entry}}}})
	if err != nil {
		t.Fatal(err)
	}
	m, err := c.Alert(news.Alert{DeliveryID: "al_0022", Title: "Urgent", Entry: entry})
	if err != nil {
		t.Fatal(err)
	}
	var at []string
	for i, m := range append(list, m) {
		r, err := c.Post(t.Context(), news.Delivery{
			ID: []string{"dg_0011", "al_0022"}[i], Part: 1, Parts: 1, Kind: news.KindDigest, Destination: "slack:news", Payload: m.Payload, StartedAt: time.Now(),
		})
		if err != nil {
			t.Fatal(err)
		}
		at = append(at, r.TS)
	}
	return at[0], at[1]
}

func TestControls(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		onAlert       bool
		action, value string
		words         []string
		message       string
	}{
		"why these":    {false, "digest_why", "", []string{"why", "abcdef0123456789"}, "dg_0011"},
		"pause":        {false, "digest_more", "pause_until:tomorrow", []string{"pause", "until", "tomorrow"}, "dg_0011"},
		"health":       {false, "digest_more", "health", []string{"status"}, "dg_0011"},
		"mute":         {true, "story_mute", "", []string{"mute", "abcdef0123456789", "24h"}, "al_0022"},
		"on it":        {true, "story_ack", "", []string{"follow", "abcdef0123456789"}, "al_0022"},
		"not relevant": {true, "story_flag", "", []string{"flag", "abcdef0123456789"}, "al_0022"},
		"open":         {true, "open_article", "", nil, ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, slackfake.Plan{}, func(t *testing.T, s *scene) {
				at, alert := s.digest(t)
				if tc.onAlert {
					at = alert
				}
				id, err := s.slack.Press(reader, "news", at, tc.action, tc.value)
				if err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				var want []notify.Command
				answers := 0
				if tc.words != nil {
					want = []notify.Command{{By: reader, ByName: "u0reader01", Words: tc.words, Channel: s.slack.ChannelID("news"), Message: tc.message}}
					answers = 1
				}
				if diff := cmp.Diff(want, s.desk.commands()); diff != "" {
					t.Error(diff)
				}
				if act := s.slack.Interaction(id); act.Acks != 1 || len(act.Answers) != answers {
					t.Errorf("got %+v, want it acknowledged and %d answers", act, answers)
				}
			})
		})
	}
}

func TestMenuAsksWhatToDo(t *testing.T) {
	t.Parallel()
	play(t, slackfake.Plan{}, func(t *testing.T, s *scene) {
		at, _ := s.digest(t)
		id, err := s.slack.Press(reader, "news", at, "story_menu", "st:abcdef0123456789")
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		act := s.slack.Interaction(id)
		if len(act.Answers) != 1 || len(s.desk.commands()) != 0 || !strings.Contains(act.Answers[0].Text, "Trams stop") {
			t.Fatalf("got %+v, %v, want a question and no command yet", act, s.desk.commands())
		}
		for _, action := range []string{"story_mute", "story_ack", "story_flag", "story_why"} {
			second, err := s.slack.Press(reader, "news", act.Answers[0].TS, action, "")
			if err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if a := s.slack.Interaction(second).Answers; len(a) != 1 || !a[0].Replaced {
				t.Errorf("%s: got %+v, want the answer in place of the question", action, a)
			}
		}
		var words []string
		for _, c := range s.desk.commands() {
			words = append(words, strings.Join(c.Words, " "))
		}
		want := []string{"mute abcdef0123456789 24h", "follow abcdef0123456789", "flag abcdef0123456789", "why abcdef0123456789"}
		if diff := cmp.Diff(want, words); diff != "" {
			t.Error(diff)
		}
	})
}

func TestUndo(t *testing.T) {
	t.Parallel()
	play(t, slackfake.Plan{}, func(t *testing.T, s *scene) {
		s.desk.answer.Undo = []string{"unmute", "source", "Aster Wire"}
		id := s.slack.Slash(reader, "news", "mute source Aster Wire")
		synctest.Wait()
		s.desk.answer.Undo = nil
		second, err := s.slack.Press(reader, "news", s.slack.Interaction(id).Answers[0].TS, "answer_undo", "")
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		got := s.desk.commands()
		if len(got) != 2 || strings.Join(got[1].Words, "|") != "unmute|source|Aster Wire" {
			t.Errorf("got %v, want the undoing", got)
		}
		if a := s.slack.Interaction(second).Answers; len(a) != 1 || !a[0].Replaced {
			t.Errorf("got %+v, want it in place of the answer", a)
		}
	})
}

func TestHome(t *testing.T) {
	t.Parallel()
	play(t, slackfake.Plan{}, func(t *testing.T, s *scene) {
		s.slack.OpenHome(reader)
		synctest.Wait()
		if page := string(s.slack.Home(reader)); !strings.Contains(page, "Healthy") || !strings.Contains(page, "&lt;!channel&gt;") {
			t.Fatalf("got %s", page)
		}
		s.desk.answer = notify.Answer{Headline: "The mute is over"}
		if _, err := s.slack.PressHome(reader, "home_undo", ""); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := s.desk.commands(); len(got) != 1 || strings.Join(got[0].Words, " ") != "unmute abc123" {
			t.Errorf("got %v, want unmute", got)
		}
		if page := string(s.slack.Home(reader)); !strings.Contains(page, "The mute is over") {
			t.Errorf("got %s, want it to say what was done", page)
		}
		if _, err := s.slack.PressHome(reader, "home_refresh", ""); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if page := string(s.slack.Home(reader)); len(s.desk.commands()) != 1 || strings.Contains(page, "The mute is over") {
			t.Errorf("got %v, %s, want the page anew and no command", s.desk.commands(), page)
		}
	})
}

func TestForeignFrames(t *testing.T) {
	t.Parallel()
	frames := map[string]string{
		"no JSON":            `{`,
		"an array":           `[]`,
		"nothing":            ``,
		"no id":              `{"type":"slash_commands","payload":{}}`,
		"an id that is long": `{"type":"x","envelope_id":"` + strings.Repeat("a", 500) + `"}`,
	}
	for name, frame := range frames {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, slackfake.Plan{}, func(t *testing.T, s *scene) {
				if err := s.slack.Send([]byte(frame)); err != nil {
					t.Fatal(err)
				}
				s.slack.Slash(reader, "news", "status")
				synctest.Wait()
				if got := s.desk.commands(); len(got) != 1 {
					t.Errorf("got %v, want the command after the frame", got)
				}
			})
		})
	}
}
