package webhook

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"time"

	"newswatch/news"
	"newswatch/notify/wording"
)

// formVersion is raised when a receiver would have to change: a new key is none.
const formVersion = 1

// The most that one document holds; what is more goes into further parts. Common
// receivers take a megabyte, queues 256 KB.
const (
	maxStories = 100
	maxBytes   = 200 << 10
)

// document is the body of a post, of every kind.
type document struct {
	Version    int               `json:"version"`
	Kind       news.DeliveryKind `json:"kind"`
	DeliveryID string            `json:"delivery_id"`
	Part       int               `json:"part"`
	Parts      int               `json:"parts"`
	ReplyTo    string            `json:"reply_to,omitempty"`
	Plan       string            `json:"plan,omitempty"`
	Title      string            `json:"title,omitempty"`

	Slot    string    `json:"slot,omitempty"`
	From    time.Time `json:"from,omitzero"`
	To      time.Time `json:"to,omitzero"`
	Next    time.Time `json:"next,omitzero"`
	Items   int       `json:"items,omitempty"`
	Feeds   int       `json:"feeds,omitempty"`
	Missed  int       `json:"missed,omitempty"`
	Waiting int       `json:"waiting,omitempty"`
	Muted   int       `json:"muted,omitempty"`

	FirstSeen time.Time `json:"first_seen,omitzero"`

	Shortened bool    `json:"shortened,omitempty"`
	Stories   []story `json:"stories"`
	Notice    *notice `json:"notice,omitempty"`
}

// story is a story as a receiver sees it.
type story struct {
	Number     int       `json:"number,omitempty"`
	ID         string    `json:"id"`
	Headline   string    `json:"headline"`
	URL        string    `json:"url,omitempty"`
	Summary    string    `json:"summary,omitempty"`
	SummaryBy  *source   `json:"summary_by,omitempty"`
	Quote      string    `json:"quote,omitempty"`
	Why        string    `json:"why,omitempty"`
	Rule       string    `json:"rule"`
	RuleTitle  string    `json:"rule_title,omitempty"`
	Score      int       `json:"score"`
	Publishers int       `json:"publishers"`
	Sources    []source  `json:"sources"`
	At         time.Time `json:"at,omitzero"`
	Developing bool      `json:"developing"`
	NewSources int       `json:"new_sources,omitempty"`
	Reasons    []string  `json:"reasons,omitempty"`
	Changes    []change  `json:"changes,omitempty"`
	OneWith    *source   `json:"one_with,omitempty"`
}

// change is one development of a story, and the report that brought it.
type change struct {
	Reason string    `json:"reason"`
	At     time.Time `json:"at,omitzero"`
	Report *source   `json:"report,omitempty"`
	Was    string    `json:"was,omitempty"`
}

// source is an outlet with its report.
type source struct {
	Name     string    `json:"name"`
	URL      string    `json:"url,omitempty"`
	Headline string    `json:"headline,omitempty"`
	At       time.Time `json:"at,omitzero"`
	New      bool      `json:"new,omitempty"`
}

// notice is a word to the operators.
type notice struct {
	Kind     string `json:"kind"`
	Headline string `json:"headline"`
	Subject  string `json:"subject,omitempty"`
	Detail   string `json:"detail,omitempty"`
	Footer   string `json:"footer,omitempty"`
}

// renderer turns content into documents. It is pure.
type renderer struct{}

// Digest gives the stories in the order of their sections, in as many documents
// as it takes.
func (renderer) Digest(d news.Digest) ([]news.Message, error) {
	var pages [][]story
	size := 0
	for _, section := range d.Sections {
		for _, e := range section.Entries {
			s := storyOf(e, section.Title)
			body, err := encode(s)
			if err != nil {
				return nil, err
			}
			last := len(pages) - 1
			if last < 0 || len(pages[last]) >= maxStories || size+len(body) > maxBytes {
				pages, size = append(pages, nil), 0
				last++
			}
			pages[last] = append(pages[last], s)
			size += len(body)
		}
	}
	if len(pages) == 0 {
		pages = [][]story{nil}
	}
	messages := make([]news.Message, len(pages))
	for i, page := range pages {
		m, err := freeze(document{
			Kind: news.KindDigest, DeliveryID: d.DeliveryID, Part: i + 1, Parts: len(pages), Plan: d.PlanID, Title: wording.Line(d.Title),
			Slot: d.Slot, From: d.From.UTC(), To: d.To.UTC(), Next: d.Next.UTC(), Items: d.Items, Feeds: d.Feeds, Missed: d.Missed,
			Waiting: d.Waiting, Muted: d.Muted, Stories: page,
		})
		if err != nil {
			return nil, err
		}
		messages[i] = m
	}
	return messages, nil
}

