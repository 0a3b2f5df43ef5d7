package story_test

import (
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"newswatch/news"
	"newswatch/watcher/story"
)

// vocabulary is small, so that drawn items meet.
var vocabulary = strings.Fields("Marlow Osten Tavia Calder Quill Moen Dorn truce quake ferry strike bridge vote pension " +
	"malaria piers Skellan Sarriko the of in and talks 212 6.1 Kestrel Varn valley envoy police court")

func drawItem(t *rapid.T, i int) news.Item {
	words := func(label string, most int) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(vocabulary), 0, most).Draw(t, label), " ")
	}
	outlet := rapid.SampledFrom([]string{"Wire", "Post", "Review", ""}).Draw(t, "outlet")
	it := news.Item{
		ID: fmt.Sprint("item", i), Publisher: outlet, FeedID: outlet,
		Lang:  rapid.SampledFrom([]string{"en", "de", ""}).Draw(t, "lang"),
		Title: words("title", 9), Body: words("body", 90),
		URL: rapid.SampledFrom([]string{"", "https://wire.example/1", "https://post.example/2", fmt.Sprintf("https://x.example/%d", i)}).Draw(t, "url"),
	}
	if at := rapid.IntRange(-1, 300).Draw(t, "hour"); at >= 0 {
		it.Published = noon.Add(time.Duration(at) * time.Hour)
		it.Fetched = it.Published.Add(time.Duration(rapid.IntRange(0, 30).Draw(t, "late")) * time.Hour)
	}
	return it
}

func drawItems(t *rapid.T) []news.Item {
	items := make([]news.Item, rapid.IntRange(1, 40).Draw(t, "items"))
	for i := range items {
		items[i] = drawItem(t, i)
	}
	return items
}

// TestEveryItemIsInOneStory holds the shape of placements: a new story is named
// after its item, an old one exists, a copy sits in its report's story, and of two
// stories that turn out to be one the first to be opened stays.
func TestEveryItemIsInOneStory(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g := story.New(story.Config{})
		opened, placed := map[string]int{}, map[string]story.Placement{}
		into := map[string]string{}
		living := func(id string) string {
			for into[id] != "" {
				id = into[id]
			}
			return id
		}
		for i, it := range drawItems(t) {
			p := g.Add(it, nil)
			for _, m := range p.Merged {
				if into[m.Into] != "" || into[m.From] != "" || opened[m.Into] == 0 || opened[m.Into] >= opened[m.From] || m.Why == "" {
					t.Fatalf("%s: got merge %+v", it.ID, m)
				}
				into[m.From] = m.Into
			}
			if p.New != (p.StoryID == news.StoryID(it.ID)) || p.New == (opened[p.StoryID] > 0) || living(p.StoryID) != p.StoryID {
				t.Fatalf("%s: got %+v", it.ID, p)
			}
			if p.CopyOf != "" {
				if of, ok := placed[p.CopyOf]; !ok || living(of.StoryID) != p.StoryID || of.CopyOf != "" {
					t.Fatalf("%s is a copy of %q, which is placed as %+v", it.ID, p.CopyOf, of)
				}
			}
			if p.Score < 0 || p.Score > 1 || p.Why == "" {
				t.Fatalf("%s: got score %v and why %q", it.ID, p.Score, p.Why)
			}
			if p.New {
				opened[p.StoryID] = i + 1
			}
			placed[it.ID] = p
		}
	})
}

// TestRestoreIsAdd holds that a replay leaves the same state as the day itself:
// what comes next is placed in the same way, for the same reason. Days on which
// stories were merged are left out: a replay puts their items into one story from
// the start, and weighs them a little differently.
func TestRestoreIsAdd(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		items := drawItems(t)
		cut := rapid.IntRange(0, len(items)).Draw(t, "cut")
		lived, replayed := story.New(story.Config{}), story.New(story.Config{})
		for _, it := range items[:cut] {
			p := lived.Add(it, []string{"quill"})
			if len(p.Merged) > 0 {
				t.Skip("merged")
			}
			replayed.Restore(it, []string{"quill"}, p.StoryID, p.CopyOf)
		}
		for _, it := range items[cut:] {
			if a, b := lived.Add(it, nil), replayed.Add(it, nil); !reflect.DeepEqual(a, b) {
				t.Fatalf("%s: got %+v after a replay, want %+v", it.ID, b, a)
			}
		}
		if lived.Size() != replayed.Size() {
			t.Fatalf("got %d reports after a replay, want %d", replayed.Size(), lived.Size())
		}
	})
}

