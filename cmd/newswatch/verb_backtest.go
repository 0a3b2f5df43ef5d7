package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"newswatch/notify/wording"
	"newswatch/rules/backtest"
	"newswatch/watcher/store"
)

// Lines of a backtest on the terminal.
const (
	maxHeadline = 100 // characters
	maxDays     = 7   // days listed under a rule
)

// progressEvery is the time between two lines of a log about the progress; on a
// terminal, where one line is written over, it is much shorter.
const (
	progressEvery    = 5 * time.Second
	progressTerminal = 100 * time.Millisecond
)

type backtestCmd struct {
	Days    int    `default:"30" placeholder:"N" help:"Items fetched in the last N days. (${default})"`
	Against string `placeholder:"PATH" help:"Compare with this rule file, instead of with what the daemon matched."`
	JSON    bool   `name:"json" help:"Print the report as one JSON object: matched, plans, rules, each with before, after, new, lost, higher, lower, days, new_items, lost_items, scored_items."`
}

// Help is the long text of -h.
func (backtestCmd) Help() string {
	return help(`Holds the rule file against the stored items: what would be told more, and what less, with the newest headlines of each.
It compares with the hits that were stored when an item came, which is what readers were told by; with --against, with what another
rule file makes of the same items. Digests and alerts are counted in items with a score that is high enough, without baselines.
It reads beside a running daemon and changes nothing. An example that fails does not stop it.`,
		"newswatch backtest --rules trial.yaml --days 7\nnewswatch backtest --rules trial.yaml --against rules.yaml --json | jq .matched",
		"0 compared, whatever differs; 2 wrong usage, an invalid file or no database")
}

// Run compares.
func (c *backtestCmd) Run(ctx context.Context, a *app) error {
	if c.Days < 1 {
		return usagef("--days %d: at least one day", c.Days)
	}
	after, err := a.draft(a.Rules)
	if err != nil {
		return err
	}
	st, err := a.openStore(ctx, true)
	if err != nil {
		return err
	}
	defer st.Close()
	now := time.Now()
	cfg := backtest.Config{
		Archive: st, After: backtest.Side{Judge: backtest.Rules(after), File: after.File},
		Since: now.AddDate(0, 0, -c.Days), Until: now, Location: after.File.Settings.Timezone,
	}
	if cfg.Before, err = c.before(a, st); err != nil {
		return err
	}
	progress := a.progress("backtest", "items")
	cfg.Progress = progress.show
	report, err := backtest.Run(ctx, cfg)
	progress.end()
	if err != nil {
		return fmt.Errorf("backtest: %w", err)
	}
	if c.JSON {
		return a.json(true).Encode(report)
	}
	return c.print(a, report, cfg.Location)
}

// before is the side that is compared with.
func (c *backtestCmd) before(a *app, st *store.Store) (backtest.Side, error) {
	if c.Against == "" {
		return backtest.Side{Judge: backtest.Recorded(st)}, nil
	}
	rs, err := a.draft(c.Against)
	if err != nil {
		return backtest.Side{}, err
	}
	return backtest.Side{Judge: backtest.Rules(rs), File: rs.File}, nil
}

// progress says on stderr how far a long run is.
type progress struct {
	app      *app
	what     string // is running
	of       string // which things are counted
	terminal bool
	last     time.Time
}

func (a *app) progress(what, of string) *progress {
	f, ok := a.err.(*os.File)
	return &progress{app: a, what: what, of: of, terminal: ok && term.IsTerminal(int(f.Fd())), last: time.Now()}
}

func (p *progress) show(done, total int) {
	every := progressEvery
	if p.terminal {
		every = progressTerminal
	}
	now := time.Now()
	if now.Sub(p.last) < every {
		return
	}
	p.last = now
	if !p.terminal {
		p.app.logger().Info(p.what, p.of, done, "of", total)
		return
	}
	fmt.Fprintf(p.app.err, "\r%s of %s %s", wording.Number(done), wording.Number(total), p.of)
}

// end wipes the line that was written over.
func (p *progress) end() {
	if p.terminal {
		fmt.Fprintf(p.app.err, "\r%60s\r", "")
	}
}

