package slack

import (
	"context"
	"maps"
	"sync"
	"time"

	"newswatch/news"
	"newswatch/notify"
)

const (
	// What was listed holds for so long: channels are seldom made, renamed or
	// joined, and the lists are slow methods (20 calls a minute).
	namesHold  = time.Hour
	missesHold = time.Minute
	// A post waits for a list so long at most, and has time left of its own. The
	// list is read on meanwhile.
	listWait = 5 * time.Second
	// A list that takes longer is none: people are told.
	listMost = 10 * time.Minute
)

// roll is a list of the workspace, names and their ids, that Slack gives in pages.
// One caller at a time has a page read, all others wait for the same; nobody holds
// the lock meanwhile. A list that is broken off, by Slack's rate or a network, goes
// on at its page when the next one asks.
type roll struct {
	what string // "channels"
	now  func() time.Time
	page func(ctx context.Context, cursor string) (rollPage, error)

	mu     sync.Mutex
	ids    map[string]string // by name; replaced, never changed
	listed time.Time         // when it was last read to its end
	closed bool              // it cannot be had: names are used as they are

	fresh   map[string]string // what the pages said that were read; nil: none is being read
	began   time.Time
	cursor  string
	pages   int
	reading *flight // nil: no page is under way
	limited time.Time
	retry   time.Duration // from then on
}

// rollPage is a page of names.
type rollPage struct {
	ids  map[string]string
	next string // cursor of the next page
}

// flight is a page that is being read.
type flight struct {
	done chan struct{}
	err  error
}

// find gives the id of a name, "" when the list does not have it. It waits for the
// list only where it does not know the name yet. The error is a *notify.Refusal.
func (r *roll) find(ctx context.Context, name string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, listWait)
	defer cancel()
	for {
		id, f, err := r.ask(ctx, name)
		if f == nil || err != nil {
			return id, err
		}
		if err := r.wait(ctx, f); err != nil {
			return "", err
		}
	}
}

// all gives the whole list, which nobody may change.
func (r *roll) all(ctx context.Context) (map[string]string, error) {
	ctx, cancel := context.WithTimeout(ctx, listWait)
	defer cancel()
	for {
		r.mu.Lock()
		ids, f, err := r.ids, (*flight)(nil), error(nil)
		if !r.holds(namesHold) {
			f, err = r.read(ctx)
		}
		whole := !r.listed.IsZero()
		r.mu.Unlock()
		if whole {
			return ids, nil // where it is out of date it is read for the next one
		}
		if err != nil {
			return nil, err
		}
		if err := r.wait(ctx, f); err != nil {
			return nil, err
		}
	}
}

// ask gives what is known of a name, and the page to wait for when it may tell.
func (r *roll) ask(ctx context.Context, name string) (id string, f *flight, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	hold := missesHold
	if id = r.known(name); id != "" {
		hold = namesHold
	}
	if r.holds(hold) {
		return id, nil, nil
	}
	f, err = r.read(ctx)
	if id != "" {
		return id, nil, nil // it is looked after for the next one
	}
	return "", f, err
}

// known prefers the newest word.
func (r *roll) known(name string) string {
	if id := r.fresh[name]; id != "" {
		return id
	}
	return r.ids[name]
}

// holds says whether the list is not older. By a clock that was set back it is.
func (r *roll) holds(span time.Duration) bool {
	age := r.now().Sub(r.listed)
	return !r.listed.IsZero() && age >= 0 && age <= span
}

// read joins the flight of a page, or begins one.
func (r *roll) read(ctx context.Context) (*flight, error) {
	if r.reading != nil {
		return r.reading, nil
	}
	now := r.now()
	if age := now.Sub(r.limited); age >= 0 && age < r.retry {
		return nil, r.slow("ratelimited", r.retry-age)
	}
	if r.fresh == nil {
		r.fresh, r.began, r.cursor, r.pages = map[string]string{}, now, "", 0
	}
	r.reading = &flight{done: make(chan struct{})}
	go r.fly(context.WithoutCancel(ctx), r.reading, r.cursor)
	return r.reading, nil
}

// fly reads pages until the end of the list, or an error.
func (r *roll) fly(ctx context.Context, f *flight, cursor string) {
	for f != nil {
		pageCtx, cancel := context.WithTimeout(ctx, news.CallTimeout)
		page, err := r.page(pageCtx, cursor)
		cancel()
		f, cursor = r.land(f, page, err)
	}
}

// land takes in what a page said, and gives the flight of the next one.
func (r *roll) land(f *flight, page rollPage, err error) (next *flight, cursor string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer close(f.done)
	r.reading = nil
	switch r.closed = unasked(err); {
	case r.closed:
		r.end(r.ids)
		return nil, ""
	case said(err) == "invalid_cursor": // from the start, the next time
		r.fresh, r.cursor, r.pages = map[string]string{}, "", 0
		f.err = r.slow(said(err), soon)
		return nil, ""
	case err != nil:
		f.err = r.refused(err)
		return nil, ""
	}
	maps.Copy(r.fresh, page.ids)
	r.pages++
	if page.next == "" || page.next == r.cursor || r.pages == listPages {
		r.end(r.fresh)
		return nil, ""
	}
	r.cursor = page.next
	r.reading = &flight{done: make(chan struct{})}
	return r.reading, r.cursor
}

func (r *roll) end(ids map[string]string) {
	if ids == nil {
		ids = map[string]string{}
	}
	r.ids, r.fresh, r.listed = ids, nil, r.now()
}

// refused says what a page's error means to a post: nothing has left.
func (r *roll) refused(err error) error {
	refusal := beforehand(err)
	if refusal.Kind != notify.RefusedRate {
		return refusal
	}
	if refusal.RetryAfter > 0 && said(err) != "" {
		r.limited, r.retry = r.now(), refusal.RetryAfter
	}
	return r.slow(refusal.Reason, refusal.RetryAfter)
}

// slow lets a post wait for the list. When it has waited for long, a person is to
// know.
func (r *roll) slow(why string, wait time.Duration) error {
	if r.fresh != nil && r.now().Sub(r.began) > listMost {
		return &notify.Refusal{Kind: notify.RefusedConfig, Reason: "the list of " + r.what + " cannot be read to its end (" + why +
			"); with an id in the rules instead of a name it is not needed"}
	}
	return &notify.Refusal{Kind: notify.RefusedRate, Reason: "the list of " + r.what + " is not read yet: " + why, RetryAfter: wait}
}

// wait waits for a page.
func (r *roll) wait(ctx context.Context, f *flight) error {
	select {
	case <-f.done:
		return f.err
	case <-ctx.Done():
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.slow("it takes long", time.Second)
	}
}

// look is what is known of a name, without asking Slack.
func (r *roll) look(name string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.known(name)
}

// unlisted says that the list cannot be had here.
func (r *roll) unlisted() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.closed
}

// put notes an id, or with "" that a name has none.
func (r *roll) put(name, id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known(name) == id {
		return
	}
	ids := maps.Clone(r.ids)
	if ids == nil {
		ids = map[string]string{}
	}
	delete(ids, name)
	delete(r.fresh, name)
	if id != "" {
		ids[name] = id
	}
	r.ids = ids
}
