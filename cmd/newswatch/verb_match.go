package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"newswatch/news"
	"newswatch/notify/wording"
	"newswatch/rules"
	"newswatch/text"
)

type matchCmd struct {
	Text  []string `arg:"" optional:"" help:"A headline to match; - reads a text from stdin."`
	File  string   `placeholder:"F" help:"Match the text of a file: plain or HTML, the first line is the headline."`
	URL   string   `name:"url" placeholder:"U" help:"Match the visible text of a page."`
	Item  string   `placeholder:"ID" help:"Match a stored item."`
	Lang  string   `help:"Language of the text."`
	JSON  bool     `name:"json" help:"Print the result as JSON."`
	JSONL bool     `name:"jsonl" help:"Match many: JSON lines {\"id\",\"lang\"?,\"feed\"?,\"title\",\"text\"} on stdin."`
}

// Help is the long text of -h.
func (matchCmd) Help() string {
	return help("Says which rules match a text, with the words, the sentence and the score's parts; for the others, the nearest condition that failed. An example in the rule file that fails does not stop it.",
		"newswatch match \"Envoys agree on a truce in Crimea\"\nnewswatch match --file article.html",
		"0 a rule matched (always with --jsonl); 1 none did, or a line could not be read; 2 wrong usage or invalid rules")
}

// matchLine is what --jsonl reads.
type matchLine struct {
	ID, Lang, Feed, Title, Text string
}

func (m matchLine) item(rs *rules.Ruleset) news.Item {
	it := news.Item{ID: m.ID, FeedID: m.Feed, Lang: m.Lang, Title: text.Title(m.Title), Body: text.Visible(m.Text)}
	for _, f := range rs.File.Feeds {
		if f.ID == m.Feed {
			it.Weight, it.FeedName, it.Publisher = f.Weight, f.Name, f.Outlet()
		}
	}
	return it
}

// Run matches.
func (c *matchCmd) Run(ctx context.Context, a *app) error {
	if c.JSONL {
		return c.lines(a)
	}
	rs, err := a.draft(a.Rules)
	if err != nil {
		return err
	}
	it, err := c.item(ctx, a, rs)
	if err != nil {
		return err
	}
	ex := rs.Explain(&it)
	if c.JSON {
		err = a.json(false).Encode(explain(rs, ex))
	} else {
		err = printExplanation(a.out, rs, ex, a.color(a.out))
	}
	if err == nil && len(ex.Hits) == 0 {
		return silently(exitNot)
	}
	return err
}

// item reads what is to be matched.
func (c *matchCmd) item(ctx context.Context, a *app, rs *rules.Ruleset) (news.Item, error) {
	line := matchLine{ID: "text", Lang: c.Lang}
	headline := strings.Join(c.Text, " ") // quoted or not
	if given(headline, c.File, c.URL, c.Item) > 1 {
		return news.Item{}, usagef("match one thing: a text, --file, --url or --item")
	}
	switch {
	case c.Item != "":
		st, err := a.openStore(ctx, true)
		if err != nil {
			return news.Item{}, err
		}
		defer st.Close()
		it, _, _, err := st.Item(ctx, c.Item)
		if err != nil {
			return news.Item{}, usagef("no item %q is stored", c.Item)
		}
		return it, nil
	case c.URL != "":
		page, err := a.fetch(ctx, c.URL)
		if err != nil {
			return news.Item{}, usagef("%v", err)
		}
		line.Title, line.Text = pageTitle(page.Body), string(page.Body)
	case c.File != "":
		raw, err := os.ReadFile(c.File)
		if err != nil {
			return news.Item{}, usagef("%v", err)
		}
		line.Title, line.Text = firstLine(string(raw))
	case headline == "-":
		raw, err := io.ReadAll(io.LimitReader(a.in, maxLine))
		if err != nil {
			return news.Item{}, usagef("read stdin: %v", err)
		}
		line.Title, line.Text = firstLine(string(raw))
	case headline != "":
		line.Title = headline
	default:
		return news.Item{}, usagef("match what? Give a text, --file, --url or --item")
	}
	return line.item(rs), nil
}

// given counts the values that were given.
func given(values ...string) (n int) {
	for _, v := range values {
		if v != "" {
			n++
		}
	}
	return n
}

// firstLine parts a text into its headline and the rest. A page of HTML has its
// headline in its markup instead.
func firstLine(s string) (title, body string) {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, "<") {
		return "", s
	}
	title, body, _ = strings.Cut(s, "\n")
	return title, body
}

// lines matches JSON lines. Only the file's syntax and meaning must be good: its
// examples are not run.
func (c *matchCmd) lines(a *app) error {
	src, err := rules.Read(a.Rules)
	if err != nil {
		return usagef("%v", err)
	}
	rs, report := src.Load(rules.LoadOptions{SkipExamples: true})
	if rs == nil {
		report.Print(a.err, a.color(a.err))
		return usagef("%s has %s", a.Rules, count(report.Errors(), "error"))
	}
	out := a.json(false)
	bad, err := eachLine(a.in, func(raw []byte) error {
		var in matchLine
		if err := json.Unmarshal(raw, &in); err != nil {
			return badLine(out, raw, err)
		}
		it := in.item(rs)
		return out.Encode(answer(in.ID, rs.Match(&it)))
	})
	if err != nil {
		return err
	}
	return afterLines(bad)
}

