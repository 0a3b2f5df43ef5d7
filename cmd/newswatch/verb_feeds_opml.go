package main

import (
	"fmt"
	"io"
	"os"

	"newswatch/cmd/newswatch/opml"
	"newswatch/schedule"
)

type feedsImportCmd struct {
	File string `arg:"" help:"OPML file, or - for standard input."`
}

// Help is the long text of -h.
func (feedsImportCmd) Help() string {
	return help("Prints the YAML for the feeds of an OPML file, to be pasted under feeds: in the rules. Folders become tags; feeds that are in the rules already are left out and counted. Nothing is fetched and nothing is written.",
		"newswatch feeds import subscriptions.opml", "0 printed; 1 no feed in it that is new; 2 wrong usage, no such file, not OPML, or invalid rules")
}

// Run imports.
func (c *feedsImportCmd) Run(a *app) error {
	n, err := a.newFeeds()
	if err != nil {
		return err
	}
	list, problems, err := c.read(a)
	if err != nil {
		return usagef("%s: %v", c.File, err)
	}
	added, known := 0, 0
	for _, o := range list {
		if _, twice := n.known(o.URL); twice {
			known++
			continue
		}
		if _, err := schedule.Parse(o.Poll); o.Poll != "" && err != nil {
			problems = append(problems, opml.Problem{Line: o.Line, Text: fmt.Sprintf("poll %q is left out: %v", o.Poll, err)})
			o.Poll = ""
		}
		added++
		fmt.Fprintln(a.out, feedYAML(n.add(o.Feed)))
	}
	for _, p := range problems {
		fmt.Fprintf(a.err, "%s:%d: %s\n", c.File, p.Line, p.Text)
	}
	fmt.Fprintf(a.err, "%s", count(added, "new feed"))
	if known > 0 {
		fmt.Fprintf(a.err, ", %d known already", known)
	}
	if len(problems) > 0 {
		fmt.Fprintf(a.err, ", %s", count(len(problems), "problem"))
	}
	if added == 0 {
		fmt.Fprintln(a.err)
		return silently(exitNot)
	}
	fmt.Fprintf(a.err, "; paste under feeds: in %s, and run newswatch check\n", n.path)
	return nil
}

func (c *feedsImportCmd) read(a *app) ([]opml.Outline, []opml.Problem, error) {
	var in io.Reader = a.in
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return nil, nil, err
		}
		defer f.Close()
		in = f
	}
	return opml.Read(in)
}

type feedsExportCmd struct{}

// Help is the long text of -h.
func (feedsExportCmd) Help() string {
	return help("Prints the feeds of the rules as OPML 2.0, which every feed reader takes; newswatch feeds import reads it back. How servers are asked (headers, logins, proxies) is left out.",
		"newswatch feeds export >feeds.opml", "0 printed; 2 wrong usage, or invalid rules")
}

// Run exports.
func (c *feedsExportCmd) Run(a *app) error {
	rs, err := a.draft(a.Rules)
	if err != nil {
		return err
	}
	return opml.Write(a.out, "newswatch feeds", rs.File.Feeds)
}
