package bench

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"

	"newswatch/news"
)

// ReadCorpus takes real texts instead of generated ones: JSON objects, one a
// line, with title, text and lang, which is English unless it says otherwise.
func ReadCorpus(name string) (*Corpus, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	c := &Corpus{}
	for dec := json.NewDecoder(bufio.NewReader(f)); ; {
		var line struct{ Title, Text, Lang string }
		if err := dec.Decode(&line); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("%s: item %d: %w", name, len(c.Items)+1, err)
		}
		c.add(&news.Item{ID: "item", Lang: cmp.Or(line.Lang, "en"), Title: line.Title, Body: line.Text})
	}
	// A part of the items has to stand for all of them.
	rand.New(rand.NewPCG(5, 6)).Shuffle(len(c.Items), func(i, j int) { c.Items[i], c.Items[j] = c.Items[j], c.Items[i] })
	c.names = frequent(c.Items, regexp.MustCompile(`\p{Lu}\p{Ll}+ \p{Lu}\p{Ll}+`))
	c.words = frequent(c.Items, regexp.MustCompile(`\p{Ll}{3,}`))
	if len(c.names) < 1_000 || len(c.words) < 1_000 {
		return nil, fmt.Errorf("%s: %d names and %d words in the texts, want 1,000 of each to make terms of", name, len(c.names), len(c.words))
	}
	return c, nil
}

// frequent returns what an expression finds, the most frequent first.
func frequent(items []*news.Item, re *regexp.Regexp) []string {
	counts := map[string]int{}
	for _, it := range items {
		for _, s := range re.FindAllString(it.Body, -1) {
			counts[s]++
		}
	}
	return slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(counts[b]-counts[a], cmp.Compare(a, b))
	})
}
