package store_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"newswatch/news"
	"newswatch/watcher/store"
)

// victimOf names the database that a child process writes until it is killed.
const victimOf = "STORE_TEST_VICTIM_OF"

func TestMain(m *testing.M) {
	if path := os.Getenv(victimOf); path != "" {
		err := writeForEver(context.Background(), path)
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// writeForEver runs the pipeline's four transactions in a circle. It prints a
// character when it begins and one after each circle.
func writeForEver(ctx context.Context, path string) error {
	fmt.Print(".")
	s, err := store.Open(ctx, store.Options{URL: "sqlite://" + path})
	if err != nil {
		return err
	}
	if err := s.SyncFeeds(ctx, feedsOn(1, 1)); err != nil {
		return err
	}
	if err := s.SyncPlans(ctx, []news.PlanState{{ID: "p", Kind: news.AlertPlan, CreatedAt: time.UnixMilli(1)}}); err != nil {
		return err
	}
	for n := rand.IntN(1 << 40); ; n++ {
		if err := circle(ctx, s, n); err != nil {
			return err
		}
		fmt.Print(".")
	}
}

// circle polls two items, one of which hits, groups, plans and sends.
func circle(ctx context.Context, s *store.Store, n int) error {
	now := time.Now()
	work := []struct {
		unit news.Unit
		do   func(news.Lease) error
	}{
		{news.Hosts, func(l news.Lease) error {
			a, b := sample(2*n, now), sample(2*n+1, now)
			state := news.FeedState{FeedID: "f0", NextAt: now, ETag: a.ID, Items: 2}
			return s.CommitPoll(ctx, l, store.PollCommit{State: state, Seen: []news.Item{a, b},
				Fresh: []store.Matched{sampleHits(a, "r"), {Item: b, RulesHash: "r"}}})
		}},
		{news.Desk, func(l news.Lease) error {
			work, err := s.Ungrouped(ctx, 10)
			c := store.GroupCommit{WakePlans: []string{"p"}, Developments: map[string][]news.Development{}}
			for _, m := range work {
				id := news.StoryID(m.Item.ID)
				c.Placed = append(c.Placed, store.PlacedItem{ItemID: m.Item.ID, StoryID: id})
				c.Stories = append(c.Stories, news.Story{ID: id, Version: 1, LeadID: m.Item.ID, FirstAt: now, LastAt: now})
				c.Developments[id] = []news.Development{{Version: 1, ItemID: m.Item.ID, At: now}}
			}
			if err != nil {
				return err
			}
			return s.CommitGroup(ctx, l, c)
		}},
		{news.Plans, func(l news.Lease) error {
			untold, err := s.Untold(ctx, "p", []string{"r"}, 0)
			c := news.PlanCommit{Next: now, Looked: untold.Looked}
			for _, story := range untold.Stories {
				id := news.AlertID(news.KindAlert, "p", story.ID, 1)
				c.Deliveries = append(c.Deliveries, news.Delivery{ID: id, Part: 1, Parts: 1, PlanID: "p", Destination: "terminal:",
					Payload: []byte(story.ID), Stories: []string{story.ID}, CreatedAt: now})
				c.Told = append(c.Told, news.Told{PlanID: "p", StoryID: story.ID, Version: 1, DeliveryID: id, At: now})
			}
			if err != nil {
				return err
			}
			return s.CommitPlan(ctx, l, c)
		}},
		{news.Destinations, func(l news.Lease) error {
			d, _, err := s.Deliverable(ctx, "terminal:")
			for ; err == nil && d != nil; d, _, err = s.Deliverable(ctx, "terminal:") {
				if err := s.Intend(ctx, l, d); err != nil {
					return err
				}
				d.State, d.SentAt = news.Sent, now
				if err := s.Settle(ctx, l, *d); err != nil {
					return err
				}
			}
			return err
		}},
	}
	for _, w := range work {
		leases, err := s.Claim(ctx, w.unit, 1, time.Minute)
		for i := 0; err == nil && i < len(leases); i++ {
			if err = w.do(leases[i]); err == nil {
				err = s.Release(ctx, leases[i], now)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// A process that is killed at any moment leaves a whole database: what commits
// together is there together, and the next process goes on at once.
func TestKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "n.db")
	before := 0
	for round := range 20 {
		// In odd rounds after a few circles, in even ones while it comes up.
		kill(t, path, 1+round%2*3, time.Duration(rand.IntN(20_000))*time.Microsecond)
		n := checkWhole(t, path)
		if n < before {
			t.Fatalf("round %d: %d deliveries sent, %d were before", round, n, before)
		}
		before = n
	}
	if before == 0 {
		t.Error("nothing was sent in any round")
	}
}

// kill starts a child that writes and kills it some time after its nth character.
func kill(t *testing.T, path string, n int, after time.Duration) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), victimOf+"="+path)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	must(t, err)
	must(t, child.Start())
	_, err = io.ReadFull(out, make([]byte, n))
	must(t, err)
	time.Sleep(after)
	must(t, child.Process.Kill())
	_ = child.Wait() // it says that it was killed
}

// checkWhole says how many deliveries were sent.
func checkWhole(t *testing.T, path string) (sent int) {
	t.Helper()
	s := open(t, path)
	defer s.Close()
	var verdict string
	must(t, s.Reader().QueryRow(`PRAGMA integrity_check`).Scan(&verdict))
	if verdict != "ok" {
		t.Fatal(verdict)
	}
	for name, query := range map[string]string{
		"items without their keys":           `SELECT COUNT(*) FROM items i WHERE (SELECT COUNT(*) FROM seen s WHERE s.item_id = i.id) <> 2`,
		"keys without their item":            `SELECT COUNT(*) FROM seen s WHERE NOT EXISTS (SELECT 1 FROM items i WHERE i.id = s.item_id)`,
		"items of half a poll":               `SELECT COUNT(*) % 2 FROM items`,
		"items that lack hits":               `SELECT COUNT(*) FROM items i WHERE hits <> (SELECT COUNT(*) FROM hits h WHERE h.item_id = i.id)`,
		"hits without item":                  `SELECT COUNT(*) FROM hits h WHERE NOT EXISTS (SELECT 1 FROM items i WHERE i.id = h.item_id)`,
		"a state without its items":          `SELECT COUNT(*) FROM feeds f WHERE etag <> '' AND NOT EXISTS (SELECT 1 FROM items i WHERE i.id = f.etag)`,
		"placed items without story":         `SELECT COUNT(*) FROM items i WHERE place > 0 AND NOT EXISTS (SELECT 1 FROM stories s WHERE s.id = i.story_id)`,
		"stories without member":             `SELECT COUNT(*) FROM stories s WHERE NOT EXISTS (SELECT 1 FROM items i WHERE i.story_id = s.id AND place > 0)`,
		"stories without their development":  `SELECT COUNT(*) FROM stories s WHERE NOT EXISTS (SELECT 1 FROM developments d WHERE d.story_id = s.id)`,
		"told stories without delivery":      `SELECT COUNT(*) FROM told t WHERE NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.id = t.delivery_id)`,
		"deliveries that nobody was told of": `SELECT COUNT(*) FROM deliveries d WHERE NOT EXISTS (SELECT 1 FROM told t WHERE t.delivery_id = d.id)`,
		"sent without an intent":             `SELECT COUNT(*) FROM deliveries WHERE state = 'sent' AND (attempts < 1 OR started_at = 0 OR sent_at = 0)`,
		"work for a desk that sleeps":        `SELECT COUNT(*) FROM desk WHERE next_at = 0 AND EXISTS (SELECT 1 FROM items WHERE hits > 0 AND place = 0)`,
		"mail for no destination":            `SELECT COUNT(*) FROM deliveries d WHERE NOT EXISTS (SELECT 1 FROM destinations t WHERE t.key = d.destination AND t.next_at > 0)`,
	} {
		var n int
		must(t, s.Reader().QueryRow(query).Scan(&n))
		if n > 0 {
			t.Errorf("%d %s", n, name)
		}
	}
	must(t, s.Reader().QueryRow(`SELECT COUNT(*) FROM deliveries WHERE state = 'sent'`).Scan(&sent))
	return sent
}
