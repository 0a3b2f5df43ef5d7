package main

import (
	"fmt"
	"strings"

	"newswatch/notify/wording"
	"newswatch/rules"
)

type checkCmd struct {
	Path   string `arg:"" optional:"" help:"Rule file or folder; default --rules."`
	Strict bool   `help:"A warning is a failure too."`
	JSON   bool   `name:"json" help:"One finding a line, as JSON."`
	Schema bool   `help:"Print the JSON Schema of rule files and end."`
}

// Help is the long text of -h.
func (checkCmd) Help() string {
	return help("Reads a rule file, says everything that is wrong with it at once, and runs every example in it.",
		"newswatch check rules.yaml\nnewswatch check --json | jq .message",
		"0 good, warnings or not; 1 an example failed, or a warning with --strict; 2 invalid or unreadable")
}

// Run checks.
func (c *checkCmd) Run(a *app) error {
	if c.Schema {
		_, err := a.out.Write(rules.Schema())
		return err
	}
	path := c.Path
	if path == "" {
		path = a.Rules
	}
	rs, report, err := rules.Load(path)
	if err != nil {
		return usagef("%v", err)
	}
	if err := c.print(a, report); err != nil {
		return err
	}
	switch {
	case report.Errors() > 0:
		return silently(exitUsage)
	case report.Failed() > 0, c.Strict && report.Warnings() > 0:
		return silently(exitNot)
	case !c.JSON:
		f := rs.File
		fmt.Fprintf(a.out, "%s is good: %s, %s, %s, %s, %s\n", path, count(len(f.Feeds), "feed"), count(len(f.Entities), "entity"),
			count(len(f.Topics), "topic"), count(len(f.Rules), "rule"), count(examples(f), "example"))
	}
	return nil
}

func (c *checkCmd) print(a *app, report *rules.Report) error {
	if !c.JSON {
		report.Print(a.err, a.color(a.err))
		return nil
	}
	enc := a.json(false)
	for _, f := range report.Findings {
		if err := enc.Encode(f); err != nil {
			return err
		}
	}
	return nil
}

func examples(f *rules.File) (n int) {
	for _, r := range f.Rules {
		n += len(r.Tests.Match) + len(r.Tests.NoMatch) + len(r.Tests.TodoMatch)
	}
	return n
}

// count is a number with its noun: "1 rule", "3 entities".
func count(n int, noun string) string {
	many := noun + "s"
	if stem, found := strings.CutSuffix(noun, "y"); found {
		many = stem + "ies"
	}
	return wording.Count(n, noun, many)
}
