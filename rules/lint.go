package rules

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"newswatch/news"
)

// lint looks for what is allowed but most probably not meant. It is run on
// files without errors only.
func lint(f *File, loaded *loader) []Finding {
	l := &linter{file: f, plans: loaded.plans, ids: loaded.ids}
	l.unusedRules()
	l.thresholds()
	l.publishers()
	l.broadcasts()
	for i, at := range loaded.names {
		l.terms([]Term{{Text: f.Entities[i].Name, Pos: at}})
	}
	l.feeds()
	for i := range f.Entities {
		l.entity(&f.Entities[i])
	}
	l.sharedAliases()
	for i := range f.Topics {
		l.topic(&f.Topics[i])
	}
	for i := range f.Rules {
		l.rule(&f.Rules[i])
	}
	return l.found
}

type linter struct {
	file  *File
	plans []planPlace
	ids   ids
	found []Finding
}

func (l *linter) warn(at Pos, code, suggestion, format string, args ...any) {
	l.found = append(l.found, Finding{Pos: at, Severity: SeverityWarning, Code: code, Message: fmt.Sprintf(format, args...), Suggestion: suggestion})
}

// unusedRules warns of rules of which nobody is told. A file without any digest
// or alert is only for matching and not warned of.
func (l *linter) unusedRules() {
	if len(l.file.Plans) == 0 {
		return
	}
	for _, r := range l.file.Rules {
		if !slices.ContainsFunc(l.file.Plans, func(p news.Plan) bool { return slices.Contains(p.Rules, r.ID) }) {
			l.warn(r.Pos, "rule-unused", "", "no digest or alert uses rule %s, so nobody is told of its hits", r.ID)
		}
	}
}

// thresholds warns of a min_score that no item can reach, and of one that none
// can miss. One equal to the least score is let pass: it holds when a score or
// a weight is lowered later.
func (l *linter) thresholds() {
	const furtherEntities = 5 * 3 // the most that further entities can add
	heaviest, lightest := 0, 0
	for _, f := range l.file.Feeds {
		heaviest, lightest = max(heaviest, f.Weight), min(lightest, f.Weight)
	}
	best, worst := map[string]int{}, map[string]int{}
	for _, r := range l.file.Rules {
		best[r.ID], worst[r.ID] = r.Score+heaviest+furtherEntities, r.Score+lightest
		for _, b := range r.Boosts {
			best[r.ID] += max(0, b.Add)
			worst[r.ID] += min(0, b.Add)
		}
	}
	for _, p := range l.plans {
		most, least := 0, 100
		for _, id := range p.Rules {
			most, least = max(most, min(best[id], 100)), min(least, worst[id])
		}
		switch at := p.places["min_score"]; {
		case p.MinScore > most:
			l.warn(at, "score-unreachable", fmt.Sprintf("min_score: %d", most), "min_score %d of %s %s is never reached: its rules score %d at most", p.MinScore, p.Kind, p.ID, most)
		case p.MinScore > 0 && p.MinScore < least:
			l.warn(at, "score-idle", "", "min_score %d of %s %s leaves nothing out: its rules score %d at least", p.MinScore, p.Kind, p.ID, least)
		}
	}
}

// publishers warns of alerts that wait for more publishers than the feeds have.
func (l *linter) publishers() {
	names := map[string]bool{}
	for _, f := range l.file.Feeds {
		names[cmp.Or(f.Publisher, f.Name)] = true
	}
	if len(names) == 0 {
		return
	}
	for _, p := range l.plans {
		for _, k := range []struct {
			key    string
			asked  int
			others int // publishers that are counted already
		}{{"min_publishers", p.MinPublishers, 0}, {"broadcast_at", p.BroadcastAt, 0}, {"unless_publishers", p.UnlessPublishers, 1}} {
			if most := len(names) - k.others; k.asked > most && k.asked > 1 {
				l.warn(p.places[k.key], "publishers-unreachable", "", "%s %d of %s %s is never reached: the feeds have %d publishers", k.key, k.asked, p.Kind, p.ID, len(names))
			}
		}
	}
}

// broadcasts warns of a broadcast where there are no threads.
func (l *linter) broadcasts() {
	for _, p := range l.plans {
		if p.BroadcastAt > 0 && p.To.Slack == "" {
			l.warn(p.places["broadcast_at"], "broadcast-idle", "", "broadcast_at of %s %s does nothing: behind a webhook there are no threads, and each note is a message of its own", p.Kind, p.ID)
		}
	}
}

// feeds warns of one address under two ids: each item would be told as two.
func (l *linter) feeds() {
	seen := map[string]string{}
	for _, f := range l.file.Feeds {
		address := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(f.URL, "https://"), "http://"), "/")
		if first, ok := seen[address]; ok {
			l.warn(l.ids["feed"][f.ID], "feed-twice", "", "feed %s has the address of feed %s", f.ID, first)
			continue
		}
		seen[address] = f.ID
	}
}

func (l *linter) entity(e *Entity) {
	l.terms(e.Also)
	l.terms(e.Surname)
	l.terms(e.Except)
	if e.Needs != nil {
		l.terms(e.Needs.Any)
	}
	aliases := slices.Concat([]Term{{Text: e.Name}}, e.Also, e.Surname)
	for _, x := range e.Except {
		if !holdsAlias(x.Text, aliases) {
			l.warn(x.Pos, "except-idle", "", "no name of entity %s stands in %q, so it cuts nothing", e.ID, x.Text)
		}
	}
	if e.Needs != nil || e.Type != "person" {
		return
	}
	for _, s := range e.Surname {
		if slices.Contains(strings.Fields(ordinaryWords), strings.ToLower(s.Text)) {
			l.warn(s.Pos, "surname-ordinary", "="+capital(s.Text), "%q is an ordinary word too; add surname_needs, or = to look at letter case", s.Text)
		}
	}
}

func capital(s string) string {
	c := []rune(strings.ToLower(s))
	c[0] = unicode.ToUpper(c[0])
	return string(c)
}

// sharedAliases warns when one word means two entities and nothing near it
// decides between them.
func (l *linter) sharedAliases() {
	type owner struct {
		e *Entity
		t Term
	}
	first := map[string]owner{}
	for i := range l.file.Entities {
		e := &l.file.Entities[i]
		aliases := slices.Concat(e.Surname, e.Also)
		if !strings.Contains(e.Name, " ") {
			aliases = append(aliases, Term{Text: e.Name, Pos: e.Pos})
		}
		for _, t := range aliases {
			word := strings.ToLower(strings.TrimPrefix(t.Text, "="))
			o, ok := first[word]
			switch {
			case strings.Contains(word, " "):
			case !ok:
				first[word] = owner{e, t}
			case o.e != e && (o.t.Lang == "" || t.Lang == "" || o.t.Lang == t.Lang) && (e.Needs == nil || o.e.Needs == nil):
				l.warn(t.Pos, "alias-shared", "", "%q means entity %s and entity %s; say in surname_needs of both what stands near it", t.Text, o.e.ID, e.ID)
			}
		}
	}
}

func (l *linter) topic(t *Topic) {
	l.terms(t.Any)
	l.terms(t.Except)
	if slices.ContainsFunc(t.Any, isReference) {
		return // what the reference finds is not written here
	}
	for _, x := range t.Except {
		if !holdsAlias(x.Text, t.Any) {
			l.warn(x.Pos, "except-idle", "", "no word of topic %s stands in %q, so it cuts nothing", t.ID, x.Text)
		}
	}
}

func (l *linter) rule(r *Rule) {
	conds := []Cond{r.When}
	for _, b := range r.Boosts {
		conds = append(conds, b.When)
	}
	for _, c := range conds {
		l.cond(c)
	}
	if c := r.When; c.None != nil && c.All == nil && c.Any == nil && c.Near == nil && c.AtLeast == nil {
		l.warn(r.Pos, "only-none", "", "rule %s matches every item without those words; add all: or any:", r.ID)
	}
}

func (l *linter) cond(c Cond) {
	if c.Term != nil {
		l.terms([]Term{*c.Term})
	}
	for _, inner := range slices.Concat(c.All, c.Any, c.None) {
		l.cond(inner)
	}
	if c.Near != nil {
		l.cond(Cond{All: c.Near.A, Any: c.Near.B})
	}
	if c.AtLeast != nil {
		l.cond(Cond{All: c.AtLeast.Of})
	}
}

// terms warns of terms that other programs would read otherwise.
func (l *linter) terms(terms []Term) {
	for _, t := range terms {
		if word, fixed := mixedScripts(t.Text); word != "" {
			l.warn(t.Pos, "mixed-scripts", fixed, "%q mixes Latin and Cyrillic letters that look alike", word)
		}
		if strings.ContainsAny(t.Text, "@/.") && addressForm.MatchString(t.Text) { // most have no such mark
			l.warn(t.Pos, "address", "", "%q is an address, whose words are found only in the field url", t.Text)
		}
		words := strings.Fields(t.Text)
		for i, w := range words {
			if (i > 0 || w == "NOT") && i < len(words)-1 && slices.Contains([]string{"AND", "OR", "NOT", "NEAR"}, w) {
				l.warn(t.Pos, "boolean-word", "", "%s is a word like any other here; use the keys all, any, none and near", w)
			}
		}
		if c, _ := utf8.DecodeRuneInString(strings.TrimLeft(t.Text, "-+")); len(words) > 0 && unicode.IsLetter(c) && strings.ContainsAny(t.Text[:1], "-+") {
			l.warn(t.Pos, "boolean-word", strings.TrimLeft(t.Text, "-+"), "%c before a word means nothing here; to exclude it, use the key none", t.Text[0])
		}
		if strings.Contains(t.Text, `\`) || strings.HasPrefix(t.Text, "^") || strings.Contains(t.Text, "|") {
			l.warn(t.Pos, "regexp", "", "%q looks like a regular expression; terms are words, with * at the end of a stem", t.Text)
		}
	}
}

// addressForm finds what makes words of a text an address, roughly.
var addressForm = regexp.MustCompile(`(?i)\pL+://[\pL\pN]|\bwww\.[\pL\pN]|[\w.+-]+@[\w-]+\.\w`)

func isReference(t Term) bool {
	return strings.HasPrefix(t.Text, "entity:") || strings.HasPrefix(t.Text, "topic:")
}

// lookalikes are the Latin letters that Cyrillic ones are drawn like, in order.
const (
	latinAlike    = "aceopxyiABCEHIKMOPTX"
	cyrillicAlike = "асеорхуіАВСЕНІКМОРТХ"
)

// mixedScripts finds a word of Latin and Cyrillic letters in one, and the same word in
// the script of most of its letters.
func mixedScripts(text string) (word, fixed string) {
	for _, w := range strings.FieldsFunc(text, func(c rune) bool { return !unicode.IsLetter(c) }) {
		latin, cyrillic := 0, 0
		for _, c := range w {
			switch {
			case unicode.Is(unicode.Latin, c):
				latin++
			case unicode.Is(unicode.Cyrillic, c):
				cyrillic++
			}
		}
		if latin == 0 || cyrillic == 0 {
			continue
		}
		from, to := []rune(latinAlike), []rune(cyrillicAlike)
		if latin > cyrillic {
			from, to = to, from
		}
		return w, strings.Map(func(c rune) rune {
			if i := slices.Index(from, c); i >= 0 {
				return to[i]
			}
			return c
		}, w)
	}
	return "", ""
}

// holdsAlias says whether a phrase has a word in common with one of the
// aliases, in any of its forms: only then can the two overlap in a text.
func holdsAlias(phrase string, aliases []Term) bool {
	words := lintWords(phrase)
	return slices.ContainsFunc(aliases, func(a Term) bool {
		return slices.ContainsFunc(lintWords(a.Text), func(own string) bool {
			return slices.ContainsFunc(words, func(w string) bool { return akin(w, own) })
		})
	})
}

func lintWords(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(c rune) bool {
		return !unicode.IsLetter(c) && !unicode.IsDigit(c) && !unicode.Is(unicode.M, c)
	})
}

// akin says whether two words may be forms of one: they begin alike, up to the
// last three letters of the shorter one.
func akin(a, b string) bool {
	x, y := []rune(a), []rune(b)
	need := max(min(len(x), len(y))-3, min(len(x), len(y), 3))
	for i := range need {
		if x[i] != y[i] {
			return false
		}
	}
	return true
}

// ordinaryWords are surnames of people in the news that are common words of
// English as well.
const ordinaryWords = `
abbott archer baker ball banks barber bell berry best bird bishop black blunt bond booth bowler brand bridge bright
brown burns bush butcher butler byrd carpenter carter case cash chambers chance church clay cook cooper cox cross
cruise cruz dean day drake dyer early east english farmer field fields fish fisher flowers ford forest foster fox
french frost garden garland gates gray green grant graves hammer hand hart hayes heath hill holder holmes holt hood
hope house hunt hunter ice jobs jordan judge justice key king kitchen knight lake lamb lane law lee light little
long love major marks marsh martin mason may mercer miller mills moon moore moss musk nation noble north oak page
painter palmer park parks peace penny pepper perry pike pine pitt place pope porter potter pound powers price prince
quick rice rich rivers rock rose rush sage salmon savage saint shepherd short silver singer small smart smith snow
sparks speaker spring stark steel stern stone street strong summers sun swift tanner taylor temple thorn town trump
turner valentine wade walker wall walls ward waters weaver webb weeks wells west west wheeler white wild wise
wolf wood woods woodward wright young`
