package rules

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v4"
)

// termShape is a term: a text, or {text, lang}.
type termShape struct {
	refs bool // entity:ID and topic:ID may stand here
}

func (termShape) words() string { return "a word or a phrase" }

func (s termShape) schema() map[string]any {
	return map[string]any{"anyOf": []any{s.plain("string", "number", "boolean"), schemaRef("term")}}
}

// Slips in terms that a pattern can see, also in a | block of them: a * after
// fewer than four characters or within a word, and references by other words.
const (
	badStemPattern = `(^|\s)[^\s*]{0,3}\*|\*[\p{L}\p{N}]`
	badRefPattern  = `^((topics|entities):|(topics?|entity|entities)[./=])\S+$`
)

// plain is the schema of terms that are written as a text.
func (s termShape) plain(types ...string) map[string]any {
	bad := badStemPattern
	if s.refs {
		bad += "|" + badRefPattern
	}
	return map[string]any{"type": types, "not": map[string]any{"type": "string", "pattern": bad}}
}

func (s termShape) read(r *decoder, n *yaml.Node, at spot) any {
	if n.Kind == yaml.MappingNode && longTerm(n) {
		o := r.object(n, "term", at)
		if o == nil {
			return nil
		}
		t, ok := o.values["text"].(Term)
		if !ok {
			return nil
		}
		t.Lang = get[string](o, "lang")
		return t
	}
	if s.refs && r.spacedRef(n) {
		return nil
	}
	v, ok := r.text(n, at, s)
	if !ok {
		return nil
	}
	v = strings.Join(strings.Fields(v), " ")
	if !s.check(r, n, v, at) {
		return nil
	}
	return Term{Text: v, Pos: r.pos(n)}
}

// longTerm tells {text: ..., lang: ...} from a condition, and from a text with a
// colon in it.
func longTerm(n *yaml.Node) bool {
	for i := 0; i+1 < len(n.Content); i += 2 {
		switch key := n.Content[i].Value; {
		case key == "text", key == "term", key == "word", nearest(key, []string{"text"}) != "":
			return true
		}
	}
	return false
}

// spacedRef reports "entity: kellogg", which YAML takes for a mapping.
func (r *decoder) spacedRef(n *yaml.Node) bool {
	if n.Kind != yaml.MappingNode || len(n.Content) != 2 {
		return false
	}
	key, val := n.Content[0], n.Content[1]
	if kind := nearRef(key.Value); kind != "" && val.Kind == yaml.ScalarNode {
		r.refuse(key, "bad-term", kind+":"+val.Value, "a reference has no space after its colon")
		return true
	}
	return false
}

// nearRef is "entity" or "topic" when the word is one of them, or nearly.
func nearRef(word string) string {
	if word == "" || strings.ContainsFunc(word, unicode.IsSpace) {
		return ""
	}
	for _, kind := range []string{"entity", "topic"} {
		if strings.EqualFold(word, kind) || nearest(word, []string{kind}) != "" {
			return kind
		}
	}
	switch strings.ToLower(word) {
	case "entities", "person", "place":
		return "entity"
	case "topics":
		return "topic"
	}
	return ""
}

// check reports a term that is not written as one.
func (s termShape) check(r *decoder, n *yaml.Node, v string, at spot) bool {
	if len(v) > maxLabel {
		r.refuse(n, "too-long", "", "a term has no more than %d bytes", maxLabel)
		return false
	}
	if before, id, ok := strings.Cut(v, ":"); ok && id != "" && !strings.ContainsFunc(v, unicode.IsSpace) {
		if kind := nearRef(before); kind != "" {
			return s.reference(r, n, kind, before, id, at)
		}
	}
	if s.refs && (r.dottedRef(n, v) || r.mixedRef(n, v)) {
		return false
	}
	if rest, apart := strings.CutPrefix(v, "= "); apart {
		r.refuse(n, "bad-term", "="+rest, "a = touches its word")
		return false
	}
	if before, after, apart := strings.Cut(v+" ", " * "); apart && before != "" {
		r.refuse(n, "bad-stem", strings.TrimSpace(before+"* "+after), "a * touches its word")
		return false
	}
	for word := range strings.FieldsSeq(strings.TrimLeft(v, "=")) {
		if !r.star(n, word) {
			return false
		}
	}
	if i := strings.LastIndex(v, "="); i > 0 {
		r.refuse(n, "bad-term", "="+strings.ReplaceAll(v, "=", ""), "a = stands only at the beginning of a term")
		return false
	}
	if !strings.ContainsFunc(v, func(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) }) {
		r.refuse(n, "bad-term", "", "%q has no letter or digit to look for", v)
		return false
	}
	return true
}

