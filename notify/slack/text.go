package slack

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"newswatch/notify/wording"
)

// The lengths of what we show, in characters. Slack's own limits are higher
// (text objects 3,000, headers 150, options 75), but a message is read in
// seconds and has a hidden size.
const (
	maxHeadline = 180
	maxSummary  = 240
	maxQuote    = 400
	maxName     = 60
	maxTitle    = 100
	maxWhy      = 160
	maxReasons  = 5   // in one line
	maxListed   = 80  // of what developed, in a list
	maxURL      = 700 // bytes, escaped: a longer one would cost a tenth of the message
	maxOption   = 60  // Slack: 75
)

// gap parts the facts of a grey line.
const gap = "  ·  "

// escape makes text data in mrkdwn: exactly these three characters, as Slack
// decodes no other entity (docs.slack.dev/messaging/formatting-message-text).
func escape(s string) string { return replaced(s, "&<>") }

// literal escapes text and takes the formatting out of it: mrkdwn cannot escape
// the characters that make bold, italic, struck, code and emoji, so they are
// replaced by look-alikes.
func literal(s string) string { return uncoded(replaced(s, "&<>*_~`")) }

// spoken escapes text for the plain form of a message, in which nothing is
// formatted and emoji are read all the same.
func spoken(s string) string { return escape(uncoded(s)) }

// uncoded replaces the colon that opens an emoji's code, as in :tada:, by a
// look-alike. A time of day such as 10:30:45 is none.
func uncoded(s string) string {
	open := strings.IndexByte(s, ':')
	if open < 0 {
		return s
	}
	var b strings.Builder
	done := 0
	for open >= 0 {
		end := open + 1 + codeName(s[open+1:])
		if end > open+1 && end < len(s) && s[end] == ':' && !isTime(s, open, end) {
			b.WriteString(s[done:open] + "∶")
			done = open + 1
		}
		next := strings.IndexByte(s[end:], ':')
		if open = end + next; next < 0 {
			break
		}
	}
	return b.String() + s[done:]
}

// codeName is how many bytes at the start of s could name an emoji.
func codeName(s string) int {
	for i, r := range s {
		if !unicode.In(r, unicode.L, unicode.M, unicode.N) && !strings.ContainsRune("_+-'", r) {
			return i
		}
	}
	return len(s)
}

// isTime says whether what stands between two colons are the minutes of a time.
func isTime(s string, open, end int) bool {
	digit := func(i int) bool { return i >= 0 && i < len(s) && s[i] >= '0' && s[i] <= '9' }
	return end == open+3 && digit(open-1) && digit(open+1) && digit(open+2) && digit(end+1)
}

// replaced replaces those of the given characters that mean something in mrkdwn.
func replaced(s, which string) string {
	if !strings.ContainsAny(s, which) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + len(s)/4)
	for i := range len(s) {
		if strings.IndexByte(which, s[i]) < 0 {
			b.WriteByte(s[i])
			continue
		}
		b.WriteString(stands(s[i]))
	}
	return b.String()
}

// stands is what stands for a character that means something in mrkdwn.
func stands(c byte) string {
	switch c {
	case '&':
		return "&amp;"
	case '<':
		return "&lt;"
	case '>':
		return "&gt;"
	case '*':
		return "∗"
	case '_':
		return "ˍ"
	case '~':
		return "∼"
	}
	return "ˋ" // of the back-tick
}

// label is foreign text on one line of mrkdwn.
func label(s string, limit int) string { return literal(wording.Clip(wording.Line(s), limit)) }

// exact is foreign text that somebody may copy, on one line of mrkdwn: as code, in
// which nothing is formatted, where look-alikes would have to stand in it.
func exact(s string, limit int) string {
	s = wording.Clip(wording.Line(s), limit)
	if !strings.ContainsAny(s, "*_~") {
		return literal(s)
	}
	return "`" + replaced(s, "&<>`") + "`"
}

// address is a link's URL as it may stand in a message, "" when it may not.
func address(raw string) string {
	if u := wording.Link(raw); len(escape(u)) <= maxURL {
		return u
	}
	return ""
}

// anchor is a link in mrkdwn, or its label alone when the URL may not stand there.
func anchor(raw, name string) string {
	name = label(name, maxName)
	if u := address(raw); u != "" && name != "" {
		return "<" + escape(u) + "|" + name + ">"
	}
	return name
}

// zone writes times in each reader's own zone; where nobody knows that, as on a page
// of ours, in that of the desk. The zero value has UTC.
type zone struct{ desk *time.Location }

// clock is a time of day.
func (z zone) clock(t time.Time) string {
	return fmt.Sprintf("<!date^%d^{time}|%s>", t.Unix(), z.in(t).Format("15:04 MST"))
}

// moment is a date and time.
func (z zone) moment(t time.Time) string {
	return fmt.Sprintf("<!date^%d^{date_short_pretty} {time}|%s>", t.Unix(), z.plain(t))
}

// plain is a date and time for a text that knows no zones.
func (z zone) plain(t time.Time) string { return z.in(t).Format("2 Jan 15:04 MST") }

func (z zone) in(t time.Time) time.Time {
	if z.desk == nil {
		return t.UTC()
	}
	return t.In(z.desk)
}

// reported is when a report came, with its date when that is not clear.
func (z zone) reported(at, now time.Time) string {
	switch {
	case at.IsZero():
		return ""
	case !now.IsZero() && now.Sub(at).Abs() > sameDay:
		return z.moment(at)
	}
	return z.clock(at)
}

// clipBytes makes a text a plain form, as spoken does, and cuts it to so many bytes, never inside a
// character or an entity.
func clipBytes(s string, limit int) string {
	s = uncoded(s)
	if e := escape(s); len(e) <= limit {
		return e
	}
	size := 0
	for i, r := range s {
		if size+len(escape(string(r))) > limit-len("…") {
			// The colon that ends "10:30:" would close the code of an emoji.
			return escape(strings.TrimRightFunc(strings.TrimSpace(s[:i]), func(r rune) bool { return r == ':' || unicode.IsSpace(r) })) + "…"
		}
		size += len(escape(string(r)))
	}
	return escape(s)
}

// isID says whether s looks like one of Slack's ids: a letter for the kind of
// thing, then capitals and digits.
func isID(s, kinds string) bool {
	if len(s) < 9 || !strings.ContainsRune(kinds, rune(s[0])) {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool { return (r < 'A' || r > 'Z') && (r < '0' || r > '9') }) < 0
}
