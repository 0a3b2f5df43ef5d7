// Package text turns what feeds send, HTML or plain, into text that people read.
//
// It stands before rules and stories: titles and bodies pass through it once,
// when an item is made, and every span of a hit indexes its result. Nothing in
// it trusts its input: length is bounded, elements are counted rather than
// nested, and what comes out is valid UTF-8 without control characters.
package text
