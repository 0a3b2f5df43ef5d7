package slackfake

// richText is the rich_text block. Slack publishes no length for it; it counts
// toward the size of all blocks. Its text is data: nothing in it is parsed, and
// only its own elements mention anyone.
func richText() rule {
	inline := inlines()
	return block("rich_text", fields{"elements!": list(1, noLimit, richParts(inline).check)})
}

func richParts(inline kinds) kinds {
	// Slack's lists hold sections only; lists are nested by indent.
	section := object(fields{"type!": enum("rich_text_section"), "elements!": list(0, noLimit, inline.check)})
	border := integer(0, 1)
	return kinds{
		"rich_text_section": section,
		"rich_text_list": object(fields{
			"type!": enum("rich_text_list"), "style!": enum("bullet", "ordered"),
			"elements!": list(1, noLimit, kinds{"rich_text_section": section}.check),
			"indent":    integer(0, 8), "offset": integer(0, noLimit), "border": border,
		}),
		"rich_text_quote": object(fields{
			"type!": enum("rich_text_quote"), "elements!": list(0, noLimit, inline.check), "border": border,
		}),
		"rich_text_preformatted": object(fields{
			"type!": enum("rich_text_preformatted"), "border": border, "language": str(1, 64),
			"elements!": list(0, noLimit, inline.only("text", "link", "emoji", "user", "usergroup", "channel").check),
		}),
	}
}

func inlines() kinds {
	style := object(fields{
		"bold": boolean, "italic": boolean, "strike": boolean, "code": boolean, "underline": boolean,
		"highlight": boolean, "client_highlight": boolean, "unlink": boolean,
	})
	inline := func(name string, f fields, whole ...rule) rule {
		return object(f.with(fields{"type!": enum(name), "style": style}), whole...)
	}
	id := str(1, 64)
	return kinds{
		"text": inline("text", fields{"text!": str(1, noLimit)}, func(w *walk, _ string, v any) {
			w.literal(member(v, "text"))
		}),
		"link": inline("link", fields{"url!": str(1, 3000), "text": str(1, noLimit), "unsafe": boolean}, func(w *walk, _ string, v any) {
			w.literal(member(v, "text"))
			w.literal(member(v, "url"))
			w.links = append(w.links, member(v, "url"))
		}),
		"emoji": inline("emoji", fields{
			"name!": str(1, 100), "unicode": str(1, 100), "skin_tone": integer(1, 6), "url": web(3000),
		}),
		"channel": inline("channel", fields{"channel_id!": id}),
		"team":    inline("team", fields{"team_id!": id}),
		"color":   inline("color", fields{"value!": str(1, 64)}),
		"date": inline("date", fields{
			"timestamp!": number, "format!": str(1, 200), "url": web(3000), "fallback": str(1, 3000),
		}),
		"user": inline("user", fields{"user_id!": id}, func(w *walk, _ string, v any) {
			w.mention("<@" + member(v, "user_id") + ">")
		}),
		"usergroup": inline("usergroup", fields{"usergroup_id!": id}, func(w *walk, _ string, v any) {
			w.mention("<!subteam^" + member(v, "usergroup_id") + ">")
		}),
		"broadcast": inline("broadcast", fields{"range!": enum("here", "channel", "everyone")}, func(w *walk, _ string, v any) {
			w.mention("<!" + member(v, "range") + ">")
		}),
	}
}

// member returns a string of an object, "" when it has none by that name.
func member(v any, name string) string {
	o, _ := v.(map[string]any)
	s, _ := o[name].(string)
	return s
}