// mixedRef reports a reference among other words: as one text, nothing is
// looked up in it.
func (r *decoder) mixedRef(n *yaml.Node, v string) bool {
	if !strings.Contains(v, "entity:") && !strings.Contains(v, "topic:") {
		return false
	}
	words := strings.FieldsFunc(v, func(c rune) bool { return unicode.IsSpace(c) || c == ',' || c == ';' || c == '(' || c == ')' })
	if len(words) < 2 || !slices.ContainsFunc(words, func(w string) bool { return isReference(Term{Text: w}) }) {
		return false
	}
	key := ""
	switch {
	case slices.Contains(words, "AND"):
		key = "all"
	case slices.Contains(words, "OR"):
		key = "any"
	case words[0] == "NOT":
		key = "none"
	}
	words = slices.DeleteFunc(words, func(w string) bool { return w == "AND" || w == "OR" || w == "NOT" })
	suggestion := "[" + strings.Join(words, ", ") + "]"
	if key != "" {
		suggestion = "{" + key + ": " + suggestion + "}"
	}
	r.refuse(n, "bad-term", suggestion, "a reference among other words is not looked up; each stands in a line, or between commas in brackets")
	return true
}

// dottedRef reports topic.ID and topic/ID.
func (r *decoder) dottedRef(n *yaml.Node, v string) bool {
	i := strings.IndexAny(v, "./=")
	if i < 0 || i == len(v)-1 || strings.Contains(v, " ") {
		return false
	}
	switch word := v[:i]; word {
	case "entity", "entities", "topic", "topics":
		r.refuse(n, "bad-term", nearRef(word)+":"+v[i+1:], "a reference has a colon before its id")
		return true
	}
	return false
}

// reference checks the form of entity:ID and notes it; whether there is such an
// id is seen when all files are read.
func (s termShape) reference(r *decoder, n *yaml.Node, kind, written, id string, at spot) bool {
	switch {
	case !s.refs:
		r.refuse(n, "bad-term", "", "%s holds words only, no references", at)
		return false
	case written != kind:
		r.refuse(n, "bad-term", kind+":"+id, "a reference begins with entity: or topic:, not %q", written+":")
		return false
	}
	r.refer(n, kind, id, kind+":", at)
	return true
}

// star checks that a * ends its word, after four letters at least.
func (r *decoder) star(n *yaml.Node, word string) bool {
	i := strings.Index(word, "*")
	if i < 0 {
		return true
	}
	letters := 0
	for _, c := range word[:i] {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			letters++
		}
	}
	plain := strings.ReplaceAll(word, "*", "")
	tail := strings.TrimFunc(word[i+1:], func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) && c != '*' })
	switch {
	case tail != "":
		suggestion := ""
		if len([]rune(plain)) >= minStem {
			suggestion = plain + "*"
		}
		r.refuse(n, "bad-stem", suggestion, "a * stands only at the end of a word, not as in %q", word)
	case letters < minStem:
		r.refuse(n, "bad-stem", plain, "%q has %d letters before its *; at least %d are needed", word, letters, minStem)
	default:
		return true
	}
	return false
}

// withinShape is a distance.
type withinShape struct{}

func (withinShape) words() string {
	return "a number of words such as 25 words, or sentence, paragraph or item"
}

func (withinShape) schema() map[string]any {
	return map[string]any{"type": "string", "pattern": `^([0-9]+ words?|sentence|paragraph|item)$`}
}

const maxWithin = 500 // words: more than most items have in a paragraph

