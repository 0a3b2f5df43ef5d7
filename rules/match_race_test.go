//go:build race

package rules_test

// raceEnabled says that the race detector runs, under which pools forget.
const raceEnabled = true
