package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
)

type backupCmd struct {
	File string `arg:"" help:"The file to write; it must not be there yet."`
}

// Help is the long text of -h.
func (backupCmd) Help() string {
	return help("Writes a copy of the whole state as it is at one moment. The daemon goes on working meanwhile. To go back to it, stop the daemon and put the copy in the place of newswatch.db: what was posted since is found in Slack's history and not posted again.",
		"newswatch backup /backup/newswatch-$(date +%F).db", "0 written; 1 failed; 2 the file is there already, or there is no state")
}

// Run backs up.
func (c *backupCmd) Run(ctx context.Context, a *app) error {
	st, err := a.openStore(ctx, true)
	if err != nil {
		return err
	}
	defer st.Close()
	err = st.Backup(ctx, c.File)
	if errors.Is(err, fs.ErrExist) {
		return usagef("%s is there already", c.File)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "wrote %s\n", c.File)
	return nil
}
