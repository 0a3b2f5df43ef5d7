package demo

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// outletFile is the form of a file in day/.
type outletFile struct {
	Name   string
	Site   string
	Lang   string
	Format format
	Feeds  []string // ids; the first is that of items which name none
	Items  []block
}

// block is an item, or with Revises the next state of one that stands above it.
type block struct {
	Slug        string
	Revises     string
	At          string   // "15:04", a time of the day itself, or "2006-01-02 15:04"
	In          []string // ids of the feeds that carry it
	EscapeTwice bool     `yaml:"escape_twice"`
	Title       string
	Text        string // HTML
}

// parseOutlet reads one file of day/ and returns its outlet's feeds. date is
// midnight of the day, in its zone.
func parseOutlet(src []byte, date time.Time) ([]feed, error) {
	var file outletFile
	if err := yaml.Load(src, &file, yaml.WithKnownFields()); err != nil {
		return nil, err
	}
	if file.Name == "" || file.Site == "" || file.Lang == "" || len(file.Feeds) == 0 {
		return nil, fmt.Errorf("it needs name, site, lang, format and feeds")
	}
	if !slices.Contains(formats, file.Format) {
		return nil, fmt.Errorf("its format %q is none of %q", file.Format, formats)
	}
	var posts []post
	for _, b := range file.Items {
		var err error
		if posts, err = add(posts, b, file.Feeds, date); err != nil {
			return nil, fmt.Errorf("item %q: %w", b.Slug, err)
		}
	}
	var feeds []feed
	for _, id := range file.Feeds {
		f := feed{id: id, name: file.Name, site: file.Site, lang: file.Lang, format: file.Format}
		for _, p := range posts {
			if slices.Contains(p.in, id) {
				f.posts = append(f.posts, p)
			}
		}
		feeds = append(feeds, f)
	}
	return feeds, nil
}

// add reads one block. Items stand in the order of their times, so that a file
// reads like the outlet's day.
func add(posts []post, b block, feeds []string, date time.Time) ([]post, error) {
	at, err := parseTime(b.At, date)
	if err != nil {
		return nil, fmt.Errorf("read its time: %w", err)
	}
	rev := revision{at: at, title: b.Title, body: strings.TrimSpace(b.Text)}
	if b.Slug == "" || rev.title == "" || rev.body == "" {
		return nil, fmt.Errorf("it needs a slug, a title and a text")
	}
	if b.Revises != "" {
		return posts, revise(posts, b.Revises, rev)
	}
	p := post{slug: b.Slug, in: b.In, twice: b.EscapeTwice, revisions: []revision{rev}}
	if len(p.in) == 0 {
		p.in = feeds[:1]
	}
	for _, id := range p.in {
		if !slices.Contains(feeds, id) {
			return nil, fmt.Errorf("the outlet has no feed %q", id)
		}
	}
	for _, other := range posts {
		if other.slug == p.slug {
			return nil, fmt.Errorf("there are two of this name")
		}
		if rev.at.Before(other.revisions[0].at) {
			return nil, fmt.Errorf("it is older than %q above it", other.slug)
		}
	}
	return append(posts, p), nil
}

func revise(posts []post, slug string, rev revision) error {
	for i := range posts {
		p := &posts[i]
		if p.slug != slug {
			continue
		}
		if !rev.at.After(p.revisions[len(p.revisions)-1].at) {
			return fmt.Errorf("it is not newer than what it revises")
		}
		p.revisions = append(p.revisions, rev)
		return nil
	}
	return fmt.Errorf("it revises %q, which does not stand above it", slug)
}

func parseTime(s string, date time.Time) (time.Time, error) {
	if !strings.Contains(s, " ") {
		s = date.Format("2006-01-02 ") + s
	}
	return time.ParseInLocation("2006-01-02 15:04", s, date.Location())
}
