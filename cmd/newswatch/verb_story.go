package main

import (
	"context"
	"fmt"
	"io"
	"slices"

	"newswatch/news"
	"newswatch/notify/wording"
	"newswatch/watcher/store"
	"newswatch/watcher/story"
)

type storyCmd struct {
	Show  storyShowCmd  `cmd:"" default:"withargs" help:"Show a story: why its items belong together, and what nearly did."`
	Join  storyJoinCmd  `cmd:"" help:"Make one story of two."`
	Split storySplitCmd `cmd:"" help:"Take items out of a story into one of their own."`
	Pin   storyPinCmd   `cmd:"" help:"Say which story an item belongs to."`
}

// Help is the long text of -h.
func (storyCmd) Help() string {
	return help(`Shows one story, and lets you correct what was grouped. A correction lasts: it survives restarts, and what you part is never put
together again but by you. Nothing is told twice because of it. Ids may be cut short as long as they mean one story.`,
		"newswatch story 1f686cdf\nnewswatch story join 1f686cdf 09ab12cd\nnewswatch story split 1f686cdf 77aa0011 5d2e99f0\nnewswatch story pin 77aa0011 09ab12cd",
		"0 done; 1 it cannot be done, such as joining a story with itself; 2 unknown story or item")
}

type storyShowCmd struct {
	ID    string `arg:"" help:"The story's id, or how it begins."`
	Limit int    `default:"10" help:"At most so many near misses of each kind. (${default})"`
	JSON  bool   `name:"json" help:"Print one JSON object with all that is known of it."`
}

// Help is the long text of -h.
func (storyShowCmd) Help() string {
	return help(`Shows a story: its lead, where it is in its life, what raised its version, each item with the reason why it belongs there and
copies under the report that they repeat, by event when more than one thing happened in it, what was merged or corrected, and what nearly belonged: items of other stories that were close to this
one, and stories that its own items were close to. The numbers are the decision's score, from 0 to 1.`,
		"newswatch story 1f686cdf\nnewswatch story 1f686cdf --json | jq .near_items", "0 shown; 2 unknown story")
}

// Run shows.
func (c *storyShowCmd) Run(ctx context.Context, a *app) error {
	st, err := a.openStore(ctx, true)
	if err != nil {
		return err
	}
	defer st.Close()
	s, err := a.story(ctx, st, c.ID)
	if err != nil {
		return err
	}
	page := storyPage{story: s, clock: a.deskClock(), events: story.NewJudge(a.names()).Events(s)}
	if page.transfers, err = st.Transfers(ctx, s.ID); err != nil {
		return fmt.Errorf("read what moved: %w", err)
	}
	if page.nearItems, page.nearStories, err = st.NearMisses(ctx, s.ID, c.Limit); err != nil {
		return fmt.Errorf("read what is near: %w", err)
	}
	if c.JSON {
		return a.json(true).Encode(page.object())
	}
	page.print(a.out)
	return nil
}

// storyPage is all that is known of a story.
type storyPage struct {
	story                  *news.Story
	events                 []story.Event
	transfers              []news.Transfer
	nearItems, nearStories []store.NearMiss
	clock                  wording.Clock
}

func (p *storyPage) print(out io.Writer) {
	s := storyLineOf(p.story, p.clock.Now)
	fmt.Fprintf(out, "%s  %s\n", s.ID, headline(s.Title, 120))
	if s.URL != "" {
		fmt.Fprintf(out, "  %s\n", wording.Line(s.URL))
	}
	fmt.Fprintf(out, "  %s; %s; first %s, last %s\n", s.Phase, sourceCount(s), p.clock.At(s.First), p.clock.Ago(s.Last))
	p.printVersions(out)
	p.printItems(out)
	if len(p.transfers) > 0 {
		fmt.Fprintln(out, "\nmerges and corrections")
		for _, t := range p.transfers {
			fmt.Fprintf(out, "  %s  %s\n", p.clock.At(t.At), p.transfer(t))
		}
	}
	printNear(out, "nearly in this story", "in", p.nearItems)
	printNear(out, "nearly elsewhere", "near", p.nearStories)
}

func (p *storyPage) printVersions(out io.Writer) {
	fmt.Fprintf(out, "\nversion %d\n", p.story.Version)
	first := p.story.Members[0].Item
	fmt.Fprintf(out, "  1  %s  first report, %s\n", p.clock.At(p.story.FirstAt), outlet(first.Publisher))
	for _, d := range p.story.Developments {
		fmt.Fprintf(out, "  %d  %s  %s", d.Version, p.clock.At(d.At), wording.Line(d.Reason))
		if m := p.member(d.ItemID); m != nil {
			fmt.Fprintf(out, ", %s", outlet(m.Item.Publisher))
		}
		fmt.Fprintln(out)
	}
}

