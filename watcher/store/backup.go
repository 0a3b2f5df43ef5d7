package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

const (
	backupRoom = 64 << 20 // bytes that a backup leaves free beside itself: polls go on meanwhile
	backupLook = time.Second / 2
)

// Copy is a finished backup.
type Copy struct {
	Path   string
	Bytes  int64
	Schema int
}

// Progress is told how many bytes of about how many are written.
type Progress func(written, all int64)

// Backup writes a copy of the state at a URL, as it is at one moment, into a file
// that is not there yet. Whoever holds the state goes on working. What schema the
// state has does not matter, and it is not touched.
func Backup(ctx context.Context, rawURL, path string, progress Progress) (Copy, error) {
	e, err := engineOf(Options{URL: rawURL})
	if err != nil {
		return Copy{}, err
	}
	source, err := e.file()
	if err != nil {
		return Copy{}, fmt.Errorf("back up: %w", err)
	}
	return backUp(ctx, source, path, progress)
}

// BacksUp says that backups of this state can be made here: the error is ErrNotHere
// where they are the server's business.
func (s *Store) BacksUp() error {
	if _, err := s.engine.file(); errors.Is(err, ErrNotHere) {
		return err
	}
	return nil // what else is wrong each backup says
}

// BackUpInto writes a copy into a folder, named after the state's file and the time,
// and deletes all but the newest copies of that name, as many as are to be kept. A
// relative folder lies beside the state and is made for its owner alone; an absolute
// one must be there: a disk that is not mounted is no place for backups.
func (s *Store) BackUpInto(ctx context.Context, folder string, keep int) (Copy, error) {
	source, err := s.engine.file()
	if err != nil {
		return Copy{}, fmt.Errorf("back up: %w", err)
	}
	if filepath.IsAbs(folder) {
		if info, err := os.Stat(folder); err != nil {
			return Copy{}, fmt.Errorf("back up: %w", err)
		} else if !info.IsDir() {
			return Copy{}, fmt.Errorf("back up: %s is no folder", folder)
		}
	} else {
		folder = filepath.Join(filepath.Dir(source), folder)
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return Copy{}, fmt.Errorf("back up: %w", err)
		}
	}
	r := rotation{folder: folder, base: strings.TrimSuffix(filepath.Base(source), ".db"), now: s.now()}
	if err := r.sweep(); err != nil {
		return Copy{}, fmt.Errorf("back up: %w", err)
	}
	done, err := backUp(ctx, source, filepath.Join(folder, r.name(r.now)), nil)
	if err != nil {
		return Copy{}, err
	}
	return done, r.rotate(filepath.Base(done.Path), keep)
}

// rotation are the backups of one database in a folder.
type rotation struct {
	folder, base string
	now          time.Time
}

const backupTime = "20060102T150405Z"

func (r rotation) name(t time.Time) string {
	return r.base + "-" + t.UTC().Format(backupTime) + ".db"
}

// sweep deletes what a backup that was broken off has left.
func (r rotation) sweep() error {
	left, err := r.files(`\d{8}T\d{6}Z\.db\.\d+\.part`)
	if err != nil {
		return err
	}
	for _, name := range left {
		if err := os.Remove(filepath.Join(r.folder, name)); err != nil {
			return err
		}
	}
	return nil
}

// rotate keeps the newest copies, the one just made among them. What a clock that
// was ahead has dated goes first: it would outlive all others.
func (r rotation) rotate(made string, keep int) error {
	all, err := r.files(`\d{8}T\d{6}Z\.db`)
	if err != nil {
		return fmt.Errorf("back up: %w", err)
	}
	ahead := func(name string) bool { return name > r.name(r.now) }
	slices.SortFunc(all, func(a, b string) int { // newest first
		switch {
		case a == made || b == made:
			return map[bool]int{true: -1, false: 1}[a == made]
		case ahead(a) != ahead(b):
			return map[bool]int{true: 1, false: -1}[ahead(a)]
		}
		return strings.Compare(b, a)
	})
	var errs []error
	for _, name := range all[min(max(keep, 1), len(all)):] {
		errs = append(errs, os.Remove(filepath.Join(r.folder, name)))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("delete old backups: %w", err)
	}
	return nil
}

// files are the names of regular files in the folder: the base and what matches.
func (r rotation) files(pattern string) (names []string, err error) {
	entries, err := os.ReadDir(r.folder)
	ours := regexp.MustCompile("^" + regexp.QuoteMeta(r.base) + "-" + pattern + "$")
	for _, e := range entries {
		if e.Type().IsRegular() && ours.MatchString(e.Name()) {
			names = append(names, e.Name())
		}
	}
	return names, err
}

// backUp copies into a file of another name, which gets its own only when it is on
// the disk and has been read through: a backup is whole, or it is not there.
func backUp(ctx context.Context, source, path string, progress Progress) (done Copy, err error) {
	if _, err := os.Lstat(path); err == nil {
		return done, fmt.Errorf("back up to %s: %w", path, fs.ErrExist)
	}
	if _, err := os.Stat(source); err != nil {
		return done, fmt.Errorf("back up %s: %w: no database there yet", source, ErrNotFound)
	}
	part, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.part") // mode 0600; SQLite fills an empty file
	if err != nil {
		return done, fmt.Errorf("back up: %w", err)
	}
	defer func() {
		_ = part.Close()
		if err != nil {
			_ = os.Remove(part.Name()) // the error says what went wrong
		}
	}()
	if err := vacuumInto(ctx, source, part.Name(), progress); err != nil {
		return done, fmt.Errorf("back up to %s: %w", path, err)
	}
	if err := markCopy(ctx, part.Name()); err != nil {
		return done, fmt.Errorf("back up to %s: %w", path, err)
	}
	if done.Schema, err = checkCopy(ctx, part.Name()); err != nil {
		return done, fmt.Errorf("back up to %s: the copy is not good: %w", path, err)
	}
	info, err := part.Stat()
	if err == nil {
		err = part.Sync()
	}
	if err == nil {
		err = publish(part.Name(), path)
	}
	if err != nil {
		return done, fmt.Errorf("back up to %s: %w", path, err)
	}
	done.Path, done.Bytes = path, info.Size()
	return done, nil
}

