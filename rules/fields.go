package rules

// The table of fields: every key that a rule file may have, with its type, its
// default and a line of help. It drives four things, which therefore cannot
// disagree: decoding (fields_read.go), the errors about unknown keys, the JSON
// Schema (schema.go) and the manual (reference.go).

// fieldSpec is one key of a mapping.
type fieldSpec struct {
	name     string
	shape    shape
	help     string // for the manual and the editor
	example  string // YAML
	def      string // YAML of the default, "" when absence has its own meaning
	absent   string // that meaning, in words
	required bool
	unless   []string // other keys, one of which does in its place
}

// kindSpec is one kind of mapping.
type kindSpec struct {
	name string // as it is called in messages
	help string
	keys []fieldSpec
}

func (k *kindSpec) key(name string) (fieldSpec, bool) {
	for _, f := range k.keys {
		if f.name == name {
			return f, true
		}
	}
	return fieldSpec{}, false
}

func (k *kindSpec) names() []string {
	names := make([]string, len(k.keys))
	for i, f := range k.keys {
		names[i] = f.name
	}
	return names
}

// kinds is the whole table, in the order of the manual.
func kinds() []*kindSpec {
	var all []*kindSpec
	for _, part := range [][]*kindSpec{rootKinds(), sourceKinds(), wordKinds(), ruleKinds(), planKinds()} {
		all = append(all, part...)
	}
	return all
}

func rootKinds() []*kindSpec {
	return []*kindSpec{
		{name: "root", help: "The whole file. A folder of files is read as one: ids are unique over all of them, and settings stands in one only.", keys: []fieldSpec{
			{name: "version", shape: intShape{1, 1}, help: "Version of this form.", example: "1", def: "1"},
			{name: "settings", shape: mapShape{"settings"}, help: "What holds for everything.", example: "{timezone: Europe/Vienna}"},
			{name: "feeds", shape: listShape{of: mapShape{"feed"}}, help: "Where to look.", example: "[{id: herald, url: \"https://herald.example/rss\"}]"},
			{name: "entities", shape: keyedShape{"entity"}, help: "Who and where: each under its own id.", example: "{crimea: {name: Crimea, type: place}}"},
			{name: "topics", shape: keyedShape{"topic"}, help: "What: lists of words, each under its own id.", example: "{ceasefire: {any: [cease-fire, truce]}}"},
			{name: "rules", shape: listShape{of: mapShape{"rule"}}, help: "What makes an item a hit.", example: "[{id: ceasefire, when: {any: [\"topic:ceasefire\"]}}]"},
			{name: "digests", shape: listShape{of: mapShape{"digest"}}, help: "Who is told at fixed times.", example: "[{id: desk, cron: \"0 8 * * *\", rules: all, to: {slack: desk}}]"},
			{name: "alerts", shape: listShape{of: mapShape{"alert"}}, help: "Who is told at once.", example: "[{id: urgent, rules: all, to: {slack: urgent}}]"},
			{name: "operators", shape: mapShape{"operators"}, help: "Who is told of refused rule files, held deliveries and feeds in trouble.", example: "{to: {slack: newswatch-ops}}", absent: "nobody"},
		}},
		{name: "settings", help: "What holds for everything; each may be left out.", keys: []fieldSpec{
			{name: "timezone", shape: zoneShape{}, help: "Zone of the digests' times and of quiet hours.", example: "Europe/Vienna", def: "UTC"},
			{name: "plurals", shape: enumShape{"english", "none"}, help: "english: the last word of a term also counts with its English plural ending, when it has 4 letters or more.", example: "english", def: "english"},
			{name: "search_in", shape: listShape{of: enumShape{"title", "body", "author", "url", "category"}, single: true}, help: "Parts of an item that are searched where a rule does not name others with in.", example: "[title, body]", def: "[title, body]"},
			{name: "ignore_blocks", shape: listShape{of: textShape{what: "a phrase"}, lines: true}, help: "A block of up to 12 words, or one ending in a colon, that begins so is not searched.", example: "[Read more, Advertisement]", absent: "none"},
			{name: "ignore_repeated_blocks", shape: intShape{0, 1000}, help: "A block seen in this many items of one feed is boilerplate and not searched; 0 switches this off.", example: "3", def: "0"},
			{name: "poll", shape: pollShape{}, help: "When feeds are asked: a cron expression or a duration. It is a wish; a server's own limits win.", example: `"*/5 * * * *"`, def: `"*/15 * * * *"`},
			{name: "backfill", shape: durationShape{0, 366 * day}, help: "Of a feed's first poll, only items younger than this are told.", example: "24h", def: "24h"},
			{name: "network", shape: mapShape{"network"}, help: "Addresses that feeds may live on.", example: "{allow: [127.0.0.0/8]}", def: "{}"},
			{name: "keep", shape: mapShape{"keep"}, help: "How long the archive reaches back.", example: "{items: 30d, stories: 180d}", def: "{}"},
			{name: "backup", shape: mapShape{"backup"}, help: "Copies of the state that the daemon makes by itself.", example: `{schedule: "30 3 * * *", keep: 7}`, absent: "none are made"},
			{name: "slack", shape: mapShape{"slack settings"}, help: "Pacing of the posts to Slack.", example: "{quarantine: 60s, look_again: 20s, pace: 1.1s}", def: "{}"},
		}},
		{name: "network", help: "Only public addresses are asked, unless a range is named here.", keys: []fieldSpec{
			{name: "contact", shape: contactShape{}, help: "A page or a mail address of yours, told to the servers of feeds: some turn readers away that do not say whose they are.", example: "https://desk.example/newswatch", absent: "none"},
			{name: "allow", shape: listShape{of: prefixShape{}, single: true}, help: "Private ranges, or single addresses, that feeds may live on.", example: "[127.0.0.0/8]", absent: "none"},
		}},
		{name: "keep", help: "How long things are kept.", keys: []fieldSpec{
			{name: "items", shape: durationShape{hour, 3660 * day}, help: "Texts of items.", example: "30d", def: "30d"},
			{name: "stories", shape: durationShape{hour, 3660 * day}, help: "Stories and what was told of them, from their last report; eight days at least, as long as another one may belong to them.", example: "180d", def: "180d"},
		}},
		{name: "backup", help: "Copies of the state that the daemon makes by itself: each is read through before it counts. Of SQLite only, a state in PostgreSQL is backed up by pg_dump.", keys: []fieldSpec{
			{name: "schedule", shape: cronShape{}, help: "Their times, in settings.timezone. One that was missed is made up for after a start, several by one copy.", example: `"30 3 * * *"`, def: `"30 3 * * *"`},
			{name: "keep", shape: intShape{1, 1000}, help: "So many are kept, the newest; older ones that the daemon made are deleted.", example: "7", def: "7"},
			{name: "folder", shape: folderShape{}, help: "Where they lie, one folder for each state: from the state's own folder on, or an absolute folder that is there already.", example: "/backup/newswatch", def: "backups"},
		}},
		{name: "slack settings", help: "Pacing of the posts to Slack.", keys: []fieldSpec{
			{name: "quarantine", shape: durationShape{0, hour}, help: "From an answer that leaves it open whether a post arrived to the first look into the channel.", example: "60s", def: "60s"},
			{name: "look_again", shape: durationShape{0, hour}, help: "Between two such looks.", example: "20s", def: "20s"},
			{name: "pace", shape: durationShape{0, hour}, help: "Between two posts to one channel.", example: "1.1s", def: "1.1s"},
		}},
	}
}

