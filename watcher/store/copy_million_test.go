package store_test

import (
	"flag"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"newswatch/watcher/store"
	"newswatch/watcher/store/pgtest"
)

var million = flag.Bool("million", false, "copy a state of a million items each way (minutes, 5 GB of temporary files)")

// TestCopyMillion copies a state of 1,000,000 items from SQLite to PostgreSQL and
// back: bodies of 455 bytes, five identity keys for two items, a tenth hit a rule
// and stand in stories of four, half of which were told.
func TestCopyMillion(t *testing.T) {
	if !*million {
		t.Skip("skipped: -million runs it")
	}
	const items = 1_000_000
	dir := t.TempDir()
	first, back := "sqlite://"+filepath.Join(dir, "n.db"), "sqlite://"+filepath.Join(dir, "back.db")
	cluster := pgtest.Start(t, "fsync=on", "synchronous_commit=on", "max_wal_size=4GB")
	server := cluster.Database(t)
	s := at(t, first)
	for _, query := range []string{
		`PRAGMA synchronous = OFF`,
		`PRAGMA cache_size = -1000000`,
		`INSERT INTO items (id, feed_id, feed_name, publisher, weight, keys, url, title, author, categories, lang, published, dated,
				fetched, baseline, revision, hits, story_id, place, body)
			SELECT hex(randomblob(8)), 'f' || (value % 10000), 'Harbour Post', 'Harbour', 3, '["https://one.example/' || value || '","guid-' || value || '"]',
				'https://one.example/news/2026/11/' || value, 'Quay ' || value || ' closed after the storm of Friday', 'Ida Berg', '["ports"]', 'en',
				1795000000000 + value, 1, 1795000000000 + value, 0, hex(randomblob(8)), value % 10 = 0,
				CASE WHEN value % 10 = 0 THEN 's' || (value / 40) ELSE '' END, CASE WHEN value % 10 = 0 THEN value ELSE 0 END,
				'The harbour master closed the quay on Friday evening. ' || hex(randomblob(200)) FROM generate_series(1, $1)`,
		`INSERT INTO seen (feed_id, key, item_id, last_seen) SELECT feed_id, lower(hex(randomblob(8))), id, fetched FROM items
			UNION ALL SELECT feed_id, lower(hex(randomblob(8))), id, fetched FROM items
			UNION ALL SELECT feed_id, lower(hex(randomblob(8))), id, fetched FROM items WHERE fetched % 2 = 0 ORDER BY 1, 2`,
		`INSERT INTO hits (item_id, rule, score, rank, entities, evidence)
			SELECT id, 'ports', 50, 0, '["harbour"]', '{"why":"quay in the title","spans":[{"Field":"title","End":4}]}' FROM items WHERE hits > 0`,
		`INSERT INTO stories (id, version, phase, first_at, last_at, lead_id, changed)
			SELECT story_id, COUNT(*), 'new', MIN(fetched), MAX(fetched), MIN(id), MAX(place) FROM items WHERE place > 0 GROUP BY story_id`,
		`INSERT INTO developments (story_id, version, at, item_id, reason)
			SELECT story_id, place % 40 / 10 + 1, fetched, id, 'a new source' FROM items WHERE place > 0`,
		`INSERT INTO told SELECT 'morning', id, version, 1, 1, 50, last_at, 'd', 0 FROM stories WHERE changed % 20 = 0`,
		`INSERT INTO feeds (id, host, url, next_at) SELECT 'f' || value, 'h' || (value % 3000), 'https://one.example/' || value, value FROM generate_series(1, $1 / 100)`,
		`UPDATE desk SET seq = $1 + 1`,
	} {
		_, err := s.Writer().ExecContext(t.Context(), series(query), items)
		must(t, err)
	}
	must(t, s.Close())
	t.Log("filled")
	for _, way := range [][2]string{{first, server}, {server, back}} {
		began, used := time.Now(), cpu(syscall.RUSAGE_SELF)
		done, err := store.CopyState(t.Context(), store.CopyOptions{From: way[0], To: way[1]})
		must(t, err)
		took := time.Since(began)
		t.Logf("%s -> %s: %d rows, of which %d items, in %.1f s (%.1f s of this process's CPU), %.0f rows/s, verified",
			store.Place(way[0]), store.Place(way[1]), done.Rows, items, took.Seconds(), (cpu(syscall.RUSAGE_SELF) - used).Seconds(), float64(done.Rows)/took.Seconds())
	}
	for _, db := range []string{first, back} {
		info, err := os.Stat(db[len("sqlite://"):])
		must(t, err)
		t.Logf("%s: %d MiB", db, info.Size()>>20)
	}
	before := cpu(syscall.RUSAGE_CHILDREN)
	must(t, cluster.Stop(syscall.SIGINT))
	t.Logf("PostgreSQL: %.1f s of CPU in all", (cpu(syscall.RUSAGE_CHILDREN) - before).Seconds())
}

// cpu is the time of the processors that this process has had, or those that it
// started and that have ended.
func cpu(whose int) time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(whose, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
