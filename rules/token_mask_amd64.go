package rules

import "golang.org/x/sys/cpu"

// findRuns is findRunsAnywhere, at 32 bytes a step where the machine can.
func findRuns(text []byte, word, special, print []uint64) {
	if !cpu.X86.HasAVX2 {
		findRunsAnywhere(text, word, special, print)
		return
	}
	_, _, _ = text[:len(word)*block], special[:len(word)], print[:len(word)] // the assembly asks nothing
	findRunsAVX2(text, word, special, print)
}

//go:noescape
func findRunsAVX2(text []byte, word, special, print []uint64)
