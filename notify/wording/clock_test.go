package wording_test

import (
	"testing"
	"time"

	"newswatch/notify/wording"
)

func TestClock(t *testing.T) {
	t.Parallel()
	vienna, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		t.Fatal(err)
	}
	c := wording.Clock{Now: time.Date(2026, 11, 26, 22, 50, 0, 0, time.UTC), Zone: vienna}
	for _, x := range []struct {
		at             time.Duration
		short, ago, of string
	}{
		{-5 * time.Minute, "23:45", "23:45 (5 minutes ago)", "26 Nov"},
		{20 * time.Minute, "27 Nov 00:10", "27 Nov 00:10 (in 20 minutes)", "27 Nov"},
		{-20 * time.Second, "23:49", "23:49 (just now)", "26 Nov"},
		{0, "23:50", "23:50 (just now)", "26 Nov"},
		{20 * time.Second, "23:50", "23:50 (in 20 seconds)", "26 Nov"},
		{300 * time.Millisecond, "23:50", "23:50 (in 1 second)", "26 Nov"},
		{-48 * time.Hour, "24 Nov 23:50", "24 Nov 23:50 (2 days ago)", "24 Nov"},
		{-365 * 24 * time.Hour, "26 Nov 2025", "26 Nov 2025 (365 days ago)", "26 Nov 2025"},
	} {
		when := c.Now.Add(x.at)
		if got := c.At(when); got != x.short {
			t.Errorf("%s: At %q, want %q", x.at, got, x.short)
		}
		if got := c.Ago(when); got != x.ago {
			t.Errorf("%s: Ago %q, want %q", x.at, got, x.ago)
		}
		if got := c.Day(when); got != x.of {
			t.Errorf("%s: Day %q, want %q", x.at, got, x.of)
		}
	}
	if got := c.At(time.Time{}) + c.Ago(time.Time{}); got != "-never" {
		t.Errorf("of no time: %q", got)
	}
}
