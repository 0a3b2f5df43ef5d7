// Package triage does what readers ask for about what they are told: why, mute,
// follow, "not this", pause, now. It stands beside the pipeline: commands come in
// from Slack or the command line, what was said goes into the store, and the
// planner respects it there. Nothing of delivery depends on it.
package triage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/notify/wording"
	"newswatch/rules"
	"newswatch/watcher/store"
	"newswatch/watcher/story"
)

// How long things last that readers ask for.
const (
	UsualMute   = 24 * time.Hour
	UsualFollow = 7 * 24 * time.Hour
	UsualPause  = 24 * time.Hour
	Longest     = 90 * 24 * time.Hour
)

// maxAsker bounds the name of somebody.
const maxAsker = 40 // characters

// ErrNothing says that there was nothing to undo.
var ErrNothing = fmt.Errorf("%w: there is nothing to undo", notify.ErrAsked)

// Config is what a Desk is made of. All fields but Log are required.
type Config struct {
	Store *store.Store
	Rules func() *rules.Ruleset // in force
	Now   func() time.Time
	Log   *slog.Logger // of what was said by whom; nil: nothing is logged
}

// Desk answers commands. It is safe for concurrent use.
type Desk struct{ cfg Config }

// New returns a desk.
func New(c Config) *Desk {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Desk{cfg: c}
}

var (
	_ notify.Commander = (*Desk)(nil)
	_ notify.Homer     = (*Desk)(nil)
)

// request is one command as it is carried out.
type request struct {
	*Desk
	notify.Command
	words []string // behind the verb
	rules *rules.Ruleset
	clock wording.Clock
	from  string // of a story called by its number: the digest that shows it
}

// Do carries a command out.
func (d *Desk) Do(ctx context.Context, c notify.Command) (notify.Answer, error) {
	verb, words := verbOf(c.Words)
	r := &request{Desk: d, Command: c, words: words, rules: d.cfg.Rules(), clock: d.clock()}
	for _, v := range verbs() {
		if v.name == verb {
			a, err := v.do(r, ctx)
			if err == nil && r.from != "" {
				a.Lines = append([]string{r.from}, a.Lines...)
			}
			if err == nil && v.changes {
				d.cfg.Log.Info("a reader said", "by", c.By, "words", strings.Join(c.Words, " "), "answer", a.Headline)
			}
			return a, err
		}
	}
	return notify.Answer{}, asked("I know no %s.", quoted(verb)).like("help")
}

func (d *Desk) clock() wording.Clock {
	c := wording.Clock{Now: d.cfg.Now(), Zone: d.cfg.Rules().File.Settings.Timezone}
	if c.Zone == nil {
		c.Zone = time.UTC
	}
	return c
}

// verb is one thing that can be asked.
type verb struct {
	name  string
	also  []string // other words for it
	usage string
	does  string
	do    func(*request, context.Context) (notify.Answer, error)

	changes bool // what is told
}

func verbs() []verb {
	return []verb{
		{"status", []string{"health", "state"}, "status", "how the feeds are, what comes next, what is muted", (*request).status, false},
		{"why", []string{"explain"}, "why 3", "why a story was told", (*request).why, false},
		{"mute", []string{"silence", "snooze", "hide", "ignore"}, "mute 3 | rule ID | entity ID | source NAME [3d | until MON 08:00] [reason]",
			"hold a story, or all of a rule, entity or source", (*request).mute, true},
		{"unmute", []string{"unsilence", "unsnooze", "unhide"}, "unmute 3 | rule ID | entity ID | source NAME", "lift a mute; what it held is told", (*request).unmute, true},
		{"mutes", []string{"muted", "silences"}, "mutes", "what is muted, by whom and until when", (*request).mutes, false},
		{"follow", []string{"watch"}, "follow 3 [7d]", "tell each development of a story at once, in its thread", (*request).follow, true},
		{"unfollow", []string{"unwatch"}, "unfollow 3", "end that", (*request).unfollow, true},
		{"flag", []string{"not-this", "notthis", "wrong"}, "flag 3 [reason]", "say that a story does not belong there: newswatch suggest proposes a change of the rules", (*request).flag, true},
		{"unflag", nil, "unflag 3", "take that back", (*request).unflag, true},
		{"test", []string{"match", "try"}, `test "headline"`, "which rules a headline meets, and what the others lack", (*request).test, false},
		{"now", []string{"send"}, "now [DIGEST]", "all that a digest has to tell, at once", (*request).now, true},
		{"pause", []string{"stop"}, "pause DIGEST | ALERT [2d | until MON 08:00]", "hold it; the first message after that makes up for it", (*request).pause, true},
		{"resume", []string{"unpause", "continue", "start"}, "resume [DIGEST | ALERT]", "end a pause", (*request).resume, true},
		{"help", []string{"?", "-h", "--help"}, "help", "this list", (*request).help, false},
	}
}

