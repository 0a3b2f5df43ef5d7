package rules

import (
	"fmt"
	"strings"

	"newswatch/news"
)

// runExamples matches the example texts of all rules.
func runExamples(rs *Ruleset) []Finding {
	feeds := map[string]news.Feed{}
	for _, f := range rs.File.Feeds {
		feeds[f.ID] = f
	}
	var found []Finding
	for _, rule := range rs.File.Rules {
		for _, e := range rule.Tests.Match {
			if it := exampleItem(e, feeds); !exampleHits(rs, it, rule.ID) {
				found = append(found, exampleFailed(e, fmt.Sprintf("rule %s must match this example, but does not: %s", rule.ID, exampleMiss(rs, it, rule.ID))))
			}
		}
		for _, e := range rule.Tests.NoMatch {
			if it := exampleItem(e, feeds); exampleHits(rs, it, rule.ID) {
				found = append(found, exampleFailed(e, fmt.Sprintf("rule %s must not match this example, but does: %s", rule.ID, exampleWhy(rs, it, rule.ID))))
			}
		}
		for _, e := range rule.Tests.TodoMatch {
			it := exampleItem(e, feeds)
			f := exampleFailed(e, "")
			f.Severity = SeverityWarning
			if exampleHits(rs, it, rule.ID) {
				f.Code, f.Message = "todo-done", fmt.Sprintf("rule %s matches this example now; move it to match", rule.ID)
			} else {
				f.Code, f.Message = "todo-failed", fmt.Sprintf("rule %s does not match this example yet: %s", rule.ID, exampleMiss(rs, it, rule.ID))
			}
			found = append(found, f)
		}
	}
	return found
}

func exampleFailed(e Example, message string) Finding {
	return Finding{Pos: e.Pos, Severity: SeverityError, Code: codeExampleFailed, Message: message}
}

// exampleItem is the item that an example stands for.
func exampleItem(e Example, feeds map[string]news.Feed) *news.Item {
	feed := feeds[e.Feed]
	it := &news.Item{FeedID: e.Feed, FeedName: feed.Name, Publisher: feed.Outlet(), Weight: feed.Weight, Lang: e.Lang, Title: e.Title, Body: strings.TrimSpace(e.Text)}
	if it.Lang == "" {
		it.Lang = feed.Lang
	}
	return it
}

func exampleHits(rs *Ruleset, it *news.Item, rule string) bool {
	for _, h := range rs.Match(it).Hits {
		if h.Rule == rule {
			return true
		}
	}
	return false
}

// exampleWhy says what a rule found.
func exampleWhy(rs *Ruleset, it *news.Item, rule string) string {
	for _, h := range rs.Match(it).Hits {
		if h.Rule == rule && h.Why != "" {
			return h.Why
		}
	}
	return "its condition holds"
}

// exampleMiss says which condition came nearest and failed.
func exampleMiss(rs *Ruleset, it *news.Item, rule string) string {
	for _, m := range rs.Explain(it).Misses {
		if m.Rule == rule && m.Failed != "" {
			return m.Failed
		}
	}
	return "no condition holds"
}
