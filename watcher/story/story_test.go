package story_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"newswatch/news"
	"newswatch/watcher/story"
)

var noon = time.Date(2031, 3, 4, 12, 0, 0, 0, time.UTC)

// told makes an item told by an outlet some time after noon.
func told(outlet, title, body string, after time.Duration) news.Item {
	it := news.Item{
		ID: news.ItemID(outlet, title+after.String()), FeedID: outlet, Publisher: outlet, Lang: "en",
		Title: title, Body: body, Published: noon.Add(after), Fetched: noon.Add(after), Dated: true,
	}
	it.URL = "https://" + strings.ToLower(outlet) + ".example/" + it.ID
	return it
}

const pact = "Tavia and Calder signed a pact on fishing rights in the Strait of Orme after nine years of quarrels, and both prime ministers praised it."

func with(it news.Item, change func(*news.Item)) news.Item {
	change(&it)
	return it
}

func TestCopies(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("The harbour master said the cranes would move again on Monday once the wind drops below forty knots in the outer basin. ", 1) +
		"Crews had lashed down nine hundred containers on Friday night, two of which went overboard and drifted to the northern mole. " +
		"Divers will look for them when the sea calms, and insurers have asked for a list of what they held, the port authority added in a note."
	first := told("Wire", "Tavia and Calder sign fishing pact after nine years", pact, 0)
	truce := told("Wire", "Osten declares three-day ceasefire in arms-control row", "", 0)
	column := told("Wire", "Morning briefing: what you need to know", "Rail fares go up and a chess champion retires.", 0)
	for name, c := range map[string]struct {
		first, second news.Item
		copied        bool
	}{
		"same address, tracked": {first, with(told("Post", "Fishing pact signed", "", time.Hour), func(it *news.Item) {
			it.URL = strings.Replace(first.URL, "https://", "http://www.", 1) + "/?utm_source=rss#top"
		}), true},
		"same headline, outlet's name at the end":     {first, told("Post", first.Title+" - Post", "", time.Hour), true},
		"same headline, other outlet's name behind":   {first, told("Post", first.Title+" | Wire", "", time.Hour), true},
		"same headline in title case":                 {first, told("Post", "Tavia And Calder Sign Fishing Pact After Nine Years", "", time.Hour), true},
		"same headline, hyphens of another house":     {truce, told("Post", "Osten Declares Three-Day Cease-Fire In Arms-Control Row", "", time.Hour), true},
		"same headline, no hyphens, other spelling":   {with(truce, func(it *news.Item) { it.Title = "Co-operation and E-mail: Zelensky's co-ordinators meet" }), told("Post", "Cooperation and email: Zelenskyy’s coordinators meet", "", time.Hour), true},
		"same headline, other score":                  {told("Wire", "Osten Rovers beat Calder Town 11-1", "", 0), told("Post", "Osten Rovers beat Calder Town 1-11", "", time.Hour), false},
		"same headline, score or number":              {told("Wire", "Osten Rovers beat Calder Town 7-0", "", 0), told("Post", "Osten Rovers beat Calder Town 70", "", time.Hour), false},
		"column of one outlet under another writing":  {column, with(told("The Wire", column.Title, "A heat record falls and museums drop their fee.", 24*time.Hour), func(it *news.Item) { it.FeedID = "wire-europe" }), false},
		"two feeds of one outlet, two writings":       {first, with(told("THE WIRE", first.Title, pact, time.Minute), func(it *news.Item) { it.FeedID = "wire-europe" }), true},
		"same headline four days later":               {first, told("Post", first.Title, "", 96*time.Hour), false},
		"same short headline":                         {told("Wire", "Fishing pact signed", pact, 0), told("Post", "Fishing pact signed", "", time.Hour), false},
		"two feeds of one outlet":                     {first, with(told("Wire", first.Title, pact, time.Minute), func(it *news.Item) { it.FeedID = "wire-europe" }), true},
		"column of one outlet on the next day":        {column, told("Wire", column.Title, "A heat record falls and museums drop their fee.", 24*time.Hour), false},
		"same long text under another headline":       {told("Wire", "Port to open on Monday", long, 0), told("Post", "Containers overboard: cranes stand still", long, time.Hour), true},
		"same headline over two other texts":          {told("Wire", "What we know about the storm so far", long, 0), told("Post", "What we know about the storm so far", strings.Repeat("Every farm in Calder lost hay and two barns fell down near Teshko where nobody was hurt. ", 5), time.Hour), false},
		"live page: one address, other headline":      {first, with(told("Wire", "Live: reactions to the fishing pact of Tavia and Calder", "", time.Hour), func(it *news.Item) { it.URL = first.URL }), false},
		"front page is no address":                    {with(first, func(it *news.Item) { it.URL = "https://wire.example/" }), with(told("Wire", "Chess champion Ruiz retires at thirty", "", time.Hour), func(it *news.Item) { it.URL = "https://wire.example/" }), false},
		"no address, no headline, no text":            {news.Item{ID: "1"}, news.Item{ID: "2"}, false},
		"another language has other copies, not this": {first, told("Post", "Chess champion Ruiz retires at thirty", "", time.Hour), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := story.New(story.Config{})
			one := g.Add(c.first, nil)
			two := g.Add(c.second, nil)
			if got := two.CopyOf == c.first.ID; got != c.copied {
				t.Errorf("got copy %v (%+v), want %v", got, two, c.copied)
			}
			if c.copied && two.StoryID != one.StoryID {
				t.Error("a copy must be in its report's story")
			}
			if !one.New || one.CopyOf != "" {
				t.Errorf("first item: got %+v, want a new story", one)
			}
		})
	}
}