// TestUnrelatedOrder holds that two items with nothing in common may come in
// either order.
func TestUnrelatedOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		before := drawItems(t)
		a := told("Wire", "Glacier hikers found alive below Mount Ferrin", "", 0)
		b := told("Post", "Orchestra strikes as violinist resigns", "", 0)
		place := func(x, y news.Item) map[string]string {
			g := story.New(story.Config{})
			ids := map[string]string{}
			for _, it := range before {
				g.Add(it, nil)
			}
			for _, it := range []news.Item{x, y} {
				ids[it.ID] = g.Add(it, nil).StoryID
			}
			return ids
		}
		ab, ba := place(a, b), place(b, a)
		if ab[a.ID] != ba[a.ID] || ab[b.ID] != ba[b.ID] {
			t.Fatalf("got %v in one order and %v in the other", ab, ba)
		}
	})
}

// FuzzText holds that no text makes the grouper panic, or lose an item that
// comes a second time at the same address.
func FuzzText(f *testing.F) {
	f.Add("Marlow envoy hands Osten a truce proposal", "Petra Quill, the envoy, said “yes”.", "en", "https://a.example/1")
	f.Add("Владимир Зеленский отклонил предложение", "Ёлка", "ru", "https://a.example/2?utm_source=x&id=1#f")
	f.Add("東京で地震、津波の心配なし", "東京", "", "//b")
	f.Add("- | – — ", "\x00\xff\xfe", "xx-", "https://%zz")
	f.Add("𝐁𝐨𝐥𝐝 news — it's the 194K-strong cease-fire", strings.Repeat("a-", 300), "de_AT", "https://c.example/?")
	f.Add("''' ' s's 's", "1,000,000 1.5 1, .5 -5 k 5k", "EN", "https://d.example/amp")
	f.Fuzz(func(t *testing.T, title, body, lang, url string) {
		g := story.New(story.Config{})
		it := news.Item{ID: "1", Title: title, Body: body, Lang: lang, URL: url, Published: noon}
		first := g.Add(it, []string{title})
		it.ID = "2"
		it.Publisher = lang
		second := g.Add(it, nil)
		if second.New && second.StoryID == first.StoryID || !first.New {
			t.Errorf("got %+v, then %+v", first, second)
		}
		if v := g.Same(it, it); v.Score < 0 || v.Score > 1 || v.Score != v.Score {
			t.Errorf("got score %v", v.Score)
		}
	})
}

// stream makes n invented items on about a fifth as many subjects, with the
// words of one language spread as in a real one: few common, most rare.
func stream(n int, span time.Duration) []news.Item {
	items := make([]news.Item, n)
	state := uint64(1)
	next := func(limit int) int {
		state = state*6364136223846793005 + 1442695040888963407
		return int(state>>33) % limit
	}
	for i := range items {
		subject := i - next(min(i+1, 400))
		subject -= subject % 5
		var body strings.Builder
		for range 40 {
			switch next(4) {
			case 0:
				fmt.Fprintf(&body, "Name%d ", subject*3+next(6))
			case 1:
				fmt.Fprintf(&body, "rare%d ", next(20000))
			default:
				fmt.Fprintf(&body, "common%d ", next(next(2000)+1))
			}
		}
		text := body.String()
		items[i] = told(fmt.Sprint("outlet", next(200)), text[:60], text, span/time.Duration(n)*time.Duration(i))
		items[i].ID = fmt.Sprint(i)
	}
	return items
}

// BenchmarkAdd places items beside so many that came within the window: items a
// second, how long half and all but one in a hundred take at most, and the memory
// that is held.
func BenchmarkAdd(b *testing.B) {
	const more = 20_000
	for _, active := range []int{5_000, 50_000, 500_000} {
		b.Run(fmt.Sprint(active), func(b *testing.B) {
			items := stream(active+more, 119*time.Hour)
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			g := story.New(story.Config{})
			for _, it := range items[:active] {
				g.Add(it, nil)
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			var took []time.Duration
			for i := active; b.Loop(); i++ {
				it := items[active+i%more]
				it.ID = fmt.Sprint(i)
				begun := time.Now()
				g.Add(it, nil)
				took = append(took, time.Since(begun))
			}
			slices.Sort(took)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "items/s")
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB")
			b.ReportMetric(float64(g.Size()), "kept")
		})
	}
}