// vacuumInto fills an empty file with a copy of a database.
func vacuumInto(ctx context.Context, source, target string, progress Progress) error {
	// A connection of its own: those that read may write no other file either.
	db, err := sql.Open("sqlite", fileURI(source, url.Values{"mode": {"rw"}, "_pragma": {"busy_timeout(10000)"}}))
	if err != nil {
		return err
	}
	defer db.Close()
	var all int64
	if err := db.QueryRowContext(ctx, `
		SELECT (p.page_count - f.freelist_count) * s.page_size
		FROM pragma_page_count() p, pragma_freelist_count() f, pragma_page_size() s`).Scan(&all); err != nil {
		return err
	}
	if free, known := freeSpace(filepath.Dir(target)); known && free < all+backupRoom {
		return fmt.Errorf("%d MB are free there, %d are needed: %d for the copy, and %d that are left to the work that goes on", free>>20, (all+backupRoom)>>20, (all+1<<20-1)>>20, int64(backupRoom)>>20)
	}
	stop := watchSize(target, all, progress)
	defer stop()
	_, err = db.ExecContext(ctx, `VACUUM INTO ?`, target)
	var failed *sqlite.Error
	if errors.As(err, &failed) && failed.Code()&0xff == sqlite3.SQLITE_FULL {
		return fmt.Errorf("the disk is full: %w", err)
	}
	return err
}

// watchSize tells how a file grows, until stop is called.
func watchSize(path string, all int64, progress Progress) (stop func()) {
	if progress == nil {
		return func() {}
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(backupLook)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				if info, err := os.Stat(path); err == nil {
					progress(info.Size(), all)
				}
			}
		}
	}()
	return func() { close(done); <-ended }
}

// markCopy notes in a copy that it is one: whoever goes on with it must find out what
// was posted since.
func markCopy(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite", fileURI(path, url.Values{"mode": {"rw"}}))
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, `INSERT INTO meta (k, v) VALUES (?, ?) ON CONFLICT (k) DO UPDATE SET v = excluded.v`,
		RestoredFrom, time.Now().UTC().Format(time.RFC3339))
	return err
}

// checkCopy reads a copy through, and gives its schema's version.
func checkCopy(ctx context.Context, path string) (schema int, err error) {
	// Nobody else knows the file: no lock is needed, and no file is made beside it.
	db, err := sql.Open("sqlite", fileURI(path, url.Values{"mode": {"ro"}, "immutable": {"1"}}))
	if err != nil {
		return 0, err
	}
	defer db.Close()
	var verdict string
	if err := db.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&verdict); err != nil {
		return 0, err
	}
	if verdict != "ok" {
		return 0, errors.New(verdict)
	}
	if err := db.QueryRowContext(ctx, `SELECT MAX(v) FROM schema_version`).Scan(&schema); err != nil {
		return 0, fmt.Errorf("it holds no state of newswatch: %w", err)
	}
	return schema, nil
}

// publish gives a finished file its name, unless there is one of that name, and
// waits until the folder says so on the disk.
func publish(part, path string) error {
	err := os.Link(part, path)
	switch {
	case err == nil:
		err = os.Remove(part)
	case !errors.Is(err, fs.ErrExist): // a file system without links
		if _, there := os.Lstat(path); there == nil {
			return fs.ErrExist
		}
		err = os.Rename(part, path)
	}
	if err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// fileURI names a file to the driver, as a URI because a path may hold any character.
func fileURI(path string, options url.Values) string {
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: options.Encode()}
	return u.String()
}

// schemaCopy begins the names of copies that were made before a schema changed; the
// schema's number follows.
const schemaCopy = ".schema-"

// keepSchema keeps a copy of the state beside it before its schema changes, for a way
// back to the version before, and deletes those of earlier times.
func (e *sqliteEngine) keepSchema(ctx context.Context, have int) error {
	path := e.path + schemaCopy + strconv.Itoa(have)
	fresh := path + ".new"
	if err := os.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, err := backUp(ctx, e.path, fresh, nil); err != nil {
		return err
	}
	if err := os.Rename(fresh, path); err != nil {
		return err
	}
	entries, err := os.ReadDir(filepath.Dir(e.path))
	if err != nil {
		return err
	}
	ours := regexp.MustCompile("^" + regexp.QuoteMeta(filepath.Base(e.path)+schemaCopy) + `\d+(\.new\.\d+\.part)?$`)
	for _, f := range entries {
		if f.Name() != filepath.Base(path) && ours.MatchString(f.Name()) && f.Type().IsRegular() {
			err = errors.Join(err, os.Remove(filepath.Join(filepath.Dir(e.path), f.Name())))
		}
	}
	return err
}
