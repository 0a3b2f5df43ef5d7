package rules

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

const (
	maxPrinted = 20  // findings; the rest is only counted
	maxExcerpt = 100 // characters of a source line
)

// The colours of a terminal (ECMA-48 SGR).
const (
	ansiBold   = "\x1b[1m"
	ansiRed    = "\x1b[1;31m"
	ansiYellow = "\x1b[1;33m"
	ansiGreen  = "\x1b[32m"
	ansiReset  = "\x1b[0m"
)

// Print writes the findings as a good compiler does: where, what, the line with
// a caret under the place. After 20, errors first, the rest is only counted.
func (r *Report) Print(w io.Writer, color bool) {
	lines := map[string][]string{}
	for _, f := range r.shown(maxPrinted) {
		if _, ok := lines[f.File]; !ok {
			lines[f.File] = r.shownLines(f.File)
		}
		printFinding(w, f, lines[f.File], color)
	}
	if more := len(r.Findings) - maxPrinted; more > 0 {
		fmt.Fprintf(w, "and %d more\n", more)
	}
}

func printFinding(w io.Writer, f Finding, lines []string, color bool) {
	paint := func(code, s string) string {
		if !color || s == "" {
			return s
		}
		return code + s + ansiReset
	}
	hue, label := ansiRed, ""
	if f.Severity == SeverityWarning {
		hue, label = ansiYellow, paint(ansiYellow, "warning: ")
	}
	place := fmt.Sprintf("%s:%d:%d:", f.File, f.Line, f.Column)
	fmt.Fprintf(w, "%s %s%s", paint(ansiBold, place), label, clean(f.Message))
	if f.Suggestion != "" {
		fmt.Fprintf(w, "; did you mean %s?", paint(ansiGreen, suggested(clean(f.Suggestion))))
	}
	fmt.Fprintln(w)
	if f.Line < 1 || f.Line > len(lines) {
		return
	}
	text, pad := excerpt(veil(lines[f.Line-1]), f.Column)
	fmt.Fprintf(w, "%5d | %s\n      | %s%s\n", f.Line, text, pad, paint(hue, "^"))
}

// suggested puts s in quotes, unless it brings its own.
func suggested(s string) string {
	if strings.Contains(s, `"`) {
		return s
	}
	return `"` + s + `"`
}

// excerpt is the part of a line around a column, and the padding that puts a
// caret under that column.
func excerpt(line string, column int) (text, pad string) {
	chars := []rune(line)
	at := min(max(column-1, 0), len(chars))
	from := 0
	if at > maxExcerpt*3/4 {
		from = at - maxExcerpt/2
	}
	to := min(from+maxExcerpt, len(chars))
	var before strings.Builder
	if from > 0 {
		text, pad = "…", " "
	}
	for _, c := range chars[from:at] {
		before.WriteString(blank(c))
	}
	text += clean(string(chars[from:to]))
	if to < len(chars) {
		text += "…"
	}
	return text, pad + before.String()
}

// blank is as wide on a terminal as the character c.
func blank(c rune) string {
	if c == '\t' {
		return "\t"
	}
	if unicode.In(c, unicode.Mn, unicode.Me, unicode.Cf) {
		return ""
	}
	switch width.LookupRune(c).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return "  "
	}
	return " "
}

// clean takes out what could steer a terminal, or turn a line so that it reads as
// another one. The two joiners are part of how some scripts are written.
func clean(s string) string {
	return strings.Map(func(c rune) rune {
		if c != '\t' && c != '\u200c' && c != '\u200d' && unicode.In(c, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
			return '\uFFFD'
		}
		return c
	}, s)
}

// splitLines cuts a source into lines as editors count them.
func splitLines(src []byte) []string {
	src = bytes.TrimPrefix(src, []byte("\xef\xbb\xbf"))
	s := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(src))
	return strings.Split(strings.ToValidUTF8(s, "\uFFFD"), "\n")
}

// shownLines are the lines of a file as they may be shown.
func (r *Report) shownLines(file string) []string {
	lines := splitLines(r.Sources[file])
	for _, p := range r.secrets {
		if p.File != file || p.Line < 1 || p.Line > len(lines) {
			continue
		}
		chars := []rune(lines[p.Line-1])
		for i := max(p.Column-1, 0); i < len(chars); i++ {
			chars[i] = '*'
		}
		lines[p.Line-1] = string(chars)
	}
	return lines
}

// veil puts as many stars over addresses of webhooks that were written out, as
// far as they can be told from others.
func veil(s string) string {
	if !strings.Contains(s, "//") && !strings.Contains(s, "hooks.slack") {
		return s
	}
	address := regexp.MustCompile(`(?i)(hooks\.slack(?:-gov)?\.com/|webhook['"]?\s*:\s*['"]?https?://)([^\s'",}\]]+)`)
	return address.ReplaceAllStringFunc(s, func(found string) string {
		start := address.FindStringSubmatchIndex(found)[3] // the end of what tells it from others
		return found[:start] + strings.Repeat("*", utf8.RuneCountInString(found[start:]))
	})
}
