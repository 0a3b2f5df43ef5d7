package store_test

import (
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"newswatch/news"
	"newswatch/watcher/store"
)

// open opens the database at a path and closes it when the test ends.
func open(t testing.TB, path string, more ...func(*store.Options)) *store.Store {
	t.Helper()
	o := store.Options{URL: "sqlite://" + path}
	for _, m := range more {
		m(&o)
	}
	s, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // may be closed by the test
	return s
}

func beside(o *store.Options) { o.Beside = true }

func TestOpenMakesFolderAndFileForTheOwner(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "new", "a %41?#&b")
	path := filepath.Join(folder, "n ß%.db")
	s := open(t, path)
	if err := s.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]fs.FileMode{folder: 0o700, path: 0o600, path + "-wal": 0o600, path + ".lock": 0o600} {
		info, err := os.Stat(name)
		if err != nil {
			t.Error(err)
			continue
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("got mode %o of %s, want %o", got, filepath.Base(name), want)
		}
	}
}

func TestOpenSetsTheDatabaseUp(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "n.db"))
	for pragma, want := range map[string]string{
		"journal_mode": "wal", "synchronous": "2", "auto_vacuum": "2", "busy_timeout": "10000", "trusted_schema": "0",
	} {
		var got string
		if err := s.Writer().QueryRow("PRAGMA " + pragma).Scan(&got); err != nil || got != want {
			t.Errorf("got %s %q (%v), want %q", pragma, got, err, want)
		}
	}
	if _, err := s.Reader().Exec("DELETE FROM meta"); err == nil {
		t.Error("a connection for reading wrote")
	}
}

func TestOpenTwice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "n.db")
	first := open(t, path)
	_, err := store.Open(t.Context(), store.Options{URL: "sqlite://" + path})
	if !errors.Is(err, store.ErrLocked) || !strings.Contains(err.Error(), path) {
		t.Errorf("got error %v, want %v that names %s", err, store.ErrLocked, path)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, path)
}

func TestOpenVoidsLeases(t *testing.T) {
	path := filepath.Join(t.TempDir(), "n.db")
	s := open(t, path)
	ctx := t.Context()
	if err := s.Wake(ctx, news.Desk); err != nil {
		t.Fatal(err)
	}
	old, err := s.Claim(ctx, news.Desk, 1, time.Hour)
	if err != nil || len(old) != 1 {
		t.Fatal(old, err)
	}
	other := open(t, path, beside) // does not touch them
	if leases, err := other.Claim(ctx, news.Desk, 1, time.Hour); err != nil || len(leases) != 0 {
		t.Errorf("claimed %v beside the holder: %v", leases, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, path)
	if leases, err := s.Claim(ctx, news.Desk, 1, time.Hour); err != nil || len(leases) != 1 {
		t.Errorf("claimed %v after a restart: %v", leases, err)
	}
	if err := s.Release(ctx, old[0], time.Time{}); !errors.Is(err, store.ErrFenced) {
		t.Errorf("got error %v, want %v", err, store.ErrFenced)
	}
}

func TestOpenBeside(t *testing.T) {
	path := filepath.Join(t.TempDir(), "n.db")
	_, err := store.Open(t.Context(), store.Options{URL: "sqlite://" + path, Beside: true})
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("got error %v, want %v", err, store.ErrNotFound)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a database was made: %v", err)
	}
	ctx := t.Context()
	holder := open(t, path)
	d := news.Delivery{ID: "d", Part: 1, Parts: 1, Destination: "terminal:", CreatedAt: time.Now()}
	if err := holder.EnqueueNotice(ctx, d); err != nil {
		t.Fatal(err)
	}
	other := open(t, path, beside)
	if n, err := other.Drop(ctx, "d"); n != 1 || err != nil {
		t.Errorf("dropped %d: %v", n, err)
	}
	got, err := holder.Delivery(ctx, "d", 1)
	if err != nil || got.State != news.Dropped {
		t.Errorf("the holder reads %q (%v), want %q", got.State, err, news.Dropped)
	}
}

