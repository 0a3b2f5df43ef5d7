package slack

import (
	"context"
	"sync"
)

// flight is a call that all who want its outcome at one time share: a list of
// thousands of channels is read once, and who does not need it does not wait. The
// call ends early when the last of those who wait has gone.
type flight struct {
	mu   sync.Mutex
	call *sharedCall // under way; nil: none
}

type sharedCall struct {
	waiting int
	cancel  context.CancelFunc
	done    chan struct{}
	err     error // once done is closed
}

// do makes the call, or waits for the one that is under way, as long as ctx allows.
func (f *flight) do(ctx context.Context, call func(context.Context) error) error {
	c := f.join(ctx, call)
	select {
	case <-c.done:
		return c.err
	case <-ctx.Done():
		f.leave(c)
		return context.Cause(ctx)
	}
}

func (f *flight) join(ctx context.Context, call func(context.Context) error) *sharedCall {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.call == nil {
		shared, cancel := context.WithCancel(context.WithoutCancel(ctx))
		c := &sharedCall{cancel: cancel, done: make(chan struct{})}
		f.call = c
		go func() {
			defer cancel()
			c.err = call(shared)
			f.end(c)
			close(c.done)
		}()
	}
	f.call.waiting++
	return f.call
}

// end makes room for the next call.
func (f *flight) end(c *sharedCall) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.call == c {
		f.call = nil
	}
}

// leave is for who waits no longer.
func (f *flight) leave(c *sharedCall) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if c.waiting--; c.waiting > 0 {
		return
	}
	c.cancel()
	if f.call == c {
		f.call = nil
	}
}
