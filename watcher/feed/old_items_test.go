package feed_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"newswatch/news"
	"newswatch/watcher/feed"
)

// A feed whose very first polls fail and are then cut is not yet known as a
// whole: what the first whole document adds was there before we came.
func TestCutAfterAFailureIsNoBaseline(t *testing.T) {
	t.Parallel()
	whole := window(40, 0, "")
	cut := func(r *http.Request) *http.Response {
		resp := answer(200, whole[:len(whole)/8])(r)
		resp.ContentLength = int64(len(whole))
		resp.Body = &cutBody{Reader: strings.NewReader(whole[:len(whole)/8])}
		return resp
	}
	p := poller(t, feed.Config{Transport: &script{answers: []func(*http.Request) *http.Response{answer(500, ""), cut, answer(200, whole)}}})
	j := job("https://pier.example/rss")
	j.Known = remember()
	news := 0
	for i := range 3 {
		j.State.NextAt = time.Time{}
		r := p.Poll(t.Context(), j)
		t.Logf("poll %d: %d items, baselined %v, err %v", i, len(r.Items), r.State.Baselined, r.Err)
		for _, it := range r.Items {
			if !it.Baseline {
				news++
			}
		}
		j.State = r.State
	}
	if news != 0 {
		t.Errorf("%d old items told as news", news)
	}
}

// An archive page goes back to before we came. What is that old is no news.
func TestArchivesHoldOldItems(t *testing.T) {
	t.Parallel()
	dated := func(newest, oldest int, head string) string {
		var b strings.Builder
		b.WriteString(`<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>Pier Log</title>` + head)
		for i := newest; i > oldest; i-- { // one a day, the 100th is of noon
			at := noon.AddDate(0, 0, i-100).Format(time.RFC1123Z)
			fmt.Fprintf(&b, "<item><title>Ship %d</title><guid>ship-%d</guid><pubDate>%s</pubDate></item>", i, i, at)
		}
		return b.String() + "</channel></rss>"
	}
	head := `<atom:link rel="prev-archive" href="https://pier.example/2026-03"/>`
	p := poller(t, feed.Config{Transport: &script{answers: []func(*http.Request) *http.Response{
		answer(200, dated(85, 80, head)), answer(200, dated(99, 90, head)), answer(200, dated(95, 0, "")),
	}}})
	j := job("https://pier.example/rss")
	j.Known = remember()
	first := p.Poll(t.Context(), j)
	j.State = first.State
	j.State.OKAt, j.State.PolledAt, j.State.NextAt = noon.AddDate(0, 0, -15), noon.AddDate(0, 0, -15), time.Time{}
	r := p.Poll(t.Context(), j)
	if !r.Gap {
		t.Fatal("no gap")
	}
	old := 0
	for _, it := range r.Items {
		if !it.Baseline && it.Published.Before(noon.AddDate(0, 0, -20)) {
			old++
		}
	}
	if old > 0 {
		t.Errorf("%d items of before the first poll are told as news", old)
	}
}

// What comes first to a feed that was empty leaves no gap.
func TestNoGapAfterNothing(t *testing.T) {
	t.Parallel()
	server := &script{answers: []func(*http.Request) *http.Response{
		answer(200, window(1, 1, "")), answer(200, window(3, 1, "<generator>https://wordpress.org/?v=6.4</generator>")), answer(404, ""),
	}}
	p := poller(t, feed.Config{Transport: server})
	j := job("https://pier.example/rss")
	j.Known = remember()
	j.State = p.Poll(t.Context(), j).State
	j.State.NextAt = time.Time{}
	if r := p.Poll(t.Context(), j); r.Gap {
		t.Errorf("a gap")
	}
}

type cutBody struct{ *strings.Reader }

func (c *cutBody) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if err != nil {
		err = errUnexpected
	}
	return n, err
}
func (c *cutBody) Close() error { return nil }

var errUnexpected = fmt.Errorf("unexpected EOF")
var _ news.FeedState
