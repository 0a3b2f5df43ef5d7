package rules

func wordKinds() []*kindSpec {
	words, refs := listShape{of: termShape{}, lines: true}, listShape{of: termShape{refs: true}, lines: true, some: true}
	return []*kindSpec{
		{name: "entity", help: "A person, place or other body. The spellings of a name (-sky, -skyy, -skiy) and its Cyrillic case endings are added by themselves for people and places; `newswatch expand ID` prints them.", keys: []fieldSpec{
			{name: "name", shape: textShape{what: "a name"}, help: "The name that readers see; it is also searched for.", example: "Keith Kellogg", absent: "the id"},
			{name: "type", shape: enumShape{"person", "place", "organization", "other"}, help: "Decides which forms are added.", example: "person", def: "other"},
			{name: "also", shape: words, help: "Other full names: one mention is enough.", example: "[General Kellogg, Кит Келлог]", absent: "none"},
			{name: "surname", shape: words, help: "Short names. Each counts alone, unless surname_needs says what must stand near it.", example: "[Kellogg, Келлог]", absent: "none"},
			{name: "surname_needs", shape: mapShape{"surname_needs"}, help: "What must stand near a short name, when no full name stands in the item.", example: "{any: [Ukraine, envoy], within: 30 words}", absent: "nothing"},
			{name: "except", shape: words, help: "Phrases that are not this one: they are cut out, the rest of the item still counts.", example: "[Kellogg Company]", absent: "none"},
			{name: "without", shape: words, help: "Added forms that are wrong.", example: "[Путина]", absent: "none"},
		}},
		{name: "surname_needs", help: "What must stand near a short name for it to count.", keys: []fieldSpec{
			{name: "any", shape: refs, help: "One of these is enough.", example: "[Ukraine, envoy, NATO]", required: true},
			{name: "within", shape: withinShape{}, help: "How near.", example: "30 words", def: "item"},
		}},
		{name: "topic", help: "A list of words for one thing.", keys: []fieldSpec{
			{name: "any", shape: refs, help: "The words; other topics and entities may be among them.", example: "[cease-fire, truce, перемир*]", required: true},
			{name: "except", shape: words, help: "Phrases that are not this one: they are cut out, the rest of the item still counts.", example: "[truce with himself]", absent: "none"},
		}},
		{name: "term", help: "A term in its long form, where it needs more than its text.", keys: []fieldSpec{
			{name: "text", shape: termShape{refs: true}, help: "The term.", example: "Poutine", required: true},
			{name: "lang", shape: langShape{}, help: "Only in items of this language.", example: "fr", absent: "any"},
		}},
	}
}

