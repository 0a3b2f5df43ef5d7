// Package notify turns stories into digests and alerts, and those into
// deliveries: it decides what a plan tells and when, freezes the messages in the
// outbox, and sees each of them through exactly once. It stands after story and
// before the ways out (slack, terminal), which it knows only as a Channel. It
// knows nothing of rules and feeds.
package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"newswatch/news"
)

// Renderer turns content into the messages of one way out. It is pure: the same
// content gives the same bytes, so what is frozen can be shown beforehand.
type Renderer interface {
	// Digest gives the parent message first, then the parts of its thread. Every
	// story of the digest is in one of them.
	Digest(news.Digest) ([]news.Message, error)
	// Alert gives the one message of a story: the first, and each rewriting of it,
	// as its Kind says. A way out that cannot rewrite gives an empty message for
	// those, and nothing is sent.
	Alert(news.Alert) (news.Message, error)
	// Followup gives the note in the thread of an alert: what is new only.
	Followup(news.Alert) (news.Message, error)
	Notice(news.Notice) (news.Message, error)
	// Lean gives the same message in a plainer form, after a way out refused the
	// form of the rung before; ok is false when there is none plainer.
	Lean(payload []byte, rung int) (leaner []byte, ok bool)
}

// Poster posts what was frozen. The errors of Post say what they prove: a
// *Refusal proves that nothing was posted, any other error proves nothing.
type Poster interface {
	Post(ctx context.Context, d news.Delivery) (news.Receipt, error)
	// Find looks for a delivery where it would be, had it been posted. An error
	// that wraps ErrNoLookup says that this way out cannot be asked at all, one that
	// wraps ErrGoesOn that the same call made again goes on where this one ended.
	Find(ctx context.Context, d news.Delivery) (r news.Receipt, found bool, err error)
	// Recent begins to read what stands at a destination since a time. It makes no
	// call yet.
	Recent(destination string, since time.Time) Reading
}

// Reading reads what stands at a destination, a call at a time.
type Reading interface {
	// Next makes the next call, and says whether there is more to read. After an
	// error it may be called again and goes on where it was.
	Next(ctx context.Context) (posted []Posted, more bool, err error)
}

// NoHistory is the Reading of a way out that has none.
type NoHistory struct{}

// Next says so.
func (NoHistory) Next(context.Context) ([]Posted, bool, error) { return nil, false, ErrNoLookup }

// Channel is a way out: Slack, the terminal, a webhook.
type Channel interface {
	Renderer
	Poster
}

// Posted is a delivery's part that was found at its destination.
type Posted struct {
	DeliveryID string
	Part       int
	Receipt    news.Receipt
	Stories    []string  // the first 8 hex digits of each story's id
	At         time.Time // when it was posted, by the way out's clock
	Reply      bool      // it stands in a thread
}

// ErrNoLookup says that a way out has no history that could be asked.
var ErrNoLookup = errors.New("there is no history here to look it up in")

// ErrNotShown says that there is a history, and that it is not shown to us: a
// person can mend that.
var ErrNotShown = errors.New("the history here is not shown to us")

// ErrGoesOn says that a look-up failed after it had read something: the next one
// goes on from there.
var ErrGoesOn = errors.New("the look-up goes on")

// ErrAsked says that a question cannot be answered as it was asked.
var ErrAsked = errors.New("that cannot be done")

// RefusalKind says what a refusal calls for.
type RefusalKind string

// The kinds of refusals.
const (
	RefusedRate   RefusalKind = "rate"   // not now: again after RetryAfter
	RefusedConfig RefusalKind = "config" // a person must mend it: held, and tried again slowly
	RefusedRender RefusalKind = "render" // our rendering: the next leaner one
)

// Refusal is an answer that proves that nothing was posted.
type Refusal struct {
	Kind       RefusalKind
	Reason     string        // the way out's own word: "channel_not_found"
	Final      bool          // of RefusedConfig: nothing that anybody mends will change it
	Wide       bool          // of RefusedConfig: it concerns all that goes there, not this message alone
	RetryAfter time.Duration // of RefusedRate; 0 when it did not say
	Offline    bool          // of RefusedRate: there was no connection
}

// Error names the reason.
func (r *Refusal) Error() string {
	if r.Offline {
		return r.Reason // nobody has refused anything
	}
	return fmt.Sprintf("refused (%s): %s", r.Kind, r.Reason)
}
