package feed

import (
	"context"
	"sync"
	"time"
)

// A document that is large may take 64 MiB until its items are made. So many are held
// at the same time; those of usual size need no place.
const (
	largeFrom   = 1 << 20 // bytes, decoded
	largeAtOnce = 4
)

// large has a place for each large document that is held.
type large struct {
	places   chan struct{}
	patience time.Duration // the longest wait
}

func newLarge(patience time.Duration) *large {
	return &large{places: make(chan struct{}, largeAtOnce), patience: patience}
}

// enter waits for a place. Who got it must leave.
func (l *large) enter(ctx context.Context) (leave func(), err error) {
	timer := time.NewTimer(l.patience)
	defer timer.Stop()
	select {
	case l.places <- struct{}{}:
		return sync.OnceFunc(func() { <-l.places }), nil
	case <-timer.C:
	case <-ctx.Done():
	}
	return nil, &busyError{wait: floorValidated, why: "the document is large, and others that are were in hand for too long"}
}
