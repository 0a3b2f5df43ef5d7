package demo_test

import (
	"strings"
	"testing"
	"time"

	"newswatch/cmd/newswatch/demo"
)

const head = `name: Post
site: https://post.example
lang: en
format: rss
feeds: [post]
items:
`

const first = `  - {slug: a, at: "06:00", title: A, text: <p>a</p>}
`

func TestReaderIsStrict(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		src, want string
	}{
		"right":              {head + first, ""},
		"not YAML":           {"items: [", "yaml"},
		"unknown key":        {head + `  - {slug: a, at: "06:00", titel: A, text: a}`, "titel"},
		"unknown format":     {strings.Replace(head, "rss", "gopher", 1), `format "gopher"`},
		"no name":            {strings.Replace(head, "name: Post", "", 1), "needs name"},
		"no text":            {head + `  - {slug: a, at: "06:00", title: A}`, `item "a": it needs`},
		"no time":            {head + `  - {slug: a, title: A, text: a}`, "read its time"},
		"unknown feed":       {head + `  - {slug: a, at: "06:00", title: A, text: a, in: [other]}`, `no feed "other"`},
		"same name twice":    {head + first + first, "two of this name"},
		"out of order":       {head + first + `  - {slug: b, at: "05:00", title: A, text: a}`, `older than "a"`},
		"revises nothing":    {head + `  - {slug: b, revises: a, at: "06:00", title: A, text: a}`, "does not stand above"},
		"revises the future": {head + first + `  - {slug: b, revises: a, at: "05:59", title: A, text: a}`, "not newer"},
		"later wording":      {head + first + `  - {slug: b, revises: a, at: "06:01", title: B, text: b}`, ""},
		"another day":        {head + `  - {slug: a, at: 2026-03-10 09:00, title: A, text: a}`, ""},
	}
	date := time.Date(2026, time.March, 12, 0, 0, 0, 0, time.UTC)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := demo.ParseOutlet(tt.src, date)
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("got %v, want no error", err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("got error %v, want one with %q", err, tt.want)
			}
		})
	}
}
