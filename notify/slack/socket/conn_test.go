package socket_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"newswatch/notify/slack/slackfake"
)

func dur(d time.Duration) slackfake.Duration { return slackfake.Duration(d) }

func TestDuplicatesActOnce(t *testing.T) {
	t.Parallel()
	plan := slackfake.Plan{Socket: slackfake.Socket{Duplicate: 1}}
	play(t, plan, func(t *testing.T, s *scene) {
		var ids []string
		for range 10 {
			ids = append(ids, s.slack.Slash(reader, "news", "mute 3"))
			time.Sleep(time.Millisecond)
		}
		synctest.Wait()
		if got := len(s.desk.commands()); got != 10 {
			t.Errorf("got %d commands of 10 that came twice", got)
		}
		for _, id := range ids {
			if act := s.slack.Interaction(id); act.Deliveries != 2 || act.Acks != 2 || len(act.Answers) != 1 {
				t.Errorf("got %+v, want both acknowledged and one answer", act)
			}
		}
	})
}

// A connection that is reset again and again costs at most a retry.
func TestFlappingSocket(t *testing.T) {
	t.Parallel()
	plan := slackfake.Plan{Socket: slackfake.Socket{Flap: dur(90 * time.Second), Duplicate: 0.3}}
	play(t, plan, func(t *testing.T, s *scene) {
		const n = 200
		for range n {
			s.slack.Slash(reader, "news", "mute 3")
			time.Sleep(17 * time.Second)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		answered := 0
		for _, act := range s.slack.Interactions() {
			answered += len(act.Answers)
			if len(act.Answers) != 1 && act.Error != "dispatch_failed" {
				t.Errorf("got %+v, want one answer, or Slack's own when there was no connection", act)
			}
		}
		if got := len(s.desk.commands()); got != answered || answered < n*9/10 {
			t.Errorf("got %d commands and %d answers of %d", got, answered, n)
		}
		if lines := strings.Count(s.log.String(), "level=WARN"); lines > 0 {
			t.Errorf("%d warnings of what is normal:\n%s", lines, s.log)
		}
	})
}

// Slack's own change of connections loses nothing: the new one is there before
// the old one ends.
func TestRefresh(t *testing.T) {
	t.Parallel()
	plan := slackfake.Plan{Socket: slackfake.Socket{Lifetime: dur(3 * time.Minute)}}
	play(t, plan, func(t *testing.T, s *scene) {
		most, began := 0, time.Now()
		for range 1200 {
			time.Sleep(time.Second)
			s.slack.Slash(reader, "news", "status")
			synctest.Wait()
			n := s.slack.Connections()
			if most = max(most, n); n == 0 {
				t.Fatalf("no connection after %s\n%s", time.Since(began), s.log)
			}
		}
		for _, act := range s.slack.Interactions() {
			if act.Deliveries != 1 || len(act.Answers) != 1 {
				t.Fatalf("got %+v, want one delivery and one answer", act)
			}
		}
		if most != 2 {
			t.Errorf("got %d connections at most, want 2", most)
		}
	})
}

// Behind a dead middlebox a connection is open and silent.
func TestDeafConnectionIsLeft(t *testing.T) {
	t.Parallel()
	play(t, slackfake.Plan{}, func(t *testing.T, s *scene) {
		if err := s.slack.SetPlan(slackfake.Plan{Socket: slackfake.Socket{Deaf: true}}); err != nil {
			t.Fatal(err)
		}
		s.slack.Cut()
		time.Sleep(time.Minute)
		if err := s.slack.SetPlan(slackfake.Plan{}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Minute)
		s.slack.Slash(reader, "news", "status")
		synctest.Wait()
		if got := s.desk.commands(); len(got) != 1 {
			t.Errorf("got %v, want the command", got)
		}
	})
}

// What is down for hours is told once, and once when it is over.
func TestDownForHours(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		down  slackfake.Plan
		says  string
		quick bool // it is back within 5 minutes of Slack
	}{
		"the API is away":        {slackfake.Plan{Script: []slackfake.Step{{Method: "apps.connections.open", Call: 1, Times: -1, Fault: slackfake.ResetBefore}}}, "connection reset", true},
		"the API is ill":         {slackfake.Plan{Script: []slackfake.Step{{Method: "apps.connections.open", Call: 1, Times: -1, Fault: slackfake.BadGateway}}}, "status 502", true},
		"sockets are refused":    {slackfake.Plan{Socket: slackfake.Socket{Shut: true}}, "status 403", true},
		"sockets break at once":  {slackfake.Plan{Socket: slackfake.Socket{Flap: dur(time.Second)}}, "read from Slack", true},
		"sockets are silent":     {slackfake.Plan{Socket: slackfake.Socket{Deaf: true}}, "no hello", true},
		"too fast":               {slackfake.Plan{Script: []slackfake.Step{{Method: "apps.connections.open", Call: 1, Times: -1, Fault: slackfake.RateLimited, RetryAfter: 60}}}, "ratelimited", true},
		"the token was revoked":  {slackfake.Plan{Script: []slackfake.Step{{Method: "apps.connections.open", Call: 1, Times: -1, Fault: slackfake.ErrorBefore, Error: "token_revoked"}}}, "App-Level Tokens", false},
		"the token has no scope": {slackfake.Plan{Script: []slackfake.Step{{Method: "apps.connections.open", Call: 1, Times: -1, Fault: slackfake.ErrorBefore, Error: "missing_scope"}}}, "connections:write", false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, tc.down, func(t *testing.T, s *scene) {
				time.Sleep(5 * time.Hour)
				if log := s.log.String(); strings.Count(log, "\n") != 1 || !strings.Contains(log, tc.says) {
					t.Errorf("after five hours: got\n%s, want one line with %q", log, tc.says)
				}
				calls := 0
				for _, e := range s.slack.Journal() {
					if e.Method == "apps.connections.open" {
						calls++
					}
				}
				if calls < 10 || calls > 400 {
					t.Errorf("got %d tries in five hours", calls)
				}
				if err := s.slack.SetPlan(slackfake.Plan{}); err != nil {
					t.Fatal(err)
				}
				if tc.quick {
					time.Sleep(8 * time.Minute)
				} else {
					time.Sleep(21 * time.Minute)
				}
				s.slack.Slash(reader, "news", "status")
				synctest.Wait()
				if got := len(s.desk.commands()); got != 1 || !strings.Contains(s.log.String(), "heard again") {
					t.Errorf("back: got %d commands, log\n%s", got, s.log)
				}
			})
		})
	}
}

