package slackfake_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"newswatch/notify/slack/slackfake"
)

func plainText(s string) object  { return object{"type": "plain_text", "text": s} }
func mrkdwn(s string) object     { return object{"type": "mrkdwn", "text": s} }
func sectionOf(s string) object  { return object{"type": "section", "text": mrkdwn(s)} }
func actions(e ...any) object    { return object{"type": "actions", "elements": array(e)} }
func option(s string) object     { return object{"text": plainText(s), "value": s} }
func inlineText(s string) object { return object{"type": "text", "text": s} }

func rich(parts ...any) object { return object{"type": "rich_text", "elements": array(parts)} }

func richSection(inlines ...any) object {
	return object{"type": "rich_text_section", "elements": array(inlines)}
}

func button(change object) object {
	return join(object{"type": "button", "text": plainText("Why these?"), "action_id": "why"}, change)
}

func join(o, change object) object {
	for name, v := range change {
		o[name] = v
	}
	return o
}

func times(n int, v func(i int) any) array {
	all := make(array, n)
	for i := range all {
		all[i] = v(i)
	}
	return all
}

func same(n int, v any) array { return times(n, func(int) any { return v }) }

func options(n int) array {
	return times(n, func(i int) any { return option(fmt.Sprint("choice ", i)) })
}

func image(change object) object {
	return join(object{"type": "image", "image_url": "https://img.example.com/a.png", "alt_text": "A map"}, change)
}

func confirmWith(change object) object {
	dialog := object{"title": plainText("Mute"), "text": mrkdwn("For a day?"), "confirm": plainText("Mute"), "deny": plainText("No")}
	return actions(button(object{"confirm": join(dialog, change)}))
}

func menu(change object) object {
	return actions(join(object{"type": "static_select", "action_id": "story", "placeholder": plainText("Story")}, change))
}

func cell(s string) object { return object{"type": "raw_text", "text": s} }

func container(change object) object {
	return join(object{"type": "container", "title": plainText("More"), "child_blocks": array{sectionOf("a")}}, change)
}

func card(change object) object {
	return join(object{"type": "card", "title": mrkdwn("Port")}, change)
}

func pie(segments, value int) object {
	return object{"type": "data_visualization", "title": "Sources", "chart": object{
		"type": "pie", "segments": same(segments, object{"label": "a", "value": value}),
	}}
}

func line(points int) object {
	return object{"type": "data_visualization", "title": "Sources", "chart": object{
		"type": "line", "axis_config": object{"categories": array{"Mon", "Tue"}, "x_label": "Day"},
		"series": array{object{"name": "a", "data": same(points, object{"label": "Mon", "value": -1.5})}},
	}}
}

