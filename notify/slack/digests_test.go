package slack_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"html"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"newswatch/news"
	"newswatch/notify/slack"
	"newswatch/notify/slack/slackfake"
	"newswatch/notify/wording"
)

// The long run: go test ./notify/slack -run TestDigests -digests 1000000 -timeout 2h.
var (
	digests = flag.Int("digests", 0, "how many random digests TestDigests renders, however many of them fail; 0: some hundreds, until one does")
	from    = flag.Int("digest", 1, "the first of the random digests: -digest N -digests 1 renders that one alone")
	seed    = flag.Uint64("seed", 0, "of the random digests; 0 takes another one each time")
)

// TestDigests renders random digests of 0 to 500 stories, with alerts, notes and
// notices of the same hostile texts, and has the strict fake read each message:
// none is refused, nothing of a feed's is live, every story is in the parent or the
// thread and its headline in the plain text, all within our budget.
func TestDigests(t *testing.T) {
	t.Parallel()
	many, first := *digests, *seed
	switch {
	case many > 0:
	case raced:
		many = 100
	default:
		many = 1000
	}
	if first == 0 {
		first = uint64(time.Now().UnixNano())
	}
	var next, stories, messages, largest atomic.Int64
	var workers sync.WaitGroup
	began := time.Now()
	next.Store(int64(*from) - 1)
	many += *from - 1
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			check := slackfake.NewChecker(budget)
			for n := next.Add(1); n <= int64(many) && (*digests > 0 || !t.Failed()); n = next.Add(1) {
				d := &draw{t: t, rand: rand.New(rand.NewPCG(first, uint64(n))), check: check, name: fmt.Sprintf("-seed %d, digest %d", first, n)}
				d.run()
				stories.Add(int64(d.stories))
				messages.Add(int64(d.messages))
				if d.stories >= 400 {
					largest.Add(1)
				}
				if n%10_000 == 0 {
					t.Logf("%d digests, %.0f a second", n, float64(n)/time.Since(began).Seconds())
				}
			}
		})
	}
	workers.Wait()
	took, done := time.Since(began), min(next.Load(), int64(many))-int64(*from)+1
	t.Logf("seed %d: %d digests, %d of them with 400 stories or more, %d stories, %d messages, %.0f digests a second",
		first, done, largest.Load(), stories.Load(), messages.Load(), float64(done)/took.Seconds())
}

// budget is the size of blocks that we allow ourselves; Slack takes about 13,200.
const budget = 12_500

// draw is one random digest and what is checked of it.
type draw struct {
	t                 *testing.T
	rand              *rand.Rand
	check             *slackfake.Checker
	name              string
	texts, urls       []string
	links             map[string]bool // that may be live: those of the feeds, made safe
	stories, messages int
}

func (d *draw) run() {
	heavy := d.rand.IntN(12) == 0 // all that costs the most, at full length
	for range 24 {
		if heavy {
			d.texts = append(d.texts, strings.Repeat(costly[d.rand.IntN(len(costly))], 3000))
			continue
		}
		d.texts = append(d.texts, d.text())
	}
	d.links = map[string]bool{}
	for range 12 {
		u := d.url()
		if heavy {
			u = "https://wire.example/?" + strings.Repeat("&a", d.rand.IntN(200))
		}
		d.urls = append(d.urls, u)
		d.links[wording.Link(u)] = true
	}
	c := slack.New(slack.Config{Interactive: d.rand.IntN(2) == 0})
	d.digest(c)
	switch d.rand.IntN(6) {
	case 0:
		d.alert(c)
	case 1:
		d.notice(c)
	}
}

func (d *draw) digest(c *slack.Channel) {
	digest := d.anyDigest()
	list, err := c.Digest(digest)
	if err != nil {
		d.t.Errorf("%s: %v", d.name, err)
		return
	}
	shown := map[string]int{}
	byID := map[string]news.Entry{}
	for _, s := range digest.Sections {
		for _, e := range s.Entries {
			byID[e.StoryID] = e
		}
	}
	lean := d.rand.IntN(20) == 0
	for i, m := range list {
		text := d.read(m.Payload)
		for _, id := range m.Stories {
			shown[id]++
			e := byID[id]
			headline := wording.Headline(e, 180)
			if !bytes.Contains(m.Payload, quotedJSON(headline)) {
				d.t.Errorf("%s: message %d does not show %q", d.name, i, headline)
			}
			if want := fmt.Sprintf("%d. %s", e.Number, opening(headline)); !strings.Contains(text, want) {
				d.t.Errorf("%s: message %d has no %q in its text %q", d.name, i, want, text)
			}
		}
		if lean {
			d.leaner(c, m.Payload)
		}
	}
	if lean {
		d.hooked(digest)
	}
	for id, e := range byID {
		if shown[id] != 1 {
			d.t.Errorf("%s: story %d is shown %d times", d.name, e.Number, shown[id])
		}
	}
	d.stories = len(byID)
}