func ruleKinds() []*kindSpec {
	lines := listShape{of: condShape{}, lines: true, some: true}
	words := listShape{of: termShape{refs: true}, lines: true, some: true}
	return []*kindSpec{
		{name: "rule", help: "What makes an item a hit, and of what worth. An item's score is the rule's score, its boosts, the feed's weight and 3 for each further distinct entity (5 at most); 100 at most.", keys: []fieldSpec{
			{name: "id", shape: idShape{"rule"}, help: "Its name in digests, alerts and commands.", example: "ceasefire", required: true},
			{name: "title", shape: textShape{what: "a title"}, help: "Its heading in digests.", example: "Ceasefire talks", absent: "the id"},
			{name: "when", shape: condShape{}, help: "The condition.", example: "{all: [topic:ceasefire, topic:ukraine-war]}", required: true},
			{name: "score", shape: intShape{0, 100}, help: "What a hit is worth.", example: "40", def: "50"},
			{name: "boost", shape: listShape{of: mapShape{"boost"}, single: true}, help: "What makes it worth more, or less.", example: "[{when: {in: title, any: [truce]}, add: 20}]", absent: "nothing"},
			{name: "tests", shape: mapShape{"tests"}, help: "Texts that it must and must not match. They run at each load; a file with a failed one never replaces the rules in force.", example: `{match: ["Truce holds"], no_match: ["Truce in the budget row"]}`, absent: "none"},
		}},
		{name: "condition", help: "All keys that are present must hold together; in, lang and feeds bind what stands beside them. A line of a list is a term, or a condition of its own.", keys: []fieldSpec{
			{name: "all", shape: lines, help: "Every line must match.", example: "[topic:ceasefire, entity:crimea]"},
			{name: "any", shape: lines, help: "One line is enough.", example: "[truce, cease-fire]"},
			{name: "none", shape: lines, help: "No line may match; this drops the whole item.", example: "[football, horoscope]"},
			{name: "near", shape: mapShape{"near"}, help: "Two things close together, in one paragraph; the title is its own.", example: "{a: [entity:crimea], b: [recogni*], within: 25 words}"},
			{name: "at_least", shape: mapShape{"at_least"}, help: "A number of matches.", example: "{times: 3, of: [sanctions]}"},
			{name: "in", shape: listShape{of: enumShape{"title", "body", "author", "url", "category"}, single: true}, help: "Only in these parts of the item.", example: "title", absent: "settings.search_in"},
			{name: "lang", shape: listShape{of: langShape{}, single: true}, help: "Only in items of these languages.", example: "[uk, ru]", absent: "any"},
			{name: "feeds", shape: listShape{of: feedRefShape{}, single: true}, help: "Only in items of these feeds, or of feeds with a tag (tag:NAME).", example: "[herald, tag:paywall]", absent: "any"},
		}},
		{name: "near", help: "A match of a and one of b close together.", keys: []fieldSpec{
			{name: "a", shape: words, help: "One side.", example: "[entity:crimea]", required: true},
			{name: "b", shape: words, help: "The other side.", example: "[recogni*, annex*]", required: true},
			{name: "within", shape: withinShape{}, help: "How near: a number of words, sentence, paragraph or item.", example: "25 words", required: true},
			{name: "ordered", shape: boolShape{}, help: "a must stand before b.", example: "true", def: "false"},
		}},
		{name: "at_least", help: "A number of matches.", keys: []fieldSpec{
			{name: "times", shape: intShape{1, 1000}, help: "How many.", example: "3", required: true},
			{name: "of", shape: words, help: "Of which terms; all of them are counted together.", example: "[sanctions, embargo]", required: true},
		}},
		{name: "boost", help: "Adds to the score when its condition holds.", keys: []fieldSpec{
			{name: "when", shape: condShape{}, help: "The condition.", example: "{in: title, any: [truce]}", required: true},
			{name: "add", shape: intShape{-100, 100}, help: "Points.", example: "20", required: true},
		}},
		{name: "tests", help: "Example texts of a rule. A bare text is a headline.", keys: []fieldSpec{
			{name: "match", shape: listShape{of: exampleShape{}, single: true}, help: "Must match.", example: `["Truce holds for a second day"]`, absent: "none"},
			{name: "no_match", shape: listShape{of: exampleShape{}, single: true}, help: "Must not match.", example: `["Truce in the budget row"]`, absent: "none"},
			{name: "todo_match", shape: listShape{of: exampleShape{}, single: true}, help: "Should match one day; it only warns.", example: `["Guns fall silent"]`, absent: "none"},
		}},
		{name: "example", help: "An example text in its long form.", keys: []fieldSpec{
			{name: "title", shape: textShape{what: "a headline"}, help: "The headline.", example: "Truce holds", absent: "empty"},
			{name: "text", shape: textShape{what: "a text", long: true}, help: "The body; blank lines part paragraphs.", example: "The guns fell silent at noon.", absent: "empty"},
			{name: "lang", shape: langShape{}, help: "Its language.", example: "en", absent: "the feed's"},
			{name: "feed", shape: refShape{"feed"}, help: "The feed it comes from.", example: "herald", absent: "none, with weight 0"},
		}},
	}
}
