package socket

import (
	"testing"
	"testing/synctest"
	"time"
)

// An envelope that comes again is known for an hour: Slack repeats one within minutes.
func TestSeen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var s seen
		for _, x := range []struct {
			after time.Duration
			fresh bool
		}{{0, true}, {0, false}, {59 * time.Minute, false}, {2 * time.Minute, true}, {0, false}} {
			time.Sleep(x.after)
			if got := s.add("e1"); got != x.fresh {
				t.Errorf("after %s: new %t, want %t", x.after, got, x.fresh)
			}
		}
		s.drop("e1")
		if !s.add("e1") {
			t.Error("one that was dropped is not new")
		}
	})
}
