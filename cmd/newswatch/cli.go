package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"newswatch/cmd/newswatch/metrics"
	"newswatch/watcher/store"
)

// Exit codes, as docs/operations.md promises them to other programs.
const (
	exitDone       = 0
	exitNot        = 1  // it did not hold: an example failed, a delivery was refused
	exitUsage      = 2  // wrong usage, unreadable or invalid file
	exitUnwritable = 74 // the database cannot be written (EX_IOERR)
	exitLocked     = 75 // another instance holds the state (EX_TEMPFAIL)
)

// stdio is the world around a run: tests give their own.
type stdio struct {
	out, err io.Writer
	in       io.Reader
	env      func(string) string
}

// cli is the whole command line. Flags here hold for every verb and may stand
// before or after it.
type cli struct {
	Rules     string `env:"NEWSWATCH_RULES" default:"rules.yaml" placeholder:"PATH" help:"Rule file, or a folder whose *.yaml are read as one. (${default}, $$${env})"`
	DB        string `env:"NEWSWATCH_DB" placeholder:"URL" help:"State: sqlite://relative.db, sqlite:///absolute.db or postgres://user@host/database. ($$${env}, also as a secret; default newswatch.db in $$STATE_DIRECTORY, else in the XDG state folder)"`
	Listen    string `env:"NEWSWATCH_LISTEN" placeholder:"ADDR" help:"Address for /healthz, /readyz, /metrics and reloads, these two with LISTEN_TOKEN beyond loopback; off disables it. (127.0.0.1:8765, $$${env}; of fake-slack its own, 127.0.0.1:8766)"`
	LogFormat string `default:"text" enum:"text,json" help:"Form of the log on stderr: ${enum}."`
	LogLevel  string `default:"info" enum:"debug,info,warn,error" help:"Least level that is logged: ${enum}."`

	Init        initCmd        `cmd:"" help:"Write a commented rules.yaml to start from."`
	Demo        demoCmd        `cmd:"" help:"One day of sample news through the real pipeline: no network, no Slack."`
	Run         runCmd         `cmd:"" help:"Watch the news: the daemon."`
	Once        onceCmd        `cmd:"" help:"One pass: poll, match, group, deliver what is due."`
	Check       checkCmd       `cmd:"" help:"Check a rule file and run the examples in it."`
	Match       matchCmd       `cmd:"" help:"Say what matches in a text, and why."`
	Expand      expandCmd      `cmd:"" help:"List all forms of an entity or a topic."`
	Feeds       feedsCmd       `cmd:"" help:"Feeds: how they are, and adding more."`
	Backtest    backtestCmd    `cmd:"" help:"Hold rules against the stored items: what would be told more, and less."`
	Stories     storiesCmd     `cmd:"" help:"List the stories."`
	Story       storyCmd       `cmd:"" help:"Show a story and why its items belong together; correct it."`
	Digest      digestCmd      `cmd:"" help:"Show what a digest would send now."`
	Outbox      outboxCmd      `cmd:"" help:"Deliveries and their states."`
	Mute        muteCmd        `cmd:"" help:"Hold a story, a rule, an entity or a source for a while; list what is muted."`
	Unmute      unmuteCmd      `cmd:"" help:"Lift a mute."`
	Follow      followCmd      `cmd:"" help:"Tell what develops in a story at once, in its thread."`
	Ask         askCmd         `cmd:"" help:"Ask as /news does in Slack: status, why, flag, pause, now."`
	Suggest     suggestCmd     `cmd:"" help:"Propose changes of the rules from what readers flagged as not theirs."`
	Parse       parseCmd       `cmd:"" help:"Read a feed and show its items."`
	Group       groupCmd       `cmd:"" help:"Group items into stories, from JSON lines."`
	Slack       slackCmd       `cmd:"" help:"Set up Slack."`
	FakeSlack   fakeSlackCmd   `cmd:"" name:"fake-slack" help:"Serve a strict Slack for trials and tests."`
	FakeFeeds   fakeFeedsCmd   `cmd:"" name:"fake-feeds" help:"Serve odd feeds, and judge the reader that polls them."`
	Backup      backupCmd      `cmd:"" help:"Copy the state into a file while the daemon works."`
	Store       storeCmd       `cmd:"" help:"Copy the state from one database to another."`
	Healthcheck healthcheckCmd `cmd:"" help:"Ask a running daemon whether it is well."`
	Version     versionCmd     `cmd:"" help:"Print the version."`
}