// print shows the report: first what becomes of digests and alerts, then each
// rule that differs.
func (c *backtestCmd) print(a *app, r *backtest.Report, loc *time.Location) error {
	p := &backtestPrinter{loc: loc, shown: map[string]bool{}}
	if a.color(a.out) {
		p.bold, p.green, p.red, p.off = "\x1b[1m", "\x1b[32m", "\x1b[31m", "\x1b[0m"
	}
	against := "what was matched when they came"
	if c.Against != "" {
		against = c.Against
	}
	fmt.Fprintf(&p.out, "%s of the last %s, %s against %s\n", items(r.Items), wording.Count(c.Days, "day", "days"), a.Rules, against)
	if r.Unlisted > 0 {
		fmt.Fprintf(&p.out, "%s from feeds that %s does not have were matched too\n", items(r.Unlisted), a.Rules)
	}
	p.head("items that match", "", false, &r.Matched)
	for i := range r.Rules {
		p.mark(&r.Rules[i].Delta)
	}
	p.section("\nWhat would be told:\n")
	for i := range r.Plans {
		d := &r.Plans[i]
		p.head(string(d.Kind)+" "+d.ID, d.Title, d.Gone, &d.Delta)
		p.examples(&d.Delta, p.shown)
	}
	p.section("\nRule by rule:\n")
	for i := range r.Rules {
		if d := &r.Rules[i]; d.Changed() || d.Gone {
			p.head(d.ID, d.Title, d.Gone, &d.Delta)
			p.days(d.Days)
			p.examples(&d.Delta, nil)
		}
	}
	p.same(r.Rules)
	_, err := io.WriteString(a.out, p.out.String())
	return err
}

// backtestPrinter writes a report for people.
type backtestPrinter struct {
	out                   strings.Builder
	loc                   *time.Location
	shown                 map[string]bool // items that stand under a rule
	bold, green, red, off string
}

func (p *backtestPrinter) section(title string) { p.out.WriteString(title) }

// mark remembers the items that are shown under a rule: digests and alerts show
// only others, such as those that a min_score now lets through.
func (p *backtestPrinter) mark(d *backtest.Delta) {
	for _, list := range [][]backtest.Example{d.NewItems, d.LostItems, d.ScoredItems} {
		for _, e := range list {
			p.shown[e.Item] = true
		}
	}
}

// head is one line: 12 -> 14, 3 new, 1 lost.
func (p *backtestPrinter) head(name, title string, gone bool, d *backtest.Delta) {
	fmt.Fprintf(&p.out, "%s%s%s", p.bold, name, p.off)
	if title != "" && title != name {
		fmt.Fprintf(&p.out, "  %s", wording.Line(title))
	}
	fmt.Fprintf(&p.out, "  %s -> %s", wording.Number(d.Before), wording.Number(d.After))
	for _, part := range []struct {
		n    int
		word string
	}{{d.New, "new"}, {d.Lost, "lost"}, {d.Higher, "with a higher score"}, {d.Lower, "with a lower score"}} {
		if part.n > 0 {
			fmt.Fprintf(&p.out, ", %s %s", wording.Number(part.n), part.word)
		}
	}
	if gone {
		p.out.WriteString(" (no longer in the file)")
	}
	p.out.WriteString("\n")
}

// days lists the newest days that differ.
func (p *backtestPrinter) days(days []backtest.Day) {
	var lines []string
	more := 0
	for i := len(days) - 1; i >= 0; i-- {
		switch d := days[i]; {
		case d.New+d.Lost == 0:
		case len(lines) == maxDays:
			more++
		default:
			lines = append(lines, fmt.Sprintf("%s %d -> %d", d.Date, d.Before, d.After))
		}
	}
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(&p.out, "    days: %s", strings.Join(lines, ", "))
	if more > 0 {
		fmt.Fprintf(&p.out, ", and %s before", wording.Count(more, "day", "days"))
	}
	p.out.WriteString("\n")
}

// examples lists headlines, but those that are left out.
func (p *backtestPrinter) examples(d *backtest.Delta, but map[string]bool) {
	for _, group := range []struct {
		sign, color string
		list        []backtest.Example
	}{{"+", p.green, d.NewItems}, {"-", p.red, d.LostItems}, {"~", "", d.ScoredItems}} {
		for _, e := range group.list {
			if but[e.Item] {
				continue
			}
			score := fmt.Sprint("score ", e.Score)
			if e.Was != nil {
				score = fmt.Sprintf("score %d -> %d", *e.Was, e.Score)
			}
			off := ""
			if group.color != "" {
				off = p.off
			}
			fmt.Fprintf(&p.out, "  %s%s%s %s  %s: %s  (%s; %s)\n", group.color, group.sign, off, e.Fetched.In(p.loc).Format("2006-01-02 15:04"),
				wording.Line(e.Source), wording.Clip(wording.Line(e.Title), maxHeadline), score, wording.Line(e.Why))
		}
	}
}

// same names the rules that match as before.
func (p *backtestPrinter) same(list []backtest.RuleDelta) {
	var names []string
	for i := range list {
		if d := &list[i]; !d.Changed() && !d.Gone {
			names = append(names, fmt.Sprintf("%s (%s)", d.ID, wording.Number(d.After)))
		}
	}
	if len(names) > 0 {
		fmt.Fprintf(&p.out, "as before: %s\n", strings.Join(names, ", "))
	}
}

func items(n int) string { return wording.Count(n, "item", "items") }
