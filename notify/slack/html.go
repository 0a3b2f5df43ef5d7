package slack

import (
	"bytes"
	_ "embed" // for the page
	"encoding/json"
	"fmt"
	"html/template"
	"strings"

	"github.com/slack-go/slack"
)

//go:embed page.gohtml
var page string

// HTML shows frozen messages as one page that looks as Slack would show them,
// the first as a message and the others in its thread. It loads nothing from
// elsewhere, and escapes everything.
func HTML(payloads [][]byte, title string) ([]byte, error) {
	view := pageView{Title: title}
	for i, p := range payloads {
		var m lean
		if err := json.Unmarshal(p, &m); err != nil {
			return nil, fmt.Errorf("show message %d: %w", i+1, err)
		}
		v := messageView{Text: m.Text}
		if m.Blocks != nil {
			v.Blocks = views(m.Blocks.BlockSet)
		}
		view.Messages = append(view.Messages, v)
	}
	t, err := template.New("page").Parse(page)
	if err != nil {
		return nil, fmt.Errorf("parse the page: %w", err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, view); err != nil {
		return nil, fmt.Errorf("write the page: %w", err)
	}
	return b.Bytes(), nil
}

type pageView struct {
	Title    string
	Messages []messageView
}

type messageView struct {
	Text   string // shown when there are no blocks
	Blocks []blockView
}

// blockView is a block for the template; Kind says which of the others it has.
type blockView struct {
	Kind     string // header, divider, section, context, list, quote, pre, actions
	Spans    []span
	Items    [][]span
	Start    int // of an ordered list, 0 for bullets
	Controls []controlView
}

type controlView struct{ Kind, Text string }

// span is a stretch of text with one look.
type span struct {
	Text, URL, Look string // Look: "", bold, code, mention
}

func views(blocks []slack.Block) []blockView {
	var list []blockView
	for _, b := range blocks {
		switch b := b.(type) {
		case *slack.HeaderBlock:
			list = append(list, blockView{Kind: "header", Spans: []span{{Text: b.Text.Text}}})
		case *slack.DividerBlock:
			list = append(list, blockView{Kind: "divider"})
		case *slack.SectionBlock:
			list = append(list, sectionView(b))
		case *slack.ContextBlock:
			list = append(list, contextView(b))
		case *slack.RichTextBlock:
			list = append(list, richViews(b.Elements)...)
		case *slack.ActionBlock:
			list = append(list, blockView{Kind: "actions", Controls: controls(b)})
		}
	}
	return list
}

func sectionView(b *slack.SectionBlock) blockView {
	v := blockView{Kind: "section"}
	if b.Text != nil {
		v.Spans = spans(b.Text.Text)
	}
	for _, f := range b.Fields {
		v.Items = append(v.Items, spans(f.Text))
	}
	return v
}

func contextView(b *slack.ContextBlock) blockView {
	v := blockView{Kind: "context"}
	for _, e := range b.ContextElements.Elements {
		if t, ok := e.(*slack.TextBlockObject); ok {
			v.Items = append(v.Items, spans(t.Text))
		}
	}
	return v
}

func richViews(elements []slack.RichTextElement) []blockView {
	var list []blockView
	for _, element := range elements {
		switch e := element.(type) {
		case *slack.RichTextSection:
			list = append(list, blockView{Kind: "rich", Spans: richSpans(e.Elements)})
		case *slack.RichTextQuote:
			list = append(list, blockView{Kind: "quote", Spans: richSpans(e.Elements)})
		case *slack.RichTextPreformatted:
			list = append(list, blockView{Kind: "pre", Spans: richSpans(e.Elements)})
		case *slack.RichTextList:
			v := blockView{Kind: "list"}
			if e.Style == slack.RTEListOrdered {
				v.Start = e.Offset + 1
			}
			for _, item := range e.Elements {
				if s, ok := item.(*slack.RichTextSection); ok {
					v.Items = append(v.Items, richSpans(s.Elements))
				}
			}
			list = append(list, v)
		}
	}
	return list
}

func richSpans(elements []slack.RichTextSectionElement) []span {
	var list []span
	for _, element := range elements {
		switch e := element.(type) {
		case *slack.RichTextSectionTextElement:
			list = append(list, span{Text: e.Text, Look: look(e.Style)})
		case *slack.RichTextSectionLinkElement:
			list = append(list, span{Text: e.Text, URL: e.URL, Look: look(e.Style)})
		case *slack.RichTextSectionEmojiElement:
			list = append(list, span{Text: emojiText(e.Name)})
		case *slack.RichTextSectionUserGroupElement:
			list = append(list, span{Text: "@" + strings.TrimPrefix(e.UsergroupID, "@"), Look: "mention"})
		}
	}
	return list
}

func look(style *slack.RichTextSectionTextStyle) string {
	switch {
	case style != nil && style.Bold:
		return "bold"
	case style != nil && style.Code:
		return "code"
	}
	return ""
}

// emojiText is the character of the emoji that we use.
func emojiText(name string) string {
	for _, e := range [][2]string{
		{"rotating_light", "🚨"}, {"warning", "⚠️"}, {"no_entry", "⛔"}, {"white_check_mark", "✅"}, {"information_source", "ℹ️"},
	} {
		if e[0] == name {
			return e[1]
		}
	}
	return ":" + name + ":"
}

func controls(b *slack.ActionBlock) []controlView {
	var list []controlView
	if b.Elements == nil {
		return nil
	}
	for _, element := range b.Elements.ElementSet {
		switch e := element.(type) {
		case *slack.SelectBlockElement:
			list = append(list, controlView{"select", e.Placeholder.Text})
		case *slack.ButtonBlockElement:
			kind := "button"
			if e.Style == slack.StylePrimary {
				kind = "primary"
			}
			list = append(list, controlView{kind, e.Text.Text})
		case *slack.OverflowBlockElement:
			list = append(list, controlView{"overflow", "…"})
		}
	}
	return list
}

// spans reads mrkdwn as far as we write it: links, dates, mentions, bold, code
// and the three entities.
func spans(mrkdwn string) []span {
	var list []span
	look, rest := "", mrkdwn
	add := func(s span) {
		if s.Text != "" {
			list = append(list, s)
		}
	}
	for rest != "" {
		i := strings.IndexAny(rest, "<*`")
		if i < 0 {
			break
		}
		add(span{Text: unescape(rest[:i]), Look: look})
		mark, after := rest[i], rest[i+1:]
		rest = after
		switch {
		case mark == '<':
			token, left, _ := strings.Cut(after, ">")
			add(tokenSpan(token, look))
			rest = left
		case look == lookOf(mark):
			look = ""
		case look == "" && strings.IndexByte(after, mark) > 0:
			look = lookOf(mark)
		default:
			add(span{Text: string(mark), Look: look})
		}
	}
	add(span{Text: unescape(rest), Look: look})
	return list
}

func lookOf(mark byte) string {
	if mark == '*' {
		return "bold"
	}
	return "code"
}

// tokenSpan is what stands between < and >.
func tokenSpan(token, look string) span {
	target, text, named := strings.Cut(token, "|")
	switch {
	case strings.HasPrefix(target, "!subteam^"):
		return span{Text: "@" + strings.TrimPrefix(target[len("!subteam^"):], "@"), Look: "mention"}
	case strings.HasPrefix(target, "!") || strings.HasPrefix(target, "@") || strings.HasPrefix(target, "#"):
		return span{Text: unescape(text), Look: look}
	case !named:
		text = target
	}
	return span{Text: unescape(text), URL: address(unescape(target)), Look: look}
}

func unescape(s string) string {
	return strings.NewReplacer("&amp;", "&", "&lt;", "<", "&gt;", ">").Replace(s)
}
