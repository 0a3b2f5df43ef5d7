package suggest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"newswatch/rules"
)

// errPlace says that a place in a rule file is written in a way that is not edited
// here: a person has to.
var errPlace = errors.New("the place in the file cannot be edited by itself")

// place is a mapping in a rule file, and the key in it that changes.
type place struct {
	list string // "entities", "topics", "rules", "digests", "alerts"
	id   string
	path []string // mappings to go down, those that are missing are made
	key  string
}

func (p place) String() string {
	kind := strings.TrimSuffix(p.list, "s")
	if p.list == "entities" {
		kind = "entity"
	}
	return strings.Join(append(append([]string{kind + " " + p.id}, p.path...), p.key), " > ")
}

// addTo puts a text into the list at a place of a rule file, and leaves every
// other byte of the file as it is.
func addTo(src rules.Source, p place, text string) (rules.Source, error) {
	return edit(src, p, func(e *editor, m *yaml.Node, missing []string) error { return e.add(m, missing, p.key, text) })
}

// setNumber sets the number at a place.
func setNumber(src rules.Source, p place, n int) (rules.Source, error) {
	return edit(src, p, func(e *editor, m *yaml.Node, missing []string) error {
		if v := value(m, p.key); v != nil && v.Kind == yaml.ScalarNode && v.Style == 0 {
			return e.replace(v, strconv.Itoa(n))
		}
		return e.insertKey(m, p.key+": "+strconv.Itoa(n))
	})
}

func edit(src rules.Source, p place, change func(e *editor, m *yaml.Node, missing []string) error) (rules.Source, error) {
	for _, name := range src.Files() {
		var root yaml.Node
		if err := yaml.Unmarshal(src.File(name), &root); err != nil {
			return src, fmt.Errorf("%w: %w", errPlace, err)
		}
		if len(root.Content) == 0 {
			continue
		}
		m := find(root.Content[0], p)
		if m == nil {
			continue
		}
		missing := p.path
		for len(missing) > 0 {
			next := value(m, missing[0])
			if next == nil {
				break
			}
			if next.Kind != yaml.MappingNode {
				return src, errPlace
			}
			m, missing = next, missing[1:]
		}
		e := &editor{src: src.File(name), lines: bytes.SplitAfter(src.File(name), []byte("\n"))}
		if err := change(e, m, missing); err != nil {
			return src, err
		}
		return src.Replace(name, bytes.Join(e.lines, nil)), nil
	}
	return src, fmt.Errorf("%w: %s is not in it", errPlace, p)
}

// find is the mapping of an entity, a topic, a rule or a plan.
func find(root *yaml.Node, p place) *yaml.Node {
	list := value(root, p.list)
	switch {
	case list == nil:
		return nil
	case list.Kind == yaml.MappingNode:
		if m := value(list, p.id); m != nil && m.Kind == yaml.MappingNode {
			return m
		}
	case list.Kind == yaml.SequenceNode:
		for _, m := range list.Content {
			if id := value(m, "id"); id != nil && id.Value == p.id {
				return m
			}
		}
	}
	return nil
}

// value is what stands under a key of a mapping, nil for nothing.
func value(m *yaml.Node, key string) *yaml.Node {
	if m == nil || m.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == key {
			return m.Content[i+1]
		}
	}
	return nil
}

// editor changes single lines of a file.
type editor struct {
	src   []byte
	lines [][]byte // with their ends
}

// add puts a text into the list under a key of a mapping.
func (e *editor) add(m *yaml.Node, missing []string, key, text string) error {
	list := value(m, key)
	if len(missing) > 0 || list == nil {
		line := key + ": [" + scalar(text) + "]"
		for i := len(missing) - 1; i >= 0; i-- {
			line = missing[i] + ": {" + line + "}"
		}
		return e.insertKey(m, line)
	}
	if list.Kind != yaml.SequenceNode {
		return errPlace
	}
	if list.Style&yaml.FlowStyle != 0 {
		item := scalar(text)
		if len(list.Content) > 0 {
			item = ", " + item
		}
		return e.insertBefore(list, item)
	}
	if len(list.Content) == 0 {
		return errPlace
	}
	last := list.Content[len(list.Content)-1]
	end, err := e.end(last)
	if err != nil {
		return err
	}
	dash := e.indent(list.Content[0].Line)
	if !strings.HasPrefix(strings.TrimLeft(string(e.lines[list.Content[0].Line-1]), " "), "- ") {
		return errPlace
	}
	e.insertLine(end, dash+"- "+scalar(text))
	return nil
}

// insertKey puts a key with its value at the end of a mapping.
func (e *editor) insertKey(m *yaml.Node, line string) error {
	if m.Style&yaml.FlowStyle != 0 {
		return e.insertBefore(m, ", "+line)
	}
	if len(m.Content) == 0 {
		return errPlace
	}
	end, err := e.end(m)
	if err != nil {
		return err
	}
	e.insertLine(end, strings.Repeat(" ", m.Content[0].Column-1)+line)
	return nil
}

func (e *editor) indent(line int) string {
	text := string(e.lines[line-1])
	return text[:len(text)-len(strings.TrimLeft(text, " "))]
}