// hooked renders a digest for a webhook: nothing but the metadata may be missing.
func (d *draw) hooked(digest news.Digest) {
	list, err := slack.NewHook(slack.HookConfig{}).Digest(digest)
	if err != nil {
		d.t.Errorf("%s: as a webhook's: %v", d.name, err)
	}
	for _, m := range list {
		for _, s := range digest.Sections {
			for _, e := range s.Entries {
				if h := wording.Headline(e, 180); slices.Contains(m.Stories, e.StoryID) && !bytes.Contains(m.Payload, quotedJSON(h)) {
					d.t.Errorf("%s: a webhook's message does not show %q", d.name, h)
				}
			}
		}
	}
}

func (d *draw) alert(c *slack.Channel) {
	a := news.Alert{
		DeliveryID: "al_0123456789abcdef", Title: d.one(), RuleTitle: d.one(), Entry: d.entry(d.rand.IntN(30)), FirstSeen: morning,
		Mention: []string{"S0NIGHTDESK", d.one()}[:d.rand.IntN(2)],
	}
	if d.rand.IntN(50) == 0 {
		for range d.rand.IntN(900) {
			a.Mention = append(a.Mention, "S0NIGHTDESK")
		}
	}
	for range d.rand.IntN(6) {
		a.Entry.News = append(a.Entry.News, news.Change{Reason: d.one(), Report: d.source(), Was: d.one()})
	}
	if d.rand.IntN(8) == 0 {
		a.Entry.OneWith = d.source()
	}
	for _, render := range []func(news.Alert) (news.Message, error){c.Alert, c.Followup} {
		m, err := render(a)
		if err != nil {
			d.t.Errorf("%s: %v", d.name, err)
			continue
		}
		text := d.read(m.Payload)
		if want := opening(wording.Headline(a.Entry, 180)); !strings.Contains(text, want) {
			d.t.Errorf("%s: no %q in the text %q", d.name, want, text)
		}
		d.shownIn(text, m.Payload)
		d.leaner(c, m.Payload)
	}
}

// shownIn checks that each linked report of a message stands in its text.
func (d *draw) shownIn(text string, payload []byte) {
	var m struct {
		Blocks []struct {
			Type     string
			Elements []struct {
				Type     string
				Elements json.RawMessage
			}
		}
	}
	if err := json.Unmarshal(payload, &m); err != nil {
		d.t.Errorf("%s: %v", d.name, err)
	}
	var walk func(raw json.RawMessage)
	walk = func(raw json.RawMessage) {
		var list []struct {
			Type, Text string
			Elements   json.RawMessage
		}
		_ = json.Unmarshal(raw, &list)
		for _, e := range list {
			if want := opening(e.Text); e.Type == "link" && !strings.Contains(text, want) {
				d.t.Errorf("%s: no %q in the text %q", d.name, want, text)
			}
			walk(e.Elements)
		}
	}
	for _, b := range m.Blocks {
		if b.Type != "rich_text" {
			continue
		}
		for _, e := range b.Elements {
			walk(e.Elements)
		}
	}
}

func (d *draw) notice(c *slack.Channel) {
	m, err := c.Notice(news.Notice{
		DeliveryID: "op_0123456789abcdef", Kind: "delivery_held", Headline: d.one(), Subject: d.one(), Detail: d.one() + "\n" + d.one(), Footer: d.one(),
	})
	if err != nil {
		d.t.Errorf("%s: %v", d.name, err)
		return
	}
	d.read(m.Payload)
	d.leaner(c, m.Payload)
}

// leaner reads the plainer forms of a message too.
func (d *draw) leaner(c *slack.Channel, payload []byte) {
	for rung := 1; ; rung++ {
		next, ok := c.Lean(payload, rung)
		if !ok {
			return
		}
		d.read(next)
		payload = next
	}
}

// shown is a text as a reader sees it: with what the escapes stand for, and with the
// colons whose look-alikes stand there.
var shown = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&", "∶", ":")

