package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"text/tabwriter"
	"time"

	"golang.org/x/term"

	"newswatch/watcher/store"
)

type storeCmd struct {
	Copy storeCopyCmd `cmd:"" help:"Copy the whole state into an empty database: from SQLite to PostgreSQL, back, or to the same kind."`
}

type storeCopyCmd struct {
	From string `arg:"" help:"URL of the state; - is the one of --db."`
	To   string `arg:"" help:"URL of an empty database; - is the one of --db."`
	JSON bool   `name:"json" help:"Print the result as JSON."`
}

// Help is the long text of -h.
func (storeCopyCmd) Help() string {
	return help(`Stop the daemon first: nobody may work on either database. All of the state appears in the target at once, after each table was read back and compared by its number of rows and a hash; until then, and when it fails, nothing does.
A password in an argument can be read by everybody on this machine (ps): leave it out of the URL and give it by PGPASSFILE (~/.pgpass) or PGPASSWORD, or write - and keep the URL in NEWSWATCH_DB or its secret.
Do not start the old state again afterwards: two daemons with a state each tell everything twice.`,
		"PGPASSFILE=/etc/newswatch/pgpass newswatch store copy sqlite:///var/lib/newswatch/newswatch.db postgres://newswatch@db.example/newswatch",
		"0 copied, and equal; 1 it failed or was not equal, nothing stays; 2 there is nothing to copy, or the target is not empty; 74 a database cannot be written or reached; 75 somebody works on one of them")
}

// Run copies.
func (c *storeCopyCmd) Run(ctx context.Context, a *app) error {
	from, err := a.urlOr(c.From)
	if err != nil {
		return err
	}
	to, err := a.urlOr(c.To)
	if err != nil {
		return err
	}
	began := time.Now()
	progress := &copyProgress{app: a, began: began, every: progressPause, live: isTerminal(a.err)}
	done, err := store.CopyState(ctx, store.CopyOptions{From: from, To: to, Log: a.logger(), Progress: progress.tell})
	progress.end()
	switch {
	case errors.Is(err, store.ErrNotFound):
		return usagef("no state at %s: there is nothing to copy", store.Place(from))
	case errors.Is(err, store.ErrURL):
		return usagef("%v", err)
	case errors.Is(err, store.ErrNotEmpty):
		return usagef("%v: name an empty database", err)
	case errors.Is(err, context.Canceled):
		return &exitError{exitNot, "stopped before the end: nothing was copied, but for empty tables"}
	case err != nil:
		return err
	}
	return a.printCopied(done, time.Since(began), c.JSON)
}

// urlOr is the URL in an argument, or that of --db. It warns of a password that
// others can see.
func (a *app) urlOr(arg string) (string, error) {
	if arg == "-" {
		return a.dbURL()
	}
	if u, err := url.Parse(arg); err == nil && u.User != nil {
		if _, shown := u.User.Password(); shown {
			a.logger().Warn("a password in an argument can be read by everybody on this machine: use PGPASSFILE", "database", store.Place(arg))
		}
	}
	return arg, nil
}

// copiedJSON is the result of store copy.
type copiedJSON struct {
	From    string            `json:"from"`
	To      string            `json:"to"`
	Schema  int               `json:"schema"`
	Rows    int64             `json:"rows"`
	Cleaned int64             `json:"cleaned"`
	Seconds float64           `json:"seconds"`
	Tables  []copiedTableJSON `json:"tables"`
}

type copiedTableJSON struct {
	Name    string `json:"name"`
	Rows    int64  `json:"rows"`
	Cleaned int64  `json:"cleaned"`
	Hash    string `json:"hash"` // of all rows, the same on both sides
}

func (a *app) printCopied(done *store.Copied, took time.Duration, asJSON bool) error {
	if asJSON {
		out := copiedJSON{From: done.From, To: done.To, Schema: done.Schema, Rows: done.Rows, Cleaned: done.Cleaned, Seconds: took.Seconds()}
		for _, t := range done.Tables {
			out.Tables = append(out.Tables, copiedTableJSON(t))
		}
		return a.json(false).Encode(out)
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, t := range done.Tables {
		fmt.Fprintf(w, "%s\t%d\t%s\t\n", t.Name, t.Rows, t.Hash[:16])
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "%s from %s to %s in %s: rows and hashes of all tables are equal\n", count(int(done.Rows), "row"), done.From, done.To, took.Round(100*time.Millisecond))
	if done.Cleaned > 0 {
		fmt.Fprintf(a.out, "%s held bytes that PostgreSQL refuses: they were taken out\n", count(int(done.Cleaned), "text"))
	}
	return nil
}

// progressPause lies between two lines of a log; a line of a terminal is renewed
// ten times as often.
const progressPause = 5 * time.Second

// copyProgress says on stderr how far a copy is.
type copyProgress struct {
	*app
	began, said time.Time
	every       time.Duration
	live        bool // a terminal, whose last line is written over
}

func (p *copyProgress) tell(at store.CopyProgress) {
	now, pause := time.Now(), p.every
	if p.live {
		pause /= 10
	}
	if now.Sub(p.said) < pause && at.Done < at.Of || p.said.IsZero() && now.Sub(p.began) < pause {
		return
	}
	p.said = now
	rate := float64(at.Done) / now.Sub(p.began).Seconds()
	left := time.Duration(float64(at.Of-at.Done) / rate * float64(time.Second)).Round(time.Second)
	verb := "writing"
	if at.Checking {
		verb = "reading back"
	}
	if !p.live {
		p.logger().Info("store copy", "doing", verb, "table", at.Table, "done", at.Done, "of", at.Of, "rows_per_second", int(rate), "left", left)
		return
	}
	// Rows count twice: they are written, and read back.
	fmt.Fprintf(p.err, "\r%3d %%  %s %s  %d rows/s  %s left\x1b[K", 100*at.Done/max(at.Of, 1), verb, at.Table, int(rate), left)
}

// end takes the line back.
func (p *copyProgress) end() {
	if p.live && !p.said.IsZero() {
		fmt.Fprint(p.err, "\r\x1b[K")
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