func TestOpenRefuses(t *testing.T) {
	ctx := t.Context()
	garbage := []byte(strings.Repeat("this is no database ", 500))
	for name, c := range map[string]struct {
		prepare func(t *testing.T, path string)
		url     string // of the path when empty
		want    error
		says    string
	}{
		"a damaged file": {
			prepare: func(t *testing.T, path string) { write(t, path, garbage) },
			want:    store.ErrUnwritable, says: "restore a backup",
		},
		"a database that was cut off": {
			prepare: func(t *testing.T, path string) {
				whole := open(t, path)
				if err := whole.Close(); err != nil {
					t.Fatal(err)
				}
				b, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				write(t, path, append(b[:100], garbage...)) // the header is good
			},
			want: store.ErrUnwritable, says: "restore a backup",
		},
		"the database of another program": {
			prepare: func(t *testing.T, path string) { query(t, path, "CREATE TABLE recipes (name TEXT)") },
			want:    store.ErrUnwritable, says: "another program",
		},
		"a newer schema": {
			prepare: func(t *testing.T, path string) {
				if err := open(t, path).Close(); err != nil {
					t.Fatal(err)
				}
				query(t, path, "INSERT INTO schema_version VALUES (99, 0)")
			},
			want: store.ErrNewerSchema, says: "99",
		},
		"a folder that is a file": {
			prepare: func(t *testing.T, path string) { write(t, filepath.Dir(path), nil) },
			want:    store.ErrUnwritable, says: "folder",
		},
		"a folder in its place": {
			prepare: func(t *testing.T, path string) {
				if err := os.MkdirAll(path, 0o700); err != nil {
					t.Fatal(err)
				}
			},
			want: store.ErrUnwritable,
		},
		"another form":    {url: "mysql://user:secret@host/db", says: "sqlite://"},
		"no file":         {url: "sqlite://", says: "no file"},
		"a folder's name": {url: "sqlite:///tmp/", says: "no file"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "state", "n.db")
			url := c.url
			if url == "" {
				url = "sqlite://" + path
			}
			if c.prepare != nil {
				c.prepare(t, path)
			}
			before, _ := os.ReadFile(path)
			s, err := store.Open(ctx, store.Options{URL: url})
			if err == nil {
				_ = s.Close()
				t.Fatal("it was opened")
			}
			if c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got error %v, want %v with %q", err, c.want, c.says)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error shows a password: %v", err)
			}
			if after, _ := os.ReadFile(path); string(before) != string(after) {
				t.Error("the file was changed")
			}
			t.Log(err)
		})
	}
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// query runs a statement on a database without the store.
func query(t *testing.T, path, statement string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		t.Fatal(err)
	}
}

// A full disk refuses one commit; when there is room again, all goes on.
func TestFullDisk(t *testing.T) {
	ctx := t.Context()
	s := open(t, filepath.Join(t.TempDir(), "n.db"))
	pages := func(max string) {
		t.Helper()
		if _, err := s.Writer().Exec("PRAGMA max_page_count = " + max); err != nil {
			t.Fatal(err)
		}
	}
	pages("1") // SQLite takes the present size when that is larger
	err := s.SetMeta(ctx, "k", strings.Repeat("x", 1<<20))
	if !errors.Is(err, store.ErrUnwritable) || !strings.Contains(err.Error(), "full") {
		t.Errorf("got error %v, want %v that says that the disk is full", err, store.ErrUnwritable)
	}
	if v, err := s.Meta(ctx, "k"); v != "" || err != nil {
		t.Errorf("got %d bytes and %v of what was refused", len(v), err)
	}
	pages("1000000")
	if err := s.SetMeta(ctx, "k", "v"); err != nil {
		t.Error(err)
	}
}

func TestReadOnlyDisk(t *testing.T) {
	ctx := t.Context()
	s := open(t, filepath.Join(t.TempDir(), "n.db"))
	if _, err := s.Writer().Exec("PRAGMA query_only = 1"); err != nil {
		t.Fatal(err)
	}
	if err := s.Ping(ctx); !errors.Is(err, store.ErrUnwritable) {
		t.Errorf("got error %v, want %v", err, store.ErrUnwritable)
	}
}
