//go:build race

package slack_test

// raced says that the race detector is at work: everything takes ten times as long.
const raced = true
