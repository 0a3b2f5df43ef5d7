package slack_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"newswatch/news"
	"newswatch/notify/slack"
	"newswatch/notify/slack/slackfake"
	"newswatch/notify/wording"
)

// TestLimits renders digests of any size and text and walks over each message:
// never over a limit of Slack's, no live mention, every story shown once, under
// its own number.
func TestLimits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := slack.New(slack.Config{Interactive: rapid.Bool().Draw(t, "interactive")})
		d := anyDigest(t)
		list, err := c.Digest(d)
		if err != nil {
			t.Fatal(err)
		}
		shown := map[string]int{}
		numbers := map[int]string{}
		for i, m := range list {
			w := walk(t, m.Payload)
			if got, want := w.payload.Part, i+1; got != want || w.payload.Parts != len(list) || w.payload.DeliveryID != d.DeliveryID {
				t.Fatalf("got part %d of %d of %s, want %d of %d", got, w.payload.Parts, w.payload.DeliveryID, want, len(list))
			}
			for _, id := range m.Stories {
				shown[id]++
			}
			for n, h := range w.headlines {
				numbers[n] = h
			}
			rungs(t, c, m.Payload)
		}
		for _, s := range d.Sections {
			for _, e := range s.Entries {
				if shown[e.StoryID] != 1 {
					t.Fatalf("story %d is shown %d times, want once", e.Number, shown[e.StoryID])
				}
				if got, want := numbers[e.Number], wording.Headline(e, 180); got != want {
					t.Fatalf("number %d: got %q, want %q", e.Number, got, want)
				}
			}
		}
	})
}

func TestLimitsOfAlertsAndNotices(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := slack.New(slack.Config{Interactive: rapid.Bool().Draw(t, "interactive")})
		a := news.Alert{
			DeliveryID: "al_1", Title: anyText(t, "title"), RuleTitle: anyText(t, "rule"), Entry: anyEntry(t, 1, 40),
			Mention: []string{"desk", anyText(t, "mention")}, FirstSeen: morning,
		}
		n := news.Notice{
			DeliveryID: "op_1", Kind: rapid.SampledFrom([]string{"feed_dead", "rules_rejected", "other"}).Draw(t, "kind"),
			Headline: "Held", Subject: anyText(t, "subject"), Detail: rapid.StringN(0, 3000, -1).Draw(t, "detail"), Footer: anyText(t, "footer"),
		}
		first, err := c.Alert(a)
		if err != nil {
			t.Fatal(err)
		}
		more, err := c.Followup(a)
		if err != nil {
			t.Fatal(err)
		}
		notice, err := c.Notice(n)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range []news.Message{first, more, notice} {
			walk(t, m.Payload)
			rungs(t, c, m.Payload)
		}
	})
}

// FuzzEscaping renders one foreign text in every place that can hold one.
func FuzzEscaping(f *testing.F) {
	for _, s := range []string{
		"<!channel>", "<@U012345678>", "<!subteam^S012345678>", "<http://evil.example|Aster Wire>", "&lt;!here&gt;", "*bold* _i_ ~s~ `c`",
		"\u202egnp.exe", "a\x00b", `","type":"broadcast"`, `{"type":"usergroup","usergroup_id":"@desk"}`, "<!subteam^@desk>", "\\u003c!channel\\u003e", "\xff<",
		":tada:", ":wave::skin-tone-2:", "10:30:45", ":a:b:", "::", "a:", ":+1",
	} {
		f.Add(s)
	}
	check := slackfake.NewChecker(0)
	f.Fuzz(func(t *testing.T, s string) {
		c := slack.New(slack.Config{Interactive: true})
		e := news.Entry{
			Number: 1, StoryID: "00000000deadbeef", Headline: s, URL: "https://a.example/" + s, Summary: s, SummaryBy: news.Source{Name: s, URL: s}, Why: s, Developing: true,
			News:  []news.Change{{Reason: s, Was: s + "x", Report: news.Source{Name: s, URL: s, Headline: s + "y"}}},
			Quote: news.Quote{Text: s, Marks: [][2]int{{0, len(s) / 2}}}, Sources: []news.Source{{Name: s, URL: s, Headline: s, New: true}, {Name: s, URL: "http://" + s}},
		}
		digest, err := c.Digest(news.Digest{DeliveryID: "dg_1", Title: s, Sections: []news.Section{{Rule: "r", Title: s, Entries: []news.Entry{e}}}})
		if err != nil {
			t.Fatal(err)
		}
		alert, err := c.Alert(news.Alert{DeliveryID: "al_1", Title: s, RuleTitle: s, Entry: e})
		if err != nil {
			t.Fatal(err)
		}
		followup, err := c.Followup(news.Alert{DeliveryID: "al_2", Entry: e})
		if err != nil {
			t.Fatal(err)
		}
		notice, err := c.Notice(news.Notice{DeliveryID: "op_1", Headline: "Held", Subject: s, Detail: s, Footer: s})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range append(digest, alert, followup, notice) {
			walk(t, m.Payload)
			rungs(t, c, m.Payload)
			noEmoji(t, c, check, m.Payload)
		}
	})
}

