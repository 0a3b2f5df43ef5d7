package main

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"newswatch/watcher/store"
)

// systemd kills a daemon whose loops are stuck or whose file takes no writes, not one
// that waits for a server. Nobody is told that such a one is well.
func TestHeart(t *testing.T) {
	fine := func() error { return nil }
	broken := func() error { return errors.New("broken") }
	for name, c := range map[string]struct {
		alive, working func() error
		ping           error
		beats, well    bool
	}{
		"all is well":              {alive: fine, working: fine, beats: true, well: true},
		"nothing but errors":       {alive: fine, working: broken, beats: true},
		"a loop is stuck":          {alive: broken, working: fine},
		"the disk is full":         {alive: fine, working: fine, ping: fmt.Errorf("ping: %w", store.ErrUnwritable)},
		"the server is away":       {alive: fine, working: broken, ping: fmt.Errorf("ping: %w", store.ErrUnreachable), beats: true},
		"the server has just gone": {alive: fine, working: fine, ping: fmt.Errorf("ping: %w", store.ErrUnreachable), beats: true},
	} {
		t.Run(name, func(t *testing.T) {
			h := heart{alive: c.alive, working: c.working, ping: func(context.Context) error { return c.ping }}
			if err := h.beats(t.Context()); (err == nil) != c.beats {
				t.Errorf("beats: %v, want %v", err, c.beats)
			}
			if err := h.well(t.Context()); (err == nil) != c.well {
				t.Errorf("well: %v, want %v", err, c.well)
			}
		})
	}
}
