package slackfake

// The limits in this file are in code points and come from Slack's node types
// (block-elements.ts, composition-objects.ts) and docs.slack.dev/reference/block-kit.

// noLimit stands where Slack publishes none: the size of the body bounds it.
const noLimit = 1 << 30

// plain is a plain_text object.
func plain(maxLen int) rule { return textObject(maxLen, "plain_text") }

// anyText is a plain_text or mrkdwn object.
func anyText(maxLen int) rule { return textObject(maxLen, "plain_text", "mrkdwn") }

func textObject(maxLen int, types ...string) rule {
	length := str(1, maxLen)
	all := kinds{
		"plain_text": object(fields{"type!": enum("plain_text"), "text!": length, "emoji": boolean}, func(w *walk, _ string, v any) {
			o, _ := v.(map[string]any)
			s, _ := o["text"].(string)
			w.literal(s)
			if o["emoji"] != false {
				w.codes(s)
			}
		}),
		"mrkdwn": object(fields{"type!": enum("mrkdwn"), "text!": length, "verbatim": boolean}, func(w *walk, _ string, v any) {
			o, _ := v.(map[string]any)
			s, _ := o["text"].(string)
			w.mrkdwn(s)
		}),
	}
	return all.only(types...).check
}

func confirm() rule {
	return object(fields{
		"title!": plain(100), "text!": anyText(300), "confirm!": plain(30), "deny!": plain(30),
		"style": enum("primary", "danger"),
	})
}

// option is a choice; links are allowed in overflow menus only.
func option(text rule, link bool) rule {
	f := fields{"text!": text, "value!": str(1, 150), "description": anyText(75)}
	if link {
		f["url"] = web(3000)
	}
	return object(f)
}

func slackFile() rule {
	return object(fields{"id": str(1, 255), "url": web(3000)}, one("id", "url"))
}

func imageElement() rule {
	return object(fields{
		"type!": enum("image"), "alt_text!": str(1, 2000), "image_url": web(3000), "slack_file": slackFile(),
	}, one("image_url", "slack_file"))
}

// element is what every interactive element has.
func element(name string, f fields, whole ...rule) rule {
	return object(f.with(fields{"type!": enum(name), "action_id": str(1, 255)}), whole...)
}

func button() rule {
	return element("button", fields{
		"text!": plain(75), "url": web(3000), "value": str(1, 2000), "style": enum("primary", "danger"),
		"confirm": confirm(), "accessibility_label": str(1, 75),
	})
}

// elements are all interactive elements.
func elements() kinds {
	text := fields{"placeholder": plain(150), "initial_value": str(0, 3000), "dispatch_action_config": dispatch(), "focus_on_load": boolean}
	k := kinds{
		"button": button(),
		"workflow_button": element("workflow_button", fields{
			"text!": plain(75), "workflow!": anything, "style": enum("primary", "danger"), "accessibility_label": str(1, 75),
		}),
		"overflow":   element("overflow", fields{"options!": list(1, 5, option(plain(75), true)), "confirm": confirm()}),
		"checkboxes": element("checkboxes", choice(10).with(fields{"initial_options": list(1, 10, option(anyText(75), false))})),
		"radio_buttons": element("radio_buttons", choice(10).with(fields{
			"initial_option": option(anyText(75), false),
		})),
		"datepicker":       element("datepicker", picker(fields{"initial_date": str(10, 10), "placeholder": plain(150)})),
		"timepicker":       element("timepicker", picker(fields{"initial_time": str(5, 5), "placeholder": plain(150), "timezone": str(1, 64)})),
		"datetimepicker":   element("datetimepicker", picker(fields{"initial_date_time": number})),
		"email_text_input": element("email_text_input", text),
		"url_text_input":   element("url_text_input", text),
		"number_input": element("number_input", text.with(fields{
			"is_decimal_allowed!": boolean, "min_value": anything, "max_value": anything,
		})),
		"plain_text_input": element("plain_text_input", text.with(fields{
			"multiline": boolean, "min_length": integer(0, 3000), "max_length": integer(1, 3000),
		})),
		"rich_text_input": element("rich_text_input", text.with(fields{"initial_value": anything})),
		"file_input":      element("file_input", fields{"filetypes": list(1, 100, str(1, 100)), "max_files": integer(1, 10)}),
	}
	for name, r := range menus() {
		k[name] = r
	}
	return k
}

// anything accepts what newswatch never sends and no limit is published for.
func anything(*walk, string, any) {}

func dispatch() rule {
	return object(fields{"trigger_actions_on": list(1, 2, enum("on_enter_pressed", "on_character_entered"))})
}

func choice(most int) fields {
	return fields{"options!": list(1, most, option(anyText(75), false)), "confirm": confirm(), "focus_on_load": boolean}
}

func picker(f fields) fields {
	return f.with(fields{"confirm": confirm(), "focus_on_load": boolean})
}

// menus are the select menus, each in its single and its multiple form.
func menus() kinds {
	opt := option(plain(75), false)
	group := object(fields{"label!": plain(75), "options!": list(1, 100, opt)})
	filter := object(fields{
		"include": list(1, 4, enum("im", "mpim", "private", "public")), "exclude_external_shared_channels": boolean,
		"exclude_bot_users": boolean,
	})
	ids := list(0, 100, str(1, 64))
	all := fields{"placeholder": plain(150), "confirm": confirm(), "focus_on_load": boolean}
	sources := map[string]struct {
		both, single, multi fields
		whole               []rule
	}{
		"static_select": {
			both:   fields{"options": list(1, 100, opt), "option_groups": list(1, 100, group)},
			single: fields{"initial_option": opt}, multi: fields{"initial_options": list(1, 100, opt)},
			whole: []rule{one("options", "option_groups")},
		},
		"external_select": {
			both:   fields{"min_query_length": integer(0, 1000)},
			single: fields{"initial_option": opt}, multi: fields{"initial_options": list(1, 100, opt)},
		},
		"users_select": {single: fields{"initial_user": str(1, 64)}, multi: fields{"initial_users": ids}},
		"channels_select": {
			single: fields{"initial_channel": str(1, 64), "response_url_enabled": boolean},
			multi:  fields{"initial_channels": ids},
		},
		"conversations_select": {
			both:   fields{"default_to_current_conversation": boolean, "filter": filter},
			single: fields{"initial_conversation": str(1, 64), "response_url_enabled": boolean},
			multi:  fields{"initial_conversations": ids},
		},
	}
	k := make(kinds)
	for name, s := range sources {
		k[name] = element(name, all.with(s.both).with(s.single), s.whole...)
		many := fields{"max_selected_items": integer(1, noLimit)}
		k["multi_"+name] = element("multi_"+name, all.with(s.both).with(s.multi).with(many), s.whole...)
	}
	return k
}
