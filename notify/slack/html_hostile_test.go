package slack_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"newswatch/news"
	"newswatch/notify/slack"
)

// TestPagesHoldNoForeignMarkup makes the page of messages whose every text tries to be
// markup, in HTML or in Slack's own, and looks at each tag and attribute of it.
func TestPagesHoldNoForeignMarkup(t *testing.T) {
	t.Parallel()
	for _, evil := range []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `'><svg/onload=alert(1)>`, `</title></style><script>x</script>`,
		`<a href="javascript:alert(1)">x</a>`, `<javascript:alert(1)|x>`, `<data:text/html,<script>x</script>|x>`, `<https://a.example/"onmouseover="x|x>`,
		`<!channel> <@U0READER01> <!subteam^S0|<img src=x>>`, `{{.}} {{template "x"}} <!--`, `]]><script>x</script>`, `&lt;script&gt;x&lt;/script&gt;`,
		"<scr\x00ipt>x</scr\x00ipt>", `<iframe src="//a.example">`, `<form action=//a.example><input>`, `<base href=//a.example>`, `<meta http-equiv=refresh content=0>`,
		`*_~` + "`<b>`", `<style>@import "//a.example"</style>`, `<link rel=stylesheet href=//a.example>`,
	} {
		d := seven()
		d.Title = evil
		for i := range d.Sections {
			s := &d.Sections[i]
			s.Title = evil
			for j := range s.Entries {
				e := &s.Entries[j]
				e.Headline, e.Summary, e.Why, e.URL = evil, evil, evil, "https://a.example/"+evil
				if j%2 == 1 {
					e.URL = "javascript:alert(1)//" + evil
				}
				for k := range e.Sources {
					e.Sources[k] = news.Source{Name: evil, URL: evil, Headline: evil}
				}
				for k := range e.News {
					e.News[k].Reason, e.News[k].Was = evil, evil
				}
			}
		}
		list, err := slack.New(slack.Config{Interactive: true}).Digest(d)
		if err != nil {
			t.Fatal(err)
		}
		var payloads [][]byte
		for _, m := range list {
			payloads = append(payloads, m.Payload)
		}
		page, err := slack.HTML(payloads, evil)
		if err != nil {
			t.Fatal(err)
		}
		checkMarkup(t, evil, page)
	}
}

// checkMarkup holds a page to the tags, attributes and addresses of our template.
func checkMarkup(t *testing.T, evil string, page []byte) {
	t.Helper()
	tags := strings.Fields("html head meta title style body main article div span b small p a h2 hr ol ul li code pre blockquote button select option i em strong section footer header br")
	attributes := strings.Fields("lang charset name content http-equiv class href start rel type disabled title aria-hidden aria-label")
	z := html.NewTokenizer(bytes.NewReader(page))
	links := 0
	for {
		switch z.Next() {
		case html.ErrorToken:
			if links == 0 && strings.Contains(evil, "script>alert") {
				t.Errorf("%q: the page has no link at all: the test sees nothing", evil)
			}
			return
		case html.CommentToken:
			t.Errorf("%q: a comment: %s", evil, z.Raw())
		case html.StartTagToken, html.SelfClosingTagToken:
			tok := z.Token()
			if !slices.Contains(tags, tok.Data) {
				t.Errorf("%q: the tag %s", evil, tok)
			}
			for _, a := range tok.Attr {
				switch {
				case !slices.Contains(attributes, a.Key):
					t.Errorf("%q: the attribute %s", evil, tok)
				case a.Key == "href":
					links++
					if !strings.HasPrefix(a.Val, "https://") && !strings.HasPrefix(a.Val, "http://") {
						t.Errorf("%q: a link to %s", evil, a.Val)
					}
				case a.Key == "http-equiv" && a.Val != "Content-Security-Policy":
					t.Errorf("%q: %s", evil, tok)
				}
			}
		}
	}
}