func (s withinShape) read(r *decoder, n *yaml.Node, at spot) any {
	v, ok := r.text(n, at, s)
	if !ok {
		return nil
	}
	switch u := Unit(v); u {
	case Sentence, Paragraph, WholeItem:
		return Within{Unit: u}
	}
	m := regexp.MustCompile(`^(\d+)\s*(\w*)$`).FindStringSubmatch(v)
	if m != nil && (m[2] == "words" || m[2] == "word") {
		if words, err := strconv.Atoi(m[1]); err == nil && words >= 1 && words <= maxWithin {
			return Within{Words: words}
		}
		r.refuse(n, "bad-within", strconv.Itoa(maxWithin)+" words", "%s must be from 1 to %d words", at, maxWithin)
		return nil
	}
	suggestion := fixWithin(v)
	r.refuse(n, "bad-within", suggestion, "%s must be %s, not %q", at, s.words(), v)
	return nil
}

// fixWithin mends a number without its unit, and other words for the units.
func fixWithin(v string) string {
	if digits := regexp.MustCompile(`^\d+`).FindString(v); digits != "" {
		return digits + " words"
	}
	for _, word := range strings.Fields(strings.ToLower(v)) {
		switch word {
		case "article", "text", "story", "document", "anywhere", "all":
			return string(WholeItem)
		case "para", "block":
			return string(Paragraph)
		case "line":
			return string(Sentence)
		}
		if s := nearest(word+" ", []string{"sentence", "paragraph", "item"}); s != "" {
			return s
		}
	}
	return ""
}

// condShape is a condition: a term, or a mapping.
type condShape struct{}

func (condShape) words() string { return "a term or a condition" }

func (condShape) schema() map[string]any {
	return map[string]any{"anyOf": []any{
		termShape{refs: true}.plain("string", "number", "boolean"), schemaRef("term"), schemaRef("condition"),
	}}
}

func (s condShape) read(r *decoder, n *yaml.Node, at spot) any {
	if n.Kind == yaml.SequenceNode {
		r.refuse(n, "wrong-type", "any:", "%s must be a condition, not a list; write all: or any: above the list", at)
		return nil
	}
	if n.Kind != yaml.MappingNode || longTerm(n) || r.spacedRef(n) {
		if n.Kind == yaml.MappingNode && !longTerm(n) {
			return nil
		}
		if null(n) {
			r.missing(n, at, s)
			return nil
		}
		t, ok := termShape{refs: true}.read(r, n, at).(Term)
		if !ok {
			return nil
		}
		return Cond{Term: &t, Pos: t.Pos}
	}
	if prose(r, n) {
		termShape{}.read(r, n, at)
		return nil
	}
	if o := r.object(n, "condition", at); o != nil {
		r.bindsNothing(n, at)
		return buildCond(o)
	}
	return nil
}

// prose tells a text with a colon in it ("Trump: deal") from a mistyped key.
func prose(r *decoder, n *yaml.Node) bool {
	if len(n.Content) != 2 || n.Content[1].Kind != yaml.ScalarNode || null(n.Content[1]) {
		return false
	}
	key := n.Content[0].Value
	_, known := r.kinds["condition"].key(key)
	return !known && r.suggestKey(key, r.kinds["condition"], nil) == "" && r.homes(key) == ""
}

// bindsNothing reports a condition that says where to search, but not for what.
func (r *decoder) bindsNothing(n *yaml.Node, at spot) {
	only := len(n.Content) > 0
	for i := 0; i+1 < len(n.Content); i += 2 {
		only = only && n.Content[i].Value == "in"
	}
	if only {
		r.refuse(n, "empty-condition", "", "%s says in which part to search, but not for what; add any:", at)
	}
	if len(n.Content) == 0 {
		r.refuse(n, "empty-condition", "", "%s is empty", at)
	}
}

// exampleShape is an example text: a headline, or a mapping.
type exampleShape struct{}

func (exampleShape) words() string { return "a headline, or {title, text, lang, feed}" }

