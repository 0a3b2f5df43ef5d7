package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"newswatch/news"
	"newswatch/text"
	"newswatch/watcher/story/score"
)

// source is a labelled set.
type source struct {
	name    string
	licence string
	kind    kind
	// research marks a set whose terms keep weights that were fitted on it out of
	// a program that is given away: it serves for scoring, and for -research.
	research bool
	ours     bool // it is in the repository
}

type kind int

const (
	stream kind = iota // items in the order of arrival, with their stories
	couples
)

func sources() []source {
	return []source{
		{name: "og2021", licence: "CC BY-NC-ND 4.0", research: true},
		{name: "uci2014", licence: "CC BY 4.0 (UCI News Aggregator)"},
		{name: "allsides2021", licence: "MIT (AllSides round-ups)"},
		{name: "allsides_excerpt", licence: "MIT (AllSides round-ups)"},
		{name: "ecbplus", licence: "CC BY 3.0 (ECB+)"},
		{name: "basil", licence: "research release", research: true},
		{name: "desk", licence: "this repository's", ours: true},
		{name: "pairs_semeval22", licence: "Apache-2.0 (SemEval-2022 task 8)", kind: couples},
		{name: "pairs_telegram", licence: "Apache-2.0 (Telegram contest)", kind: couples},
		{name: "pairs_sts_headlines", licence: "not stated (SemEval STS)", kind: couples, research: true},
	}
}

// row is a labelled item.
type row struct {
	ID, Lang, Source, URL, Title, Text, Time, Story string
}

func (r row) item() news.Item {
	it := news.Item{ID: r.ID, Lang: r.Lang, Publisher: r.Source, FeedID: r.Source, URL: r.URL, Title: text.Title(r.Title), Body: text.Visible(r.Text)}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, r.Time); err == nil {
			it.Published, it.Fetched, it.Dated = at, at, true
			break
		}
	}
	return it
}

// couple is two items, and whether they tell the same story.
type couple struct {
	ID   string
	A, B row
	Same int
}

// path is where a set lies: in the data's folder, packed or not, or in our own.
func (s source) path(data, own string) (string, error) {
	if s.ours {
		return filepath.Join(own, s.name+".jsonl"), nil
	}
	for _, ext := range []string{".jsonl.gz", ".jsonl"} {
		name := filepath.Join(data, s.name+ext)
		_, err := os.Stat(name)
		if err == nil {
			return name, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return "", fmt.Errorf("%s holds no %s.jsonl and no %s.jsonl.gz", data, s.name, s.name)
}

func read[T any](path string) (rows []T, err error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var in io.Reader = bytes.NewReader(raw)
	if strings.HasSuffix(path, ".gz") {
		if in, err = gzip.NewReader(in); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	const longest = 4 << 20 // bytes of a line
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, longest)
	for lines.Scan() {
		var r T
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return nil, fmt.Errorf("%s: line %d: %w", path, len(rows)+1, err)
		}
		rows = append(rows, r)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("%s holds no rows", path)
	}
	return rows, nil
}

// all stands for both folds.
const all = -1

// half are the rows of the stories of one fold.
func half(rows []row, fold int) []row {
	var out []row
	for _, r := range rows {
		if fold == all || score.Fold(r.Story) == fold {
			out = append(out, r)
		}
	}
	return out
}
