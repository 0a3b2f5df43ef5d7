package backtest

import (
	"context"
	"time"

	"newswatch/news"
)

// spanItems is about how many items a span holds. The store reads pages of a
// thousand, and the last page of a span runs past its end: shorter spans would
// read noticeably more than they use, longer ones leave cores idle at the end.
const spanItems = 20_000

// shortestSpan is not divided, however many items were fetched in it.
const shortestSpan = 10 * time.Millisecond

// span is a stretch of time, without its end, that one worker reads.
type span struct{ from, to time.Time }

// spans divides the time into stretches with about as many items each, so that
// the cores can read side by side. What comes from feeds comes in bursts: equal
// stretches of time would not do.
func (r *run) spans(ctx context.Context) (spans []span, total int, err error) {
	from, err := r.oldest(ctx)
	if err != nil || from.IsZero() {
		return nil, 0, err
	}
	total, err = r.count(ctx, span{from, r.Until})
	if err != nil {
		return nil, 0, err
	}
	spans, err = r.divide(ctx, span{from, r.Until}, total)
	return spans, total, err
}

func (r *run) divide(ctx context.Context, s span, items int) ([]span, error) {
	length := s.to.Sub(s.from)
	if items <= spanItems || length < shortestSpan {
		return []span{s}, nil
	}
	// The store counts in milliseconds.
	middle := s.from.Add(length / 2).Truncate(time.Millisecond)
	first, second := span{s.from, middle}, span{middle, s.to}
	n, err := r.count(ctx, first)
	if err != nil {
		return nil, err
	}
	before, err := r.divide(ctx, first, n)
	if err != nil {
		return nil, err
	}
	after, err := r.divide(ctx, second, items-n)
	return append(before, after...), err
}

func (r *run) count(ctx context.Context, s span) (int, error) {
	n, _, err := r.Archive.CountItems(ctx, s.from, s.to)
	return n, err
}

// oldest is when the first item was fetched; zero when there is none in the time
// that is asked for. Without it an early Since would make a long list of counts.
func (r *run) oldest(ctx context.Context) (at time.Time, err error) {
	err = r.Archive.Items(ctx, r.Since, func(it news.Item) error {
		if it.Fetched.Before(r.Until) {
			at = it.Fetched
		}
		return errEnd
	})
	return at, ignoreEnd(err)
}
