package watcher_test

import (
	"bufio"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"newswatch/news"
)

// shuffles is in how many orders the reports of each day come.
const shuffles = 20

// undatedOutlet gives its reports no dates: the order of its document is all that
// says which was first, so that one is kept.
const undatedOutlet = "Hillside Radio"

// report is a labelled report of the grouping's own test data.
type report struct {
	ID, Lang, Source, Title, Text string
	Time                          time.Time
}

// TestOrderInsideAPollMakesNoDifference gives the same feeds twenty times, a day a
// poll, with their entries and the feeds themselves in another order each time.
// The stories, who is in them, what stands for them and what they developed by
// are the same every time: a desk must not depend on who answers first.
func TestOrderInsideAPollMakesNoDifference(t *testing.T) {
	if raced {
		t.Skip("runs for long, on one goroutine")
	}
	t.Parallel()
	reports := readReports(t, "story/testdata/desk.jsonl")
	reports = reports[:len(reports)/2] // five days of ten are enough to be torn apart in
	want := playShuffled(t, reports, 0)
	grouped, developed, copies := 0, 0, 0
	for _, s := range want {
		grouped += len(s.Members)
		developed += len(s.Developments)
		for _, m := range s.Members {
			if m.CopyOf != "" {
				copies++
			}
		}
	}
	if grouped < len(reports)*9/10 || len(want) > grouped*3/4 || developed == 0 || copies == 0 {
		t.Fatalf("too little happened: %d of %d reports in %d stories, %d developments, %d copies",
			grouped, len(reports), len(want), developed, copies)
	}
	for order := uint64(1); order < shuffles; order++ {
		t.Run(fmt.Sprint(order), func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(want, playShuffled(t, reports, order)); diff != "" {
				t.Errorf("in this order the stories are others (-first +this):\n%s", diff)
			}
		})
	}
}

func readReports(t *testing.T, path string) (reports []report) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var r report
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		reports = append(reports, r)
	}
	return reports
}

// playShuffled runs a watcher over the reports, one poll a day, and returns the
// stories by id.
func playShuffled(t *testing.T, reports []report, order uint64) map[string]news.Story {
	rng := rand.New(rand.NewPCG(order, 1))
	outlets := map[string]string{} // name -> address
	byDay := map[time.Time][]report{}
	var days []time.Time
	for _, r := range reports {
		if outlets[r.Source] == "" {
			outlets[r.Source] = fmt.Sprintf("127.0.0.1:%d/rss", len(outlets)+1)
		}
		day := r.Time.Truncate(24 * time.Hour)
		if byDay[day] == nil {
			days = append(days, day)
		}
		byDay[day] = append(byDay[day], r)
	}
	w := &world{t: t, feeds: fakeWeb{}, db: fileIn(t), now: days[0].Add(-time.Hour), rules: shuffledRules(rng, reports, outlets)}
	defer w.close()
	poll := func(told []report) {
		for name, address := range outlets {
			w.feeds[address] = answer{status: http.StatusOK, body: shuffledFeed(rng, name, told)}
		}
		if err := w.pass(); err != nil {
			t.Fatal(err)
		}
	}
	poll(nil)
	var told []report
	for _, day := range days {
		w.now = day.Add(24 * time.Hour)
		told = append(told, byDay[day]...)
		poll(told)
	}
	return storiesByID(t, w)
}

// shuffledRules are rules that hit every report, with the feeds in any order.
func shuffledRules(rng *rand.Rand, reports []report, outlets map[string]string) []byte {
	langs := map[string]string{}
	for _, r := range reports {
		langs[r.Source] = r.Lang
	}
	var feeds []string
	for name, address := range outlets {
		_, port, _ := strings.Cut(strings.TrimSuffix(address, "/rss"), ":")
		feeds = append(feeds, fmt.Sprintf("  - {id: f%s, name: %q, url: \"http://%s\", lang: %s}\n", port, name, address, langs[name]))
	}
	slices.Sort(feeds)
	rng.Shuffle(len(feeds), func(i, j int) { feeds[i], feeds[j] = feeds[j], feeds[i] })
	return []byte(`version: 1
settings: {timezone: UTC, poll: 10m, network: {allow: ["127.0.0.0/8"]}}
feeds:
` + strings.Join(feeds, "") + `
entities:
  brandt: {name: Lena Brandt, type: person, surname: [Brandt]}
  vandel: {name: Piet Vandel, type: person, surname: [Vandel]}
rules:
  - id: every
    title: Every report
    when: {any: [a, the, of, in, to, on, der, die, la, le, el, в, о]}
    score: 50
digests:
  - {id: desk, title: Desk, cron: "0 * * * *", rules: all, to: {slack: desk}}
operators:
  to: {slack: desk}
`)
}

// shuffledFeed is an outlet's document.
func shuffledFeed(rng *rand.Rand, outlet string, told []report) []byte {
	var entries []string
	for _, r := range told {
		if r.Source != outlet {
			continue
		}
		date := "<pubDate>" + r.Time.Format(time.RFC1123Z) + "</pubDate>"
		if outlet == undatedOutlet {
			date = ""
		}
		entries = append(entries, fmt.Sprintf("<item><guid>%s</guid><link>https://%s.example/%s</link><title>%s</title><description>%s</description>%s</item>\n",
			r.ID, strings.ReplaceAll(strings.ToLower(outlet), " ", ""), r.ID, escaped(r.Title), escaped(r.Text), date))
	}
	slices.Reverse(entries) // the latest on top
	if outlet != undatedOutlet {
		rng.Shuffle(len(entries), func(i, j int) { entries[i], entries[j] = entries[j], entries[i] })
	}
	return []byte(`<rss version="2.0"><channel><title>` + escaped(outlet) + "</title>\n" + strings.Join(entries, "") + `</channel></rss>`)
}

func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a builder takes everything
	return b.String()
}

func storiesByID(t *testing.T, w *world) map[string]news.Story {
	t.Helper()
	list, err := w.store.StoryList(t.Context(), 1000)
	if err != nil {
		t.Fatal(err)
	}
	stories := map[string]news.Story{}
	for _, s := range list {
		stories[s.ID] = s
	}
	return stories
}
