package slackfake

import (
	"encoding/json"
	"maps"
	"unicode/utf8"
)

// Limits of a message's blocks (docs.slack.dev/reference/block-kit/blocks).
const (
	maxBlocks     = 50
	maxMarkdown   = 12_000 // code points, all markdown blocks together
	maxTableText  = 10_000 // code points, all cells of a message
	maxDataText   = 20_000
	maxTables     = 1
	maxContainers = 10
)

// block is what every block has: a type, and an id that no other block of the
// message has.
func block(name string, f fields, whole ...rule) rule {
	length := str(1, 255)
	return object(f.with(fields{
		"type!": enum(name),
		"block_id": func(w *walk, at string, v any) {
			length(w, at, v)
			if id, ok := v.(string); ok {
				if w.blockIDs[id] {
					w.refuse(at, "block_id must be unique: %s", clip(id))
				}
				w.blockIDs[id] = true
			}
		},
	}), whole...)
}

// messageBlocks is the array of blocks of a message. What stands only in modals
// (alert) or in streams (plan, task_card) is no kind of it and refused.
func messageBlocks() rule {
	k := simpleBlocks()
	children := list(1, maxContainers, simpleBlocks().check)
	k["container"] = block("container", fields{
		"title": plain(150), "rich_text_title": richText(), "subtitle": anyText(150), "icon": imageElement(),
		"width": enum("narrow", "standard", "wide", "full"), "is_collapsible": boolean,
		"default_collapsed": boolean, "has_header_divider": boolean, "child_blocks!": children,
	}, one("title", "rich_text_title"))
	k["carousel"] = block("carousel", fields{"elements!": list(1, 10, kinds{"card": card()}.check)})
	k["layout"] = layout()
	return list(0, maxBlocks, k.check)
}

// simpleBlocks are the blocks that may also stand inside another.
func simpleBlocks() kinds {
	el := elements()
	return kinds{
		"divider": block("divider", nil),
		"header":  block("header", fields{"text!": plain(150), "level": integer(1, 6)}),
		"section": block("section", fields{
			"text": anyText(3000), "fields": list(1, 10, anyText(2000)), "expand": boolean,
			"accessory": sectionElements(el).check,
		}, some("text", "fields")),
		"context": block("context", fields{"elements!": list(1, 10, contextElements().check)}),
		"actions": block("actions", fields{"elements!": list(1, 25, el.only(
			"button", "workflow_button", "overflow", "checkboxes", "radio_buttons", "datepicker", "timepicker",
			"datetimepicker", "static_select", "external_select", "users_select", "channels_select",
			"conversations_select", "multi_static_select", "multi_external_select", "multi_users_select",
			"multi_channels_select", "multi_conversations_select",
		).check)}, unique("elements", "action_id")),
		"context_actions": block("context_actions", fields{"elements!": list(1, 5, contextActions().check)},
			unique("elements", "action_id")),
		"rich_text": richText(),
		"image": block("image", fields{
			"image_url": web(3000), "slack_file": slackFile(), "alt_text!": str(1, 2000), "title": plain(2000),
		}, one("image_url", "slack_file")),
		"markdown": block("markdown", fields{"text!": markdownText}),
		"input": block("input", fields{
			"label!": plain(2000), "hint": plain(2000), "optional": boolean, "dispatch_action": boolean,
			"element!": inputElements(el).check,
		}),
		"table":              table(),
		"data_table":         dataTable(),
		"data_visualization": block("data_visualization", fields{"title!": str(1, 50), "chart!": charts().check}),
		"card":               card(),
		"video":              video(),
		"file":               block("file", fields{"external_id!": str(1, 255), "source!": enum("remote")}),
	}
}

func sectionElements(el kinds) kinds {
	k := maps.Clone(el)
	for _, input := range []string{"plain_text_input", "rich_text_input", "number_input", "email_text_input", "url_text_input", "file_input"} {
		delete(k, input)
	}
	k["image"] = imageElement()
	return k
}

// inputElements are the elements that take something in.
func inputElements(el kinds) kinds {
	k := maps.Clone(el)
	delete(k, "button")
	delete(k, "workflow_button")
	delete(k, "overflow")
	return k
}

func contextElements() kinds {
	return kinds{"mrkdwn": anyText(3000), "plain_text": anyText(3000), "image": imageElement()}
}

func contextActions() kinds {
	feedback := object(fields{"text!": plain(75), "value!": str(1, 2000), "accessibility_label": str(1, 75)})
	return kinds{
		"feedback_buttons": element("feedback_buttons", fields{"positive_button!": feedback, "negative_button!": feedback}),
		"icon_button": element("icon_button", fields{
			"icon!": enum("trash"), "text!": plain(75), "value": str(1, 2000), "confirm": confirm(),
			"accessibility_label": str(1, 75), "visible_to_user_ids": list(0, 10, str(1, 64)),
		}),
	}
}

