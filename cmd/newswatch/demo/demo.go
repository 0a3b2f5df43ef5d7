// Package demo is a day of invented news that stands where the world stands for
// the real program: before the feeds, at the head of the pipeline.
//
// Thursday 12 March 2026, as eight outlets told it, lies in day/, one file an
// outlet, one block an item. Handler serves the outlets' feeds as they stood at
// any moment of that day, so that the real pipeline can poll them on loopback
// with a fast clock. All outlets, people and places are invented: made-up news
// is not put into the mouths of real ones.
package demo

import (
	"bytes"
	"embed"
	"fmt"
	"slices"
	"strings"
	"time"
)

// shown is how many items a feed holds, as most real ones hold 10 to 50.
const shown = 30

//go:embed day/*.yaml format/* rules.yaml
var files embed.FS

// Day is the bundled day: what each outlet published, and when.
type Day struct {
	// Start and End bound the part of the day that is worth playing. What was
	// published before Start is in the feeds from the beginning.
	Start, End time.Time
	// Location is the zone of the day and of its rules.
	Location *time.Location

	feeds []feed
	rules []byte
}

// feed is one feed of an outlet; its posts are in the order of publication.
type feed struct {
	id               string
	name, site, lang string // the outlet's
	format           format
	posts            []post
}

// post is one item, from its publication on through all its revisions.
type post struct {
	slug      string
	in        []string // ids of the feeds that carry it
	twice     bool     // its title is escaped twice, as many real feeds do by mistake
	revisions []revision
}

// revision is what an item says from a moment on.
type revision struct {
	at          time.Time
	title, body string
}

// Load reads the bundled day. It fails only when the files in day/ break their
// form, which a test rules out.
func Load() (*Day, error) {
	loc, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		return nil, fmt.Errorf("load the demo's time zone: %w", err)
	}
	date := time.Date(2026, time.March, 12, 0, 0, 0, 0, loc)
	d := &Day{
		Start:    date.Add(5*time.Hour + 45*time.Minute),
		End:      date.Add(18*time.Hour + 10*time.Minute),
		Location: loc,
	}
	if d.rules, err = files.ReadFile("rules.yaml"); err != nil {
		return nil, fmt.Errorf("read the demo's rules: %w", err)
	}
	entries, err := files.ReadDir("day")
	if err != nil {
		return nil, fmt.Errorf("read the demo's day: %w", err)
	}
	for _, e := range entries {
		src, err := files.ReadFile("day/" + e.Name())
		if err != nil {
			return nil, fmt.Errorf("read the demo's day: %w", err)
		}
		feeds, err := parseOutlet(src, date)
		if err != nil {
			return nil, fmt.Errorf("read demo file day/%s: %w", e.Name(), err)
		}
		d.feeds = append(d.feeds, feeds...)
	}
	return d, nil
}

// Rules returns the demo's rule file with the feeds at base, such as
// "http://127.0.0.1:40123".
func (d *Day) Rules(base string) []byte {
	return bytes.ReplaceAll(d.rules, []byte("{{base}}"), []byte(strings.TrimRight(base, "/")))
}

// Times returns the moments after Start and up to End at which a feed changes,
// in order: the stops of a clock that leaves the dull minutes out.
func (d *Day) Times() []time.Time {
	var times []time.Time
	for _, f := range d.feeds {
		for _, p := range f.posts {
			for _, r := range p.revisions {
				if r.at.After(d.Start) && !r.at.After(d.End) {
					times = append(times, r.at)
				}
			}
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	return slices.CompactFunc(times, time.Time.Equal)
}