func sourceKinds() []*kindSpec {
	return []*kindSpec{
		{name: "feed", help: "One RSS, Atom or JSON feed.", keys: []fieldSpec{
			{name: "id", shape: idShape{"feed"}, help: "Its name in conditions and commands.", example: "herald", required: true},
			{name: "name", shape: textShape{what: "a name"}, help: "What readers see.", example: "The Herald", absent: "the id"},
			{name: "url", shape: urlShape{}, help: "Its address, http or https.", example: `"https://herald.example/rss"`, required: true},
			{name: "lang", shape: langShape{}, help: "Language of its items, two letters.", example: "en", absent: "told from the letters of each item"},
			{name: "publisher", shape: textShape{what: "a name"}, help: "The outlet behind it: feeds of one publisher count as one source.", example: "The Herald", absent: "the name"},
			{name: "weight", shape: intShape{-100, 100}, help: "Added to the score of each of its items.", example: "8", def: "0"},
			{name: "tags", shape: listShape{of: textShape{what: "a tag"}, single: true}, help: "For conditions: feeds: [tag:paywall].", example: "[paywall]", absent: "none"},
			{name: "poll", shape: pollShape{}, help: "When it is asked: a cron expression or a duration.", example: "15m", absent: "settings.poll"},
			{name: "min_interval", shape: durationShape{hour / 60, 7 * day}, help: "The least time between two polls, where its publisher agrees to less than our 15 minutes (60 for servers that cannot say \"not modified\").", example: "5m", absent: "15 or 60 minutes"},
			{name: "full_text", shape: boolShape{}, help: "Fetch the page of each new item and search its article, for feeds that carry headlines only.", example: "true", def: "false"},
			{name: "user_agent", shape: textShape{what: "a text"}, help: "The User-Agent that its server wants to see.", example: "\"Example Desk/1.0 (+https://desk.example)\"", absent: "newswatch's own"},
			{name: "headers", shape: headersShape{}, help: "Sent along with each request; a value secret:NAME is the secret of that name.", example: "{X-Api-Key: secret:HERALD_KEY}", absent: "none"},
			{name: "login", shape: secretShape{}, help: "Name of the secret that holds user:password for it.", example: "HERALD_LOGIN", absent: "none"},
			{name: "proxy", shape: proxyShape{}, help: "The proxy that it is asked through, or none.", example: `"socks5://127.0.0.1:9050"`, absent: "as HTTPS_PROXY says"},
			{name: "http1", shape: boolShape{}, help: "Ask by HTTP/1.1 only.", example: "true", def: "false"},
		}},
	}
}