// Each row of Slack's limits: the most that is taken, and one more.
func TestBlockLimits(t *testing.T) {
	t.Parallel()
	type blocks = array
	bullet := func(change object) object {
		return rich(join(object{"type": "rich_text_list", "style": "bullet", "elements": array{richSection(inlineText("a"))}}, change))
	}
	tests := map[string]struct {
		good, bad blocks
		at        string // pointer of the fault
	}{
		"blocks in a message": {same(50, object{"type": "divider"}), same(51, object{"type": "divider"}), "/blocks"},
		"block_id length":     {blocks{object{"type": "divider", "block_id": chars(255)}}, blocks{object{"type": "divider", "block_id": chars(256)}}, "/blocks/0/block_id"},
		"block_id twice": {
			blocks{object{"type": "divider", "block_id": "a"}, object{"type": "divider", "block_id": "b"}},
			blocks{object{"type": "divider", "block_id": "a"}, object{"type": "divider", "block_id": "a"}}, "/blocks/1/block_id",
		},
		"unknown block":          {blocks{object{"type": "divider"}}, blocks{object{"type": "billboard"}}, "/blocks/0/type"},
		"block without a type":   {nil, blocks{object{}}, "/blocks/0"},
		"block that is a string": {nil, blocks{"divider"}, "/blocks/0"},
		"unknown field":          {nil, blocks{object{"type": "divider", "colour": "red"}}, "/blocks/0"},
		"alert stands in modals": {nil, blocks{object{"type": "alert", "text": plainText("a")}}, "/blocks/0/type"},
		"plan stands in streams": {nil, blocks{object{"type": "plan", "title": "a"}}, "/blocks/0/type"},
		"task_card too":          {nil, blocks{object{"type": "task_card", "task_id": "1", "title": "a"}}, "/blocks/0/type"},

		"section text":            {blocks{sectionOf(runes(3000))}, blocks{sectionOf(chars(3001))}, "/blocks/0/text/text"},
		"section text empty":      {nil, blocks{sectionOf("")}, "/blocks/0/text/text"},
		"section text of no kind": {nil, blocks{object{"type": "section", "text": object{"type": "markdown", "text": "a"}}}, "/blocks/0/text/type"},
		"section of nothing":      {nil, blocks{object{"type": "section"}}, "/blocks/0"},
		"section fields":          {blocks{object{"type": "section", "fields": same(10, mrkdwn("a"))}}, blocks{object{"type": "section", "fields": same(11, mrkdwn("a"))}}, "/blocks/0/fields"},
		"section fields empty":    {nil, blocks{object{"type": "section", "fields": array{}}}, "/blocks/0/fields"},
		"section field length":    {blocks{object{"type": "section", "fields": array{mrkdwn(chars(2000))}}}, blocks{object{"type": "section", "fields": array{mrkdwn(chars(2001))}}}, "/blocks/0/fields/0/text"},
		"section accessory":       {blocks{join(sectionOf("a"), object{"accessory": image(nil)})}, blocks{join(sectionOf("a"), object{"accessory": array{image(nil)}})}, "/blocks/0/accessory"},
		"emoji is of plain text":  {blocks{object{"type": "header", "text": join(plainText("a"), object{"emoji": true})}}, blocks{object{"type": "section", "text": join(mrkdwn("a"), object{"emoji": true})}}, "/blocks/0/text"},

		"header length":          {blocks{object{"type": "header", "text": plainText(runes(150))}}, blocks{object{"type": "header", "text": plainText(chars(151))}}, "/blocks/0/text/text"},
		"header without text":    {nil, blocks{object{"type": "header"}}, "/blocks/0"},
		"header is plain":        {nil, blocks{object{"type": "header", "text": mrkdwn("a")}}, "/blocks/0/text/type"},
		"context elements":       {blocks{object{"type": "context", "elements": same(10, mrkdwn("a"))}}, blocks{object{"type": "context", "elements": same(11, mrkdwn("a"))}}, "/blocks/0/elements"},
		"context empty":          {nil, blocks{object{"type": "context", "elements": array{}}}, "/blocks/0/elements"},
		"context without button": {nil, blocks{object{"type": "context", "elements": array{button(nil)}}}, "/blocks/0/elements/0/type"},
		"actions elements": {
			blocks{actions(times(25, func(i int) any { return button(object{"action_id": fmt.Sprint(i)}) })...)},
			blocks{actions(times(26, func(i int) any { return button(object{"action_id": fmt.Sprint(i)}) })...)}, "/blocks/0/elements",
		},
		"actions empty":   {nil, blocks{actions()}, "/blocks/0/elements"},
		"action_id twice": {nil, blocks{actions(button(nil), button(nil))}, "/blocks/0/elements/1/action_id"},
		"context_actions elements": {nil, blocks{object{"type": "context_actions", "elements": times(6, func(i int) any {
			return object{"type": "icon_button", "icon": "trash", "text": plainText("a"), "action_id": fmt.Sprint(i)}
		})}}, "/blocks/0/elements"},

		"image url":              {blocks{image(object{"image_url": "https://" + chars(2992)})}, blocks{image(object{"image_url": "https://" + chars(2993)})}, "/blocks/0/image_url"},
		"image alt_text":         {blocks{image(object{"alt_text": chars(2000)})}, blocks{image(object{"alt_text": chars(2001)})}, "/blocks/0/alt_text"},
		"image title":            {blocks{image(object{"title": plainText(chars(2000))})}, blocks{image(object{"title": plainText(chars(2001))})}, "/blocks/0/title/text"},
		"image without alt_text": {nil, blocks{object{"type": "image", "image_url": "https://img.example.com/a.png"}}, "/blocks/0"},
		"image from two sources": {nil, blocks{image(object{"slack_file": object{"id": "F01"}})}, "/blocks/0"},

		"markdown together": {
			blocks{object{"type": "markdown", "text": runes(1000)}, object{"type": "markdown", "text": runes(1000)}},
			blocks{object{"type": "markdown", "text": chars(6000)}, object{"type": "markdown", "text": chars(6001)}}, "/blocks/1/text",
		},
		"table rows":    {blocks{object{"type": "table", "rows": same(100, array{cell("a")})}}, blocks{object{"type": "table", "rows": same(101, array{cell("a")})}}, "/blocks/0/rows"},
		"table columns": {blocks{object{"type": "table", "rows": array{same(20, cell("a"))}}}, blocks{object{"type": "table", "rows": array{same(21, cell("a"))}}}, "/blocks/0/rows/0"},
		"table text": {
			blocks{object{"type": "table", "rows": array{array{cell(chars(10_000))}}}},
			blocks{object{"type": "table", "rows": array{array{cell(chars(9_999)), cell("ab")}}}}, "/blocks/0/rows/0/1",
		},
		"tables in a message": {nil, same(2, object{"type": "table", "rows": array{array{cell("a")}}}), "/blocks/1"},
		"data_table rows":     {blocks{object{"type": "data_table", "caption": "c", "rows": same(201, array{cell("a")})}}, blocks{object{"type": "data_table", "caption": "c", "rows": same(202, array{cell("a")})}}, "/blocks/0/rows"},
		"container children":  {blocks{container(object{"child_blocks": same(10, sectionOf("a"))})}, blocks{container(object{"child_blocks": same(11, sectionOf("a"))})}, "/blocks/0/child_blocks"},
		"container title":     {blocks{container(object{"title": plainText(chars(150))})}, blocks{container(object{"title": plainText(chars(151))})}, "/blocks/0/title/text"},
		"container subtitle":  {blocks{container(object{"subtitle": plainText(chars(150))})}, blocks{container(object{"subtitle": plainText(chars(151))})}, "/blocks/0/subtitle/text"},
		"card title":          {blocks{card(object{"title": mrkdwn(chars(150))})}, blocks{card(object{"title": mrkdwn(chars(151))})}, "/blocks/0/title/text"},
		"card body":           {blocks{card(object{"body": mrkdwn(chars(200))})}, blocks{card(object{"body": mrkdwn(chars(201))})}, "/blocks/0/body/text"},
		"card buttons":        {blocks{card(object{"actions": same(3, button(nil))})}, blocks{card(object{"actions": same(4, button(nil))})}, "/blocks/0/actions"},
		"carousel cards":      {blocks{object{"type": "carousel", "elements": same(10, card(nil))}}, blocks{object{"type": "carousel", "elements": same(11, card(nil))}}, "/blocks/0/elements"},
		"layout rows": {
			blocks{object{"type": "layout", "label": chars(150), "rows": same(5, object{"items": same(3, object{"block": sectionOf("a")})})}},
			blocks{object{"type": "layout", "label": "a", "rows": same(6, object{"items": array{object{"block": sectionOf("a")}}})}}, "/blocks/0/rows",
		},
		"layout items": {nil, blocks{object{"type": "layout", "label": "a", "rows": array{object{"items": same(4, object{"block": sectionOf("a")})}}}}, "/blocks/0/rows/0/items"},
		"layout label": {nil, blocks{object{"type": "layout", "label": chars(151), "rows": array{object{"items": array{object{"block": sectionOf("a")}}}}}}, "/blocks/0/label"},
		"input label": {
			blocks{object{"type": "input", "label": plainText(chars(2000)), "element": object{"type": "plain_text_input"}}},
			blocks{object{"type": "input", "label": plainText(chars(2001)), "element": object{"type": "plain_text_input"}}}, "/blocks/0/label/text",
		},

		"input takes something in": {nil, blocks{object{"type": "input", "label": plainText("a"), "element": button(nil)}}, "/blocks/0/element/type"},
		"pie segments":             {blocks{pie(12, 1)}, blocks{pie(13, 1)}, "/blocks/0/chart/segments"},
		"pie segment of nothing":   {nil, blocks{pie(1, 0)}, "/blocks/0/chart/segments/0/value"},
		"chart points":             {blocks{line(20)}, blocks{line(21)}, "/blocks/0/chart/series/0/data"},

		"action_id length":    {blocks{actions(button(object{"action_id": chars(255)}))}, blocks{actions(button(object{"action_id": chars(256)}))}, "/blocks/0/elements/0/action_id"},
		"button text":         {blocks{actions(button(object{"text": plainText(runes(75))}))}, blocks{actions(button(object{"text": plainText(chars(76))}))}, "/blocks/0/elements/0/text/text"},
		"button value":        {blocks{actions(button(object{"value": chars(2000)}))}, blocks{actions(button(object{"value": chars(2001)}))}, "/blocks/0/elements/0/value"},
		"button url":          {blocks{actions(button(object{"url": "https://" + chars(2992)}))}, blocks{actions(button(object{"url": "https://" + chars(2993)}))}, "/blocks/0/elements/0/url"},
		"button url scheme":   {nil, blocks{actions(button(object{"url": "javascript:alert(1)"}))}, "/blocks/0/elements/0/url"},
		"button label":        {blocks{actions(button(object{"accessibility_label": chars(75)}))}, blocks{actions(button(object{"accessibility_label": chars(76)}))}, "/blocks/0/elements/0/accessibility_label"},
		"button style":        {blocks{actions(button(object{"style": "danger"}))}, blocks{actions(button(object{"style": "loud"}))}, "/blocks/0/elements/0/style"},
		"confirm title":       {blocks{confirmWith(object{"title": plainText(chars(100))})}, blocks{confirmWith(object{"title": plainText(chars(101))})}, "/blocks/0/elements/0/confirm/title/text"},
		"confirm text":        {blocks{confirmWith(object{"text": plainText(chars(300))})}, blocks{confirmWith(object{"text": plainText(chars(301))})}, "/blocks/0/elements/0/confirm/text/text"},
		"confirm button":      {blocks{confirmWith(object{"confirm": plainText(chars(30))})}, blocks{confirmWith(object{"confirm": plainText(chars(31))})}, "/blocks/0/elements/0/confirm/confirm/text"},
		"confirm deny":        {nil, blocks{confirmWith(object{"deny": plainText(chars(31))})}, "/blocks/0/elements/0/confirm/deny/text"},
		"option text":         {blocks{menu(object{"options": array{option(chars(75))}})}, blocks{menu(object{"options": array{option(chars(76))}})}, "/blocks/0/elements/0/options/0/text/text"},
		"option value":        {nil, blocks{menu(object{"options": array{object{"text": plainText("a"), "value": chars(151)}}})}, "/blocks/0/elements/0/options/0/value"},
		"option description":  {nil, blocks{menu(object{"options": array{join(option("a"), object{"description": plainText(chars(76))})}})}, "/blocks/0/elements/0/options/0/description/text"},
		"option url in menus": {nil, blocks{menu(object{"options": array{join(option("a"), object{"url": "https://a.example"})}})}, "/blocks/0/elements/0/options/0"},
		"option url in overflow": {
			blocks{actions(object{"type": "overflow", "options": array{join(option("a"), object{"url": "https://" + chars(2992)})}})},
			blocks{actions(object{"type": "overflow", "options": array{join(option("a"), object{"url": "https://" + chars(2993)})}})}, "/blocks/0/elements/0/options/0/url",
		},
		"select options":     {blocks{menu(object{"options": options(100)})}, blocks{menu(object{"options": options(101)})}, "/blocks/0/elements/0/options"},
		"select both":        {nil, blocks{menu(object{"options": options(1), "option_groups": array{object{"label": plainText("a"), "options": options(1)}}})}, "/blocks/0/elements/0"},
		"select groups":      {nil, blocks{menu(object{"option_groups": same(101, object{"label": plainText("a"), "options": options(1)})})}, "/blocks/0/elements/0/option_groups"},
		"select placeholder": {blocks{menu(object{"options": options(1), "placeholder": plainText(chars(150))})}, blocks{menu(object{"options": options(1), "placeholder": plainText(chars(151))})}, "/blocks/0/elements/0/placeholder/text"},
		"overflow options":   {blocks{actions(object{"type": "overflow", "options": options(5)})}, blocks{actions(object{"type": "overflow", "options": options(6)})}, "/blocks/0/elements/0/options"},
		"checkboxes":         {blocks{actions(object{"type": "checkboxes", "options": options(10)})}, blocks{actions(object{"type": "checkboxes", "options": options(11)})}, "/blocks/0/elements/0/options"},
		"radio buttons":      {blocks{actions(object{"type": "radio_buttons", "options": options(10)})}, blocks{actions(object{"type": "radio_buttons", "options": options(11)})}, "/blocks/0/elements/0/options"},

		"rich text of nothing":        {nil, blocks{rich()}, "/blocks/0/elements"},
		"rich text without parts":     {nil, blocks{object{"type": "rich_text"}}, "/blocks/0"},
		"rich text inline at the top": {nil, blocks{rich(inlineText("a"))}, "/blocks/0/elements/0/type"},
		"rich text empty":             {nil, blocks{rich(richSection(inlineText("")))}, "/blocks/0/elements/0/elements/0/text"},
		"rich text unknown style":     {nil, blocks{rich(richSection(join(inlineText("a"), object{"style": object{"blink": true}})))}, "/blocks/0/elements/0/elements/0/style"},
		"rich link without url":       {nil, blocks{rich(richSection(object{"type": "link", "text": "a"}))}, "/blocks/0/elements/0/elements/0"},
		"rich link url":               {blocks{rich(richSection(object{"type": "link", "url": "https://" + chars(2992)}))}, blocks{rich(richSection(object{"type": "link", "url": "https://" + chars(2993)}))}, "/blocks/0/elements/0/elements/0/url"},
		"rich list style":             {blocks{bullet(object{"style": "ordered"})}, blocks{bullet(object{"style": "roman"})}, "/blocks/0/elements/0/style"},
		"rich list indent":            {blocks{bullet(object{"indent": 8})}, blocks{bullet(object{"indent": 9})}, "/blocks/0/elements/0/indent"},
		"rich list offset":            {blocks{bullet(object{"offset": 40})}, blocks{bullet(object{"offset": -1})}, "/blocks/0/elements/0/offset"},
		"rich list border":            {blocks{bullet(object{"border": 1})}, blocks{bullet(object{"border": 2})}, "/blocks/0/elements/0/border"},
		"rich list holds sections":    {nil, blocks{bullet(object{"elements": array{inlineText("a")}})}, "/blocks/0/elements/0/elements/0/type"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSlack(t, slackfake.Config{Plan: calm()})
			if tc.good != nil {
				if a := post(t, s, "chat.postMessage", message(object{"blocks": tc.good})); !a.OK {
					t.Errorf("good: got %s %v, want ok", a.Error, a.Response.Messages)
				}
			}
			a := post(t, s, "chat.postMessage", message(object{"blocks": tc.bad}))
			if a.Error != "invalid_blocks" {
				t.Fatalf("bad: got ok %v, error %q, want invalid_blocks", a.OK, a.Error)
			}
			want := "[json-pointer:" + tc.at + "]"
			if len(a.Response.Messages) == 0 || !strings.Contains(a.Response.Messages[0], want) {
				t.Errorf("got %q, want a fault at %s", a.Response.Messages, want)
			}
		})
	}
}

