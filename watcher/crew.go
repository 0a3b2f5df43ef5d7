package watcher

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"newswatch/news"
)

// crew works on several rows of a unit side by side: a slow host holds up no
// other host, a slow channel no other channel.
type crew struct {
	w    *Watcher
	unit news.Unit
	work func(context.Context, news.Lease) (Summary, error)

	slots chan struct{} // one for each worker
	busy  sync.WaitGroup

	mu  sync.Mutex
	sum Summary
	err error // the first
}

func (w *Watcher) newCrew(u news.Unit, size int, work func(context.Context, news.Lease) (Summary, error)) *crew {
	return &crew{w: w, unit: u, work: work, slots: make(chan struct{}, size)}
}

// step claims what is due, as far as workers are free, and sets them to it
// without waiting for them; the loop is rung when one of them is free again.
func (c *crew) step(ctx context.Context) (Summary, error) {
	free := cap(c.slots) - len(c.slots)
	if free == 0 {
		return c.take()
	}
	leases, err := c.w.cfg.Store.Claim(ctx, c.unit, free, c.w.cfg.Lease, c.w.notYet(c.unit)...)
	if err != nil {
		return Summary{}, fmt.Errorf("claim %s: %w", c.unit, err)
	}
	for _, l := range leases {
		c.slots <- struct{}{}
		c.busy.Go(func() {
			sum, err := c.work(ctx, l)
			c.mu.Lock()
			c.sum.Add(sum)
			if c.err == nil {
				c.err = err
			}
			c.mu.Unlock()
			<-c.slots
			c.w.ring(c.unit)
		})
	}
	return c.take()
}

// take gives what the workers have done since it was last asked.
func (c *crew) take() (Summary, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	sum, err := c.sum, c.err
	c.sum, c.err = Summary{}, nil
	return sum, err
}

// all works off what was due when it began, and waits for the workers. What
// falls due meanwhile is for the next time: a feed that wants to be polled each
// second must not keep a pass from ending.
func (c *crew) all(ctx context.Context) (all Summary, err error) {
	began := c.w.cfg.Now()
	for ctx.Err() == nil {
		sum, err := c.step(ctx)
		all.Add(sum)
		c.busy.Wait()
		rest, workErr := c.take()
		all.Add(rest)
		if err = errors.Join(err, workErr); err != nil {
			return all, err
		}
		next, err := c.w.cfg.Store.NextAt(ctx, c.unit)
		if err != nil {
			return all, fmt.Errorf("when is the next of %s due: %w", c.unit, err)
		}
		if next.IsZero() || next.After(began) {
			return all, nil
		}
	}
	return all, ctx.Err()
}