// printItems prints the items by report; where there is more than one event, under
// what happened when.
func (p *storyPage) printItems(out io.Writer) {
	fmt.Fprintf(out, "\n%s", count(len(p.story.Members), "item"))
	if len(p.events) == 1 {
		fmt.Fprintln(out)
		p.printReports(out, p.reports())
		return
	}
	fmt.Fprintf(out, ", %s\n", count(len(p.events), "event"))
	for i, e := range p.events {
		reports := p.reportsOf(e)
		fmt.Fprintf(out, "\n%s, %s", p.clock.Day(e.At), count(len(reports), "report"))
		if reason := p.resumption(i); reason != "" {
			fmt.Fprintf(out, ": %s", wording.Line(reason))
		}
		fmt.Fprintln(out)
		p.printReports(out, reports)
	}
}

func (p *storyPage) printReports(out io.Writer, reports []report) {
	for _, r := range reports {
		p.printItem(out, "", r.Member)
		for _, m := range r.copies {
			p.printItem(out, "    copy  ", m)
		}
	}
}

// resumption is what made the story worth telling again with its event i, "" for
// the first event and for one that was not told by itself.
func (p *storyPage) resumption(i int) string {
	if i == 0 {
		return ""
	}
	for _, d := range p.story.Developments {
		if slices.Contains(p.events[i].Items, d.ItemID) {
			return d.Reason
		}
	}
	return ""
}

func (p *storyPage) printItem(out io.Writer, indent string, m news.Member) {
	it := m.Item
	fmt.Fprintf(out, "  %s%s  %s  %s: %s\n", indent, shortID(it.ID), p.clock.At(it.Published), outlet(it.Publisher), headline(it.Title, 100))
	fmt.Fprintf(out, "  %*s          %.2f  %s\n", len(indent), "", m.Score, wording.Line(m.Why))
}

// report is an item with those that repeat it.
type report struct {
	news.Member
	copies []news.Member
}

// reports puts copies under what they repeat.
func (p *storyPage) reports() []report {
	var list []report
	place := map[string]int{}
	for _, m := range p.story.Members {
		if m.CopyOf == "" {
			place[m.Item.ID] = len(list)
			list = append(list, report{Member: m})
		}
	}
	for _, m := range p.story.Members {
		if i, known := place[m.CopyOf]; known {
			list[i].copies = append(list[i].copies, m)
		} else if m.CopyOf != "" {
			list = append(list, report{Member: m})
		}
	}
	return list
}

// reportsOf are the reports of an event.
func (p *storyPage) reportsOf(e story.Event) []report {
	return slices.DeleteFunc(p.reports(), func(r report) bool { return !slices.Contains(e.Items, r.Item.ID) })
}

func (p *storyPage) member(itemID string) *news.Member {
	for i := range p.story.Members {
		if p.story.Members[i].Item.ID == itemID {
			return &p.story.Members[i]
		}
	}
	return nil
}

// transfer says in a line what moved and why.
func (p *storyPage) transfer(t news.Transfer) string {
	items := count(len(t.Items), "item")
	switch t.Verb {
	case news.Merged:
		return fmt.Sprintf("merged by newswatch: %s took in %s with %s (%.2f %s)", shortID(t.Into), shortID(t.From), items, t.Score, wording.Line(t.Why))
	case news.Joined:
		return fmt.Sprintf("joined by hand: %s took in %s with %s", shortID(t.Into), shortID(t.From), items)
	case news.Split:
		return fmt.Sprintf("split by hand: %s went from %s into %s, the two stay apart", items, shortID(t.From), shortID(t.Into))
	}
	return fmt.Sprintf("pinned by hand: item %s went from %s to %s, the two stay apart", shortID(t.Items[0]), shortID(t.From), shortID(t.Into))
}

func printNear(out io.Writer, head, relation string, list []store.NearMiss) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(out, "\n%s\n", head)
	for _, m := range list {
		fmt.Fprintf(out, "  %s  %s: %s\n", shortID(m.ItemID), outlet(m.Publisher), headline(m.Title, 100))
		fmt.Fprintf(out, "            %.2f  %s; %s %s %s\n", m.Score, wording.Line(m.Why), relation, shortID(m.StoryID), headline(m.StoryTitle, 60))
	}
}

// outlet is the name of one, fit for a line.
func outlet(name string) string { return headline(name, 40) }

// sourceCount is how many outlets have a story, in words.
func sourceCount(s storyLine) string {
	words := count(s.Sources, "source")
	if s.Publishers < s.Sources {
		words += fmt.Sprintf(", %d independent", s.Publishers)
	}
	return words
}
