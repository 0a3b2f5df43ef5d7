package triage_test

import (
	"strconv"
	"testing"
	"time"

	"newswatch/watcher/store"
)

// The desk is not called healthy while messages do not get out or the rule file is
// refused, and all that is wrong is said.
func TestStatusSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.now = d.now.Add(time.Minute)
	d.digest("dg_2", "desk", d.ferry)
	d.intend("slack:desk")
	d.now = d.now.Add(4 * time.Minute)
	d.wants("in time", d.said("status"), "Healthy: 2 feeds")
	d.now = d.now.Add(2 * time.Minute)
	d.wants("late", d.said("status"), "1 message is not sent yet, the oldest of 08:01 (6 minutes ago): newswatch outbox.")
	d.ok(d.SetMeta(t.Context(), store.RulesBadSince, strconv.FormatInt(d.now.Add(-3*time.Minute).UnixMilli(), 10)))
	d.ok(d.SetMeta(t.Context(), store.RulesBadWhy, "rules.yaml line 5, column 3"))
	d.wants("refused", d.said("status"), "not sent yet", "; The rule file is refused since 08:04 (rules.yaml line 5, column 3), the rules loaded before hold.", "2 feeds: 1 never polled, 1 ok")
	h, err := d.Home(t.Context())
	d.ok(err)
	d.same("healthy", h.Healthy, false)
	d.same("feeds", h.Feeds.Well, 2)
}
