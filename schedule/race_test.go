//go:build race

package schedule_test

// raced says that the race detector is at work: everything takes ten times as
// long, and what it costs tells nothing.
const raced = true