// noEmoji holds that no form of a message has a live emoji but the one that marks
// it, which the plainer form writes as a code.
func noEmoji(t tester, c *slack.Channel, check *slackfake.Checker, payload []byte) {
	t.Helper()
	most := 0
	for rung, ok := 1, true; ok; rung++ {
		if got := check.Check(payload).Emoji; len(got) > most {
			t.Fatalf("live emoji %q in %s", got, payload)
		}
		most = 0
		if rung == 1 && (bytes.Contains(payload, []byte("news_alert")) || bytes.Contains(payload, []byte("news_notice"))) {
			most = 1
		}
		payload, ok = c.Lean(payload, rung)
	}
}

// tester is what *testing.T and *rapid.T have in common.
type tester interface {
	Helper()
	Fatalf(format string, args ...any)
}

func rungs(t tester, c *slack.Channel, payload []byte) {
	t.Helper()
	for rung := 1; ; rung++ {
		next, ok := c.Lean(payload, rung)
		if !ok {
			return
		}
		walk(t, next)
		payload = next
	}
}

// walked is what a walk over a message found.
type walked struct {
	payload struct {
		DeliveryID  string `json:"delivery_id"`
		Part, Parts int
		Stories     json.RawMessage
	}
	headlines map[int]string // by number
}

type object = map[string]any

func walk(t tester, payload []byte) walked {
	t.Helper()
	var m struct {
		Text        *string
		Blocks      json.RawMessage
		UnfurlLinks *bool `json:"unfurl_links"`
		UnfurlMedia *bool `json:"unfurl_media"`
		Metadata    struct {
			EventType string          `json:"event_type"`
			Payload   json.RawMessage `json:"event_payload"`
		}
	}
	if err := json.Unmarshal(payload, &m); err != nil || !utf8.Valid(payload) {
		t.Fatalf("not JSON: %v: %s", err, payload)
	}
	w := walked{headlines: map[int]string{}}
	if err := json.Unmarshal(m.Metadata.Payload, &w.payload); err != nil {
		t.Fatalf("metadata: %v", err)
	}
	switch {
	case m.Text == nil || *m.Text == "" || len(*m.Text) > 3800:
		t.Fatalf("text of %v", m.Text)
	case len(m.Metadata.Payload) > 1000 || !regexp.MustCompile(`^[a-z0-9_]+$`).MatchString(m.Metadata.EventType):
		t.Fatalf("metadata: %d bytes, type %q", len(m.Metadata.Payload), m.Metadata.EventType)
	case m.UnfurlLinks == nil || *m.UnfurlLinks || m.UnfurlMedia == nil || *m.UnfurlMedia:
		t.Fatalf("links would unfurl")
	}
	noLiveToken(t, *m.Text, false)
	if len(m.Blocks) == 0 {
		return w
	}
	var blocks []object
	if err := json.Unmarshal(m.Blocks, &blocks); err != nil {
		t.Fatalf("blocks: %v", err)
	}
	if cost := len(m.Blocks) + 110*len(blocks); cost > 12_500 || len(blocks) > 45 || len(blocks) == 0 {
		t.Fatalf("%d blocks of cost %d", len(blocks), cost)
	}
	for _, b := range blocks {
		w.block(t, b)
	}
	return w
}

func (w *walked) block(t tester, b object) {
	t.Helper()
	switch b["type"] {
	case "header":
		textObject(t, b["text"], "plain_text", 150)
	case "section":
		textObject(t, b["text"], "mrkdwn", 3000)
	case "context":
		elements := list(t, b["elements"], 10)
		for _, e := range elements {
			textObject(t, e, "mrkdwn", 3000)
		}
	case "rich_text":
		for _, e := range list(t, b["elements"], 1000) {
			w.rich(t, e)
		}
	case "actions":
		actions(t, list(t, b["elements"], 25))
	case "divider":
	default:
		t.Fatalf("block of type %v", b["type"])
	}
}

func (w *walked) rich(t tester, e object) {
	t.Helper()
	elements := list(t, e["elements"], 1000)
	switch e["type"] {
	case "rich_text_list":
		offset, _ := e["offset"].(float64)
		for i, item := range elements {
			line := inline(t, list(t, item["elements"], 1000))
			if e["style"] == "ordered" {
				w.headlines[int(offset)+i+1] = line[0]
			}
		}
	case "rich_text_section", "rich_text_quote", "rich_text_preformatted":
		line := inline(t, elements)
		if n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(line[0]), ".")); err == nil && len(line) > 1 {
			w.headlines[n] = line[1]
		}
	default:
		t.Fatalf("rich text of type %v", e["type"])
	}
}

