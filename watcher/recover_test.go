package watcher_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// What one process finds out of a restored state all know: another replica, and the
// process after one that died at any moment of it.
func TestRecoveryIsShared(t *testing.T) {
	if raced {
		t.Skip("some hundred passes, on one goroutine")
	}
	for name, begin := range map[string]func(w *clockWorld){
		"another replica was first": func(w *clockWorld) {
			other := w.replica(w.watcher.Rules())
			if _, err := other.Group(w.Context()); err != nil {
				w.Fatal(err)
			}
		},
		"the process before died at it": func(w *clockWorld) {
			w.broken("INSERT ON meta WHEN NEW.k = 'recovered'")
		},
		"the process before died at its messages": func(w *clockWorld) {
			w.broken("INSERT ON deliveries")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newClockWorld(t, time.Date(2026, 3, 10, 4, 0, 0, 0, time.UTC))
			w.start()
			w.live(5 * time.Hour)
			copied, err := w.store.BackUpInto(t.Context(), t.TempDir(), 1)
			if err != nil {
				t.Fatal(err)
			}
			w.live(6 * time.Hour)
			w.stop()
			content, err := os.ReadFile(copied.Path)
			if err == nil {
				err = os.WriteFile(w.file(), content, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			w.start()
			begin(w)
			w.live(12 * time.Hour)
			w.settle()
			w.once()
			w.stop()
		})
	}
}

// file is where the state lies.
func (w *clockWorld) file() string { return filepath.Join(w.dir, "state.db") }

// broken lets the desk begin, and the process die at a statement.
func (w *clockWorld) broken(at string) {
	w.Helper()
	w.alter("CREATE TRIGGER died BEFORE " + at + " BEGIN SELECT RAISE(ABORT, 'died'); END")
	if _, err := w.watcher.Group(w.Context()); err == nil {
		w.Fatal("it went on")
	}
	w.stop()
	w.alter("DROP TRIGGER died")
	w.start()
}

// alter changes the schema of the state.
func (w *clockWorld) alter(statement string) {
	w.Helper()
	db, err := sql.Open("sqlite", w.file())
	if err != nil {
		w.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(w.Context(), statement); err != nil {
		w.Fatal(err)
	}
}
