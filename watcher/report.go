package watcher

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"newswatch/news"
	"newswatch/watcher/health"
	"newswatch/watcher/store"
)

const (
	reportHour   = 8               // of the desk's day
	reportLook   = time.Minute     // between two looks at the clock
	reportSettle = 5 * time.Minute // after a start, until the feeds have been polled
)

// reportKey is where the database keeps which feeds the operators know of.
const reportKey = "feeds_told"

// told is what the database keeps of the last report.
type told struct {
	Day   string                 `json:"day"` // of the last look, in the desk's zone
	Feeds map[string]health.Told `json:"feeds,omitempty"`
}

// report tells the operators of feeds that are dead, silent or leave gaps: all
// in one message, at most one a day, and none when they know it all.
func (w *Watcher) report(ctx context.Context) error {
	if sleep(ctx, reportSettle) != nil {
		return nil
	}
	last := "" // day of the last look, as far as this process knows
	for ctx.Err() == nil {
		day, due := w.reportDay()
		if due && day != last {
			switch err := w.reportOnce(ctx, day); {
			case err == nil:
				last = day
			case errors.Is(err, store.ErrUnwritable):
				return err
			case ctx.Err() == nil && !w.away(err):
				w.cfg.Log.Error("the report on feeds failed, trying again", "err", err)
			}
		}
		if sleep(ctx, reportLook) != nil {
			return nil
		}
	}
	return nil
}

// reportDay is the desk's day, and whether the hour of the report has come.
func (w *Watcher) reportDay() (day string, due bool) {
	now := w.cfg.Now().In(w.zone())
	return now.Format(time.DateOnly), now.Hour() >= reportHour
}

func (w *Watcher) zone() *time.Location {
	if zone := w.Rules().File.Settings.Timezone; zone != nil {
		return zone
	}
	return time.UTC
}

// reportOnce makes the report of a day, unless it has been made. What was told is
// noted with the message, by the first of several replicas.
func (w *Watcher) reportOnce(ctx context.Context, day string) error {
	noted, err := w.cfg.Store.Meta(ctx, reportKey)
	if err != nil {
		return err
	}
	known := w.toldFeeds(noted)
	if known.Day == day || w.Rules().File.Operators == nil {
		return nil
	}
	states, err := w.cfg.Store.FeedStates(ctx)
	if err != nil {
		return fmt.Errorf("read the feeds' states: %w", err)
	}
	desk := health.Desk{
		Feeds: w.Rules().File.Feeds, States: make(map[string]news.FeedState, len(states)),
		Told: known.Feeds, Zone: w.zone(), Now: w.cfg.Now(),
	}
	for _, s := range states {
		desk.States[s.FeedID] = s
	}
	r := health.NewReport(desk)
	note, err := json.Marshal(told{Day: day, Feeds: r.Told})
	if err != nil {
		return fmt.Errorf("note what was told of the feeds: %w", err)
	}
	var notices []news.Delivery
	if r.News {
		d, wanted := w.reportNotice(r, day)
		if !wanted { // it has logged why, and what was not told must not be noted as told
			return errors.New("the report on feeds has no way out")
		}
		notices = append(notices, d)
	}
	made, err := w.cfg.Store.Note(ctx, reportKey, noted, string(note), notices...)
	if err != nil {
		return fmt.Errorf("store the report on feeds: %w", err)
	}
	if made && r.News { // else another replica made it
		w.cfg.Log.Info("reporting on feeds", "feeds", r.Subject)
		w.ring(news.Destinations)
	}
	return nil
}

func (w *Watcher) toldFeeds(noted string) (t told) {
	if noted == "" {
		return t
	}
	if err := json.Unmarshal([]byte(noted), &t); err != nil {
		w.cfg.Log.Warn("what was told of the feeds cannot be read, all is told anew", "err", err)
		return told{}
	}
	return t
}

func (w *Watcher) reportNotice(r health.Report, day string) (d news.Delivery, wanted bool) {
	n := news.Notice{
		DeliveryID: news.NoticeID("feeds", "", day), Kind: "feed_back",
		Headline: r.Headline, Subject: r.Subject, Detail: r.Detail, Footer: r.Footer,
	}
	if r.Trouble {
		n.Kind = "feed_dead"
	}
	return w.notice(n)
}
