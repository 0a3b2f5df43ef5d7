package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"newswatch/news"
	"newswatch/notify/wording"
	"newswatch/rules"
	"newswatch/rules/suggest"
	"newswatch/watcher/store"
)

type suggestCmd struct {
	Since string `default:"30d" placeholder:"DUR" help:"What was flagged since, and the stored items since then to hold a change against. (${default})"`
	JSON  bool   `name:"json" help:"Print one JSON object: proposals, each with its changes or the problem, the items it was held against; the patch."`
}

// Help is the long text of -h.
func (suggestCmd) Help() string {
	return help(`Collects what readers flagged as not belonging ("not this" in Slack, or newswatch ask flag) into a patch of the rule file, and never
applies it. For each flagged story it shows what matched, and looks for what would have kept it away: a phrase under except of the entity or
topic, a phrase or word under none of the rule, or a higher min_score. A change is only proposed when the flagged items then match no more,
every example in the file holds, no other stored item loses a match and none gains one; and when at least five other stored items match
the rule, on which that could be seen. The headlines become examples under no_match. Names in the patch are relative to the folder of the
rule file. It reads beside a running daemon.`,
		"newswatch suggest\nnewswatch suggest --since 7d >rules.patch\npatch -p0 -d /etc/newswatch <rules.patch && newswatch check",
		"0 proposed, or nothing is flagged; 1 for a flagged story nothing good was found; 2 wrong usage, or rules that are not good themselves")
}

// Run proposes.
func (c *suggestCmd) Run(ctx context.Context, a *app) error {
	span, ok := rules.Duration(c.Since)
	if !ok || span <= 0 {
		return usagef("--since: %q is no duration; write 24h, 30d or 1y", c.Since)
	}
	if _, err := a.loadRules(); err != nil {
		return err
	}
	src, err := rules.Read(a.Rules)
	if err != nil {
		return usagef("%v", err)
	}
	st, err := a.openStore(ctx, true)
	if err != nil {
		return err
	}
	defer st.Close()
	since := time.Now().Add(-span)
	flags, err := flagged(ctx, st, since)
	if err != nil {
		return err
	}
	progress := a.progress("suggest", "flagged stories")
	report, err := suggest.Run(ctx, suggest.Config{Source: src, Archive: st, Record: st, Since: since, Flags: flags, Progress: progress.show})
	progress.end()
	if err != nil {
		return fmt.Errorf("look for changes: %w", err)
	}
	if c.JSON {
		err = a.json(true).Encode(suggestionsOf(report))
	} else {
		err = printSuggestions(a.out, report, a.deskClock())
	}
	for _, p := range report.Proposals {
		if err == nil && p.Failed {
			return silently(exitNot)
		}
	}
	return err
}

// flagged reads what was flagged, one of each story and rule: that of who said it
// last.
func flagged(ctx context.Context, st *store.Store, since time.Time) (list []suggest.Flagged, err error) {
	flags, err := st.Flags(ctx, since)
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	for _, f := range flags {
		one := suggest.Flagged{Flag: f}
		if one.Items, _, err = st.Recorded(ctx, f.Items); err != nil {
			return nil, fmt.Errorf("read flagged items: %w", err)
		}
		if len(one.Items) > 0 {
			one.Headline = one.Items[0].Title
		}
		key := f.StoryID + "\x00" + f.Rule
		if i, again := at[key]; again {
			list[i] = one
			continue
		}
		at[key] = len(list)
		list = append(list, one)
	}
	return list, nil
}

// printSuggestions prints the proposals as comments before the patch, so that all
// of it can be given to patch.
func printSuggestions(out io.Writer, r *suggest.Report, clock wording.Clock) error {
	var b strings.Builder
	if len(r.Proposals) == 0 {
		b.WriteString("# nothing is flagged; in Slack: flag 3, here: newswatch ask flag STORY\n")
	}
	for _, p := range r.Proposals {
		fmt.Fprintf(&b, "# “%s”\n#   story %s, flagged %s by %s%s\n", headline(p.Headline, 100), shortID(p.StoryID), clock.At(p.At), wording.Line(p.By), because(p.Reason))
		if p.Why != "" {
			fmt.Fprintf(&b, "#   rule %s matched %s in the %s\n", p.Rule, wording.Line(p.Why), p.Field)
		}
		for _, c := range p.Changes {
			verb := "add"
			if c.Score {
				verb = "set"
			}
			fmt.Fprintf(&b, "#   -> %s: %s %s\n", c.Place, verb, wording.Line(c.Text))
		}
		if len(p.Changes) > 0 {
			fmt.Fprintf(&b, "#   held against %s of the rule\n", count(p.Held, "other stored item"))
		}
		if p.Problem != "" {
			fmt.Fprintf(&b, "#   %s\n", p.Problem)
		}
	}
	if len(r.Patch) > 0 {
		fmt.Fprintf(&b, "# held against %s of the same time: of %s with a match none loses one but what is flagged, and none of all gains one\n",
			count(r.Items, "stored item"), wording.Number(r.Held))
		fmt.Fprintf(&b, "# apply it: patch -p0 -d %s <FILE\n%s", shellWord(r.Folder), r.Patch)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// shellWord writes a name so that a shell takes it for one word.
func shellWord(s string) string {
	if s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func because(reason string) string {
	if reason = wording.Clip(wording.Line(reason), 200); reason != "" {
		return ": " + reason
	}
	return ""
}

// suggestions are the proposals as programs read them.
type suggestions struct {
	Proposals []suggestion `json:"proposals"`
	Items     int          `json:"items"`  // stored ones, none of which gains a match
	Held      int          `json:"held"`   // those with a match, none of which loses it
	Folder    string       `json:"folder"` // that the patch is to be applied in
	Patch     string       `json:"patch"`
}

type suggestion struct {
	Story    string             `json:"story"`
	Rule     string             `json:"rule"`
	Headline string             `json:"headline"`
	By       string             `json:"by"`
	At       time.Time          `json:"at"`
	Reason   string             `json:"reason,omitempty"`
	Matched  string             `json:"matched"`
	Field    news.Field         `json:"field"`
	Changes  []suggestionChange `json:"changes"`
	Held     int                `json:"held"` // other items of the rule that lose no match
	Problem  string             `json:"problem,omitempty"`
}

type suggestionChange struct {
	Place string `json:"place"`
	Text  string `json:"text"`
}

func suggestionsOf(r *suggest.Report) suggestions {
	s := suggestions{Proposals: []suggestion{}, Items: r.Items, Held: r.Held, Folder: r.Folder, Patch: string(r.Patch)}
	for _, p := range r.Proposals {
		one := suggestion{
			Story: p.StoryID, Rule: p.Rule, Headline: p.Headline, By: p.By, At: p.At, Reason: p.Reason,
			Matched: p.Why, Field: p.Field, Changes: []suggestionChange{}, Held: p.Held, Problem: p.Problem,
		}
		for _, c := range p.Changes {
			one.Changes = append(one.Changes, suggestionChange{c.Place, c.Text})
		}
		s.Proposals = append(s.Proposals, one)
	}
	return s
}