func TestSwitchedOff(t *testing.T) {
	t.Parallel()
	play(t, slackfake.Plan{}, func(t *testing.T, s *scene) {
		time.Sleep(2 * time.Minute)
		s.slack.Disconnect("link_disabled")
		time.Sleep(time.Minute)
		if s.slack.Connections() != 0 || !strings.Contains(s.log.String(), "switch Socket Mode on") {
			t.Errorf("got %d connections, log\n%s, want none, and what to do", s.slack.Connections(), s.log)
		}
		time.Sleep(20 * time.Minute)
		if s.slack.Connections() != 1 {
			t.Errorf("got %d connections, want one again", s.slack.Connections())
		}
	})
}

// What people do too fast for us is not acknowledged: they are told so by Slack.
func TestTooManyCommands(t *testing.T) {
	t.Parallel()
	play(t, slackfake.Plan{}, func(t *testing.T, s *scene) {
		s.desk.slow = 10 * time.Second
		for range 100 {
			s.slack.Slash(reader, "news", "status")
		}
		other := s.slack.Slash("U0READER02", "news", "status")
		time.Sleep(time.Second)
		acked := 0
		for _, act := range s.slack.Interactions() {
			if !act.Acked.IsZero() {
				acked++
			}
		}
		if acked < 5 || acked > 10 {
			t.Errorf("got %d acknowledged of a flood", acked)
		}
		if s.slack.Interaction(other).Acked.IsZero() {
			t.Error("another person is not heard")
		}
		time.Sleep(10 * time.Minute)
		for _, act := range s.slack.Interactions() {
			if got := len(act.Answers); got != 1 && act.Error != "operation_timeout" {
				t.Errorf("got %+v, want an answer or Slack's own", act)
			}
		}
	})
}

// Whatever is going on, stopping is quick: each scene ends with that.
func TestStopsQuickly(t *testing.T) {
	t.Parallel()
	for name, socket := range map[string]slackfake.Socket{
		"silent": {Deaf: true}, "refused": {Shut: true}, "breaking": {Flap: dur(time.Millisecond)}, "well": {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, slackfake.Plan{Socket: socket}, func(t *testing.T, s *scene) {
				s.desk.slow = 25 * time.Second
				s.slack.Slash(reader, "news", "backtest")
				time.Sleep(2 * time.Second)
			})
		})
	}
}
