package rules

func planKinds() []*kindSpec {
	id := func(kind string) fieldSpec {
		return fieldSpec{name: "id", shape: idShape{"digest or alert"}, help: "Its name. What was told is remembered under it: a new id begins anew.", example: kind, required: true}
	}
	title := fieldSpec{name: "title", shape: textShape{what: "a title"}, help: "Its heading in Slack.", example: "Ukraine talks", absent: "the id"}
	rules := fieldSpec{name: "rules", shape: planRulesShape{}, help: "Its rules, or all; the sections stand in this order.", example: "[ceasefire, crimea-status]", required: true}
	score := fieldSpec{name: "min_score", shape: intShape{0, 100}, help: "The least score of a story that is told.", example: "45", def: "0"}
	zone := fieldSpec{name: "timezone", shape: zoneShape{}, help: "Zone of its times.", example: "Europe/Kyiv", absent: "settings.timezone"}
	to := fieldSpec{name: "to", shape: targetShape{}, help: "Where it goes.", example: "{slack: ukraine-desk}", required: true}
	return []*kindSpec{
		{name: "digest", help: "Collects stories and is sent at its times. A story comes again only when it has developed since.", keys: []fieldSpec{
			id("desk"), title,
			{name: "cron", shape: cronShape{}, help: "Its times: minute, hour, day of month, month, day of week.", example: `"0 8,12,17 * * MON-FRI"`, required: true},
			zone, rules, score,
			{name: "max_stories", shape: intShape{0, 1000}, help: "No more stories than this at once; 0: no limit.", example: "40", def: "0"},
			{name: "when_empty", shape: enumShape{"skip", "post"}, help: "What to do when there is nothing to tell.", example: "skip", def: "skip"},
			to,
		}},
		{name: "alert", help: "Is sent at once: one message a story, kept up to date in place; what is new goes into its thread.", keys: []fieldSpec{
			id("urgent"), title, rules, score,
			{name: "min_publishers", shape: intShape{1, 100}, help: "Independent publishers that must have the story.", example: "2", def: "1"},
			{name: "wait", shape: durationShape{0, 7 * day}, help: "At most so long for them; then it is told all the same.", example: "30m", def: "30m"},
			{name: "cooldown", shape: durationShape{0, 30 * day}, help: "Between two notes on one story, and between its alert and the first note.", example: "4h", def: "4h"},
			{name: "unless_publishers", shape: intShape{0, 1000}, help: "So many more publishers break the cooldown; 0: never.", example: "5", def: "0"},
			{name: "broadcast_at", shape: intShape{0, 1000}, help: "From so many publishers on, a note in the thread also goes to the channel; 0: never.", example: "10", def: "0"},
			{name: "quiet_hours", shape: mapShape{"quiet_hours"}, help: "Hours in which it is held; it is told at their end.", example: `{from: "22:00", to: "06:00", days: all}`, absent: "none"},
			zone, to,
		}},
		{name: "quiet_hours", help: "Hours in which alerts are held, never dropped. They may run over midnight.", keys: []fieldSpec{
			{name: "from", shape: clockShape{}, help: "Their begin, in local time.", example: `"22:00"`, required: true},
			{name: "to", shape: clockShape{}, help: "Their end, in local time.", example: `"06:00"`, required: true},
			{name: "days", shape: daysShape{}, help: "The days on which they begin: all, or days and spans of days.", example: "[MON-FRI]", def: "all"},
		}},
		targetKind(),
		{name: "operators", help: "Those who keep newswatch running.", keys: []fieldSpec{
			{name: "to", shape: targetShape{}, help: "Where their messages go.", example: "{slack: newswatch-ops}", required: true},
		}},
	}
}

func targetKind() *kindSpec {
	return &kindSpec{name: "to", help: "Where messages go: to one of slack, slack_webhook and webhook. [webhooks.md](webhooks.md) says what the two webhooks send, and what they cannot do.", keys: []fieldSpec{
		{name: "slack", shape: channelShape{}, help: "A channel's name without #, or its id.", example: "ukraine-desk", required: true, unless: webhooks()},
		{name: "slack_webhook", shape: addressShape{}, help: "Name of the secret that holds the address of an incoming webhook of Slack's.", example: "DESK_HOOK", absent: "none"},
		{name: "webhook", shape: addressShape{}, help: "Name of the secret that holds the address that JSON is posted to. The secret of that name with _SIGNING, if there is one, signs it.", example: "NEWSROOM_HOOK", absent: "none"},
		{name: "mention", shape: listShape{of: handleShape{}, single: true}, help: "User groups to mention, by handle; nothing else is ever mentioned. With slack_webhook by id (S0123456789): it can look up no handle. Not with webhook.", example: "[desk-editors]", absent: "nobody"},
		{name: "on_uncertain", shape: enumShape{"resend", "hold", "skip"}, help: "What becomes of a message of which nobody can say whether it arrived: resend, and it may come twice; skip, and it may be lost; hold, until an operator decides. A must with webhooks, where nothing can be looked up. A channel is looked into first, and never skips. Targets of one place may not differ in it; of one channel, one that leaves it out does as the others.", example: "resend", absent: "resend, with slack"},
	}}
}
