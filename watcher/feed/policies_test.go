package feed_test

import (
	"math"
	"slices"
	"time"

	"newswatch/news"
	"newswatch/watcher/feed"
)

// policy decides when a feed is asked. It is told what each poll brought.
type policy interface {
	observe(p polling)
	pause(now int64) float64 // seconds
}

// polling is what a poll brought.
type polling struct {
	now   int64
	fresh []int64 // times of the items that are new, rising
	shown int     // items in the document
	gap   bool
}

// contender is a policy that can be made to ask more or less often.
type contender struct {
	name  string
	start func(scale float64) policy
}

func contenders() []contender {
	scaled := func(start func() policy) func(float64) policy {
		return func(scale float64) policy { return slower{start(), scale} }
	}
	return []contender{
		{"ours", func(scale float64) policy { return &learned{worth: scale} }},
		{"median gap / 2 by class of hour", scaled(func() policy { return &medianGap{interval: float64(hour)} })},
		{"Commafeed: mean gap / 2", scaled(func() policy { return &meanGap{} })},
		{"Miniflux: week / count", scaled(func() policy { return &weekCount{} })},
		{"Media Cloud: steps by duplicates", scaled(func() policy { return &steps{interval: 12 * float64(hour)} })},
	}
}

// slower waits so many times as long.
type slower struct {
	policy
	scale float64
}

func (s slower) pause(now int64) float64 { return s.scale * s.policy.pause(now) }

type hourly struct{}

func (hourly) observe(polling)     {}
func (hourly) pause(int64) float64 { return float64(hour) }

// learned is the policy in force, with requests that are worth more or less.
type learned struct {
	worth  float64
	deaf   bool // to gaps
	rhythm news.Rhythm
}

func (l *learned) observe(p polling) {
	times := make([]time.Time, len(p.fresh))
	for i, at := range p.fresh {
		times[i] = time.Unix(at, 0)
	}
	l.rhythm = feed.Observe(l.rhythm, time.Unix(p.now, 0), times, p.gap && !l.deaf, l.worth)
}

func (l *learned) pause(now int64) float64 {
	return feed.Pause(l.rhythm).Seconds()
}

// latest are the last 50 items.
type latest struct{ times []int64 }

func (l *latest) observe(p polling) {
	l.times = append(l.times, p.fresh...)
	l.times = slices.Clone(l.times[max(0, len(l.times)-50):])
}

// medianGap waits half of the median gap between items of the same part of the
// week: four hours of a working day, or of a weekend.
type medianGap struct {
	latest
	interval float64
}

func (m *medianGap) observe(p polling) {
	m.latest.observe(p)
	m.interval = min(m.wish(p.now), 1.5*m.interval)
	if p.gap {
		m.interval /= 2
	}
	m.interval = max(m.interval, 60)
}

func (m *medianGap) pause(int64) float64 { return m.interval }

func (m *medianGap) wish(now int64) float64 {
	class := func(at int64) int64 {
		weekend := int64(0)
		if weekday := (at/day + 4) % 7; weekday == 0 || weekday == 6 {
			weekend = 6
		}
		return at/hour%24/4 + weekend
	}
	var gaps, same []int64
	for i := 1; i < len(m.times); i++ {
		gap := m.times[i] - m.times[i-1]
		gaps = append(gaps, gap)
		if class(m.times[i]) == class(now) {
			same = append(same, gap)
		}
	}
	if len(same) < 3 {
		same = gaps
	}
	if len(same) == 0 {
		return float64(hour)
	}
	slices.Sort(same)
	return min(max(float64(same[len(same)/2])/2, 60), 6*float64(hour))
}

// meanGap is Commafeed's: half of the mean gap, longer when nothing came for one,
// two, four weeks; 5 minutes to 4 hours.
type meanGap struct{ latest }

func (m *meanGap) pause(now int64) float64 {
	const most = 4 * 3600.0
	n := len(m.times)
	if n < 2 {
		return float64(hour)
	}
	switch silent := (now - m.times[n-1]) / day; {
	case silent > 30:
		return most
	case silent > 14:
		return most / 2
	case silent > 7:
		return most / 4
	}
	mean := float64(m.times[n-1]-m.times[0]) / float64(n-1)
	return min(max(mean/2, 300), most)
}

// weekCount is Miniflux's: a week over the items of the last week; 5 minutes to
// 24 hours.
type weekCount struct{ times []int64 }

func (w *weekCount) observe(p polling) {
	w.times = append(w.times, p.fresh...)
	w.times = slices.DeleteFunc(w.times, func(at int64) bool { return at < p.now-7*day })
}

func (w *weekCount) pause(int64) float64 {
	return min(max(float64(7*day)/max(float64(len(w.times)), 1), 300), float64(day))
}

// steps is Media Cloud's: after each second poll ten minutes more when two of
// three items were known, an hour less when two of three are new; 10 minutes to
// 24 hours.
type steps struct {
	interval float64
	polls    int
	newsAt   int64
}

func (s *steps) observe(p polling) {
	if len(p.fresh) > 0 || s.newsAt == 0 {
		s.newsAt = p.now
	}
	if s.polls++; s.polls < 3 || s.polls%2 == 0 {
		return
	}
	known := 1 - float64(len(p.fresh))/math.Max(float64(p.shown), 1)
	switch {
	case known >= 0.67 && p.now-s.newsAt > 31*day:
		s.interval += float64(hour)
	case known >= 0.67:
		s.interval += 600
	case known < 0.33 && s.interval > 12*float64(hour):
		s.interval = 12 * float64(hour)
	case known < 0.33:
		s.interval -= float64(hour)
	}
	s.interval = min(max(s.interval, 600), float64(day))
}

func (s *steps) pause(int64) float64 { return s.interval }