func (exampleShape) schema() map[string]any {
	return map[string]any{"anyOf": []any{map[string]any{"type": "string"}, schemaRef("example")}}
}

func (s exampleShape) read(r *decoder, n *yaml.Node, at spot) any {
	if n.Kind == yaml.MappingNode {
		if len(n.Content) == 2 && prose(r, n) && r.suggestKey(n.Content[0].Value, r.kinds["example"], nil) == "" {
			r.text(n, at, textShape{what: "a headline"})
			return nil
		}
		o := r.object(n, "example", at)
		if o == nil {
			return nil
		}
		e := Example{Title: get[string](o, "title"), Text: get[string](o, "text"), Lang: get[string](o, "lang"), Feed: get[string](o, "feed"), Pos: o.pos}
		if e.Title == "" && e.Text == "" && len(o.values) == len(n.Content)/2 {
			r.refuse(n, "missing-key", "", "an example%s has neither title nor text", spot{owner: at.root}.inside())
			return nil
		}
		return e
	}
	v, ok := r.text(n, at, s)
	if !ok {
		return nil
	}
	return Example{Title: strings.Join(strings.Fields(v), " "), Pos: r.pos(n)}
}

// refShape is the id of something else.
type refShape struct{ kind string }

func (s refShape) words() string { return "the id of a " + s.kind }
func (s refShape) schema() map[string]any {
	return map[string]any{"type": []string{"string", "number"}}
}

func (s refShape) read(r *decoder, n *yaml.Node, at spot) any {
	v, ok := r.text(n, at, s)
	if !ok {
		return nil
	}
	r.refer(n, s.kind, v, "", at)
	return v
}

// feedRefShape is a feed's id, or tag:NAME.
type feedRefShape struct{}

func (feedRefShape) words() string { return "the id of a feed, or tag:NAME" }
func (feedRefShape) schema() map[string]any {
	return map[string]any{"type": []string{"string", "number"}}
}

func (s feedRefShape) read(r *decoder, n *yaml.Node, at spot) any {
	if n.Kind == yaml.MappingNode && len(n.Content) == 2 && n.Content[0].Value == "tag" {
		r.refuse(n, "bad-reference", "tag:"+n.Content[1].Value, "a reference has no space after its colon")
		return nil
	}
	v, ok := r.text(n, at, s)
	if !ok {
		return nil
	}
	if tag, isTag := strings.CutPrefix(v, "tag:"); isTag {
		r.refer(n, "tag", tag, "tag:", at)
	} else {
		r.refer(n, "feed", v, "", at)
	}
	return v
}

// planRulesShape is all, or a list of rules.
type planRulesShape struct{}

// planRules are the rules of a digest or alert; none means all.
type planRules []string

func (planRulesShape) words() string { return "all, or a list of rules" }

func (planRulesShape) schema() map[string]any {
	one := refShape{"rule"}.schema()
	return map[string]any{"anyOf": []any{one, map[string]any{"type": "array", "items": one, "minItems": 1}}}
}

func (s planRulesShape) read(r *decoder, n *yaml.Node, at spot) any {
	entries := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		entries = n.Content
		if len(entries) == 0 {
			r.refuse(n, "no-value", "all", "%s is an empty list", at)
			return nil
		}
	}
	out, every := planRules{}, false
	seen := map[string]bool{}
	for _, e := range entries {
		v, ok := r.text(e, at, s)
		switch {
		case !ok:
			return nil
		case v == "all":
			every = true
		case strings.EqualFold(v, "all"), v == "*", strings.EqualFold(v, "any"):
			r.refuse(e, "bad-reference", "all", "%s must be %s, not %q", at, s.words(), v)
		case n.Kind == yaml.ScalarNode && strings.Contains(v, ","):
			r.refuse(e, "no-list", "["+v+"]", "%s is one text with commas in it, not a list", at)
		case seen[v]:
			r.refuse(e, "duplicate-rule", "", "%q stands twice in %s", v, at)
		default:
			seen[v] = true
			r.refer(e, "rule", v, "", at)
			out = append(out, v)
		}
	}
	if every {
		return planRules{}
	}
	return out
}
