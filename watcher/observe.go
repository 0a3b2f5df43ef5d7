package watcher

import (
	"context"
	"time"

	"newswatch/news"
	"newswatch/notify"
	"newswatch/watcher/feed"
	"newswatch/watcher/store"
)

// Observer is told what happens on the way of the news, for whoever counts it. It
// is called in the middle of the work, from several goroutines, and returns at
// once. What can be read from the store at any time, it is not told.
type Observer interface {
	notify.Observer
	// Polled tells what a poll of a feed brought, once that is committed.
	Polled(p Poll)
	// Developed tells of so many developments of stories.
	Developed(n int)
	// Built tells of a digest whose slot came.
	Built(plan news.Plan, o notify.Outcome)
	// Delivered tells that a delivery is at its destination. Waited counts from when
	// it could go at the earliest: of what one story made, from the fetch of its
	// newest report in it, else from when it was frozen.
	Delivered(d news.Delivery, waited time.Duration)
	// Loaded tells which rules are in force, Rejected that a file was not taken.
	Loaded(hash string)
	Rejected()
	// ClockStepped tells by how much the clock was set ahead, or the machine slept;
	// below 0 it was set back.
	ClockStepped(by time.Duration)
}

// Poll is what a poll of a feed came to.
type Poll struct {
	Feed   string
	Result PollResult
	Took   time.Duration // from the request to the last item read
	Bytes  int64         // of its document, over the wire
	// Items of the document that are new, edited, known, and older than the first
	// poll of their feed wants to tell. Of what did not change, none is read.
	New, Edited, Seen, Old int
	Hits                   map[string]int // of new items, by rule
}

// PollResult says in a word what a poll brought.
type PollResult string

// The results of polls.
const (
	PollNew       PollResult = "new"       // items
	PollUnchanged PollResult = "unchanged" // nothing new
	PollFailed    PollResult = "failed"
	PollBusy      PollResult = "busy" // nothing was asked or read: see [feed.Result]
)

// census is a poll as it is counted.
func census(r feed.Result, c store.PollCommit, took time.Duration) Poll {
	p := Poll{Feed: c.State.FeedID, Result: PollUnchanged, Took: took, Bytes: r.Bytes, Edited: len(c.Edited), Hits: map[string]int{}}
	for _, m := range c.Fresh {
		if m.Item.Baseline {
			p.Old++
		} else {
			p.New++
		}
		for _, h := range m.Hits {
			p.Hits[h.Rule]++
		}
	}
	p.Seen = max(len(r.Items)+r.Cached-len(c.Fresh)-len(c.Edited), 0)
	switch {
	case r.Busy:
		p.Result = PollBusy
	case r.Err != nil:
		p.Result = PollFailed
	case len(c.Fresh)+len(c.Edited) > 0:
		p.Result = PollNew
	}
	return p
}

// delivered tells how long what was sent had to wait. That costs a look into the
// store, which is not worth an error.
func (w *Watcher) delivered(ctx context.Context, d news.Delivery) {
	if w.cfg.Observe == nil {
		return
	}
	from := d.CreatedAt
	if d.Kind == news.KindAlert || d.Kind == news.KindFollowup {
		if fetched, err := w.cfg.Store.NewestReport(ctx, d.Stories, d.CreatedAt); err == nil && !fetched.IsZero() {
			from = fetched
		}
	}
	w.cfg.Observe.Delivered(d, max(d.SentAt.Sub(from), 0))
}

// nobody is the Observer where nobody counts.
type nobody struct{ notify.Nobody }

func (nobody) Polled(Poll)                            {}
func (nobody) Developed(int)                          {}
func (nobody) Built(news.Plan, notify.Outcome)        {}
func (nobody) Delivered(news.Delivery, time.Duration) {}
func (nobody) Loaded(string)                          {}
func (nobody) Rejected()                              {}
func (nobody) ClockStepped(time.Duration)             {}
