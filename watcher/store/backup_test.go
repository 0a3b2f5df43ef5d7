package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"newswatch/watcher/store"
)

func TestBackup(t *testing.T) {
	ctx := t.Context()
	folder := t.TempDir()
	s := open(t, filepath.Join(folder, "n.db"))
	must(t, s.SetMeta(ctx, "k", "v"))
	copied := filepath.Join(folder, "copy of ß%.db")
	url := "sqlite://" + filepath.Join(folder, "n.db")
	done, err := store.Backup(ctx, url, copied, nil)
	must(t, err)
	if _, err := store.Backup(ctx, url, copied, nil); !errors.Is(err, fs.ErrExist) {
		t.Errorf("got error %v, want %v", err, fs.ErrExist)
	}
	info, err := os.Stat(copied)
	must(t, err)
	if info.Mode().Perm() != 0o600 || info.Size() != done.Bytes || done.Schema != store.SchemaVersion() {
		t.Errorf("got mode %o, %d bytes and %+v", info.Mode().Perm(), info.Size(), done)
	}
	if names := namesIn(t, folder, "*.part"); names != nil {
		t.Errorf("left behind: %v", names)
	}
	if v, err := open(t, copied).Meta(ctx, "k"); v != "v" || err != nil {
		t.Errorf("got %q (%v) from the copy", v, err)
	}
}

func TestBackupThatFailsLeavesNothing(t *testing.T) {
	ctx := t.Context()
	folder := t.TempDir()
	path := filepath.Join(folder, "n.db")
	target := filepath.Join(folder, "copies", "copy.db")
	try := func(ctx context.Context, want error) {
		t.Helper()
		_, err := store.Backup(ctx, "sqlite://"+path, target, nil)
		if err == nil || want != nil && !errors.Is(err, want) {
			t.Errorf("got error %v, want %v", err, want)
		}
		if names := namesIn(t, filepath.Dir(target), "*"); names != nil {
			t.Errorf("left behind: %v", names)
		}
	}
	try(ctx, store.ErrNotFound)
	must(t, open(t, path).Close())
	try(ctx, fs.ErrNotExist) // there is no such folder
	must(t, os.Mkdir(filepath.Dir(target), 0o700))
	over, cancel := context.WithCancel(ctx)
	cancel()
	try(over, context.Canceled)
	query(t, path, "DROP TABLE schema_version")
	try(ctx, nil) // what is no state of ours is no backup either
}

func TestBackupOfADamagedState(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "n.db")
	s := open(t, path)
	for i := range 300 {
		must(t, s.SetMeta(t.Context(), fmt.Sprint(i), strings.Repeat("x", 1000)))
	}
	must(t, s.Close())
	b, err := os.ReadFile(path)
	must(t, err)
	write(t, path, append(b[:len(b)*2/3], bytes.Repeat([]byte("damage"), len(b)/18)...))
	if done, err := store.Backup(t.Context(), "sqlite://"+path, filepath.Join(folder, "copy.db"), nil); err == nil {
		t.Errorf("a damaged state was copied: %+v", done)
	}
	if names := namesIn(t, folder, "copy*"); names != nil {
		t.Errorf("left behind: %v", names)
	}
}

func TestBackupsRotate(t *testing.T) {
	ctx := t.Context()
	folder := t.TempDir()
	now := time.Date(2026, 12, 1, 3, 30, 0, 0, time.UTC)
	s := open(t, filepath.Join(folder, "n.db"), func(o *store.Options) { o.Now = func() time.Time { return now } })
	copies := filepath.Join(folder, "copies")
	must(t, os.Mkdir(copies, 0o700))
	for name, content := range map[string]string{
		"n-20361201T033000Z.db":            "of a clock that was ahead",
		"n-20261130T033000Z.db.7.part":     "broken off",
		"other-20261101T033000Z.db":        "of another database",
		"n-20261101T033000Z.db.bak":        "kept by hand",
		"n-20261130T033000Z.db.7.part.bak": "kept by hand",
	} {
		write(t, filepath.Join(copies, name), []byte(content))
	}
	for range 4 {
		_, err := s.BackUpInto(ctx, "copies", 2)
		must(t, err)
		now = now.Add(24 * time.Hour)
	}
	want := []string{
		"n-20261101T033000Z.db.bak", "n-20261130T033000Z.db.7.part.bak", "n-20261203T033000Z.db", "n-20261204T033000Z.db", "other-20261101T033000Z.db",
	}
	if got := namesIn(t, copies, "*"); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, err := s.BackUpInto(ctx, filepath.Join(folder, "not", "mounted"), 2); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got error %v of an absolute folder that is not there, want %v", err, fs.ErrNotExist)
	}
	now = now.AddDate(0, -1, 0) // the clock is set back: what is made now is kept all the same
	done, err := s.BackUpInto(ctx, "copies", 1)
	must(t, err)
	if got := namesIn(t, copies, "n-*.db"); !slices.Equal(got, []string{filepath.Base(done.Path)}) {
		t.Errorf("got %q, want only %s", got, done.Path)
	}
}

// Whoever puts a backup in the place of a database and leaves that one's log there
// must not lose the backup to it.
func TestLogOfAnotherDatabase(t *testing.T) {
	ctx := t.Context()
	folder := t.TempDir()
	path, copied := filepath.Join(folder, "n.db"), filepath.Join(folder, "copy.db")
	s := open(t, path)
	must(t, s.SetMeta(ctx, "k", "at the backup"))
	_, err := store.Backup(ctx, "sqlite://"+path, copied, nil)
	must(t, err)
	must(t, s.SetMeta(ctx, "k", "later"))
	left, err := os.ReadFile(path + "-wal") // as a kill leaves it
	must(t, err)
	must(t, s.Close())
	must(t, os.Rename(copied, path))
	write(t, path+"-wal", left)
	if _, err := store.Open(ctx, store.Options{URL: "sqlite://" + path}); !errors.Is(err, store.ErrUnwritable) || !strings.Contains(err.Error(), path+"-wal") {
		t.Errorf("got error %v, want %v that names the log", err, store.ErrUnwritable)
	}
	if _, err := store.Backup(ctx, "sqlite://"+path, copied, nil); !errors.Is(err, store.ErrUnwritable) || !strings.Contains(err.Error(), path+"-wal") {
		t.Errorf("a backup got error %v, want %v that names the log", err, store.ErrUnwritable)
	}
	if still, err := os.ReadFile(path + "-wal"); err != nil || !bytes.Equal(still, left) {
		t.Errorf("the log was touched: %v", err)
	}
	must(t, os.Remove(path+"-wal"))
	if v, err := open(t, path).Meta(ctx, "k"); v != "at the backup" || err != nil {
		t.Errorf("got %q (%v) from the copy", v, err)
	}
}

func namesIn(t *testing.T, folder, pattern string) (names []string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, pattern))
	must(t, err)
	for _, p := range paths {
		names = append(names, filepath.Base(p))
	}
	return names
}