// sized makes five sections that the cost model counts as so many bytes.
func sized(t *testing.T, bytes int) array {
	t.Helper()
	blocks := same(5, sectionOf(chars(2400)))
	whole, err := json.Marshal(blocks)
	if err != nil {
		t.Fatal(err)
	}
	blocks[4] = sectionOf(chars(2400 + bytes - len(whole) - 5*110))
	return blocks
}

// The rows that are about the message and not about one block.
func TestMessageLimits(t *testing.T) {
	t.Parallel()
	deep := func(v any) object {
		return object{"event_type": "e", "event_payload": object{"v": v}}
	}
	tests := map[string]struct {
		body object
		want string // "": ok
	}{
		"text alone":                {object{}, ""},
		"blocks alone":              {object{"text": nil, "blocks": array{sectionOf("a")}}, ""},
		"nothing":                   {object{"text": nil}, "no_text"},
		"nothing but empty":         {object{"text": "", "blocks": array{}}, "no_text"},
		"blocks are no JSON":        {object{"blocks": "[{"}, "invalid_blocks_format"},
		"blocks are an object":      {object{"blocks": object{"type": "divider"}}, "invalid_blocks_format"},
		"blocks as a string":        {object{"blocks": `[{"type":"divider"}]`}, ""},
		"size of all blocks":        {object{"blocks": sized(t, 13_200)}, ""},
		"size of all blocks, +1":    {object{"blocks": sized(t, 13_201)}, "msg_blocks_too_long"},
		"entities count":            {object{"blocks": array{rich(richSection(inlineText(strings.Repeat("&", 3000))))}}, "msg_blocks_too_long"},
		"many small blocks":         {object{"blocks": same(50, sectionOf(chars(96)))}, ""},
		"many blocks of some size":  {object{"blocks": same(50, sectionOf(chars(102)))}, "msg_blocks_too_long"},
		"text over the cut":         {object{"text": chars(40_001)}, ""},
		"markdown_text":             {object{"text": nil, "markdown_text": runes(12_000)}, ""},
		"markdown_text too long":    {object{"text": nil, "markdown_text": chars(12_001)}, "invalid_blocks"},
		"markdown_text and text":    {object{"markdown_text": "a"}, "markdown_text_conflict"},
		"markdown_text and blocks":  {object{"text": nil, "markdown_text": "a", "blocks": array{sectionOf("a")}}, "markdown_text_conflict"},
		"attachments":               {object{"attachments": same(100, object{"text": "a"})}, ""},
		"attachments, +1":           {object{"attachments": same(101, object{"text": "a"})}, "too_many_attachments"},
		"attachment title":          {object{"attachments": array{object{"title": chars(1025)}}}, "invalid_arguments"},
		"attachment footer":         {object{"attachments": array{object{"footer": chars(301)}}}, "invalid_arguments"},
		"attachment blocks":         {object{"attachments": array{object{"blocks": array{object{"type": "billboard"}}}}}, "invalid_arguments"},
		"metadata not an object":    {object{"metadata": "news"}, "invalid_metadata_format"},
		"metadata without payload":  {object{"metadata": object{"event_type": "e"}}, "invalid_metadata_format"},
		"metadata with more":        {object{"metadata": join(deep(1), object{"more": 1})}, "invalid_metadata_format"},
		"metadata event type":       {object{"metadata": object{"event_type": "News-Digest", "event_payload": object{}}}, "invalid_metadata_format"},
		"metadata numbers":          {object{"metadata": deep(7.5)}, ""},
		"metadata array of strings": {object{"metadata": deep(array{"a", "b"})}, ""},
		"metadata array of objects": {object{"metadata": deep(array{object{"a": true}})}, ""},
		"metadata empty array":      {object{"metadata": deep(array{})}, ""},
		"metadata nested array":     {object{"metadata": deep(array{array{"a"}})}, "invalid_metadata_schema"},
		"metadata null":             {object{"metadata": object{"event_type": "e", "event_payload": object{"v": nil}}}, "invalid_metadata_schema"},
		"metadata size":             {object{"metadata": deep(chars(7_900))}, ""},
		"metadata size, over":       {object{"metadata": deep(chars(8_000))}, "metadata_too_large"},
		"thread_ts":                 {object{"thread_ts": "yesterday"}, "invalid_thread_ts"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSlack(t, slackfake.Config{Plan: calm()})
			a := post(t, s, "chat.postMessage", message(tc.body))
			if a.Error != tc.want || a.OK != (tc.want == "") {
				t.Errorf("got ok %v, error %q %v, want %q", a.OK, a.Error, a.Response.Messages, tc.want)
			}
			if got := len(s.Visible("news")) == 1; got != a.OK {
				t.Errorf("visible is %v, ok is %v", got, a.OK)
			}
		})
	}
}

