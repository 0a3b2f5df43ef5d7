package feed

import (
	"net/http"
	"time"

	"newswatch/news"
)

// replace takes the validators of a whole answer. One that it lacks is cleared:
// an old one beside a new one is a mismatch.
func replace(st *news.FeedState, a *answer) {
	st.FinalURL = a.url
	st.ETag = first(a.header, "Etag")
	st.LastModified = first(a.header, "Last-Modified")
}

// freshen takes what a 304 brings and keeps the rest (RFC 9111, section 4.3.4).
func freshen(st *news.FeedState, a *answer) {
	if v := first(a.header, "Etag"); v != "" {
		st.ETag = v
	}
	if v := first(a.header, "Last-Modified"); v != "" {
		st.LastModified = v
	}
}

func first(h http.Header, key string) string {
	if v := h[key]; len(v) > 0 {
		return v[0]
	}
	return ""
}

func validated(st news.FeedState) bool { return st.ETag != "" || st.LastModified != "" }

// baseline marks what was there before we came, so that a new feed is not told
// as a flood of old news.
func baseline(items []news.Item, now time.Time, backfill time.Duration) {
	since := now.Add(-backfill)
	for i := range items {
		items[i].Baseline = !items[i].Dated || backfill <= 0 || items[i].Published.Before(since)
	}
}
