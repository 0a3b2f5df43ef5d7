package watcher_test

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"newswatch/notify/slack/slackfake"
	"newswatch/watcher/store/pgtest"
)

// A database that is put back under a running daemon by as much as a day, as by a
// restored backup or a standby that lagged, has nothing posted twice: each channel is
// read before anything is sent to it, however long that takes.
func TestDatabasePutBack(t *testing.T) {
	if raced {
		t.Skip("some thousand passes, on one goroutine")
	}
	c := pgtest.Start(t)
	for name, m := range map[string]struct {
		after   time.Duration // when the copy is made; 0: after 12 hours
		lost    time.Duration // how old the copy is
		restart bool          // the daemon is started anew
	}{
		"ten minutes under a running daemon": {lost: 10 * time.Minute},
		// A digest was posted then, and is not planned anew with less in it.
		"a digest under a running daemon":    {after: 11*time.Hour + 20*time.Minute, lost: 15 * time.Minute},
		"a digest under one that is started": {after: 11*time.Hour + 28*time.Minute, lost: 2 * time.Minute, restart: true},
		"a day under a running daemon":       {lost: 24 * time.Hour},
		"a day under one that is started":    {lost: 24 * time.Hour, restart: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newClockWorld(t, time.Date(2026, 3, 10, 4, 0, 0, 0, time.UTC))
			w.db = c.Database(t)
			// A page of a history is small, and two of three calls are refused for the rate.
			plan := slackfake.Plan{
				Rate: slackfake.Rate{Off: true}, Methods: []string{"conversations.history", "conversations.replies"},
				Chances: map[slackfake.Fault]float64{slackfake.RateLimited: 0.3},
			}
			if err := w.slack.SetPlan(plan); err != nil {
				t.Fatal(err)
			}
			w.start()
			w.live(cmp.Or(m.after, 12*time.Hour))
			copied := newCopy(t, w.db)
			w.live(m.lost)
			told := len(w.slack.Visible("desk"))
			if m.restart {
				w.stop()
			}
			copied.restore(t)
			w.status.Store(http.StatusServiceUnavailable) // what is told first is not all that there is
			if m.restart {
				w.start()
			}
			w.live(10 * time.Minute)
			w.status.Store(0)
			w.live(12 * time.Hour)
			w.settle()
			if told == 0 {
				t.Error("nothing was told before the database was put back")
			}
			twice := map[string]int{}
			for _, channel := range []string{"desk", "alerts", "ops"} {
				for _, msg := range w.slack.Visible(channel) {
					if key := fmt.Sprint(channel, " ", msg.DeliveryID, " ", msg.Part); msg.DeliveryID != "" {
						if twice[key]++; twice[key] == 2 {
							t.Errorf("%s was posted twice: %s", key, msg.Text)
						}
					}
				}
			}
			stories := map[string]int{}
			for _, msg := range w.slack.Visible("desk") {
				for _, id := range msg.Stories {
					if stories[id]++; stories[id] == 2 {
						t.Errorf("story %s was told twice", id)
					}
				}
			}
			if len(stories) < len(w.served)-2 { // the last ones come with the next digest
				t.Errorf("got %d stories in digests of %d that were served", len(stories), len(w.served))
			}
			w.stop()
		})
	}
}

// dbCopy is a copy of a database, which takes its place later.
type dbCopy struct {
	admin      *sql.DB
	name, copy string
}

func newCopy(t *testing.T, address string) *dbCopy {
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	c := &dbCopy{name: strings.TrimPrefix(u.Path, "/")}
	c.copy = c.name + "_copy"
	u.Path = "/postgres"
	if c.admin, err = sql.Open("pgx", u.String()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.admin.Close() })
	c.replace(t, c.name, c.copy)
	return c
}

// restore lets the copy take the place of what it was made of.
func (c *dbCopy) restore(t *testing.T) {
	if _, err := c.admin.ExecContext(t.Context(), "DROP DATABASE "+c.name+" WITH (FORCE)"); err != nil {
		t.Fatal(err)
	}
	c.replace(t, c.copy, c.name)
}

func (c *dbCopy) replace(t *testing.T, from, to string) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for _, statement := range []string{
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + from + "'",
		"CREATE DATABASE " + to + " TEMPLATE " + from,
	} {
		if _, err := c.admin.ExecContext(ctx, statement); err != nil {
			t.Fatal(err)
		}
	}
}
