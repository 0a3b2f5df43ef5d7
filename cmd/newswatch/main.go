// Command newswatch watches the news for a desk: it polls feeds, matches items
// against rules, groups the hits into stories, and sends digests and alerts to
// Slack. It stands at the end of the pipeline and wires the rest together; each
// verb has a file of its own.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	_ "time/tzdata" // zones by name on machines and in images without a zone database
)

// version is set by the linker for releases.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() {
		<-ctx.Done()
		stop() // a second signal ends the program at once
	}()
	os.Exit(run(ctx, os.Args[1:], stdio{out: os.Stdout, err: os.Stderr, in: os.Stdin, env: os.Getenv}))
}

// run is the whole program but for the process around it. Its exit codes
// are those of docs/operations.md.
func run(ctx context.Context, args []string, io stdio) int {
	err := execute(ctx, verbFirst(args), io)
	if errors.Is(err, context.Canceled) {
		err = &exitError{exitNot, "stopped before the end; what was due waits for the next run"}
	}
	code := exitCode(err)
	if err != nil && err.Error() != "" {
		// PostgreSQL's driver sets its reasons one under the other, with tabs.
		fmt.Fprintf(io.err, "newswatch: %s\n", seen(strings.ReplaceAll(err.Error(), "\t", "  ")))
	}
	return code
}