// TestCopyOfCopy holds that copies name the report, not another copy.
func TestCopyOfCopy(t *testing.T) {
	t.Parallel()
	g := story.New(story.Config{})
	first := told("Wire", "Tavia and Calder sign fishing pact after nine years", pact, 0)
	g.Add(first, nil)
	for i, outlet := range []string{"Post", "Courier", "Review"} {
		p := g.Add(told(outlet, first.Title, "", time.Duration(i+1)*time.Hour), nil)
		if p.CopyOf != first.ID {
			t.Errorf("%s: got copy of %q, want %q", outlet, p.CopyOf, first.ID)
		}
	}
	if g.Size() != 1 {
		t.Errorf("got %d reports kept, want 1", g.Size())
	}
}

func TestSame(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		a, b string
		same bool
	}{
		"rewritten headline":        {"Tavia and Calder sign fishing pact for Strait of Orme", "Orme strait: Calder, Tavia agree on fishing at last", true},
		"other spelling":            {"Kiev: Zelenskiy rejects cease-fire offer", "Zelenskyy rejects ceasefire offer in Kyiv", true},
		"two quakes":                {"Magnitude 6.1 earthquake shakes Lemba island", "Magnitude 5.4 earthquake shakes Marou province", false},
		"two arrests":               {"Police arrest former bank chief Elias Dorn", "Police arrest striker Matti Lund after brawl", false},
		"common words only":         {"Prime minister says talks will go on", "President says talks will end soon", false},
		"other language, same name": {"Moen tritt nach Niederlage in Tavia ab", "Chess champion Ruiz retires at thirty", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := story.New(story.Config{}).Same(told("Wire", c.a, "", 0), told("Post", c.b, "", time.Hour))
			if v.Same != c.same {
				t.Errorf("got %+v, want same %v", v, c.same)
			}
		})
	}
}

// TestRuleWordsWearOut holds that a word which every item of the desk holds
// joins nothing: the desk sees only items with its own rules' words.
func TestRuleWordsWearOut(t *testing.T) {
	t.Parallel()
	g := story.New(story.Config{})
	subjects := []string{"bakers", "ferries", "beavers", "orchards", "glaciers", "violins", "pensions", "lighthouses", "vaccines", "parades"}
	for i := range 200 {
		title := fmt.Sprintf("Ceasefire in Osten: %s of town %d and their Mayor%d", subjects[i%10], i, i)
		g.Add(told("Wire", title, "", time.Duration(i)*time.Minute), []string{"osten"})
	}
	a := told("Wire", "Ceasefire in Osten brings hope to beekeepers", "", 4*time.Hour)
	b := told("Post", "Osten ceasefire: tram drivers on strike", "", 4*time.Hour)
	if v := g.Same(a, b); v.Same {
		t.Errorf("got %+v, want two stories", v)
	}
}