// exitError ends the program with a code. An empty message prints nothing: what
// there was to say has been said.
type exitError struct {
	code int
	msg  string
}

// Error is what the user reads.
func (e *exitError) Error() string { return e.msg }

func usagef(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Sprintf(format, args...)}
}

// silently ends with a code and no further word.
func silently(code int) error { return &exitError{code: code} }

// exitCode is the code of an error: what says nothing of usage did not hold.
func exitCode(err error) int {
	var exit *exitError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &exit):
		return exit.code
	case errors.Is(err, store.ErrLocked):
		return exitLocked
	case errors.Is(err, store.ErrUnwritable), errors.Is(err, store.ErrUnreachable), errors.Is(err, store.ErrNewerSchema):
		return exitUnwritable
	}
	return exitNot
}

// verbFirst moves flags that stand before the verb behind it: the parser knows a
// verb's own flags only there. "help VERB" and "--version" are what they are
// everywhere.
func verbFirst(args []string) []string {
	if len(args) == 0 {
		return []string{"--help"}
	}
	switch args[0] {
	case "help":
		return append(slices.Clone(args[1:]), "--help")
	case "--version":
		return []string{"version"}
	}
	verbs := verbNames()
	for i, arg := range args {
		if arg == "--" {
			break
		}
		ofFlag := i > 0 && slices.Contains([]string{"--rules", "--db", "--listen", "--log-format", "--log-level"}, args[i-1])
		if slices.Contains(verbs, arg) && !ofFlag {
			return slices.Concat(args[i:], args[:i])
		}
		if !strings.HasPrefix(arg, "-") && i == 0 {
			break // the first word is none of ours: the parser says so
		}
	}
	return args
}

// verbNames are the verbs, from the fields of the command line.
func verbNames() []string {
	var names []string
	for f := range reflect.TypeFor[cli]().Fields() {
		if _, isVerb := f.Tag.Lookup("cmd"); !isVerb {
			continue
		}
		name := f.Tag.Get("name")
		if name == "" {
			name = strings.ToLower(f.Name)
		}
		names = append(names, name)
	}
	return names
}

// execute parses the arguments and runs the verb.
func execute(ctx context.Context, args []string, io stdio) (err error) {
	var c cli
	helped := false
	parser, err := kong.New(&c,
		kong.Name("newswatch"),
		kong.Description("Watches the news for a desk: feeds in, one Slack digest out.\nLists show times in this machine's zone ($TZ); digests, alerts and answers to readers in that of the rule file; JSON in UTC."),
		kong.Writers(io.out, io.err),
		kong.Exit(func(int) { helped = true; panic(errHelped) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	if err != nil {
		return fmt.Errorf("command line: %w", err)
	}
	defer func() { // kong ends the process after a help text; we end the verb
		if p := recover(); p != nil && !helped {
			panic(p)
		}
	}()
	k, err := parser.Parse(args)
	if err != nil {
		return usagef("%v\nnewswatch --help lists the verbs", err)
	}
	return k.Run(&app{cli: &c, stdio: io})
}

var errHelped = errors.New("help was printed")

// app is what every verb gets: the flags and the world.
type app struct {
	*cli
	stdio
	metrics *metrics.Metrics // of the daemon; nil: nobody counts
}

// logger writes to stderr: stdout is for results.
func (a *app) logger() *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(a.LogLevel)) // the enum lets nothing else through
	opts := &slog.HandlerOptions{Level: level}
	if a.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(seenJSON{a.err}, opts))
	}
	return slog.New(slog.NewTextHandler(a.err, opts))
}

// json writes values to stdout as JSON, one a line or, indented, for reading. Text
// of feeds stays as it is: nobody puts this into a page.
func (a *app) json(indented bool) *json.Encoder {
	enc := json.NewEncoder(seenJSON{a.out})
	enc.SetEscapeHTML(false)
	if indented {
		enc.SetIndent("", "  ")
	}
	return enc
}

// help joins a summary, an example and the exit codes into the text of -h.
func help(text, example, codes string) string {
	return strings.TrimSpace(text) + "\n\nExample:\n" + indent(example) + "\n\nExit codes:\n" + indent(strings.ReplaceAll(codes, "; ", "\n"))
}

func indent(s string) string {
	return "  " + strings.ReplaceAll(strings.TrimSpace(s), "\n", "\n  ")
}
