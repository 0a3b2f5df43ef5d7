package store

import (
	"time"

	"golang.org/x/sys/unix"
)

// sinceBoot counts from when the machine was started, also while it sleeps: what Go
// measures by, CLOCK_MONOTONIC, stands still then.
func sinceBoot() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &t); err != nil {
		return time.Since(processBegan)
	}
	return time.Duration(t.Nano())
}