// inline checks the elements of a line and returns their texts.
func inline(t tester, elements []object) []string {
	t.Helper()
	var line []string
	for _, e := range elements {
		text, _ := e["text"].(string)
		switch e["type"] {
		case "text":
		case "link":
			link(t, e["url"])
		case "emoji":
			text = fmt.Sprint(e["name"])
		case "usergroup":
			text = fmt.Sprint(e["usergroup_id"])
			if text != "@desk" && !regexp.MustCompile(`^@[\p{L}\p{Nd}._-]+$`).MatchString(text) {
				t.Fatalf("a mention of %q", text)
			}
		default:
			t.Fatalf("element of type %v", e["type"])
		}
		if text == "" {
			t.Fatalf("an empty element: %v", e)
		}
		for _, r := range text {
			if unicode.Is(unicode.Bidi_Control, r) || r == 0x200b || r == 0xfeff || unicode.Is(unicode.Cc, r) && r != '\n' {
				t.Fatalf("%U in %q", r, text)
			}
		}
		line = append(line, text)
	}
	return line
}

func link(t tester, url any) {
	t.Helper()
	s, _ := url.(string)
	if !strings.HasPrefix(s, "http://") && !strings.HasPrefix(s, "https://") || len(s) > 3000 || strings.ContainsAny(s, " <>|\"") {
		t.Fatalf("a link to %q", s)
	}
}

func actions(t tester, elements []object) {
	t.Helper()
	seen := map[any]bool{}
	for _, e := range elements {
		if seen[e["action_id"]] {
			t.Fatalf("action %v twice", e["action_id"])
		}
		seen[e["action_id"]] = true
		if e["text"] != nil {
			textObject(t, e["text"], "plain_text", 75)
		}
		if label, _ := e["accessibility_label"].(string); utf8.RuneCountInString(label) > 75 {
			t.Fatalf("label %q", label)
		}
		if e["url"] != nil {
			link(t, e["url"])
		}
		if e["options"] == nil {
			continue
		}
		limit := 100
		if e["type"] == "overflow" {
			limit = 5
		}
		for _, o := range list(t, e["options"], limit) {
			textObject(t, o["text"], "plain_text", 75)
			if v, _ := o["value"].(string); v == "" || len(v) > 150 {
				t.Fatalf("value %q", v)
			}
		}
	}
}

func list(t tester, v any, limit int) []object {
	t.Helper()
	raw, _ := v.([]any)
	if len(raw) == 0 || len(raw) > limit {
		t.Fatalf("%d elements, want 1 to %d", len(raw), limit)
	}
	var objects []object
	for _, e := range raw {
		objects = append(objects, e.(object))
	}
	return objects
}

func textObject(t tester, v any, kind string, limit int) {
	t.Helper()
	o, _ := v.(object)
	s, _ := o["text"].(string)
	if n := utf8.RuneCountInString(s); o["type"] != kind || n == 0 || n > limit {
		t.Fatalf("%v of %d characters, want %s of 1 to %d", o["type"], n, kind, limit)
	}
	if kind == "mrkdwn" {
		noLiveToken(t, s, true)
	}
}

// noLiveToken holds that nothing between < and > is live but what is ours.
func noLiveToken(t tester, s string, links bool) {
	t.Helper()
	for {
		_, after, found := strings.Cut(s, "<")
		if !found {
			return
		}
		token, rest, closed := strings.Cut(after, ">")
		ours := strings.HasPrefix(token, "!date^") || strings.HasPrefix(token, "http://") || strings.HasPrefix(token, "https://") ||
			regexp.MustCompile(`^!subteam\^@[\p{L}\p{Nd}._-]+$`).MatchString(token)
		if !links || !closed || !ours || strings.Contains(token, "<") {
			t.Fatalf("a live token <%s>", token)
		}
		s = rest
	}
}

func anyText(t *rapid.T, name string) string {
	return rapid.OneOf(
		rapid.String(),
		rapid.StringN(0, 600, -1),
		rapid.StringOfN(rapid.RuneFrom([]rune("&<>|*_~`@#!\u202e\u200b 漢字🚢a")), 0, 400, -1),
		rapid.SampledFrom([]string{"", "<!channel> <!here>", "<@U012345678>", "<http://evil.example|Aster Wire>", "12.", "7.  "}),
	).Draw(t, name)
}

