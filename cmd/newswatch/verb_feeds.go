package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"newswatch/news"
	"newswatch/notify/wording"
	"newswatch/rules"
	"newswatch/watcher/health"
	"newswatch/watcher/store"
)

type feedsCmd struct {
	List     feedsListCmd     `cmd:"" default:"withargs" help:"List all feeds, those in trouble first."`
	Explain  feedsExplainCmd  `cmd:"" help:"Show all that is known of a feed, and what decided its next poll."`
	Add      feedsAddCmd      `cmd:"" help:"Try a feed, and print the YAML that adds it to the rules."`
	Discover feedsDiscoverCmd `cmd:"" help:"Find the feeds of a site."`
	Import   feedsImportCmd   `cmd:"" help:"Print the YAML for the feeds of an OPML file."`
	Export   feedsExportCmd   `cmd:"" help:"Print the feeds of the rules as OPML."`
}

// Help is the long text of -h.
func (feedsCmd) Help() string {
	return help("Shows how the feeds are, finds new ones, and exchanges lists of them with other readers. It reads beside a running daemon and never writes rules.yaml.",
		"newswatch feeds\nnewswatch feeds explain bbc-world\nnewswatch feeds add https://news.example/",
		"0 done; 1 it did not hold, such as an address without a feed; 2 wrong usage, or an invalid file")
}

type feedsListCmd struct {
	Failing bool `help:"Only feeds that do not answer as they should."`
	Silent  bool `help:"Only feeds that answer well but bring nothing new."`
	JSON    bool `name:"json" help:"One feed a line with all that is known of it, as JSON."`
}

// Help is the long text of -h.
func (feedsListCmd) Help() string {
	return help(`Lists all feeds of the rules with what the daemon knows of them, those in trouble first: when the last good answer and the last new
item came, how many items the feed shows, how often items may have been missed, when it is polled next and what decided that. A feed is
silent when it answers well but brought nothing for much longer than it used to.`,
		"newswatch feeds\nnewswatch feeds --failing\nnewswatch feeds --json | jq -r 'select(.gaps > 0).id'",
		"0 listed; 2 wrong usage, or invalid rules")
}

// feedReport is a feed with what is known and thought of it.
type feedReport struct {
	news.Feed
	state  news.FeedState
	health health.Health
	hold   time.Time // until then nothing of its host is polled; zero: no hold
}

// next is when the feed is polled next, and why then.
func (f feedReport) next() (at time.Time, why string) {
	if f.hold.After(f.state.NextAt) {
		return f.hold, "its host asked for a pause"
	}
	return f.state.NextAt, f.state.Memory.Reason
}

// word is the state of a feed, with its number or time.
func (f feedReport) word(clock wording.Clock) string {
	switch f.health.State {
	case health.Failing, health.Blocked:
		return fmt.Sprintf("%s ×%d", f.health.State, f.state.Fails)
	case health.Limited:
		at, _ := f.next()
		return "limited until " + clock.At(at)
	}
	return f.health.State.Word()
}

// watched is all feeds of the rules.
type watched struct {
	rules *rules.Ruleset
	feeds []feedReport
	clock wording.Clock
}

// watched reads the rules and the state, which may be missing.
func (a *app) watched(ctx context.Context) (*watched, error) {
	rs, err := a.draft(a.Rules)
	if err != nil {
		return nil, err
	}
	w := &watched{rules: rs, clock: wording.Clock{Now: time.Now(), Zone: time.Local}}
	states, holds, err := a.feedStates(ctx)
	if err != nil {
		return nil, err
	}
	for _, f := range rs.File.Feeds {
		s := states[f.ID]
		s.FeedID = f.ID
		w.feeds = append(w.feeds, feedReport{Feed: f, state: s, health: health.Judge(s, w.clock.Now), hold: holds[f.Host()]})
	}
	return w, nil
}

