// Package wording holds the words that all ways out share: how many sources a
// story has, how a number is written, and text of feeds made fit to stand in a
// line of ours. It stands beside the renderers (slack, terminal), which lay out
// what it says, and knows nothing of their formats.
package wording

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"newswatch/news"
)

// Number writes n with a comma between thousands: 1,904.
func Number(n int) string {
	s := strconv.Itoa(n)
	start := 0
	if n < 0 {
		start = 1
	}
	for i := len(s) - 3; i > start; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Count writes n and its noun: "1 story", "1,904 stories".
func Count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Number(n) + " " + many
}

// Sources says how many outlets have a story, and how many of them have a
// report of their own where that is fewer: "7 sources, 5 independent". A story
// of one outlet needs no count: "".
func Sources(e news.Entry) string {
	n := len(e.Sources)
	if n < 2 {
		return ""
	}
	s := Number(n) + " sources"
	if e.Publishers > 0 && e.Publishers < n {
		s += ", " + Number(e.Publishers) + " independent"
	}
	return s
}

// Growth says that a story was told before and has developed since, and by how
// many sources: "Developing, +4". It is "" for a story told for the first time.
func Growth(e news.Entry) string {
	switch {
	case !e.Developing:
		return ""
	case e.Since > 0:
		return "Developing, +" + Number(e.Since)
	}
	return "Developing"
}

// Looked says what a digest was chosen from: "412 new items, 38 feeds". It is ""
// when nothing was counted, as after quiet hours.
func Looked(d news.Digest) string {
	if d.Items == 0 && d.Feeds == 0 {
		return ""
	}
	return Count(d.Items, "new item", "new items") + ", " + Count(d.Feeds, "feed", "feeds")
}

// Missed says how many earlier runs a digest makes up for, "" for none.
func Missed(d news.Digest) string {
	if d.Missed <= 0 {
		return ""
	}
	return "covers " + Count(d.Missed, "missed run", "missed runs")
}

// Muted says how many stories of a digest are held by mutes, "" for none.
func Muted(d news.Digest) string {
	if d.Muted <= 0 {
		return ""
	}
	return Number(d.Muted) + " muted"
}

// Span writes a duration roughly, as a reader would say it: "12 minutes".
func Span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "a minute"
	case d < 90*time.Minute:
		return Count(int(d.Round(time.Minute)/time.Minute), "minute", "minutes")
	case d < 36*time.Hour:
		return Count(int(d.Round(time.Hour)/time.Hour), "hour", "hours")
	}
	return Count(int(d.Round(24*time.Hour)/(24*time.Hour)), "day", "days")
}

// Spread says how wide and how fast a story is told: "3 independent sources in
// 12 minutes", "7 sources, 5 independent, in 2 hours", "1 source".
func Spread(e news.Entry, first time.Time) string {
	n := len(e.Sources)
	s, join := Sources(e), " "
	switch {
	case n < 2:
		return Count(n, "source", "sources")
	case e.Publishers == n:
		s = Number(n) + " independent sources"
	case e.Publishers > 0:
		join = ", "
	}
	if !first.IsZero() && e.At.After(first) {
		s += join + "in " + Span(e.At.Sub(first))
	}
	return s
}

// Headline is an entry's title fit for one line; a story without one is named
// by its place.
func Headline(e news.Entry, limit int) string {
	if h := Clip(Line(e.Headline), limit); h != "" {
		return h
	}
	return fmt.Sprintf("Untitled report %d", e.Number)
}

// Untold counts the sources of an entry beyond those that are named: " and 4 more".
// A plus sign is kept for what is new.
func Untold(e news.Entry, shown int) string {
	if rest := len(e.Sources) - shown; rest > 0 {
		return " and " + Number(rest) + " more"
	}
	return ""
}

// News is the opening of a note on a story that was told: what developed, else
// how many reports came, which the note lists.
func News(e news.Entry) string {
	reported := slices.ContainsFunc(e.News, func(c news.Change) bool { return c.Report != (news.Source{}) })
	reasons, fresh := Reasons(e), 0
	for _, s := range e.Sources {
		if s.New {
			fresh++
		}
	}
	switch {
	case !reported && fresh > e.Since: // some of those that had it before
		return Count(fresh, "new report", "new reports")
	case !reported && e.Since > 0:
		return Count(e.Since, "more source", "more sources")
	case len(reasons) > 0:
		return upper(strings.Join(reasons, "; "))
	}
	return "New reports"
}

func upper(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}

// Quiet says in a few facts that a digest has nothing to tell: since when, out of
// how much. at writes a time.
func Quiet(d news.Digest, at func(time.Time) string) []string {
	facts := []string{"nothing new to tell"}
	if !d.From.IsZero() {
		facts[0] += " since " + at(d.From)
	}
	if d.Feeds > 0 {
		facts = append(facts, Count(d.Items, "new item", "new items")+" in "+Count(d.Feeds, "feed", "feeds"))
	}
	return append(facts, Missed(d))
}

// Join puts the parts that are not empty together.
func Join(separator string, parts ...string) string {
	kept := parts[:0:0]
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, separator)
}
