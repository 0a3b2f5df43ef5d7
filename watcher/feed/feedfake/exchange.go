package feedfake

import (
	"context"
	"io"
	"net/http"
	"time"
)

// exchange is one request and what came of it, as the server saw it.
type exchange struct {
	feed   *Personality // nil: the request was for nothing of ours
	name   string       // of the resource, below the feed's folder
	url    string       // without query
	query  string
	host   string
	method string
	header http.Header
	closes bool // the client asked to close the connection

	start, head, end time.Time // head: when the answer was made
	answer           *answer   // nil: the client went away before there was one
	cut              bool      // the client went away before the answer was whole
	timeout          bool      // the client lost patience
	hop              int       // how many redirects led here
}

// answer is what a server says.
type answer struct {
	status int
	header http.Header
	body   []byte // as it goes over the line
	refuse error  // nothing is said, the connection fails so
	breaks error  // the body ends so instead of with its end
	drip   bool   // the body never ends
	outage bool   // the whole network is gone

	kind    kind
	items   []string // links of the items that can be read
	gaps    []time.Duration
	bodySum string // tells bodies apart
	hints   hints
	next    string // URL of the page with older items
}

// kind is what an answer's body is.
type kind int

const (
	kindNone     kind = iota // no body that counts
	kindFeed                 // a feed's document
	kindPartial              // only what is new
	kindDamaged              // a document that broke off
	kindNotFeed              // something else than a feed
	kindRedirect             // a way to another URL
	kindPage                 // an archive page
)

// length is what the head says of the body: -1 when it says nothing.
func (a *answer) length() int64 {
	if a.drip {
		return -1
	}
	if a.breaks != nil {
		return int64(len(a.body))*10/6 + 1
	}
	return int64(len(a.body))
}

const dripEvery = 5 * time.Second

// body is an answer's body on its way: the second half comes later than the
// first, so that it can be cut off.
type body struct {
	f    *Fake
	x    *exchange
	ctx  context.Context
	left []byte
	half int           // bytes before the line stops for a while
	rest time.Duration // how long it does
	fail error
	drip bool
}

// Read gives what has come.
func (b *body) Read(p []byte) (int, error) {
	if b.drip {
		if err := pause(b.ctx, dripEvery); err != nil {
			return 0, b.done(err, err)
		}
		return copy(p, " "), nil
	}
	if len(b.left) == 0 {
		if b.fail != nil {
			return 0, b.done(nil, b.fail)
		}
		return 0, b.done(nil, io.EOF)
	}
	if b.half == 0 {
		if err := pause(b.ctx, b.rest); err != nil {
			return 0, b.done(err, err)
		}
		b.half = -1
	}
	limit := len(b.left)
	if b.half > 0 {
		limit = min(limit, b.half)
	}
	n := copy(p, b.left[:limit])
	b.left = b.left[n:]
	if b.half > 0 {
		b.half -= n
	}
	return n, nil
}

func (b *body) done(why, err error) error {
	b.f.finish(b.x, why)
	return err
}

// Close ends the exchange. A client that closes early because it is called off
// has not got the answer; one that has seen enough has.
func (b *body) Close() error {
	b.f.finish(b.x, b.ctx.Err())
	return nil
}
