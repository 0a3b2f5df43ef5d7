package slackfake

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxProblems bounds how many faults of one payload are listed: Slack too stops
// long before a hostile payload is told in full.
const maxProblems = 20

// rule checks one value of a payload. at is its JSON pointer.
type rule func(w *walk, at string, v any)

// walk is one pass over a payload: what is wrong with it, and what it does.
type walk struct {
	parser   *parser
	problems []string
	mentions []string
	links    []string
	emoji    []string
	blockIDs map[string]bool
	markdown int // code points of all markdown blocks together
	tables   int
	cells    int // code points in table cells
	data     int // code points in data table cells
	entities int // bytes that raw & < > take beyond their one, once Slack escapes them
}

// refuse notes a fault in Slack's own form: "[ERROR] what [json-pointer:/blocks/0]".
func (w *walk) refuse(at, format string, args ...any) {
	if len(w.problems) < maxProblems {
		w.problems = append(w.problems, fmt.Sprintf("[ERROR] "+format+" [json-pointer:%s]", append(args, at)...))
	}
}

// literal counts text that Slack stores escaped, as it does with plain text and
// rich text.
func (w *walk) literal(s string) {
	w.entities += 4*strings.Count(s, "&") + 3*strings.Count(s, "<") + 3*strings.Count(s, ">")
}

// str wants a string of minLen to maxLen code points.
func str(minLen, maxLen int) rule {
	return func(w *walk, at string, v any) {
		s, ok := v.(string)
		if !ok {
			w.refuse(at, "should be a string")
			return
		}
		switch n := utf8.RuneCountInString(s); {
		case n < minLen:
			w.refuse(at, "must be more than %d characters", minLen-1)
		case n > maxLen:
			w.refuse(at, "must be less than %d characters", maxLen+1)
		}
	}
}

// web wants an http or https address. Slack refuses others in buttons and images.
func web(maxLen int) rule {
	length := str(1, maxLen)
	return func(w *walk, at string, v any) {
		length(w, at, v)
		if s, ok := v.(string); ok && !isWeb(s) {
			w.refuse(at, "invalid url")
		}
	}
}

func isWeb(s string) bool {
	lower := strings.ToLower(s)
	return strings.HasPrefix(lower, "https://") || strings.HasPrefix(lower, "http://")
}

// enum wants one of some words.
func enum(words ...string) rule {
	return func(w *walk, at string, v any) {
		if s, ok := v.(string); !ok || !slices.Contains(words, s) {
			w.refuse(at, "must be one of %s", strings.Join(words, ", "))
		}
	}
}

func boolean(w *walk, at string, v any) {
	if _, ok := v.(bool); !ok {
		w.refuse(at, "should be a boolean")
	}
}

// integer wants a whole number of least to most.
func integer(least, most int) rule {
	return func(w *walk, at string, v any) {
		n, ok := v.(json.Number)
		i, err := strconv.Atoi(n.String())
		switch {
		case !ok || err != nil:
			w.refuse(at, "should be an integer")
		case i < least || i > most:
			w.refuse(at, "must be from %d to %d", least, most)
		}
	}
}

func number(w *walk, at string, v any) {
	if _, ok := v.(json.Number); !ok {
		w.refuse(at, "should be a number")
	}
}

func positive(w *walk, at string, v any) {
	n, ok := v.(json.Number)
	if f, err := n.Float64(); !ok || err != nil || f <= 0 {
		w.refuse(at, "should be a number above 0")
	}
}

// list wants an array of least to most values that each fits.
func list(least, most int, each rule) rule {
	return func(w *walk, at string, v any) {
		values, ok := v.([]any)
		if !ok {
			w.refuse(at, "should be an array")
			return
		}
		switch {
		case len(values) < least:
			w.refuse(at, "no fewer than %d items allowed", least)
		case len(values) > most:
			w.refuse(at, "no more than %d items allowed", most)
			return
		}
		for i, e := range values {
			each(w, at+"/"+strconv.Itoa(i), e)
		}
	}
}

// fields are the members of an object. A name that ends in "!" is required.
type fields map[string]rule

// with returns the fields and some more.
func (f fields) with(more fields) fields {
	both := make(fields, len(f)+len(more))
	maps.Copy(both, f)
	maps.Copy(both, more)
	return both
}

// object wants an object with these members and no others, and whatever else
// the further rules want of the whole.
func object(f fields, whole ...rule) rule {
	known := make(map[string]rule, len(f))
	var required []string
	for name, r := range f {
		bare, must := strings.CutSuffix(name, "!")
		known[bare] = r
		if must {
			required = append(required, bare)
		}
	}
	slices.Sort(required)
	return func(w *walk, at string, v any) {
		o, ok := v.(map[string]any)
		if !ok {
			w.refuse(at, "should be an object")
			return
		}
		for _, name := range required {
			if _, ok := o[name]; !ok {
				w.refuse(at, "missing required field: %s", name)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(o)) {
			if r, ok := known[name]; ok {
				r(w, at+"/"+pointer(name), o[name])
			} else {
				w.refuse(at, "unknown field: %s", clip(name))
			}
		}
		for _, r := range whole {
			r(w, at, v)
		}
	}
}

// pointer escapes a name for a JSON pointer (RFC 6901 section 3).
func pointer(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
}

// clip shortens a foreign word for a message.
func clip(s string) string {
	if len(s) > 40 {
		return strings.ToValidUTF8(s[:40], "") + "..."
	}
	return s
}

// kinds wants an object whose "type" names one of these rules.
type kinds map[string]rule

func (k kinds) check(w *walk, at string, v any) {
	o, ok := v.(map[string]any)
	if !ok {
		w.refuse(at, "should be an object")
		return
	}
	t, ok := o["type"].(string)
	if !ok {
		w.refuse(at, "missing required field: type")
		return
	}
	r, ok := k[t]
	if !ok {
		w.refuse(at+"/type", "unsupported type: %s", clip(t))
		return
	}
	r(w, at, v)
}

// only returns the kinds with these names.
func (k kinds) only(names ...string) kinds {
	some := make(kinds, len(names))
	for _, name := range names {
		some[name] = k[name]
	}
	return some
}

// one wants exactly one of two members.
func one(a, b string) rule {
	return func(w *walk, at string, v any) {
		o, _ := v.(map[string]any)
		_, hasA := o[a]
		_, hasB := o[b]
		switch {
		case hasA && hasB:
			w.refuse(at, "only one of %s and %s is allowed", a, b)
		case !hasA && !hasB:
			w.refuse(at, "one of %s and %s is required", a, b)
		}
	}
}

// some wants at least one of these members, arrays not empty.
func some(names ...string) rule {
	return func(w *walk, at string, v any) {
		o, _ := v.(map[string]any)
		for _, name := range names {
			switch m := o[name].(type) {
			case nil:
			case []any:
				if len(m) > 0 {
					return
				}
			default:
				return
			}
		}
		w.refuse(at, "missing required field: %s", strings.Join(names, " or "))
	}
}

// unique wants the ids in these elements to differ.
func unique(elements, id string) rule {
	return func(w *walk, at string, v any) {
		o, _ := v.(map[string]any)
		list, _ := o[elements].([]any)
		seen := make(map[string]bool, len(list))
		for i, e := range list {
			element, _ := e.(map[string]any)
			name, ok := element[id].(string)
			if ok && seen[name] {
				w.refuse(fmt.Sprintf("%s/%s/%d/%s", at, elements, i, id), "%s must be unique", id)
			}
			seen[name] = true
		}
	}
}
