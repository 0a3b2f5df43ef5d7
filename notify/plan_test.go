package notify_test

import (
	"strings"
	"testing"
	"time"

	"newswatch/news"
	"newswatch/notify"
)

func TestFirstLookAndSpec(t *testing.T) {
	t.Parallel()
	vienna, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		t.Fatal(err)
	}
	plan := news.Plan{ID: "desk", Kind: news.DigestPlan, Cron: "0 8 * * *", Timezone: vienna}
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	got, err := notify.FirstLook(plan, now)
	if want := time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC); err != nil || !got.Equal(want) {
		t.Errorf("FirstLook = %v, %v; want %v", got, err, want)
	}
	if got := notify.Spec(plan); got != "0 8 * * * Europe/Vienna" {
		t.Errorf("Spec = %q", got)
	}
	plan.Cron = "never"
	if _, err := notify.FirstLook(plan, now); err == nil || !strings.Contains(err.Error(), "desk") {
		t.Errorf("FirstLook of a broken schedule = %v, want an error that names the plan", err)
	}
}
