package main

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"newswatch/news"
	"newswatch/text"
)

// row is one labelled item.
type row struct {
	ID, Lang, Source, URL, Title, Text, Time, Story string
}

func (r row) item() news.Item {
	it := news.Item{ID: r.ID, Lang: r.Lang, Publisher: r.Source, URL: r.URL, Title: text.Title(r.Title), Body: text.Visible(r.Text)}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, r.Time); err == nil {
			it.Published, it.Fetched, it.Dated = at, at, true
			break
		}
	}
	return it
}

// pair is two items, and whether they tell the same story.
type pair struct {
	A, B row
	Same int
}

func read[T any](dir, name string) ([]T, error) {
	f, err := os.Open(filepath.Join(dir, name+".jsonl.gz"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<22)
	var rows []T
	for lines.Scan() {
		var r T
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return nil, fmt.Errorf("%s: line %d: %w", name, len(rows)+1, err)
		}
		rows = append(rows, r)
	}
	return rows, cmp.Or(lines.Err())
}

// fold is the half to which a story belongs.
func fold(id string, at int) int {
	sum := sha256.Sum256([]byte(id))
	return int(sum[at] & 1)
}

// half are the rows of the stories of one fold; all of them when it is negative.
func half(all []row, f, at int) []row {
	var out []row
	for _, r := range all {
		if f < 0 || fold(r.Story, at) == f {
			out = append(out, r)
		}
	}
	return out
}

func readPlain[T any](path string) (rows []T, err error) {
	raw, err := os.ReadFile(path)
	for line := range bytes.Lines(raw) {
		var r T
		if err := json.Unmarshal(line, &r); err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	return rows, err
}
