package watcher_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"newswatch/news"
	"newswatch/watcher"
	"newswatch/watcher/store"
)

// Each slot has one backup, what was missed is made up for by one, and only the
// newest are kept.
func TestBackupsByThemselves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newReported(t, 1, time.UTC) // it is midnight
		b := &news.BackupSettings{Cron: "30 3 * * *", Keep: 3, Folder: "copies"}
		p.rules.File.Settings.Backup = b
		stop := p.start((*watcher.Watcher).BackUp)
		time.Sleep(10 * time.Hour)
		synctest.Wait()
		first := p.backups(1)
		stop()
		stop = p.start((*watcher.Watcher).BackUp) // the slot of today had its backup
		time.Sleep(17 * time.Hour)                // it is three
		synctest.Wait()
		p.backups(1)
		stop()
		time.Sleep(4 * 24 * time.Hour)
		stop = p.start((*watcher.Watcher).BackUp)
		time.Sleep(time.Minute)
		synctest.Wait()
		p.backups(2)
		time.Sleep(2 * 24 * time.Hour)
		synctest.Wait()
		if left := p.backups(3); slices.Contains(left, first[0]) {
			t.Errorf("the oldest is still there: %q", left)
		}
		p.expect()
		stop()
	})
}

// A backup that fails is told once a day, is tried again each hour, and stops
// nothing.
func TestBackupThatFailsIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newReported(t, 1, time.UTC)
		folder := filepath.Join(t.TempDir(), "mounted")
		p.rules.File.Settings.Backup = &news.BackupSettings{Cron: "30 3 * * *", Keep: 3, Folder: folder}
		stop := p.start((*watcher.Watcher).BackUp)
		time.Sleep(23 * time.Hour)
		synctest.Wait()
		p.expect("No backup was made", folder, "no such file")
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		p.expect("No backup was made")
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		time.Sleep(61 * time.Minute)
		synctest.Wait()
		p.expect()
		if names, err := filepath.Glob(filepath.Join(folder, "*")); err != nil || len(names) != 1 {
			t.Errorf("got %q (%v), want one backup", names, err)
		}
		stop()
	})
}

// backups are those in the folder "copies"; each must be a state.
func (p *reported) backups(want int) []string {
	p.t.Helper()
	names, err := filepath.Glob(filepath.Join(p.folder, "copies", "*.db"))
	if err != nil || len(names) != want {
		p.t.Fatalf("got %q (%v), want %d backups", names, err, want)
	}
	for _, name := range names {
		st, err := store.Open(p.t.Context(), store.Options{URL: "sqlite://" + name, Beside: true})
		if err != nil {
			p.t.Fatal(err)
		}
		if err := st.Close(); err != nil {
			p.t.Error(err)
		}
	}
	return names
}
