package news_test

import (
	"testing"
	"time"

	"newswatch/news"
)

func TestPhase(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 3, 12, 12, 0, 0, 0, time.UTC)
	grown := []news.Development{{Version: 2, At: noon}}
	for name, c := range map[string]struct {
		developments []news.Development
		last, now    time.Duration // after noon
		want         news.Phase
	}{
		"new":                   {nil, 0, time.Hour, news.PhaseNew},
		"never developed":       {nil, 10 * time.Hour, 13 * time.Hour, news.PhaseSteady},
		"developing":            {grown, time.Hour, 2 * time.Hour, news.PhaseDeveloping},
		"steady":                {grown, 9 * time.Hour, 10 * time.Hour, news.PhaseSteady},
		"fading":                {grown, 2 * time.Hour, 27 * time.Hour, news.PhaseFading},
		"fading, never grown":   {nil, 0, 25 * time.Hour, news.PhaseFading},
		"just not closed":       {grown, 0, 120*time.Hour - time.Millisecond, news.PhaseFading},
		"closed":                {grown, 0, 120 * time.Hour, news.PhaseClosed},
		"clock behind a moment": {nil, 0, -time.Second, news.PhaseNew},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &news.Story{FirstAt: noon, LastAt: noon.Add(c.last), Developments: c.developments}
			if got := s.Phase(noon.Add(c.now)); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}