// read has the fake read a message and gives its text as it is shown.
func (d *draw) read(payload []byte) string {
	d.messages++
	got := d.check.Check(payload)
	switch {
	case got.Error != "":
		d.t.Errorf("%s: refused: %s %v\n%s", d.name, got.Error, got.Details, payload)
	case len(got.Text) > 3800 || got.Text == "":
		d.t.Errorf("%s: %d bytes of text", d.name, len(got.Text))
	case got.Metadata == 0 || got.Metadata > 1024:
		d.t.Errorf("%s: %d bytes of metadata", d.name, got.Metadata)
	}
	for _, m := range got.Mentions {
		if m != "<!subteam^S0NIGHTDESK>" {
			d.t.Errorf("%s: a live mention %s\n%s", d.name, m, payload)
		}
	}
	if own := bytes.Contains(payload, []byte("news_alert")) || bytes.Contains(payload, []byte("news_notice")); len(got.Emoji) > 1 || len(got.Emoji) > 0 && !own {
		d.t.Errorf("%s: live emoji %q\n%s", d.name, got.Emoji, payload)
	}
	for _, l := range got.Links {
		if !d.links[html.UnescapeString(l)] && !d.links[l] {
			d.t.Errorf("%s: a live link to %q\n%s", d.name, l, payload)
		}
	}
	return shown.Replace(got.Text)
}

// anyDigest is mostly small; of a million some thousands have 400 stories or more.
func (d *draw) anyDigest() news.Digest {
	r := d.rand
	stories := r.IntN(9)
	switch n := r.IntN(1000); {
	case n < 4:
		stories = 400 + r.IntN(101)
	case n < 8:
		stories = 100 + r.IntN(300)
	case n < 30:
		stories = 30 + r.IntN(70)
	case n < 130:
		stories = 9 + r.IntN(21)
	}
	digest := news.Digest{
		DeliveryID: "dg_0123456789abcdef", PlanID: "p", Title: d.one(), From: morning.Add(-time.Hour), To: morning, Items: r.IntN(5000), Feeds: r.IntN(3),
		Missed: r.IntN(3), Waiting: r.IntN(3), Next: morning.Add(time.Duration(r.IntN(99)) * time.Hour),
	}
	order := r.Perm(stories)
	sections := 1 + r.IntN(1+min(stories, 1+r.IntN(60)))
	for i := range sections {
		s := news.Section{Rule: fmt.Sprintf("rule-%d", i), Title: d.one()}
		for j := i; j < stories; j += sections {
			e := d.entry(r.IntN(5))
			e.Number, e.Score = order[j]+1, r.IntN(101)
			e.StoryID = fmt.Sprintf("%08x%08x", e.Number*7919, e.Number)
			s.Entries = append(s.Entries, e)
		}
		if len(s.Entries) > 0 {
			digest.Sections = append(digest.Sections, s)
		}
	}
	return digest
}

func (d *draw) entry(sources int) news.Entry {
	r := d.rand
	e := news.Entry{
		Number: 1, StoryID: "00000000deadbeef", Headline: d.one(), URL: d.oneURL(), Summary: d.one(), Why: d.one(),
		Quote: news.Quote{Text: d.one()}, At: morning.Add(-time.Duration(r.IntN(5000)) * time.Minute),
		Developing: r.IntN(3) == 0, Since: r.IntN(9), Publishers: r.IntN(sources + 1),
	}
	if r.IntN(3) == 0 {
		e.SummaryBy = d.source()
	}
	if n := len(e.Quote.Text); n > 0 {
		at := r.IntN(n)
		e.Quote.Marks = [][2]int{{at, at + r.IntN(9)}, {r.IntN(n), n}}
	}
	if e.Developing {
		e.News = []news.Change{{Reason: d.one(), Report: d.source(), Was: d.one()}}
	}
	for range sources {
		e.Sources = append(e.Sources, d.source())
	}
	return e
}

func (d *draw) source() news.Source {
	return news.Source{Name: d.one(), URL: d.oneURL(), Headline: d.one(), New: d.rand.IntN(2) == 0}
}

func (d *draw) one() string    { return d.texts[d.rand.IntN(len(d.texts))] }
func (d *draw) oneURL() string { return d.urls[d.rand.IntN(len(d.urls))] }

// hostile are pieces of text that make something live in some markup, or break it.
var hostile = []string{
	"<!channel>", "<!here>", "<!everyone>", "<@U012345678>", "<!subteam^S012345678>", "<!subteam^@desk>", "<!subteam^@ shut", "<http://evil.example|Aster Wire>", "<#C012345678>",
	"&lt;!channel&gt;", "&", "<", ">", "|", "*", "_", "~", "`", "\\", "\"", "\n", "\x00", "\u202e", "\u200b", "\ufeff", "\u2066", "\xff\xfe", "\xed\xa0\x80",
	`{"type":"usergroup","usergroup_id":"@desk"}`, `","type":"broadcast"`, "\\u003c!channel\\u003e", "@channel", "@here", ":rotating_light:", ":tada:", ":wave::skin-tone-2:", "10:30:45", ":", "::", "smile:", ":piñata", "https://evil.example/",
	"javascript:alert(1)", "12. ", "e\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301", "👩\u200d🚀", "漢字の見出し", "العنوان", "Заголовок", "<!date^0^{date}|x>",
}