func TestWhyNamesSharedWordsAndDistance(t *testing.T) {
	t.Parallel()
	g := story.New(story.Config{})
	g.Add(told("Wire", "Marlow envoy hands Osten a truce proposal in Abu Dhabi", "", 0), nil)
	p := g.Add(told("Post", "Osten studies truce proposal that Marlow made in Abu Dhabi", "", 3*time.Hour), nil)
	if p.New {
		t.Fatalf("got a new story: %+v", p)
	}
	for _, want := range []string{"shares ", "Marlow", "Abu Dhabi", "3 h apart"} {
		if !strings.Contains(p.Why, want) {
			t.Errorf("got %q, want %q in it", p.Why, want)
		}
	}
}

func TestWindow(t *testing.T) {
	t.Parallel()
	title := "Marlow envoy hands Osten a truce proposal in Abu Dhabi"
	for name, c := range map[string]struct {
		after time.Duration
		same  bool
	}{
		"within":                   {100 * time.Hour, true},
		"opens a closed one again": {130 * time.Hour, true},
		"after":                    {170 * time.Hour, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := story.New(story.Config{})
			g.Add(told("Wire", title, "", 0), nil)
			p := g.Add(told("Post", "Envoy of Marlow hands Osten truce proposal in Abu Dhabi", "", c.after), nil)
			if p.New == c.same {
				t.Errorf("got %+v, want same story %v", p, c.same)
			}
		})
	}
}

// TestThreshold holds that Config.Threshold moves the decision.
func TestThreshold(t *testing.T) {
	t.Parallel()
	a := told("Wire", "Tavia and Calder sign fishing pact for Strait of Orme", "", 0)
	b := told("Post", "Orme strait: Calder, Tavia agree on fishing at last", "", time.Hour)
	if story.New(story.Config{Threshold: 0.9999}).Same(a, b).Same {
		t.Error("at 0.9999 the two must be apart")
	}
	if !story.New(story.Config{Threshold: 0.01}).Same(a, b).Same {
		t.Error("at 0.01 the two must be together")
	}
}

// TestForgets holds that silent stories leave the memory.
func TestForgets(t *testing.T) {
	t.Parallel()
	g := story.New(story.Config{})
	for i := range 5000 {
		g.Add(told("Wire", fmt.Sprintf("Subject%d meets thing%d in place%d", i, i*7, i*13), "", time.Duration(i)*time.Hour), nil)
	}
	if got := g.Size(); got > 180 {
		t.Errorf("got %d reports kept, want those of the last 168 hours only", got)
	}
}

// A replay may begin behind the report that started a story, among its copies.
func TestAStoryOfWhichOnlyACopyIsRemembered(t *testing.T) {
	t.Parallel()
	long := pact + " The pact lets boats of both countries fish for herring and cod until the end of the decade, and a commission in Orme will settle quarrels over nets, as both sides had asked for since the winter when two boats were sunk."
	g := story.New(story.Config{})
	g.Restore(told("Post", "Tavia and Calder sign fishing pact after nine years", long, 0), nil, "s1", "gone")
	if p := g.Add(told("Echo", "Fishing pact of Tavia and Calder ends nine years of quarrels in the Strait of Orme", pact, time.Hour), nil); p.StoryID != "s1" || p.CopyOf != "" {
		t.Errorf("another report came to %+v, want s1", p)
	}
	if p := g.Add(told("Herald", "Boats may fish again", long, time.Hour), nil); p.StoryID != "s1" || p.CopyOf != "gone" {
		t.Errorf("another copy came to %+v, want one of the report that is gone in s1", p)
	}
}
