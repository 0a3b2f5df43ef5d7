//go:build !amd64

package rules

func findRuns(text []byte, word, special, print []uint64) {
	findRunsAnywhere(text, word, special, print)
}
