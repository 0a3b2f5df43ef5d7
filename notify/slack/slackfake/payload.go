package slackfake

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of a message (docs.slack.dev/reference/methods/chat.postMessage and
// chat.update), in code points unless a name says bytes.
const (
	maxText          = 40_000 // cut silently by chat.postMessage
	maxUpdateBytes   = 4_000  // chat.update measures UTF-8 (others measured it live)
	maxAttachments   = 100
	blockCost        = 110    // what a block adds to the size of all, in bytes
	defaultBlocksMax = 13_200 // size of all blocks that live workspaces still took
	// Slack refuses metadata that is too large and publishes no number. 8,000 bytes
	// is this fake's; Audit tells of any over the 1,024 that newswatch allows itself.
	maxMetadataBytes = 8_000
)

// refusal is an answer that says no: Slack's word, and what was wrong in detail.
type refusal struct {
	code     string
	details  []string
	status   int // 0: 200
	retry    int // seconds for Retry-After; 0: no such header
	needed   string
	provided string
}

func refused(code string, details ...string) *refusal {
	return &refusal{code: code, details: details}
}

// checker holds the rules of payloads. It is never changed after it is made.
type checker struct {
	parser      *parser
	blocks      rule
	attachments rule
	home        rule
	eventType   *regexp.Regexp
	strict      bool // of Plan.StrictMetadata
}

func newChecker(strict bool) *checker {
	blocks := messageBlocks()
	return &checker{
		parser: newParser(),
		blocks: blocks,
		home:   homeView(),
		attachments: list(0, maxAttachments, func(w *walk, at string, v any) {
			o, ok := v.(map[string]any)
			if !ok {
				w.refuse(at, "should be an object")
				return
			}
			legacyAttachment(w, at, o)
			if b, ok := o["blocks"]; ok {
				blocks(w, at+"/blocks", b)
			}
		}),
		strict:    strict,
		eventType: regexp.MustCompile(`^[a-z0-9_]{1,255}$`),
	}
}

// legacyAttachment checks the fields that have a limit; the others are Slack's
// own old affair.
func legacyAttachment(w *walk, at string, o map[string]any) {
	for name, most := range map[string]int{"title": 1024, "footer": 300} {
		if v, ok := o[name]; ok {
			str(0, most)(w, at+"/"+name, v)
		}
	}
	for _, name := range []string{"text", "pretext", "fallback"} {
		w.mrkdwn(member(o, name))
	}
}

// payload is what a message is made of, and what reading it brought to light.
type payload struct {
	Text        string
	HasText     bool
	Blocks      json.RawMessage // nil when none were given
	Attachments json.RawMessage
	Metadata    *Metadata
	HasMetadata bool
	UnfurlLinks bool
	UnfurlMedia bool
	Mentions    []string
	Links       []string
	Emoji       []string
}

// read takes the payload out of a request for chat.postMessage or chat.update.
// blocksMax is the size of all blocks that is still taken.
func (c *checker) read(a args, update bool, blocksMax int) (*payload, *refusal) {
	w := &walk{parser: c.parser, blockIDs: make(map[string]bool)}
	p := &payload{UnfurlLinks: a.boolean("unfurl_links", true), UnfurlMedia: a.boolean("unfurl_media", true)}
	if no := c.readText(w, p, a, update); no != nil {
		return p, no
	}
	for _, step := range []func() *refusal{
		func() *refusal { return c.readBlocks(w, p, a, blocksMax) },
		func() *refusal { return c.readAttachments(w, p, a) },
		func() *refusal { return c.readMetadata(p, a) },
	} {
		if no := step(); no != nil {
			return p, no
		}
	}
	if p.Text == "" && empty(p.Blocks) && empty(p.Attachments) {
		return p, refused("no_text")
	}
	p.Mentions, p.Links, p.Emoji = w.mentions, w.links, w.emoji
	return p, nil
}

// empty holds for arrays of nothing.
func empty(raw json.RawMessage) bool {
	return len(raw) == 0 || string(raw) == "[]"
}

func (c *checker) readText(w *walk, p *payload, a args, update bool) *refusal {
	p.Text, p.HasText = a.str("text"), a.has("text")
	if md := a.str("markdown_text"); md != "" {
		switch {
		case a.has("text") || a.has("blocks"):
			return refused("markdown_text_conflict")
		case utf8.RuneCountInString(md) > maxMarkdown:
			return refused("invalid_blocks", "[ERROR] must be less than 12001 characters [json-pointer:/markdown_text]")
		}
		p.Text, p.HasText = md, true
	}
	if update && len(p.Text) > maxUpdateBytes {
		return refused("msg_too_long")
	}
	if utf8.RuneCountInString(p.Text) > maxText {
		p.Text = string([]rune(p.Text)[:maxText])
	}
	w.mrkdwn(p.Text)
	if a.boolean("link_names", false) || a.str("parse") == "full" {
		w.names(p.Text)
	}
	return nil
}

func (c *checker) readBlocks(w *walk, p *payload, a args, most int) *refusal {
	raw := a.raw("blocks")
	if len(raw) == 0 {
		return nil
	}
	v, err := decode(raw)
	blocks, ok := v.([]any)
	if err != nil || !ok {
		return refused("invalid_blocks_format")
	}
	c.blocks(w, "/blocks", v)
	if len(w.problems) > 0 {
		return refused("invalid_blocks", w.problems...)
	}
	p.Blocks = compact(v)
	if len(p.Blocks)+w.entities+blockCost*len(blocks) > most {
		return refused("msg_blocks_too_long")
	}
	return nil
}

func (c *checker) readAttachments(w *walk, p *payload, a args) *refusal {
	raw := a.raw("attachments")
	if len(raw) == 0 {
		return nil
	}
	v, err := decode(raw)
	list, ok := v.([]any)
	switch {
	case err != nil || !ok:
		return refused("invalid_arguments", "[ERROR] should be an array [json-pointer:/attachments]")
	case len(list) > maxAttachments:
		return refused("too_many_attachments")
	}
	c.attachments(w, "/attachments", v)
	if len(w.problems) > 0 {
		return refused("invalid_arguments", w.problems...)
	}
	p.Attachments = compact(v)
	return nil
}

func (c *checker) readMetadata(p *payload, a args) *refusal {
	raw := a.raw("metadata")
	if len(raw) == 0 {
		return nil
	}
	p.HasMetadata = true
	v, err := decode(raw)
	o, ok := v.(map[string]any)
	switch {
	case err != nil || !ok:
		return refused("invalid_metadata_format")
	case len(o) == 0: // {} takes a message's metadata away
		return nil
	}
	event, isString := o["event_type"].(string)
	body, isObject := o["event_payload"].(map[string]any)
	switch {
	case len(o) != 2 || !isString || !isObject || !c.eventType.MatchString(event):
		return refused("invalid_metadata_format")
	case len(compact(v)) > maxMetadataBytes:
		return refused("metadata_too_large")
	}
	for _, m := range body {
		if !metadataValue(m, true) || c.strict && !documented(m) {
			return refused("invalid_metadata_schema")
		}
	}
	p.Metadata = &Metadata{EventType: event, EventPayload: plainNumbers(body).(map[string]any), size: len(compact(v))}
	return nil
}

// metadataValue holds for what an event's payload may contain: scalars, objects,
// and arrays of them, but no array inside an array (docs.slack.dev/messaging/message-metadata).
func metadataValue(v any, array bool) bool {
	switch v := v.(type) {
	case string, bool, json.Number:
		return true
	case map[string]any:
		for _, m := range v {
			if !metadataValue(m, true) {
				return false
			}
		}
		return true
	case []any:
		for _, m := range v {
			if !metadataValue(m, false) {
				return false
			}
		}
		return array
	}
	return false
}

// documented holds for what Slack's types allow: @slack/types has in a payload
// scalars, objects of scalars, and arrays of such objects.
func documented(v any) bool {
	values, ok := v.([]any)
	if !ok {
		return true
	}
	return !slices.ContainsFunc(values, func(e any) bool {
		_, object := e.(map[string]any)
		return !object
	})
}

// plainNumbers turns json.Number into float64, as a reader of JSON expects them.
func plainNumbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		f, _ := v.Float64()
		return f
	case map[string]any:
		for name, m := range v {
			v[name] = plainNumbers(m)
		}
	case []any:
		for i, m := range v {
			v[i] = plainNumbers(m)
		}
	}
	return v
}

// decode reads one JSON value and nothing after it, numbers as they are written.
func decode(raw []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one value")
	}
	return v, nil
}

// compact writes a value with no space and as few escapes as JSON allows.
func compact(v any) json.RawMessage {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil // cannot happen: v came out of decode
	}
	return json.RawMessage(strings.TrimSuffix(b.String(), "\n"))
}