// verbOf is the verb that words begin with, and the other words. No words ask for
// help; "not this 3" is a flag, and "mute list" asks what is muted.
func verbOf(words []string) (string, []string) {
	var kept []string
	for _, w := range words {
		if w = strings.TrimSpace(wording.Line(w)); w != "" {
			kept = append(kept, w)
		}
	}
	if len(kept) == 0 {
		return "help", nil
	}
	first, rest := strings.ToLower(strings.TrimLeft(kept[0], "/!")), kept[1:]
	if first == "not" && len(rest) > 0 && strings.EqualFold(rest[0], "this") {
		first, rest = "flag", rest[1:]
	}
	for _, v := range verbs() {
		if slices.Contains(v.also, first) {
			first = v.name
		}
	}
	if first == "mute" && len(rest) == 1 && strings.EqualFold(rest[0], "list") {
		first, rest = "mutes", nil
	}
	return first, rest
}

func (r *request) help(context.Context) (notify.Answer, error) {
	a := notify.Answer{Headline: "What can be asked", Hint: "A story is called by its number in the newest digest here, by digest and number (desk 3), or by its id. " +
		"A time is 24h, 3d, 2 weeks, until 18:00, until MON 08:00, until 2026-12-24."}
	for _, v := range verbs() {
		a.Lines = append(a.Lines, v.usage+": "+v.does)
	}
	return a, nil
}

// askError says in words what was wrong with a question. It wraps ErrAsked.
type askError struct {
	msg     string
	nothing bool // there was nothing to undo
}

// Error is what the asker reads.
func (e *askError) Error() string { return e.msg }

// Unwrap tells callers whose mistake it was.
func (e *askError) Unwrap() error {
	if e.nothing {
		return ErrNothing
	}
	return notify.ErrAsked
}

func asked(format string, args ...any) *askError {
	return &askError{msg: fmt.Sprintf(format, args...)}
}

// like adds examples of what can be asked.
func (e *askError) like(examples ...string) *askError {
	e.msg += " For example: " + strings.Join(examples, " or ")
	return e
}

// asker is who asks, as it is kept: with the name, where ids tell readers nothing.
func (r *request) asker() string {
	if name := wording.Clip(wording.Line(r.ByName), maxAsker); name != "" && r.By != "" {
		return name + " (" + r.By + ")"
	}
	return r.By
}

// by names somebody to the asker.
func (r *request) by(who string) string {
	if who == r.By || r.By != "" && strings.HasSuffix(who, " ("+r.By+")") {
		return "you"
	}
	if who = wording.Clip(wording.Line(who), 2*maxAsker); who != "" {
		return who
	}
	return "somebody"
}

// quoted is foreign text in our marks.
func quoted(s string) string {
	if s = wording.Clip(wording.Line(s), 100); s != "" {
		return "“" + s + "”"
	}
	return "(no headline)"
}

// until is a time as the asker reads it, with the zone.
func (r *request) until(t time.Time) string {
	local, now := t.In(r.clock.Zone), r.clock.Now.In(r.clock.Zone)
	format := "Mon 2 Jan 15:04 MST"
	switch {
	case local.Format(time.DateOnly) == now.Format(time.DateOnly):
		format = "15:04 MST"
	case local.Year() != now.Year():
		format = "Mon 2 Jan 2006 15:04 MST"
	}
	return local.Format(format)
}

// planner composes what plans would tell.
func (r *request) planner() *notify.Planner {
	return notify.NewPlanner(notify.PlannerConfig{
		Store: r.cfg.Store, Titles: r.rules.Title, Now: r.cfg.Now, Summarizer: story.NewJudge(story.Names{}),
	})
}

// waiting is what a plan has to tell now; ok is false for one that no daemon has
// taken from the rules yet.
func (r *request) waiting(ctx context.Context, plan news.Plan) (d news.Digest, ok bool, err error) {
	d, err = r.planner().Preview(ctx, plan)
	if errors.Is(err, store.ErrNotFound) {
		return d, false, nil
	}
	return d, err == nil, err
}
