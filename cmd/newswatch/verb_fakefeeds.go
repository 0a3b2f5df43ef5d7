package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"newswatch/watcher/feed/feedfake"
)

type fakeFeedsCmd struct {
	Seed   uint64 `default:"1" help:"Of what the feeds are like."`
	Feeds  int    `default:"200" help:"How many there are."`
	Report string `placeholder:"FILE" help:"Where the report goes as JSON in the end."`
}

// Help is the long text of -h.
func (fakeFeedsCmd) Help() string {
	return help(`Serves feeds that behave as badly as real ones do at --listen (127.0.0.1:8767), and judges the reader that polls them by 29 rules: conditional requests, spacing, Retry-After, redirects, one request a host at a time. An OPML list of the feeds is at its address, the judgement so far at /report; the last one is printed when it is stopped.
With --listen :8767 each site has an address of its own in 127.1.0.0/16 (Linux), and there are servers that send a reader away for hours.`,
		"newswatch fake-feeds --listen 127.0.0.1:8767 --report report.json\ncurl -s http://127.0.0.1:8767/",
		"0 stopped, and no rule was broken; 1 some were; 2 wrong usage")
}

// Run serves until it is stopped.
func (c *fakeFeedsCmd) Run(ctx context.Context, a *app) error {
	addr := a.Listen
	if addr == "" {
		addr = "127.0.0.1:8767"
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return usagef("%v", err)
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return usagef("%v", errors.Join(err, l.Close()))
	}
	_, port, _ := net.SplitHostPort(l.Addr().String()) // of what listens it can be read
	fake := feedfake.New(feedfake.Config{Seed: c.Seed, Count: c.Feeds, Address: net.JoinHostPort(host, port)})
	if host == "" {
		host = "127.0.0.1"
	}
	fmt.Fprintf(a.out, "%s; their list: http://%s/\n", count(c.Feeds, "odd feed"), net.JoinHostPort(host, port))
	server := &http.Server{Handler: fake, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	select {
	case err = <-failed:
		return err
	case <-ctx.Done():
	}
	report := fake.Report()
	if err := errors.Join(server.Close(), c.write(report)); err != nil {
		return err
	}
	report.Print(a.out)
	if report.Total > 0 {
		return silently(exitNot)
	}
	return nil
}

// write puts the report into a file.
func (c *fakeFeedsCmd) write(r feedfake.Report) error {
	if c.Report == "" {
		return nil
	}
	out, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	if err := os.WriteFile(c.Report, append(out, '\n'), 0o600); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}
