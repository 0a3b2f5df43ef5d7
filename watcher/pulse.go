package watcher

import (
	"fmt"
	"sync"
	"time"

	"newswatch/news"
)

// stuckAfter is how long a loop may take for one step, with the rest after it: a
// step is bounded by its lease, and ends half a minute after it was last due.
const stuckAfter = 3 * time.Minute

// pulse is when each loop last did what it is there for, by Config.Elapsed: the
// wall clock may be set, and a machine may sleep.
type pulse struct {
	mu    sync.Mutex
	ended map[news.Unit]time.Duration // its last step, however
	did   map[news.Unit]time.Duration // ... without an error
}

// begin counts the loops of some roles from now on.
func (p *pulse) begin(roles []news.Unit, now time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended, p.did = map[news.Unit]time.Duration{}, map[news.Unit]time.Duration{}
	for _, u := range roles {
		p.ended[u] = now
	}
}

// beat notes that a loop has ended a step.
func (p *pulse) beat(u news.Unit, now time.Duration, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended[u] = now
	if err == nil {
		p.did[u] = now
	}
}

// hold keeps the loops that wait for a recovery from passing for stuck.
func (p *pulse) hold(now time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, u := range []news.Unit{news.Desk, news.Plans} {
		if _, counted := p.ended[u]; counted {
			p.ended[u], p.did[u] = now, now
		}
	}
}

// late says which loop has not been seen for too long.
func late(seen map[news.Unit]time.Duration, now time.Duration, what string) error {
	for u, at := range seen {
		if since := now - at; since > stuckAfter {
			return fmt.Errorf("the loop of %s %s for %s", u, what, since.Truncate(time.Second))
		}
	}
	return nil
}

// Alive says whether every loop goes round, be it with errors: an error names one
// that is stuck.
func (w *Watcher) Alive() error {
	w.pulse.mu.Lock()
	defer w.pulse.mu.Unlock()
	return late(w.pulse.ended, w.cfg.Elapsed(), "has not ended a step")
}

// Working says whether every loop has lately done its work without an error.
func (w *Watcher) Working() error {
	w.pulse.mu.Lock()
	defer w.pulse.mu.Unlock()
	for u := range w.pulse.ended {
		if _, once := w.pulse.did[u]; !once {
			return fmt.Errorf("the loop of %s has not yet ended a step without an error", u)
		}
	}
	return late(w.pulse.did, w.cfg.Elapsed(), "has had nothing but errors")
}