// markdownText counts the texts of all markdown blocks. Slack reads <...> in
// them as it does in mrkdwn.
func markdownText(w *walk, at string, v any) {
	str(1, maxMarkdown)(w, at, v)
	s, _ := v.(string)
	w.mrkdwn(s)
	if w.markdown += utf8.RuneCountInString(s); w.markdown > maxMarkdown {
		w.refuse(at, "all markdown blocks together must be less than %d characters", maxMarkdown+1)
	}
}

func card() rule {
	return block("card", fields{
		"hero_image": imageElement(), "icon": imageElement(), "slack_icon": anything,
		"title": anyText(150), "subtitle": anyText(150), "body": anyText(200), "subtext": anyText(200),
		"actions": list(1, 3, kinds{"button": button()}.check),
	}, some("hero_image", "title", "actions", "body"))
}

func layout() rule {
	inner := simpleBlocks()
	delete(inner, "markdown") // slack-go block_layout.go: not supported there
	item := object(fields{
		"block!": inner.check, "width": enum("narrow", "standard", "wide"),
		"horizontal_alignment": enum("start", "center", "end"),
	})
	row := object(fields{"items!": list(1, 3, item)})
	return block("layout", fields{
		"label!": str(1, 150), "rows!": list(1, 5, row), "is_label_visible": boolean, "grid_lines": enum("none", "rows", "outer"),
		"fallback": list(0, maxBlocks, simpleBlocks().check),
	})
}

func video() rule {
	return block("video", fields{
		"video_url!": web(3000), "thumbnail_url!": web(3000), "alt_text!": str(1, 2000), "title!": plain(200),
		"title_url": web(2000), "author_name": str(1, 50), "provider_name": str(1, 50),
		"provider_icon_url": web(2000), "description": plain(200),
	})
}

func table() rule {
	setting := object(fields{"align": enum("left", "center", "right"), "is_wrapped": boolean})
	return block("table", fields{
		"rows!":           list(1, 100, list(1, 20, cells(func(w *walk) *int { return &w.cells }, maxTableText).check)),
		"column_settings": list(0, 20, setting),
	}, func(w *walk, at string, _ any) {
		// Slack takes one table a message (ccheney/robust-skills, slack-block-kit).
		if w.tables++; w.tables > maxTables {
			w.refuse(at, "only one table is allowed in a message")
		}
	})
}

func dataTable() rule {
	return block("data_table", fields{
		"caption!": str(1, noLimit), "page_size": integer(1, 100), "row_header_column_index": integer(0, 19),
		"rows!": list(2, 201, list(1, 20, cells(func(w *walk) *int { return &w.data }, maxDataText).check)),
	})
}

// charts are what a data_visualization block can draw.
func charts() kinds {
	label := str(1, 20)
	point := object(fields{"label!": label, "value!": number})
	series := list(1, 12, object(fields{"name!": label, "data!": list(1, 20, point)}))
	axes := object(fields{"categories!": list(1, 20, label), "x_label": str(1, 50), "y_label": str(1, 50)})
	k := kinds{"pie": object(fields{
		"type!": enum("pie"), "segments!": list(1, 12, object(fields{"label!": label, "value!": positive})),
	})}
	for _, name := range []string{"line", "bar", "area"} {
		k[name] = object(fields{"type!": enum(name), "series!": series, "axis_config!": axes})
	}
	return k
}

// cells are the cells of a table; sum holds the length of all of them.
func cells(sum func(*walk) *int, most int) kinds {
	count := func(w *walk, at string, v any) {
		n := sum(w)
		before := *n
		*n += textLength(v)
		if before <= most && *n > most {
			w.refuse(at, "all cells together must be less than %d characters", most+1)
		}
	}
	rich := richParts(inlines())
	return kinds{
		"raw_text":   object(fields{"type!": enum("raw_text"), "text!": str(1, noLimit)}, count),
		"raw_number": object(fields{"type!": enum("raw_number"), "value!": number, "text": str(0, noLimit)}, count),
		"rich_text":  object(fields{"type!": enum("rich_text"), "elements!": list(1, noLimit, rich.check)}, count),
		"action":     object(fields{"type!": enum("action"), "element!": button(), "fallback": anything}),
	}
}

// textLength counts the code points of all texts and values in a cell.
func textLength(v any) int {
	n := 0
	switch v := v.(type) {
	case map[string]any:
		for name, m := range v {
			switch s := m.(type) {
			case string:
				if name == "text" {
					n += utf8.RuneCountInString(s)
				}
			case json.Number:
				n += len(s)
			default:
				n += textLength(m)
			}
		}
	case []any:
		for _, m := range v {
			n += textLength(m)
		}
	}
	return n
}