// Alert gives a story, or what it is now for a rewriting.
func (renderer) Alert(a news.Alert) (news.Message, error) {
	return alert(a, cmp.Or(a.Kind, news.KindAlert))
}

// Followup gives a story of which something is new: its sources and reasons say
// what.
func (renderer) Followup(a news.Alert) (news.Message, error) { return alert(a, news.KindFollowup) }

func alert(a news.Alert, kind news.DeliveryKind) (news.Message, error) {
	return freeze(document{
		Kind: kind, DeliveryID: cmp.Or(a.ID, a.DeliveryID), Part: 1, Parts: 1, ReplyTo: a.ReplyTo, Plan: a.PlanID,
		Title: wording.Line(a.Title), FirstSeen: a.FirstSeen.UTC(), Stories: []story{storyOf(a.Entry, a.RuleTitle)},
	})
}

// Notice gives a word to the operators.
func (renderer) Notice(n news.Notice) (news.Message, error) {
	return freeze(document{
		Kind: news.KindNotice, DeliveryID: n.DeliveryID, Part: 1, Parts: 1, Stories: []story{},
		Notice: &notice{
			Kind: n.Kind, Headline: wording.Line(n.Headline), Subject: wording.Line(n.Subject),
			Detail: wording.Block(n.Detail, maxDetailLines), Footer: wording.Line(n.Footer),
		},
	})
}

const maxDetailLines = 100

// Lean gives the same stories with less of each, after a receiver refused a
// document for its size.
func (renderer) Lean(payload []byte, rung int) ([]byte, bool) {
	var d document
	if rung != 1 || json.Unmarshal(payload, &d) != nil {
		return nil, false
	}
	const leanSources = 3
	d.Shortened = true
	for i := range d.Stories {
		s := &d.Stories[i]
		s.Sources = s.Sources[:min(len(s.Sources), leanSources)]
		s.Summary, s.SummaryBy, s.Quote, s.Why, s.Changes = "", nil, "", "", nil
	}
	if d.Notice != nil {
		d.Notice.Detail = ""
	}
	body, err := encode(d)
	return body, err == nil && len(body) < len(payload)
}

func storyOf(e news.Entry, ruleTitle string) story {
	s := story{
		Number: e.Number, ID: e.StoryID, Headline: wording.Line(e.Headline), URL: wording.Link(e.URL), Summary: wording.Line(e.Summary),
		Quote: wording.Line(e.Quote.Text), Why: wording.Line(e.Why), Rule: e.Rule, RuleTitle: wording.Line(ruleTitle),
		Score: e.Score, Publishers: e.Publishers, Sources: make([]source, len(e.Sources)), At: e.At.UTC(),
		Developing: e.Developing, NewSources: e.Since,
	}
	s.SummaryBy, s.OneWith = named(e.SummaryBy), named(e.OneWith)
	for i, o := range e.Sources {
		s.Sources[i] = sourceOf(o)
	}
	for _, r := range wording.Reasons(e) {
		s.Reasons = append(s.Reasons, wording.Line(r))
	}
	for _, c := range e.News {
		s.Changes = append(s.Changes, change{Reason: wording.Line(c.Reason), At: c.At.UTC(), Report: named(c.Report), Was: wording.Line(c.Was)})
	}
	return s
}

// named is a report, nil when there is none.
func named(s news.Source) *source {
	if s.Name == "" {
		return nil
	}
	o := sourceOf(s)
	return &o
}

func sourceOf(s news.Source) source {
	return source{Name: wording.Line(s.Name), URL: wording.Link(s.URL), Headline: wording.Line(s.Headline), At: s.At.UTC(), New: s.New}
}

// freeze makes the frozen bytes of a document.
func freeze(d document) (news.Message, error) {
	d.Version = formVersion
	if d.Stories == nil {
		d.Stories = []story{}
	}
	body, err := encode(d)
	if err != nil {
		return news.Message{}, fmt.Errorf("render %s part %d: %w", d.DeliveryID, d.Part, err)
	}
	var ids []string
	for _, s := range d.Stories {
		ids = append(ids, s.ID)
	}
	return news.Message{Payload: body, Stories: ids}, nil
}

// encode writes JSON without the escapes for HTML.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return bytes.TrimSpace(b.Bytes()), nil
}