func TestTextIsCutAt40000(t *testing.T) {
	t.Parallel()
	s := newSlack(t, slackfake.Config{Plan: calm()})
	post(t, s, "chat.postMessage", message(object{"text": runes(40_001)}))
	if got := s.Visible("news")[0].Text; got != runes(40_000) {
		t.Errorf("got %d bytes, want 40,000 characters", len(got))
	}
}

func TestUpdateMeasuresBytes(t *testing.T) {
	t.Parallel()
	s := newSlack(t, slackfake.Config{Plan: calm()})
	sent := post(t, s, "chat.postMessage", message(nil))
	for text, want := range map[string]string{
		chars(4000): "", chars(4001): "msg_too_long", runes(1333): "", runes(1334): "msg_too_long",
	} {
		a := post(t, s, "chat.update", object{"channel": sent.Channel, "ts": sent.TS, "text": text})
		if a.Error != want {
			t.Errorf("%d bytes: got %q, want %q", len(text), a.Error, want)
		}
	}
}

// TestStrictMetadata: what Slack documents is taken, an array of strings is not.
func TestStrictMetadata(t *testing.T) {
	t.Parallel()
	plan := calm()
	plan.StrictMetadata = true
	for name, tc := range map[string]struct {
		value any
		want  string
	}{
		"string": {"a b", ""}, "object": {object{"a": 1}, ""}, "objects": {array{object{"a": 1}}, ""}, "nothing": {array{}, ""},
		"strings": {array{"a", "b"}, "invalid_metadata_schema"}, "numbers": {array{1}, "invalid_metadata_schema"},
	} {
		s := newSlack(t, slackfake.Config{Plan: plan})
		body := message(object{"metadata": object{"event_type": "e", "event_payload": object{"v": tc.value}}})
		if a := post(t, s, "chat.postMessage", body); a.Error != tc.want {
			t.Errorf("%s: got %q, want %q", name, a.Error, tc.want)
		}
	}
}
