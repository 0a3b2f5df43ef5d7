package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"newswatch/watcher/store"
)

type backupCmd struct {
	File string `arg:"" help:"The file to write; it must not be there yet."`
}

// Help is the long text of -h.
func (backupCmd) Help() string {
	return help("Writes a copy of the whole state as it is at one moment, reads it through, and gives it its name only then. The daemon goes on working meanwhile. settings.backup in the rules does so by itself. docs/operations.md says how to go back to a copy: what was posted since is found in Slack and not posted again. PostgreSQL is backed up by its own pg_dump.",
		"newswatch backup /backup/newswatch-$(date +%F).db", "0 written; 1 failed; 2 the file is there already, there is no state, or it is in PostgreSQL")
}

// Run backs up.
func (c *backupCmd) Run(ctx context.Context, a *app) error {
	url, err := a.dbURL()
	if err != nil {
		return err
	}
	began := time.Now()
	said := began
	done, err := store.Backup(ctx, url, c.File, func(written, all int64) {
		if time.Since(said) >= 2*time.Second && all > 0 {
			said = time.Now()
			fmt.Fprintf(a.err, "%s of %s\n", megabytes(written), megabytes(all))
		}
	})
	switch {
	case errors.Is(err, fs.ErrExist):
		return usagef("%s is there already", c.File)
	case errors.Is(err, store.ErrNotFound):
		return usagef("no state at %s yet: newswatch run or once makes it", url)
	case errors.Is(err, store.ErrNotHere):
		return usagef("%v", err)
	case err != nil:
		return err
	}
	fmt.Fprintf(a.out, "wrote %s: %s in %.1f s, read through, schema %d\n", done.Path, megabytes(done.Bytes), time.Since(began).Seconds(), done.Schema)
	return nil
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }
