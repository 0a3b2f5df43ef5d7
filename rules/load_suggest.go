package rules

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Meant is the candidate that a slip of the hand may have made into word, "" when
// none comes near enough.
func Meant(word string, candidates []string) string { return nearest(word, candidates) }

// nearest is the candidate that a mistyped word most probably means: the same
// but for case and separators, or at most two slips of the finger away. It is
// "" when nothing comes near, or when the word is too short to tell.
func nearest(word string, candidates []string) string {
	best, least := "", slips(word)+1
	plain := bare(word)
	for _, c := range candidates {
		if c == word {
			continue
		}
		d := 0
		if p := bare(c); p != plain {
			d = editDistance(plain, p)
		}
		if d < least {
			best, least = c, d
		}
	}
	return best
}

// slips is how many slips of the finger a word of this length may hold: in
// three letters two would make it any other word.
func slips(word string) int {
	switch n := utf8.RuneCountInString(word); {
	case n < 3:
		return 0
	case n < 5:
		return 1
	default:
		return 2
	}
}

func bare(s string) string {
	return strings.Map(func(c rune) rune {
		if c == '-' || c == '_' || c == ' ' {
			return -1
		}
		return unicode.ToLower(c)
	}, s)
}

// editDistance counts the letters to insert, drop, change or swap with their
// neighbour to turn a into b (optimal string alignment).
func editDistance(a, b string) int {
	x, y := []rune(a), []rune(b)
	if d := len(x) - len(y); d > 2 || d < -2 {
		return 3 // farther than any caller looks
	}
	before, above, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range above {
		above[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		for j := 1; j <= len(y); j++ {
			change := 1
			if x[i-1] == y[j-1] {
				change = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+change)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, above, row = above, row, before
	}
	return above[len(y)]
}

// confused lists the words that people write for a key of ours, because other
// programs call it so. The first that the mapping at hand knows is meant.
func confused() map[string][]string {
	table := map[string][]string{}
	for _, pair := range [][2]string{
		{"also", "alias aliases aka names synonyms variants spellings full full_names other_names"},
		{"surname", "short shorts short_name last_name lastname surnames family_name family"},
		{"surname_needs", "short_needs needs context near requires require"},
		{"except", "not exclude excludes excluding exclusion exclusions but mask masks ignore minus unless stopwords negative"},
		{"without", "strike drop remove forms"},
		{"none", "not no none_of must_not exclude excluding except without unless nor"},
		{"any", "keywords keyword words word terms term phrases phrase or some one_of any_of patterns pattern match contains includes include list"},
		{"all", "and must all_of both every"},
		{"near", "close proximity around nearby"},
		{"within", "distance max_distance words span window in"},
		{"a", "left first from this"},
		{"b", "right second to that"},
		{"times", "count min number at_least n"},
		{"of", "any words terms"},
		{"ordered", "order in_order"},
		{"poll", "every interval schedule cron refresh frequency update"},
		{"cron", "schedule every time times at when poll interval send_at"},
		{"url", "link href uri address rss feed source"},
		{"id", "key slug"},
		{"name", "title label"},
		{"title", "name label headline heading"},
		{"text", "body content term word value summary description"},
		{"lang", "language languages locale langs"},
		{"publisher", "outlet owner source"},
		{"weight", "score priority bonus rank"},
		{"tags", "tag labels categories category groups"},
		{"timezone", "tz time_zone zone"},
		{"score", "weight points value priority rank"},
		{"add", "score points plus bonus by weight"},
		{"boost", "boosts bonus extra"},
		{"when", "if condition conditions where match query"},
		{"tests", "test examples example"},
		{"match", "matches should_match ok positive yes must_match"},
		{"no_match", "nomatch no_matches should_not_match not_match negative no must_not_match"},
		{"todo_match", "todo"},
		{"rules", "rule sections only"},
		{"feeds", "feed sources source from rss"},
		{"entities", "entity people persons names"},
		{"topics", "topic keywords subjects"},
		{"digests", "digest reports summaries"},
		{"alerts", "alert notifications"},
		{"operators", "operator ops admin admins"},
		{"settings", "config options defaults general global"},
		{"min_score", "threshold min minimum score minscore min_points"},
		{"max_stories", "limit max max_items top"},
		{"when_empty", "empty if_empty post_empty on_empty"},
		{"to", "until till end channel slack target destination send_to notify deliver"},
		{"slack", "channel room"},
		{"webhook", "url hook address endpoint http https post json"},
		{"slack_webhook", "incoming_webhook webhook_url slack_url slack_hook incoming"},
		{"on_uncertain", "on_doubt uncertain on_error on_failure on_unknown on_timeout"},
		{"mention", "mentions notify ping cc at"},
		{"min_publishers", "min_sources publishers sources min_outlets"},
		{"wait", "delay group_wait hold max_wait wait_for timeout"},
		{"cooldown", "repeat repeat_interval throttle rate_limit every"},
		{"unless_publishers", "unless_sources unless"},
		{"broadcast_at", "broadcast"},
		{"quiet_hours", "quiet mute silence night sleep"},
		{"from", "start begin after"},
		{"days", "day weekdays"},
		{"in", "fields field where search_in"},
		{"search_in", "fields search in"},
		{"ignore_blocks", "boilerplate ignore skip_blocks"},
		{"allow", "allowed private_networks allow_private"},
		{"backfill", "history max_age"},
		{"keep", "retention"},
		{"keep", "count copies keep_last max_backups"},
		{"backup", "backups dump snapshot snapshots"},
		{"schedule", "cron time times"},
		{"folder", "path dir directory destination"},
		{"items", "articles entries"},
		{"type", "kind category"},
	} {
		for _, w := range strings.Fields(pair[1]) {
			table[w] = append(table[w], pair[0])
		}
	}
	return table
}
