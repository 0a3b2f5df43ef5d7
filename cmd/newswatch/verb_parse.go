package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"newswatch/news"
	"newswatch/notify/wording"
	"newswatch/text"
	"newswatch/watcher/feed"
)

type parseCmd struct {
	Source string `arg:"" optional:"" name:"file-or-url" help:"Feed to read."`
	JSON   bool   `name:"json" help:"Print the items as JSON."`
	JSONL  bool   `name:"jsonl" help:"Read many: JSON lines {\"file\",\"headers\"?} on stdin."`
	Root   string `default:"." placeholder:"DIR" help:"Folder that the files of --jsonl stand in."`
}

// Help is the long text of -h.
func (parseCmd) Help() string {
	return help("Reads a feed as the daemon does and shows what it makes of it.",
		"newswatch parse feed.xml\nnewswatch parse https://news.example/rss\nnewswatch parse --jsonl --root DIR <files.jsonl",
		"0 read; 1 not a feed, or a line could not be read; 2 wrong usage, or no such file")
}

// Run parses.
func (c *parseCmd) Run(ctx context.Context, a *app) error {
	if c.JSONL {
		return c.lines(a)
	}
	if c.Source == "" {
		return usagef("parse what? Give a file or an address")
	}
	doc, err := c.read(ctx, a)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
			return usagef("%v", err)
		}
		return &exitError{exitNot, fmt.Sprintf("%s: %v", c.Source, err)}
	}
	if c.JSON {
		return a.json(false).Encode(parsed(c.Source, doc, nil))
	}
	fmt.Fprintf(a.out, "%s: %s\n", wording.Line(text.Title(doc.Title)), count(len(doc.Entries), "item"))
	for _, it := range feed.Items(doc, news.Feed{ID: "parse", Name: doc.Title}, time.Now()) {
		date := "no date         "
		if it.Dated {
			date = it.Published.Local().Format("2006-01-02 15:04")
		}
		fmt.Fprintf(a.out, "%s  %s\n                  %s\n", date, wording.Line(it.Title), wording.Link(it.URL))
	}
	return nil
}

func (c *parseCmd) read(ctx context.Context, a *app) (*feed.Document, error) {
	if !strings.Contains(c.Source, "://") {
		body, err := os.ReadFile(c.Source)
		if err != nil {
			return nil, err
		}
		return feed.Parse(body, nil, "")
	}
	page, err := a.fetch(ctx, c.Source)
	if err != nil {
		return nil, err
	}
	return feed.Parse(page.Body, page.Header, page.URL)
}

// parseLine is a feed as other programs read it.
type parseLine struct {
	File  string `json:"file"`
	OK    bool   `json:"ok"`
	Plain bool   `json:"plain"` // false: strings may hold HTML
	Err   string `json:"err,omitempty"`
	*feed.Document
}

func parsed(file string, doc *feed.Document, err error) parseLine {
	if err != nil {
		return parseLine{File: file, Err: err.Error()}
	}
	return parseLine{File: file, OK: true, Document: doc}
}

func (c *parseCmd) lines(a *app) error {
	root, err := os.OpenRoot(c.Root)
	if err != nil {
		return usagef("%v", err)
	}
	defer root.Close()
	out := a.json(false)
	bad, err := eachLine(a.in, func(raw []byte) error {
		var in struct {
			File    string
			Headers map[string]string
		}
		if err := json.Unmarshal(raw, &in); err != nil {
			return badLine(out, raw, err)
		}
		body, err := readFrom(root, in.File)
		if err != nil {
			return badLine(out, raw, err)
		}
		header := http.Header{}
		for k, v := range in.Headers {
			header.Set(k, v)
		}
		doc, err := feed.Parse(body, header, header.Get("Content-Location"))
		return out.Encode(parsed(in.File, doc, err))
	})
	if err != nil {
		return err
	}
	return afterLines(bad)
}

func readFrom(root *os.Root, name string) ([]byte, error) {
	f, err := root.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}