// costly are pieces of which Slack counts more bytes than others have.
var costly = []string{"&", "<", ">", "🚢", "漢", "\"", "\\", ":a", ":a: ", "*", "& ", "x"}

// text is plain words, hostile pieces, any characters, or very long.
func (d *draw) text() string {
	r := d.rand
	var b strings.Builder
	switch n := r.IntN(100); {
	case n < 30:
		for range 1 + r.IntN(12) {
			b.WriteString("bridge ferry strait"[r.IntN(10):] + " ")
		}
	case n < 60:
		for range r.IntN(14) {
			b.WriteString(hostile[r.IntN(len(hostile))])
		}
	case n < 98:
		for range r.IntN(120) {
			b.WriteRune(d.rune())
		}
	default:
		piece := hostile[r.IntN(len(hostile))] + string(d.rune())
		return strings.Repeat(piece, 1+r.IntN(10_000)/len(piece))
	}
	return b.String()
}

// rune is any code point, most often one that something is done about.
func (d *draw) rune() rune {
	switch d.rand.IntN(4) {
	case 0:
		return rune(d.rand.IntN(0x80))
	case 1:
		return rune(d.rand.IntN(0x3000))
	case 2:
		return 0x2000 + rune(d.rand.IntN(0x70))
	}
	return rune(d.rand.IntN(0x110000))
}

func (d *draw) url() string {
	switch d.rand.IntN(8) {
	case 0:
		return hostile[d.rand.IntN(len(hostile))] + d.text()
	case 1:
		return "http://a.example/" + d.text()
	case 2:
		return "HTTPS://A.EXAMPLE/?q=" + d.text() + "|><"
	}
	return fmt.Sprintf("https://wire%d.example/2027/01/%d?utm_id=%d&x=2", d.rand.IntN(9), d.rand.IntN(1e9), d.rand.IntN(99))
}

// opening is what of a headline the plain text surely has, however much stands in it:
// twelve characters, fewer of those that take four bytes, as its limit is in bytes.
func opening(headline string) string {
	end := 0
	for i, r := range []rune(headline) {
		if size := utf8.RuneLen(r); i < 12 && end+size <= 36 {
			end += size
		} else {
			break
		}
	}
	return strings.ReplaceAll(strings.TrimRight(headline[:end], " ."), "∶", ":")
}

func quotedJSON(s string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s)
	return bytes.TrimSpace(b.Bytes())
}

// TestCostlyText holds that alerts, notes and notices keep within the budget
// whatever they are made of.
func TestCostlyText(t *testing.T) {
	t.Parallel()
	c, check := slack.New(slack.Config{Interactive: true}), slackfake.NewChecker(budget)
	for _, piece := range costly {
		s := strings.Repeat(piece, 500)
		source := news.Source{Name: s, URL: "https://wire.example/?" + strings.Repeat("&a", 110), New: true}
		e := news.Entry{
			StoryID: "00000000deadbeef", Headline: "Quay", URL: source.URL, Summary: s, SummaryBy: source, Why: s, Quote: news.Quote{Text: "B " + s, Marks: [][2]int{{0, 9}}},
			Developing: true, Since: 30, At: morning,
		}
		for i := range 30 {
			source.Headline = fmt.Sprintf("%d %s", i, s)
			e.Sources = append(e.Sources, source)
			e.News = append(e.News, news.Change{Reason: source.Headline, Report: source, Was: "was " + s})
		}
		a := news.Alert{DeliveryID: "al_1", Title: s, RuleTitle: s, Entry: e, FirstSeen: morning.Add(-time.Hour), Mention: slices.Repeat([]string{"S0NIGHTDESK"}, 500)}
		for name, render := range map[string]func() (news.Message, error){
			"alert": func() (news.Message, error) { return c.Alert(a) },
			"note":  func() (news.Message, error) { return c.Followup(a) },
			"notice": func() (news.Message, error) {
				return c.Notice(news.Notice{DeliveryID: "op_1", Headline: s, Subject: s, Detail: s, Footer: s})
			},
		} {
			m, err := render()
			if err != nil {
				t.Fatal(err)
			}
			if got := check.Check(m.Payload); got.Error != "" {
				t.Errorf("%s of %q: %s %v, %d bytes", name, piece, got.Error, got.Details, len(m.Payload))
			}
		}
	}
}
