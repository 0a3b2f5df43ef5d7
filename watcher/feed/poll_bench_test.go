package feed_test

import (
	"net/http"
	"testing"
	"time"

	"newswatch/schedule"
	"newswatch/watcher/feed"
)

// BenchmarkNotModified is a poll that brings nothing, without the network: what
// the rules of politeness cost.
func BenchmarkNotModified(b *testing.B) {
	p, err := feed.New(feed.Config{HostGap: -1, Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusNotModified, Header: http.Header{"Cache-Control": {"max-age=600"}}, Body: http.NoBody, Request: r}, nil
	})})
	if err != nil {
		b.Fatal(err)
	}
	for _, spec := range []string{"15m", "*/5 * * * *"} {
		b.Run(spec, func(b *testing.B) {
			s, err := schedule.Parse(spec)
			if err != nil {
				b.Fatal(err)
			}
			j := job(address)
			j.Wish = func(after time.Time) time.Time { return s.Next(after, time.UTC).At }
			j.Phase, j.State.ETag, j.State.FinalURL = 0.4, `"1"`, address
			b.ReportAllocs()
			for b.Loop() {
				if r := p.Poll(b.Context(), j); r.Err != nil {
					b.Fatal(r.Err)
				}
			}
		})
	}
}