// feedStates is what the daemon remembers, nothing where there is no state yet.
func (a *app) feedStates(ctx context.Context) (states map[string]news.FeedState, holds map[string]time.Time, err error) {
	st, url, err := a.openState(ctx, true)
	if errors.Is(err, store.ErrNotFound) {
		fmt.Fprintf(a.err, "no state at %s yet: newswatch run or once makes it\n", store.Place(url))
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	defer st.Close()
	list, err := st.FeedStates(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("read the feeds' states: %w", err)
	}
	if holds, err = st.Holds(ctx); err != nil {
		return nil, nil, fmt.Errorf("read which hosts asked for a pause: %w", err)
	}
	states = make(map[string]news.FeedState, len(list))
	for _, s := range list {
		states[s.FeedID] = s
	}
	return states, holds, nil
}

// Run lists.
func (c *feedsListCmd) Run(ctx context.Context, a *app) error {
	w, err := a.watched(ctx)
	if err != nil {
		return err
	}
	shown := slices.DeleteFunc(slices.Clone(w.feeds), func(f feedReport) bool { return !c.wants(f.health.State) })
	slices.SortStableFunc(shown, func(x, y feedReport) int {
		return cmp.Or(x.health.State.Compare(y.health.State), cmp.Compare(y.state.Memory.Gaps, x.state.Memory.Gaps))
	})
	if c.JSON {
		for _, f := range shown {
			if err := a.json(false).Encode(feedLineOf(f)); err != nil {
				return err
			}
		}
		return nil
	}
	if err := w.table(a.out, shown, a.color(a.out)); err != nil {
		return err
	}
	_, err = fmt.Fprintln(a.out, w.summary())
	return err
}

func (c *feedsListCmd) wants(s health.State) bool {
	failing, silent := s.Failing(), s == health.Silent
	return !c.Failing && !c.Silent || c.Failing && failing || c.Silent && silent
}

// table prints a line for each feed, and for one in trouble what the matter is.
// The table is laid out first: a line of words between its lines would tear the
// columns apart, and so would the bytes of a colour.
func (w *watched) table(out io.Writer, feeds []feedReport, color bool) error {
	if len(feeds) == 0 {
		return nil
	}
	var b strings.Builder
	tw := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "FEED\tSTATE\tLAST GOOD\tLAST NEW\tITEMS\tGAPS\tNEXT POLL\tBECAUSE")
	for _, f := range feeds {
		fmt.Fprintln(tw, strings.Join(w.cells(f), "\t"))
	}
	if err := tw.Flush(); err != nil {
		return fmt.Errorf("lay out the table: %w", err)
	}
	head, rows, _ := strings.Cut(b.String(), "\n")
	fmt.Fprintln(out, strings.TrimRight(head, " "))
	for i, row := range slices.Collect(strings.Lines(rows)) {
		f := feeds[i]
		row = strings.TrimRight(row, " \n")
		if color {
			row = paint(f.health.State) + row + "\x1b[0m"
		}
		fmt.Fprintln(out, row)
		if why := f.health.Why; why != "" {
			fmt.Fprintln(out, "    "+wording.Line(why))
		}
	}
	return nil
}

// paint is the colour of a state on a terminal.
func paint(s health.State) string {
	switch s {
	case health.Gone, health.Failing, health.Blocked:
		return "\x1b[31m" // red
	case health.Damaged, health.Silent, health.Limited:
		return "\x1b[33m" // yellow
	}
	return ""
}

func (w *watched) cells(f feedReport) []string {
	m := f.state.Memory
	at, why := f.next()
	next := w.clock.At(at)
	switch {
	case f.health.State == health.Gone:
		next, why = "never", "410"
	case f.health.State == health.New && at.IsZero():
		next = "at the start"
	case !at.After(w.clock.Now):
		next = "now"
	}
	gaps := "-"
	if m.Gaps > 0 {
		gaps = wording.Number(m.Gaps)
	}
	return []string{
		f.ID, f.word(w.clock), w.clock.At(f.state.OKAt), w.clock.At(health.LastNew(f.state)), wording.Number(f.state.Items),
		gaps, next, wording.Clip(wording.Line(why), 60),
	}
}

// summary counts: "24 feeds: 1 failing, 1 silent, 22 ok".
func (w *watched) summary() string {
	counts, gaps := health.Tally{}, 0
	for _, f := range w.feeds {
		counts[f.health.State]++
		if f.state.Memory.Gaps > 0 {
			gaps++
		}
	}
	text := counts.Words()
	if gaps > 0 {
		text += fmt.Sprintf("; %d with gaps", gaps)
	}
	return text
}

// hidden is an address without the password in it.
func hidden(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.User == nil {
		return address
	}
	return u.Redacted()
}
