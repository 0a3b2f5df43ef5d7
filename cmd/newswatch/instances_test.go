package main_test

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// Ten programs start on one state at the same moment. One works at a time, the
// others say so and leave with 75, and nothing is told twice.
func TestKillNoneOfTenInstances(t *testing.T) {
	t.Parallel()
	forbidShort(t)
	h := newHunt(t, build(t), seedOf(t), calm())
	worked, left := 0, 0
	for range 5 {
		h.press.publish(3)
		codes := make([]int, 10)
		var running sync.WaitGroup
		for i := range codes {
			cmd, out := h.command(context.Background(), "once", "--now")
			running.Go(func() {
				err := cmd.Run()
				codes[i] = cmd.ProcessState.ExitCode()
				if codes[i] == 75 && !strings.Contains(out.String(), "another instance") {
					t.Errorf("exit 75 without a word: %v %s", err, out)
				}
			})
		}
		running.Wait()
		for _, code := range codes {
			switch code {
			case 0:
				worked++
			case 75:
				left++
			default:
				t.Errorf("exit %d, want 0 or 75", code)
			}
		}
	}
	t.Logf("%d worked, %d left", worked, left)
	if worked < 5 || left == 0 {
		t.Errorf("%d worked and %d left of 50, want one to work in each round and some to leave", worked, left)
	}
	h.check()
}

// The program may open few files, and then fewer: it does what it can, fails in
// words, and the next one that may open more loses nothing.
func TestKillByFileLimit(t *testing.T) {
	t.Parallel()
	forbidShort(t)
	h := newHunt(t, build(t), seedOf(t), calm())
	failed := 0
	for _, limit := range []int{64, 24, 18, 14, 12, 10, 8, 6} {
		h.press.publish(2)
		inner, out := h.command(context.Background(), "once", "--now")
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		cmd := exec.CommandContext(ctx, "sh", append([]string{"-c", fmt.Sprintf(`ulimit -n %d && exec "$@"`, limit), "sh"}, inner.Args...)...)
		cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = inner.Dir, inner.Env, out, out
		err := cmd.Run()
		if ctx.Err() != nil {
			t.Errorf("with %d files it hangs: %s", limit, out)
		}
		cancel()
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			failed++
			if strings.Contains(out.String(), "panic:") {
				t.Errorf("with %d files: %s", limit, out)
			}
		}
	}
	t.Logf("%d of 8 failed", failed)
	if failed == 0 {
		t.Error("none failed: the limit was no limit")
	}
	h.check()
}

// No file may grow past a limit, as on a disk that fills up in the middle of a
// write: the program ends, and says why where it can; when there is room again,
// nothing is lost.
func TestKillByFullDisk(t *testing.T) {
	t.Parallel()
	forbidShort(t)
	h := newHunt(t, build(t), seedOf(t), calm())
	ends := map[int]int{}
	for _, blocks := range []int{1, 200, 400, 600, 800, 1200, 1600, 2400} { // of 512 bytes
		h.press.publish(20)
		inner, out := h.command(context.Background(), "once", "--now")
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		cmd := exec.CommandContext(ctx, "sh", append([]string{"-c", fmt.Sprintf(`ulimit -f %d && exec "$@"`, blocks), "sh"}, inner.Args...)...)
		cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = inner.Dir, inner.Env, out, out
		_ = cmd.Run() // its code tells
		if ctx.Err() != nil {
			t.Errorf("with %d blocks it hangs: %s", blocks, out)
		}
		cancel()
		ends[cmd.ProcessState.ExitCode()]++
		if cmd.ProcessState.ExitCode() == 74 && !strings.Contains(out.String(), "disk") {
			t.Errorf("with %d blocks: no word of the disk: %s", blocks, out)
		}
		h.settle()
	}
	t.Logf("exit codes: %v", ends)
	if ends[0] == 8 {
		t.Error("none failed: the limit was no limit")
	}
	h.check()
}