type matchAnswer struct {
	ID       string      `json:"id"`
	Rules    []matchRule `json:"rules"`
	Entities []string    `json:"entities"`
	Topics   []string    `json:"topics"`
}

type matchRule struct {
	ID       string `json:"id"`
	Score    int    `json:"score"`
	Sentence string `json:"sentence"`
}

func answer(id string, r rules.Result) matchAnswer {
	m := matchAnswer{ID: id, Rules: []matchRule{}, Entities: append([]string{}, r.Entities...), Topics: append([]string{}, r.Topics...)}
	for _, h := range r.Hits {
		m.Rules = append(m.Rules, matchRule{h.Rule, h.Score, h.Quote.Text})
	}
	return m
}

// matchExplained is the answer of --json.
type matchExplained struct {
	Rules    []ruleExplained `json:"rules"`
	Entities []string        `json:"entities"`
	Topics   []string        `json:"topics"`
	Misses   []missExplained `json:"misses"`
	Notes    []string        `json:"notes"`
}

type ruleExplained struct {
	matchRule
	Title   string          `json:"title"`
	Why     string          `json:"why"`
	Negated bool            `json:"negated"`
	Parts   []partExplained `json:"parts"`
	Spans   []spanExplained `json:"spans"`
}

type partExplained struct {
	What   string `json:"what"`
	Points int    `json:"points"`
}

type spanExplained struct {
	Field string `json:"field"`
	Start int    `json:"start"` // bytes
	End   int    `json:"end"`
	By    string `json:"by"`
}

type missExplained struct {
	ID     string `json:"id"`
	Failed string `json:"failed"`
}

func explain(rs *rules.Ruleset, ex rules.Explanation) matchExplained {
	m := matchExplained{
		Rules: []ruleExplained{}, Misses: []missExplained{}, Notes: append([]string{}, ex.Notes...),
		Entities: append([]string{}, ex.Entities...), Topics: append([]string{}, ex.Topics...),
	}
	for _, h := range ex.Hits {
		r := ruleExplained{
			matchRule: matchRule{h.Rule, h.Score, h.Quote.Text}, Title: rs.Title(h.Rule), Why: h.Why, Negated: h.Negated,
			Parts: []partExplained{}, Spans: []spanExplained{},
		}
		for _, p := range h.Parts {
			r.Parts = append(r.Parts, partExplained(p))
		}
		for _, s := range h.Spans {
			r.Spans = append(r.Spans, spanExplained{string(s.Field), s.Start, s.End, s.By})
		}
		m.Rules = append(m.Rules, r)
	}
	for _, miss := range ex.Misses {
		m.Misses = append(m.Misses, missExplained{miss.Rule, miss.Failed})
	}
	return m
}

// printExplanation says what matched and why, and what nearly did.
func printExplanation(out io.Writer, rs *rules.Ruleset, ex rules.Explanation, color bool) error {
	bold, off := "", ""
	if color {
		bold, off = "\x1b[1m", "\x1b[0m"
	}
	var b strings.Builder
	if len(ex.Hits) == 0 {
		b.WriteString("no rule matched\n")
	}
	for _, h := range ex.Hits {
		fmt.Fprintf(&b, "%s%s%s  %s  score %d\n", bold, h.Rule, off, rs.Title(h.Rule), h.Score)
		for _, p := range h.Parts {
			fmt.Fprintf(&b, "  %+4d  %s\n", p.Points, seen(p.What))
		}
		fmt.Fprintf(&b, "  why   %s\n", seen(h.Why))
		if h.Quote.Text != "" {
			fmt.Fprintf(&b, "  in    %s\n", marked(h.Quote, bold, off))
		}
		if h.Negated {
			b.WriteString("  note  stands beside a negation\n")
		}
	}
	for _, group := range []struct {
		name string
		ids  []string
	}{{"entities", ex.Entities}, {"topics", ex.Topics}} {
		if len(group.ids) > 0 {
			fmt.Fprintf(&b, "%s: %s\n", group.name, strings.Join(group.ids, ", "))
		}
	}
	for _, m := range ex.Misses {
		fmt.Fprintf(&b, "missed %s: %s\n", m.Rule, seen(m.Failed))
	}
	for _, n := range ex.Notes {
		fmt.Fprintf(&b, "note: %s\n", seen(n))
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// marked is a quote with its matches between two marks.
func marked(q news.Quote, on, off string) string {
	if on == "" {
		on, off = "[", "]"
	}
	var b strings.Builder
	at := 0
	for _, m := range q.Marks {
		b.WriteString(wording.Fragment(q.Text[at:m[0]]) + on + wording.Fragment(q.Text[m[0]:m[1]]) + off)
		at = m[1]
	}
	b.WriteString(wording.Fragment(q.Text[at:]))
	return b.String()
}
