package main_test

import (
	"errors"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"newswatch/notify/slack/slackfake"
)

var update = flag.Bool("update", false, "rewrite the expected outputs in testdata")

// TestScripts runs the verbs as a user does; the scripts read as a manual.
// Beside testscript's own commands they have:
//
//	feeds DIR        serve the files of DIR on loopback; $FEEDS is the address
//	slack [PLAN]     serve a strict Slack; sets SLACK_API_URL and SLACK_BOT_TOKEN
//	slackplan PLAN   change how that Slack behaves
//	posted CHANNEL N wait until Slack shows N messages in CHANNEL, and no problem
//	receiver MOOD... serve a receiver of JSON (see there); sets the secret DESK_HOOK
//	received N M KIND... wait until it took N documents under M keys, of these kinds
//	waitfor FILE TEXT wait until FILE holds TEXT
//	scrape FILE LINE get http://127.0.0.1:$PORT/metrics into FILE until a line of it matches LINE
//	slash FILE CHANNEL TEXT     type /news TEXT until it is answered; FILE gets the answer
//	press FILE CHANNEL N ACTION [VALUE] press a control of CHANNEL's N-th message likewise
//	homepage FILE TEXT          open the home page until it has TEXT; FILE gets it
//	listens FILE     wait until the log in FILE says where a daemon listens; sets PORT
//	ask STATUS METHOD URL [HEADER...]  make a request, and hold its answer to STATUS
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: *update,
		Setup: func(env *testscript.Env) error {
			env.Setenv("XDG_STATE_HOME", env.WorkDir+"/state")
			env.Setenv("NO_COLOR", "1")
			env.Setenv("NEWSWATCH_LISTEN", "off")
			env.Setenv("TZ", "UTC")
			env.Values[slackKey{}] = new(*slackfake.Server)
			env.Values[receiverKey{}] = new(*receiver)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"feeds": serveFeeds, "slack": serveSlack, "posted": checkPosted, "waitfor": waitFor,
			"listens": listens, "ask": ask, "scrape": scrapeMetrics,
			"receiver": serveReceiver, "received": checkReceived,
			"slackplan": changePlan, "slash": slash, "press": pressControl, "homepage": homepage,
		},
	})
}

func serveFeeds(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.MkAbs(args[0])
	server := httptest.NewServer(http.FileServer(http.Dir(dir)))
	ts.Defer(server.Close)
	ts.Setenv("FEEDS", server.URL)
}

type slackKey struct{}

// patience is how long a script waits for what a daemon is to do.
const patience = 20 * time.Second

// waitFor waits until a file holds a text.
func waitFor(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: waitfor FILE TEXT")
	}
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		raw, err := os.ReadFile(ts.MkAbs(args[0]))
		if err == nil && strings.Contains(string(raw), args[1]) {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("no %q in %s:\n%s", args[1], args[0], raw)
		}
	}
}

// scrapeMetrics reads the metrics until they hold a text.
func scrapeMetrics(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: scrape FILE LINE")
	}
	line, err := regexp.Compile("(?m)^newswatch_" + args[1] + "$")
	ts.Check(err)
	var page []byte
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		resp, err := http.Get("http://127.0.0.1:" + ts.Getenv("PORT") + "/metrics")
		if err != nil {
			continue // it does not listen yet
		}
		page, err = io.ReadAll(resp.Body)
		ts.Check(errors.Join(err, resp.Body.Close(), os.WriteFile(ts.MkAbs(args[0]), page, 0o600)))
		if line.Match(page) {
			return
		}
	}
	ts.Fatalf("no line %s in the metrics:\n%s", line, page)
}

func serveSlack(ts *testscript.TestScript, _ bool, args []string) {
	cfg := slackfake.Config{Seed: 1, Channels: []string{"desk", "ops"}}
	if len(args) > 0 {
		plan, err := slackfake.ReadPlan(ts.MkAbs(args[0]))
		ts.Check(err)
		cfg.Plan = plan
	}
	server := slackfake.New(cfg)
	api, err := server.Start("")
	ts.Check(err)
	ts.Defer(func() { ts.Check(server.Close()) })
	ts.Setenv("SLACK_API_URL", api)
	ts.Setenv("SLACK_BOT_TOKEN", "xoxb-script")
	*ts.Value(slackKey{}).(**slackfake.Server) = server
}

func changePlan(ts *testscript.TestScript, _ bool, args []string) {
	plan, err := slackfake.ReadPlan(ts.MkAbs(args[0]))
	ts.Check(err)
	server := *ts.Value(slackKey{}).(**slackfake.Server)
	ts.Check(server.SetPlan(plan))
	server.Cut()
}

func checkPosted(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	server := *ts.Value(slackKey{}).(**slackfake.Server)
	got := server.Visible(args[0])
	for end := time.Now().Add(patience); len(got) < want && time.Now().Before(end); got = server.Visible(args[0]) {
		time.Sleep(50 * time.Millisecond)
	}
	if (len(got) == want) == neg {
		for _, m := range got {
			ts.Logf("%s %s", m.TS, m.Text)
		}
		ts.Fatalf("#%s shows %d messages, want %d (not: %v)", args[0], len(got), want, neg)
	}
	for _, problem := range server.Audit() {
		ts.Fatalf("audit: %s", problem)
	}
}

// reader is who types and presses in scripts.
const reader = "U0READER01"

// act does something in Slack, again when Slack itself could not hand it on, until
// it is answered.
func act(ts *testscript.TestScript, file string, do func(*slackfake.Server) string) {
	server := *ts.Value(slackKey{}).(**slackfake.Server)
	id := do(server)
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		switch it := server.Interaction(id); {
		case len(it.Answers) > 0:
			ts.Check(os.WriteFile(ts.MkAbs(file), append([]byte(it.Answers[0].Text+"\n"), it.Answers[0].Blocks...), 0o600))
			return
		case it.Error != "":
			time.Sleep(200 * time.Millisecond)
			id = do(server)
		}
	}
	ts.Fatalf("no answer: %+v", server.Interaction(id))
}

func slash(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: slash FILE CHANNEL TEXT")
	}
	act(ts, args[0], func(s *slackfake.Server) string { return s.Slash(reader, args[1], strings.Join(args[2:], " ")) })
}

func pressControl(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 4 {
		ts.Fatalf("usage: press FILE CHANNEL N ACTION [VALUE]")
	}
	n, err := strconv.Atoi(args[2])
	ts.Check(err)
	act(ts, args[0], func(s *slackfake.Server) string {
		id, err := s.Press(reader, args[1], s.Visible(args[1])[n-1].TS, args[3], strings.Join(args[4:], ""))
		ts.Check(err)
		return id
	})
}

func homepage(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: homepage FILE TEXT")
	}
	server := *ts.Value(slackKey{}).(**slackfake.Server)
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		server.OpenHome(reader)
		if page := server.Home(reader); strings.Contains(string(page), args[1]) {
			ts.Check(os.WriteFile(ts.MkAbs(args[0]), page, 0o600))
			return
		}
	}
	ts.Fatalf("no home page with %q: %s", args[1], server.Home(reader))
}
