package main

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"newswatch/notify"
)

// crashEnv is set by tests alone: the step of the pipeline at which the program
// kills itself, as kill -9 would, and on which coming there ("after-post:2").
const crashEnv = "NEWSWATCH_TEST_CRASH_AT"

// leaseEnv is set by tests alone: how long a lease lasts ("3s"), where they cannot wait
// a minute for what a killed program held.
const leaseEnv = "NEWSWATCH_TEST_LEASE"

// lease reads leaseEnv; 0 is the watcher's own.
func lease(d string) time.Duration {
	long, err := time.ParseDuration(d)
	if err != nil {
		return 0
	}
	return long
}

// crashAt is what is told of the steps: nobody, unless a test wants to.
func crashAt(where string) func(notify.Step) {
	if where == "" {
		return nil
	}
	step, nth, _ := strings.Cut(where, ":")
	left := new(atomic.Int64)
	n, err := strconv.ParseInt(nth, 10, 64)
	if err != nil {
		n = 1
	}
	left.Store(n)
	return func(s notify.Step) {
		if string(s) == step && left.Add(-1) == 0 {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // until the signal comes: nothing more happens here
		}
	}
}
