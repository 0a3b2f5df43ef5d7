//go:build !linux

package store

import "time"

// sinceBoot counts on by itself. Elsewhere than on Linux it may stand still while the
// machine sleeps: for as long after that as the server is not asked, its clock is
// taken to be earlier.
func sinceBoot() time.Duration { return time.Since(processBegan) }
