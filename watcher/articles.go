package watcher

import (
	"context"
	"slices"
	"time"

	"newswatch/news"
	"newswatch/watcher/article"
	"newswatch/watcher/feed"
)

// articleTime is the most that the articles of one poll may take of its lease.
const articleTime = 25 * time.Second

// articleWait is the longest that an item waits for its article.
const articleWait = 20 * time.Minute

// newReader makes the reader of articles. It outlives the rules in force: what
// robots.txt said, and which items wait for their turn, is not to be forgotten at
// a reload.
func (w *Watcher) newReader() *article.Reader {
	c := article.Config{
		Get: func(ctx context.Context, f news.Feed, url, accept string) (article.Page, error) {
			p, err := w.desk.Load().poller.Ask(ctx, f, url, accept)
			if err != nil {
				return article.Page{}, err
			}
			return article.Page{URL: p.URL, Status: p.Status, Header: p.Header, Body: p.Body}, nil
		},
		Own:    func(host string) bool { return w.desk.Load().allowed(news.Feed{URL: "http://" + host}) },
		Budget: articleTime, Patience: articleWait,
		Log: w.cfg.Log,
	}
	if w.cfg.AtOnce {
		c.Patience = -1 // nobody comes again in this process
	}
	return article.New(c)
}

// fullTexts gives the new and the edited items of a poll the text of their
// articles. What was there before we came is no news, and not worth a request. An
// item whose turn did not come is taken out of the poll as if it had not been
// seen, and the document is asked for again; but only when the next poll comes
// soon, and brings it for sure. Pages that were read to fill a gap are not read
// again, and after hours the item may have left the document.
func (w *Watcher) fullTexts(ctx context.Context, f news.Feed, old news.FeedState, r *feed.Result, fresh, edited []news.Item) (settled, settledEdits []news.Item) {
	var wanted []news.Item
	for _, it := range fresh {
		if it.Baseline {
			settled = append(settled, it)
		} else {
			wanted = append(wanted, it)
		}
	}
	split := len(wanted)
	wanted = append(wanted, edited...)
	if len(wanted) == 0 {
		return fresh, edited
	}
	tally := news.Articles{Asked: len(wanted), At: w.cfg.Now()}
	waiting := map[string]bool{} // keys of the items that wait
	again := !r.Gap && !r.State.NextAt.After(w.cfg.Now().Add(articleWait))
	for i, o := range w.reader.Read(ctx, f, wanted) {
		o.Settled = o.Settled || !again
		switch {
		case !o.Settled && i < split:
			for _, key := range wanted[i].Keys {
				waiting[key] = true
			}
		case o.Settled && i < split:
			settled = append(settled, wanted[i])
		case o.Settled:
			settledEdits = append(settledEdits, wanted[i])
		}
		if o.Full {
			tally.Full++
		} else {
			tally.Why = o.Why
		}
		if !o.Settled {
			tally.Waiting++
		}
	}
	r.State.Memory.Articles = tally
	if tally.Waiting > 0 {
		r.Items = slices.DeleteFunc(r.Items, func(it news.Item) bool {
			return slices.ContainsFunc(it.Keys, func(key string) bool { return waiting[key] })
		})
		askAgain(&r.State, old)
	}
	return settled, settledEdits
}

// askAgain lets the next poll bring the document once more: with what it was last
// asked with, no server says that it has not changed.
func askAgain(st *news.FeedState, old news.FeedState) {
	st.FinalURL, st.ETag, st.LastModified, st.BodyHash = old.FinalURL, old.ETag, old.LastModified, old.BodyHash
	st.Memory.Read = 0
}
