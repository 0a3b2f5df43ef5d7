package rules

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

const (
	maxBytes = 5 << 20 // of one file
	maxDepth = 32      // of mappings and lists within each other
)

var tooDeep = fmt.Sprintf("more than %d mappings and lists within each other", maxDepth)

// document is one rule file as YAML nodes, with the lines it came from.
type document struct {
	file   string
	lines  []string
	root   *yaml.Node   // nil when there is nothing to read
	mended map[int]bool // lines with a syntax error: what else they say is not trusted

	// The line that was looked at last, in characters: a file may be one line of
	// 5 MB, and all values in it ask for their place.
	last  int
	chars []rune
}

// line is the text of a line in characters, empty when there is no such line.
func (d *document) line(n int) []rune {
	if n < 1 || n > len(d.lines) {
		return nil
	}
	if d.last != n {
		d.last, d.chars = n, []rune(d.lines[n-1])
	}
	return d.chars
}

// parse reads the YAML of one file. A syntax error that one character explains
// is mended in memory, keeping all columns, so that the rest of the file is
// read too and all errors are told at once.
func parse(file string, src []byte, report func(Finding)) *document {
	doc := &document{file: file, lines: splitLines(src), mended: map[int]bool{}}
	if !readable(doc, src, report) {
		return doc
	}
	for range maxPrinted {
		root, err := compose([]byte(strings.Join(doc.lines, "\n")))
		if err == nil {
			doc.root = root
			break
		}
		f, mend := explainSyntax(doc, err)
		report(f)
		if mend == nil {
			return doc
		}
		mend()
		doc.last = 0
	}
	if doc.root != nil && !shallow(doc.root, maxDepth) {
		report(doc.finding(deepest(doc.root, maxDepth), "too-deep", tooDeep))
		doc.root = nil
	}
	return doc
}

func (d *document) finding(n *yaml.Node, code, message string) Finding {
	return d.at(n.Line, n.Column, code, message, "")
}

func (d *document) at(line, column int, code, message, suggestion string) Finding {
	line = min(max(line, 1), len(d.lines))
	column = min(max(column, 1), len(d.line(line))+1)
	return Finding{
		Pos: Pos{File: d.file, Line: line, Column: column}, Severity: SeverityError,
		Code: code, Message: message, Suggestion: suggestion,
	}
}

// compose makes the node tree of a source that must hold one document.
func compose(src []byte) (*yaml.Node, error) {
	loader, err := yaml.NewLoader(bytes.NewReader(src))
	if err != nil {
		return nil, err
	}
	var doc, more yaml.Node
	if err := loader.Load(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, nil // nothing but comments
		}
		return nil, err
	}
	if len(doc.Content) == 0 {
		return nil, nil
	}
	err = loader.Load(&more)
	if err == nil {
		return nil, secondDocument{line: more.Line, column: more.Column}
	}
	if !errors.Is(err, io.EOF) {
		return nil, err
	}
	return doc.Content[0], nil
}

type secondDocument struct{ line, column int }

func (secondDocument) Error() string { return "a second document" }

// readable checks what the YAML reader would refuse without naming a place: the
// size, the encoding and control characters. The line breaks that only YAML 1.1
// knows become spaces, so that our lines are the editor's.
func readable(doc *document, src []byte, report func(Finding)) bool {
	if len(src) > maxBytes {
		report(doc.at(1, 1, "too-big", fmt.Sprintf("the file has %d bytes, more than %d MB", len(src), maxBytes>>20), ""))
		return false
	}
	if bytes.HasPrefix(src, []byte{0xff, 0xfe}) || bytes.HasPrefix(src, []byte{0xfe, 0xff}) {
		report(doc.at(1, 1, "encoding", "the file is UTF-16; save it as UTF-8", ""))
		return false
	}
	if !utf8.Valid(src) {
		before := src[:invalidAt(src)]
		line := bytes.Count(before, []byte("\n"))
		column := utf8.RuneCount(bytes.TrimPrefix(before[bytes.LastIndexByte(before, '\n')+1:], []byte("\xef\xbb\xbf"))) + 1
		report(doc.at(line+1, column, "encoding", "not UTF-8 from here on; save the file as UTF-8", ""))
		return false
	}
	ok := true
	breaks := strings.NewReplacer("\u0085", " ", "\u2028", " ", "\u2029", " ")
	for i, line := range doc.lines {
		doc.lines[i] = breaks.Replace(line)
		column := 0
		for _, c := range line {
			column++
			if forbidden(c) {
				report(doc.at(i+1, column, "control-character", fmt.Sprintf("the invisible character U+%04X; delete it", c), ""))
				ok = false
				break
			}
		}
	}
	return ok
}

func invalidAt(src []byte) int {
	for i := 0; i < len(src); {
		c, n := utf8.DecodeRune(src[i:])
		if c == utf8.RuneError && n <= 1 {
			return i
		}
		i += n
	}
	return len(src)
}

// forbidden are the characters that YAML does not allow (YAML 1.2.2, section 5.1).
func forbidden(c rune) bool {
	switch {
	case c == '\t', c >= 0x20 && c <= 0x7e, c == 0x85, c >= 0xa0 && c <= 0xd7ff:
		return false
	case c == 0xfeff:
		return true
	case c >= 0xe000 && c <= 0xfffd, c >= 0x10000:
		return false
	}
	return true
}

// shallow says whether no more than depth collections stand within each other.
func shallow(n *yaml.Node, depth int) bool {
	if len(n.Content) == 0 {
		return true
	}
	if depth == 0 {
		return false
	}
	for _, c := range n.Content {
		if !shallow(c, depth-1) {
			return false
		}
	}
	return true
}

// deepest is the first node below the given depth.
func deepest(n *yaml.Node, depth int) *yaml.Node {
	if depth == 0 && len(n.Content) > 0 {
		return n
	}
	for _, c := range n.Content {
		if !shallow(c, depth-1) {
			return deepest(c, depth-1)
		}
	}
	return n
}