// insertLine puts a line behind another one; lines count from 1.
func (e *editor) insertLine(after int, line string) {
	if n := len(e.lines[after-1]); n == 0 || e.lines[after-1][n-1] != '\n' {
		e.lines[after-1] = append(bytes.Clone(e.lines[after-1]), '\n')
	}
	rest := append([][]byte{[]byte(line + "\n")}, e.lines[after:]...)
	e.lines = append(e.lines[:after:after], rest...)
}

// insertBefore puts text before the bracket that closes a flow list or mapping.
func (e *editor) insertBefore(n *yaml.Node, text string) error {
	line, column, err := e.closing(n)
	if err != nil {
		return err
	}
	old := e.lines[line-1]
	head := strings.TrimRight(string(old[:column]), " ")
	if strings.TrimSpace(head) == "" { // the bracket stands alone on its line
		return errPlace
	}
	if comma, ok := strings.CutSuffix(head, ","); ok {
		head = comma
	}
	e.lines[line-1] = []byte(head + text + string(old[column:]))
	return nil
}

// replace writes another text in place of a plain scalar.
func (e *editor) replace(n *yaml.Node, text string) error {
	old := string(e.lines[n.Line-1])
	at := byteColumn(old, n.Column)
	if !strings.HasPrefix(old[at:], n.Value) {
		return errPlace
	}
	e.lines[n.Line-1] = []byte(old[:at] + text + old[at+len(n.Value):])
	return nil
}

// byteColumn is where a column in characters, from 1, stands in bytes.
func byteColumn(line string, column int) int {
	at := 0
	for i := range line {
		if at++; at == column {
			return i
		}
	}
	return len(line)
}

// end is the last line of a node.
func (e *editor) end(n *yaml.Node) (line int, err error) {
	if n.Kind != yaml.ScalarNode && n.Style&yaml.FlowStyle != 0 {
		line, _, err = e.closing(n)
		return line, err
	}
	line = n.Line
	if n.Kind == yaml.ScalarNode {
		switch {
		case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
			return e.blockEnd(n.Line), nil
		case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 && !e.oneLine(n):
			return 0, errPlace
		}
		return line, nil
	}
	for _, c := range n.Content {
		below, err := e.end(c)
		if err != nil {
			return 0, err
		}
		line = max(line, below)
	}
	return line, nil
}

// blockEnd is the last line of a block scalar whose mark stands on a line.
func (e *editor) blockEnd(line int) int {
	outer, end := len(e.indent(line)), line
	for i := line + 1; i <= len(e.lines); i++ {
		text := strings.TrimSpace(string(e.lines[i-1]))
		if text != "" && len(e.indent(i)) <= outer {
			break
		}
		if text != "" {
			end = i
		}
	}
	return end
}

// oneLine says whether a quoted scalar ends on the line where it begins.
func (e *editor) oneLine(n *yaml.Node) bool {
	line := string(e.lines[n.Line-1])
	at := byteColumn(line, n.Column)
	_, ok := skipQuoted(line, at)
	return ok
}

// closing finds the bracket that closes a flow list or mapping: line from 1,
// column in bytes from 0.
func (e *editor) closing(n *yaml.Node) (line, column int, err error) {
	depth := 0
	at := byteColumn(string(e.lines[n.Line-1]), n.Column)
	for i := n.Line; i <= len(e.lines); i++ {
		text := string(e.lines[i-1])
		for at < len(text) {
			switch c := text[at]; {
			case c == '[' || c == '{':
				depth++
			case c == ']' || c == '}':
				if depth--; depth == 0 {
					return i, at, nil
				}
			case c == '#' && at > 0 && text[at-1] == ' ':
				at = len(text)
			case (c == '"' || c == '\'') && at > 0 && strings.ContainsRune(" [{,:", rune(text[at-1])):
				next, ok := skipQuoted(text, at)
				if !ok {
					return 0, 0, errPlace
				}
				at = next - 1
			}
			at++
		}
		at = 0
	}
	return 0, 0, errPlace
}

// skipQuoted is where a quoted text that begins at a place ends, on its line.
func skipQuoted(line string, at int) (end int, ok bool) {
	quote := line[at]
	for i := at + 1; i < len(line); i++ {
		switch {
		case line[i] == '\\' && quote == '"':
			i++
		case line[i] == quote && quote == '\'' && i+1 < len(line) && line[i+1] == quote:
			i++
		case line[i] == quote:
			return i + 1, true
		}
	}
	return 0, false
}

// plainScalar are short texts that mean themselves without quotes.
var plainScalar = regexp.MustCompile(`^\p{L}[\p{L}\p{M}\p{N}]*([ '’-][\p{L}\p{M}\p{N}]+){0,3}$`)

// scalar writes a text as YAML, in quotes where it could mean something else.
func scalar(text string) string {
	switch strings.ToLower(text) {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null":
	default:
		if plainScalar.MatchString(text) {
			return text
		}
	}
	var b strings.Builder
	enc := json.NewEncoder(&b) // what JSON writes, YAML reads alike
	enc.SetEscapeHTML(false)
	_ = enc.Encode(text) // a text always encodes
	return strings.TrimSuffix(b.String(), "\n")
}
