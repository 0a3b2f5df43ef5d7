package feed

import (
	"context"
	"net/http"
	"time"

	"newswatch/news"
)

// Reader reads documents as a poller does, without fetching them.
type Reader struct{ d *documents }

// NewReader remembers nothing yet.
func NewReader() *Reader { return &Reader{newDocuments()} }

// Read returns the new items and the state that says so.
func (r *Reader) Read(j Job, body []byte, header http.Header, base string, now time.Time) (news.FeedState, []news.Item, error) {
	read, err := r.d.read(context.Background(), j, body, header, base, now)
	if err != nil {
		return j.State, nil, err
	}
	j.State.Memory.Read = read.token
	return j.State, read.items, nil
}

// Bytes is about how much memory is held.
func (r *Reader) Bytes() int { return r.d.size * 8 }

// Observe lets tests outside of the package learn a rhythm, with requests that
// are worth so many times what they are.
func Observe(r news.Rhythm, polled time.Time, appeared []time.Time, gap bool, worth float64) news.Rhythm {
	if worth == 1 {
		return observe(r, polled, appeared, gap)
	}
	return observeAt(r, polled, appeared, gap, time.Duration(worth*float64(requestWorth)))
}

// Pause lets tests outside of the package ask a rhythm.
func Pause(r news.Rhythm) time.Duration { return pause(r) }

// ReadBody decodes the body of an answer.
func ReadBody(resp *http.Response, max int64) (body []byte, damaged, err error) {
	return readBody(resp, max, func() error { return nil })
}
