package terminal

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// style is a look, as the parameters of an SGR escape sequence (ECMA-48 8.3.117).
type style string

const (
	normal style = ""
	strong style = "1"
	faint  style = "2"
	title  style = "1;36"
	alarm  style = "1;31"
	good   style = "33"
)

// run is a stretch of clean text in one style; with a url it is a link.
type run struct {
	text  string
	style style
	url   string
}

// cell is what stands in one place of the screen: a character and the marks on it.
type cell struct {
	text  string
	width int
	run   int // the run that it comes from
}

// canvas sets text into lines behind an edge.
type canvas struct {
	b     strings.Builder
	width int
	color bool
}

// top opens a message with a title in its upper edge.
func (c *canvas) top(runs ...run) {
	lines := wrap(cells(runs), c.width-4)
	for i, line := range lines {
		edge, used := "┌ ", 3
		if i > 0 {
			edge = "│ "
		}
		c.b.WriteString(c.paint(edge, faint) + c.line(line, runs))
		for _, cell := range line {
			used += cell.width
		}
		if i == 0 {
			c.b.WriteString(c.paint(" "+strings.Repeat("─", max(0, c.width-used)), faint))
		}
		c.b.WriteByte('\n')
	}
}

// text sets runs as a paragraph; its first line starts with first, the others
// with as many spaces.
func (c *canvas) text(first string, runs ...run) {
	c.set("│ ", first, runs)
}

// whole sets a run on a line of its own that is never cut: an address that is
// broken over two lines cannot be opened.
func (c *canvas) whole(first string, r run) {
	c.b.WriteString(c.paint("│ ", faint) + first + c.paint(r.text, r.style) + "\n")
}

// bottom closes a message with what is left to say.
func (c *canvas) bottom(runs ...run) {
	if len(cells(runs)) == 0 {
		c.b.WriteString(c.paint("└"+strings.Repeat("─", c.width-1), faint) + "\n")
		return
	}
	c.set("└ ", "", runs)
}

// blank is an empty line inside of a message.
func (c *canvas) blank() { c.b.WriteString(c.paint("│", faint) + "\n") }

func (c *canvas) set(edge, first string, runs []run) {
	indent := columns(first)
	for i, line := range wrap(cells(runs), c.width-2-indent) {
		if i > 0 {
			first = strings.Repeat(" ", indent)
		}
		if i > 0 && edge == "└ " {
			edge = "  "
		}
		c.b.WriteString(c.paint(edge, faint) + c.paint(first, faint) + c.line(line, runs) + "\n")
	}
}

// line writes cells in the styles of their runs.
func (c *canvas) line(line []cell, runs []run) string {
	var b strings.Builder
	for len(line) > 0 {
		n := 1
		for n < len(line) && line[n].run == line[0].run {
			n++
		}
		var text strings.Builder
		for _, cell := range line[:n] {
			text.WriteString(cell.text)
		}
		r := runs[line[0].run]
		s := c.paint(text.String(), r.style)
		if c.color && r.url != "" {
			s = "\x1b]8;;" + r.url + "\x1b\\" + s + "\x1b]8;;\x1b\\" // OSC 8: a link
		}
		b.WriteString(s)
		line = line[n:]
	}
	return b.String()
}

func (c *canvas) paint(s string, st style) string {
	if !c.color || st == normal || strings.TrimSpace(s) == "" {
		return s
	}
	return "\x1b[" + string(st) + "m" + s + "\x1b[0m"
}

func cells(runs []run) []cell {
	var list []cell
	for i, r := range runs {
		for _, char := range r.text {
			w := runeWidth(char)
			if w == 0 && len(list) > 0 {
				list[len(list)-1].text += string(char)
				continue
			}
			list = append(list, cell{text: string(char), width: w, run: i})
		}
	}
	return list
}

// wrap cuts cells into lines of at most so many columns: after a space, between
// wide characters, which have no spaces, or, in a longer word, where it must.
func wrap(list []cell, limit int) [][]cell {
	var lines [][]cell
	for len(list) > 0 {
		used, n, at := 0, 0, 0
		for ; n < len(list) && used+list[n].width <= max(limit, 2); n++ {
			used += list[n].width
			if n+1 < len(list) && breaks(list[n], list[n+1]) {
				at = n + 1
			}
		}
		switch {
		case n == len(list):
			at = n
		case list[n].text == " ":
			at = n
		case at == 0:
			at = max(n, 1)
		}
		lines = append(lines, trim(list[:at]))
		list = list[at:]
		for len(list) > 0 && list[0].text == " " {
			list = list[1:]
		}
	}
	return lines
}

func breaks(a, b cell) bool {
	if a.text == " " {
		return true
	}
	if strings.ContainsAny(a.text, "「『（《〈【“") || strings.ContainsAny(b.text, "、。，．」』）》〉】！？：；”…") {
		return false // East Asian lines neither end with an opening nor start with a closing mark
	}
	return a.width == 2 || b.width == 2
}

func trim(line []cell) []cell {
	for len(line) > 0 && line[len(line)-1].text == " " {
		line = line[:len(line)-1]
	}
	return line
}

// columns is the width of a text on the screen.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n += runeWidth(r)
	}
	return n
}

// runeWidth is the number of columns of a character (Unicode TR11): none for
// marks, two for what is wide or full-width.
func runeWidth(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}
