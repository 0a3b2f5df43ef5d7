package main_test

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"newswatch/watcher/store/pgtest"
)

// TestTextIsNoSQL puts SQL, placeholders and our own fragments of statements wherever a
// stranger's words reach the database, on both: they come back as they were, and all
// else is still there.
func TestTextIsNoSQL(t *testing.T) {
	t.Parallel()
	titles := []string{
		`Zookeepers agree a truce over penguins'; DROP TABLE items; --`, `Ferry strike: truce in the harbour talks" OR "1"="1`, `Chess federation declares truce $1 $2 {{list 1}} {{now}}`, `Border truce holds near Odrin \'; DELETE FROM stories; \`,
		`Supermarkets sign price truce') ON CONFLICT DO NOTHING; --`, `Poets and critics in a truce at the festival %s %d ?1 :a @b`, `Glacier hikers and hoteliers: a truce $$; SELECT pg_sleep(60); $$`, `Rail unions offer a winter truce [{"a":1}]' || x'00'`,
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		var items strings.Builder
		for i, title := range titles {
			e := html.EscapeString(title)
			fmt.Fprintf(&items, `<item><guid isPermaLink="false">%s%d</guid><link>https://a.example/%d?%s</link><title>%s</title><author>%s</author><category>%s</category><description>%s %d</description><pubDate>%s</pubDate></item>`,
				e, i, i, e, e, e, e, e, i*1000, time.Now().Add(-time.Duration(i)*time.Hour).UTC().Format(time.RFC1123Z))
		}
		w.Header().Set("ETag", `"'; DROP TABLE feeds; --"`)
		w.Header().Set("Last-Modified", "'; DROP TABLE feeds; --")
		fmt.Fprintf(w, `<rss version="2.0"><channel><title>'; DROP TABLE feeds; --</title>%s</channel></rss>`, &items)
	}))
	t.Cleanup(srv.Close)
	databases := map[string]func(*testing.T) string{
		"sqlite":   func(*testing.T) string { return "sqlite://state.db" },
		"postgres": func(t *testing.T) string { return pgtest.Start(t).Empty(t) },
	}
	for name, open := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &stage{t: t, dir: t.TempDir(), db: open(t), env: append(os.Environ(), "NEWSWATCH_LISTEN=off", "TZ=UTC")}
			s.write("rules.yaml", fmt.Sprintf(`version: 1
settings: {timezone: UTC, network: {allow: ["127.0.0.0/8"]}}
feeds: [{id: a, name: "'; DROP TABLE feeds; --", url: "%s/a", lang: en}]
rules: [{id: truce, title: "'; DROP TABLE hits; --", when: truce}]
digests: [{id: desk, cron: "0 8 * * *", rules: all, to: {slack: "desk"}}]
`, srv.URL))
			s.hear("once", "--backfill", "7d")
			s.hear("once", "--now")
			for _, words := range [][]string{
				{"ask", "why", "' OR 1=1 --"}, {"mute", "'; DROP TABLE mutes; --", "1d"}, {"mute", "source", "'; DROP TABLE feeds; --", "1d"}, {"follow", "x' OR 'a'='a"},
				{"story", "' OR ''='"}, {"outbox", "show", "' OR ''='"}, {"outbox", "drop", "' OR ''='"}, {"match", "--item", "' OR ''='"}, {"digest", "' OR ''='"},
				{"unmute", "source", "'; DROP TABLE feeds; --"},
			} {
				if said := s.hear(words...); strings.Contains(said, "syntax error") || strings.Contains(said, "SQLSTATE") || strings.Contains(said, "SQL logic") {
					t.Errorf("%q reached the database as a statement: %s", words, said)
				}
			}
			var got []string
			for line := range strings.Lines(s.hear("stories", "--json", "--limit", "100")) {
				var one struct{ Title string }
				if err := json.Unmarshal([]byte(line), &one); err != nil {
					t.Fatalf("%v: %s", err, line)
				}
				got = append(got, one.Title)
			}
			for _, want := range titles {
				if !slices.Contains(got, want) {
					t.Errorf("%q did not come back; got %q", want, got)
				}
			}
			if said := s.hear("feeds"); !strings.Contains(said, "1 feed") || strings.Contains(said, "failing") {
				t.Errorf("after all that: %s", said)
			}
		})
	}
}
