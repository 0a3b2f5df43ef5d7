// Package terminal is the way out to a terminal: it renders digests, alerts,
// follow-ups and notices as text for a reader at a screen, and writes them. It
// stands at the end of the pipeline, beside slack, and serves the demo, previews
// and desks without Slack.
package terminal

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"newswatch/news"
	"newswatch/notify"
)

// The width that messages are set to, in columns.
const (
	defaultWidth = 80
	minWidth     = 40
	maxWidth     = 110 // longer lines are hard to read
)

// Config says where and how to write.
type Config struct {
	Out   io.Writer
	Color bool // escape sequences for colours and links
	Width int  // columns; 0: 80
}

// Channel renders and writes. It is safe for concurrent use.
type Channel struct {
	mu    sync.Mutex
	out   io.Writer
	color bool
	width int
}

var _ notify.Channel = (*Channel)(nil)

// New returns a Channel.
func New(cfg Config) *Channel {
	c := &Channel{out: cfg.Out, color: cfg.Color, width: cfg.Width}
	if c.width <= 0 {
		c.width = defaultWidth
	}
	c.width = min(max(c.width, minWidth), maxWidth)
	return c
}

// Post writes a message at once, so that others do not tear it.
func (c *Channel) Post(_ context.Context, d news.Delivery) (news.Receipt, error) {
	receipt := news.Receipt{Channel: "terminal", TS: d.ID}
	c.mu.Lock()
	defer c.mu.Unlock()
	n, err := c.out.Write(d.Payload)
	if err != nil && n == 0 {
		return news.Receipt{}, &notify.Refusal{Kind: notify.RefusedConfig, Reason: fmt.Sprintf("write to the terminal: %v", err)}
	}
	if err != nil {
		return news.Receipt{}, fmt.Errorf("write to the terminal: %w", err)
	}
	return receipt, nil
}

// Find says that a terminal cannot be asked what it shows.
func (c *Channel) Find(context.Context, news.Delivery) (news.Receipt, bool, error) {
	return news.Receipt{}, false, fmt.Errorf("look at the terminal: %w", notify.ErrNoLookup)
}

// Recent knows of nothing that was written.
func (c *Channel) Recent(string, time.Time) notify.Reading { return notify.NoHistory{} }

// Lean has no plainer form: a terminal refuses nothing.
func (c *Channel) Lean([]byte, int) ([]byte, bool) { return nil, false }