func anyURL(t *rapid.T, name string) string {
	return rapid.OneOf(
		rapid.StringMatching(`https://[a-z]{1,8}\.example/[a-z0-9?&=|<>%]{0,900}`),
		rapid.Map(rapid.String(), func(s string) string { return "http://a.example/" + s }),
		rapid.SampledFrom([]string{"", "javascript:alert(1)", "data:text/html,x", "https://", "http://ex ample/", "HTTPS://A.EXAMPLE/é|x>"}),
	).Draw(t, name)
}

func anyEntry(t *rapid.T, number, maxSources int) news.Entry {
	e := news.Entry{
		Number: number, StoryID: fmt.Sprintf("%08x%08x", number, number*7), Score: rapid.IntRange(0, 100).Draw(t, "score"),
		Headline: anyText(t, "headline"), URL: anyURL(t, "url"), Summary: anyText(t, "summary"), Why: anyText(t, "why"),
		At:         morning.Add(-time.Duration(rapid.IntRange(0, 5000).Draw(t, "age")) * time.Minute),
		Developing: rapid.Bool().Draw(t, "developing"), Since: rapid.IntRange(0, 9).Draw(t, "since"),
	}
	e.SummaryBy = news.Source{Name: anyText(t, "said by"), URL: anyURL(t, "said at")}
	e.Quote.Text = anyText(t, "quote")
	for range rapid.IntRange(0, 3).Draw(t, "marks") {
		a := rapid.IntRange(0, len(e.Quote.Text)+1).Draw(t, "from")
		e.Quote.Marks = append(e.Quote.Marks, [2]int{a, a + rapid.IntRange(0, 9).Draw(t, "length")})
	}
	for range rapid.IntRange(0, maxSources).Draw(t, "sources") {
		e.Sources = append(e.Sources, news.Source{
			Name: anyText(t, "name"), URL: anyURL(t, "source"), Headline: anyText(t, "report"), New: rapid.Bool().Draw(t, "new"),
		})
	}
	e.Publishers = rapid.IntRange(0, len(e.Sources)).Draw(t, "publishers")
	return e
}

// anyDigest draws a digest of up to 120 stories. They repeat a few drawn ones:
// drawing each anew would take the time and find no more.
func anyDigest(t *rapid.T) news.Digest {
	d := news.Digest{
		DeliveryID: "dg_0123456789abcdef", Title: anyText(t, "title"), To: morning, From: morning.Add(-time.Hour), Items: 9, Feeds: 3,
		Missed: rapid.IntRange(0, 3).Draw(t, "missed"), Waiting: rapid.IntRange(0, 3).Draw(t, "waiting"), Next: morning.Add(time.Hour),
	}
	var kinds []news.Entry
	for range rapid.IntRange(1, 4).Draw(t, "kinds") {
		kinds = append(kinds, anyEntry(t, 1, 6))
	}
	stories := rapid.IntRange(0, 120).Draw(t, "stories")
	sections := rapid.IntRange(1, 14).Draw(t, "sections")
	order := rapid.Permutation(numbers(stories)).Draw(t, "order")
	for i := range sections {
		s := news.Section{Rule: fmt.Sprintf("rule-%d", i), Title: anyText(t, "section")}
		for j := i; j < stories; j += sections {
			e := kinds[j%len(kinds)]
			e.Number = order[j]
			e.StoryID = fmt.Sprintf("%08x%08x", e.Number, e.Number)
			e.Score = (e.Score + j) % 101
			s.Entries = append(s.Entries, e)
		}
		if len(s.Entries) > 0 {
			d.Sections = append(d.Sections, s)
		}
	}
	return d
}

func numbers(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i + 1
	}
	return list
}

func TestTextCarriesEveryHeadline(t *testing.T) {
	t.Parallel()
	d := many(60)
	for i := range d.Sections {
		for j := range d.Sections[i].Entries {
			d.Sections[i].Entries[j].Headline += strings.Repeat(" und die Hafenbehörde", 20)
		}
	}
	list, err := slack.New(slack.Config{}).Digest(d)
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range list {
		var body struct{ Text string }
		if err := json.Unmarshal(m.Payload, &body); err != nil {
			t.Fatal(err)
		}
		for _, id := range m.Stories {
			e := find(d, id)
			if want := fmt.Sprintf(" %d. Report %d on the", e.Number, e.Number); !strings.Contains(body.Text, want) {
				t.Errorf("message %d: the text lacks %q", i, want)
			}
		}
		if len(body.Text) < 1800 || len(body.Text) > 3800 {
			t.Errorf("message %d: got %d bytes of text", i, len(body.Text))
		}
	}
}

func find(d news.Digest, id string) news.Entry {
	for _, s := range d.Sections {
		for _, e := range s.Entries {
			if e.StoryID == id {
				return e
			}
		}
	}
	return news.Entry{}
}
