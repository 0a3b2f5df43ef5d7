package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"newswatch/news"
	"newswatch/watcher/store"
)

// The power fails at any byte of the log: what is left opens, is whole, and holds
// what was committed up to there, nothing of what came after.
func TestPowerCut(t *testing.T) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "n.db")
	s := open(t, path)
	if _, err := s.Writer().Exec("PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		t.Fatal(err)
	}
	var ends []int64 // of the log after each commit: synchronous=FULL has it on the disk then
	for n := range 12 {
		must(t, s.SetMeta(ctx, "n", strconv.Itoa(n)))
		must(t, s.EnqueueNotice(ctx, news.Delivery{
			ID: "d" + strconv.Itoa(n), Part: 1, Parts: 1, Destination: "terminal:", Payload: make([]byte, 3000*n), CreatedAt: time.Now()}))
		info, err := os.Stat(path + "-wal")
		must(t, err)
		ends = append(ends, info.Size())
	}
	db, err := os.ReadFile(path)
	must(t, err)
	log, err := os.ReadFile(path + "-wal")
	must(t, err)
	cuts := []int64{0, 1, 31, 32}
	for _, end := range ends {
		cuts = append(cuts, end-1, end, end+1)
	}
	for range 30 {
		cuts = append(cuts, rand.Int64N(int64(len(log))))
	}
	for _, cut := range cuts {
		cut = min(cut, int64(len(log)))
		want := 0
		for _, end := range ends {
			if end <= cut {
				want++
			}
		}
		left := filepath.Join(t.TempDir(), "left.db")
		write(t, left, db)
		write(t, left+"-wal", log[:cut])
		checkLeft(t, left, cut, want)
	}
}

// checkLeft checks what a power cut left: at least so many commits of two each.
func checkLeft(t *testing.T, path string, cut int64, want int) {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{URL: "sqlite://" + path})
	if err != nil {
		t.Errorf("cut at %d: %v", cut, err)
		return
	}
	defer s.Close()
	var verdict string
	must(t, s.Reader().QueryRow("PRAGMA integrity_check").Scan(&verdict))
	list, err := s.Deliveries(t.Context(), store.DeliveryFilter{})
	must(t, err)
	noted, err := s.Meta(t.Context(), "n")
	must(t, err)
	n, ok := len(list), map[string]bool{strconv.Itoa(len(list)): true, strconv.Itoa(len(list) - 1): true}[noted]
	if verdict != "ok" || n != want || n > 0 && !ok {
		t.Errorf("cut at %d: %d deliveries, note %q, %s; want %d", cut, n, noted, verdict, want)
	}
}

// Bytes of the file flip while nobody works. Either it is refused with a word what
// to do, or what can be read is what was there; it never begins anew.
func TestFlippedBytes(t *testing.T) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "n.db")
	s := open(t, path)
	for n := range 40 {
		must(t, s.EnqueueNotice(ctx, news.Delivery{
			ID: fmt.Sprintf("d%02d", n), Part: 1, Parts: 1, Destination: "terminal:", Payload: []byte(strings.Repeat("x", 500)), CreatedAt: time.Now()}))
	}
	must(t, s.Close())
	whole, err := os.ReadFile(path)
	must(t, err)
	refused := 0
	for range 100 {
		at := rand.IntN(len(whole))
		if refused == 0 { // at least one in the header
			at = rand.IntN(16)
		}
		flipped := append([]byte(nil), whole...)
		flipped[at] ^= 1 << rand.IntN(8)
		left := filepath.Join(t.TempDir(), "n.db")
		write(t, left, flipped)
		n, err := readAll(ctx, left)
		switch {
		case err == nil && n == 0:
			t.Errorf("byte %d: it began empty", at)
		case err == nil && n != 40: // a page may lie about how much it holds
			t.Logf("byte %d: %d of 40 deliveries can be read", at, n)
		case err != nil:
			refused++
			if n > 0 {
				t.Errorf("byte %d: %d deliveries and %v", at, n, err)
			}
		}
		if info, err := os.Stat(left); err != nil || info.Size() < int64(len(whole)) {
			t.Errorf("byte %d: the file was begun anew", at)
		}
	}
	t.Logf("%d of 100 were refused", refused)
	if refused == 0 {
		t.Error("none was refused, not even a broken header")
	}
}

func readAll(ctx context.Context, path string) (n int, err error) {
	s, err := store.Open(ctx, store.Options{URL: "sqlite://" + path})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	list, err := s.Deliveries(ctx, store.DeliveryFilter{})
	if err != nil {
		return 0, err
	}
	return len(list), nil
}

// Another process holds the database for a while: a write waits for it.
func TestDatabaseLockedByAnother(t *testing.T) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "n.db")
	s := open(t, path)
	other, err := sql.Open("sqlite", "file:"+path+"?_txlock=immediate")
	must(t, err)
	defer other.Close()
	tx, err := other.Begin()
	must(t, err)
	if _, err := tx.Exec("INSERT INTO meta (k, v) VALUES ('theirs', '1')"); err != nil {
		t.Fatal(err)
	}
	released := make(chan time.Time, 1)
	go func() {
		time.Sleep(700 * time.Millisecond)
		released <- time.Now()
		_ = tx.Commit() // the note below is looked for
	}()
	must(t, s.SetMeta(ctx, "ours", "1"))
	if wrote := time.Now(); wrote.Before(<-released) {
		t.Error("it wrote while another held the lock")
	}
	for _, k := range []string{"ours", "theirs"} {
		if v, err := s.Meta(ctx, k); v != "1" || err != nil {
			t.Errorf("%s is %q, %v", k, v, err)
		}
	}
}

// A newer version takes the state of an older one over with messages in flight:
// they are still in flight, and nothing of them is forgotten.
func TestUpgradeWithSendsInFlight(t *testing.T) {
	ctx := t.Context()
	for have := 1; have < store.SchemaVersion(); have++ {
		path := filepath.Join(t.TempDir(), "n.db")
		for _, statement := range store.SchemaUpTo(have) {
			query(t, path, statement)
		}
		query(t, path, `INSERT INTO destinations (key, next_at) VALUES ('slack:desk', 1)`)
		query(t, path, `
			INSERT INTO deliveries (id, part, parts, plan_id, kind, slot, destination, reply_to, broadcast, stories, state,
				attempts, not_before, created_at, started_at, payload)
			VALUES ('flying', 1, 1, 'p', 'alert', 'v1', 'slack:desk', '', 0, '["s"]', 'sending', 1, 5, 1, 2, x'7b7d'),
				('refused', 1, 1, 'p', 'alert', 'v1', 'slack:desk', '', 0, '["s"]', 'held', 3, 5, 1, 2, x'7b7d'),
				('done', 1, 1, 'p', 'alert', 'v1', 'slack:desk', '', 0, '["s"]', 'sent', 1, 5, 1, 2, x'7b7d')`)
		s := open(t, path)
		for id, want := range map[string]news.DeliveryState{"flying": news.Sending, "refused": news.Held, "done": news.Sent} {
			d, err := s.Delivery(ctx, id, 1)
			if err != nil || d.State != want || d.Undecided || string(d.Payload) != "{}" || !d.StartedAt.Equal(time.UnixMilli(2)) {
				t.Errorf("from schema %d: %s is %+v (%v), want %s", have, id, d, err, want)
			}
		}
		if d, _, err := s.Deliverable(ctx, "slack:desk"); err != nil || d == nil || d.ID != "flying" {
			t.Errorf("from schema %d: next is %+v (%v), want the one in flight", have, d, err)
		}
		must(t, s.Close())
	}
}
