package feed

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxDate bounds a date's text; the longest real ones have about 60 bytes.
const maxDate = 120

// ParseDate reads a date as feeds write them: RFC 822, ISO 8601, asctime, and
// what people type, with month names in the major European languages. A date
// without a zone is UTC; one with a zone that we do not know gives nothing,
// because a silently wrong zone puts stories in the wrong order.
func ParseDate(s string) (time.Time, bool) {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > maxDate || !utf8.ValidString(s) {
		return time.Time{}, false
	}
	if t, ok := usualDate(s); ok {
		return t, true
	}
	if t, ok := compactDate(s); ok {
		return t, true
	}
	p := dateParser{lexemes: lexDate(s), weekday: -1}
	if !p.run() {
		return time.Time{}, false
	}
	return p.time()
}

// usualDate reads the two forms that nearly all feeds have. It is only there for
// speed: what it leaves goes on to the parser of all forms.
func usualDate(s string) (time.Time, bool) {
	layout := time.RFC3339
	switch {
	case len(s) < len("2006-01-02T15:04:05Z"):
		return time.Time{}, false
	case s[len("2006-01-02")] == 'T':
	case s[len("Mon")] != ',':
		return time.Time{}, false
	case strings.HasSuffix(s, " GMT"):
		layout = "Mon, 02 Jan 2006 15:04:05 GMT"
	default:
		layout = time.RFC1123Z
	}
	t, err := time.Parse(layout, s)
	return t.UTC(), err == nil
}

// compactDate reads what is only digits: ISO 8601 without separators, and Unix
// time where its length leaves no doubt.
func compactDate(s string) (time.Time, bool) {
	digits := strings.TrimPrefix(s, "-")
	for _, c := range digits {
		if c < '0' || c > '9' {
			if len(s) == 6 && s[0] == '-' && s[3] == '-' { // -YY-MM
				return layouts(s, "-06-01")
			}
			return time.Time{}, false
		}
	}
	if s[0] == '-' {
		return layouts(s, "-0601")
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return time.Time{}, false
	}
	switch len(s) {
	case 10:
		return time.Unix(n, 0).UTC(), n >= 1e9
	case 13:
		return time.UnixMilli(n).UTC(), n >= 1e12
	}
	return layouts(s, "2006", "06002", "060102", "2006002", "20060102", "200601021504", "20060102150405")
}

func layouts(s string, all ...string) (time.Time, bool) {
	for _, l := range all {
		if t, err := time.Parse(l, s); err == nil && len(l) == len(s) {
			return t, true
		}
	}
	return time.Time{}, false
}

// lexeme is a run of digits, a word, or one other sign.
type lexeme struct {
	kind  rune // 'n' for a number, 'w' for a word, else the sign itself
	text  string
	n     int
	glued bool // nothing stands between it and the one before
}

// lexDate splits a date. Words lose their case, their accents and their dots,
// the names of the tz database stay whole, and what stands in round brackets is
// a comment (RFC 5322, section 3.2.2).
func lexDate(s string) []lexeme {
	var out []lexeme
	s = eastern(strings.Map(westernDigit, s))
	glued := false
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		j := i + n
		switch {
		case unicode.IsSpace(r):
			glued = false
			i = j
			continue
		case r == '(':
			if end := strings.IndexByte(s[i:], ')'); end >= 0 {
				i += end + 1
				glued = false
				continue
			}
		case r >= '0' && r <= '9':
			for j < len(s) && s[j] >= '0' && s[j] <= '9' {
				j++
			}
			num, _ := strconv.Atoi(s[i:min(j, i+9)])
			out = append(out, lexeme{'n', s[i:j], num, glued})
			i, glued = j, true
			continue
		case unicode.IsLetter(r):
			j = i + wordLen(s[i:])
			out = append(out, lexeme{'w', s[i:j], 0, glued})
			i, glued = j, true
			continue
		}
		out = append(out, lexeme{r, s[i:j], 0, glued})
		i, glued = j, true
	}
	return out
}

// wordLen is the length of the word at the start of s. Dots belong to it before
// another letter ("p.m"), slashes and underscores in names of the tz database.
func wordLen(s string) int {
	end := 0
	for i, r := range s {
		switch {
		case unicode.IsLetter(r) || unicode.IsMark(r):
			end = i + utf8.RuneLen(r)
		case r == '.' || r == '/' || r == '_':
			next, _ := utf8.DecodeRuneInString(s[i+1:])
			if !unicode.IsLetter(next) {
				return end
			}
		default:
			return end
		}
	}
	return end
}

// eastern rewrites the date signs of Korean, Japanese and Chinese.
func eastern(s string) string {
	if !strings.ContainsAny(s, "년월일年月日오午上下") {
		return s
	}
	korean := strings.ContainsAny(s, "년월일오")
	s = strings.NewReplacer("년", "-", "월", "-", "일", " ", "年", "-", "月", "-", "日", " ",
		"오전", " am ", "오후", " pm ", "午前", " am ", "午後", " pm ", "上午", " am ", "下午", " pm ").Replace(s)
	if korean && !strings.ContainsAny(s, "+Z") {
		s += " KST" // the language is that of one zone
	}
	return s
}

// westernDigit turns the digits of Arabic, Persian and Hindi into ours.
func westernDigit(r rune) rune {
	for _, zero := range [...]rune{'٠', '۰', '०'} {
		if r >= zero && r <= zero+9 {
			return '0' + r - zero
		}
	}
	return r
}

// fold lowers a word and takes off accents and dots.
func fold(w string) string {
	w = strings.ToLower(w)
	ascii := true
	for i := 0; i < len(w); i++ {
		ascii = ascii && w[i] < utf8.RuneSelf && w[i] != '.'
	}
	if ascii {
		return w
	}
	return strings.Map(func(r rune) rune {
		if r == '.' || unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(w))
}

// dateParser puts lexemes together to a date.
type dateParser struct {
	lexemes []lexeme
	at      int

	nums     []lexeme // of the date, in their order
	sep      rune     // what stands between the first two of them
	month    time.Month
	first    bool // the month was the first word, where it may be a weekday
	weekday  int  // of an English name, -1 for none
	clock    [4]int
	timed    bool
	half     string // "am", "pm"
	zone     *time.Location
	zoneOpen bool // an offset may follow: behind a time or "GMT"
	british  bool // the zone is British Summer Time, or else Bangladesh's
}

func (p *dateParser) run() bool {
	for p.at = 0; p.at < len(p.lexemes); {
		l := p.lexemes[p.at]
		ok := true
		switch l.kind {
		case 'n':
			ok = p.number(l)
		case 'w':
			ok = p.word(l)
		case '+', '-', '−':
			ok = p.sign(l)
		case ',', '.', '/', ';', '|', '–', '—', '·':
			if len(p.nums) == 1 && p.sep == 0 {
				p.sep = l.kind
			}
			p.at++
		default:
			ok = false
		}
		if !ok {
			return false
		}
	}
	return len(p.nums) > 0
}

// peek is the lexeme n places ahead, an empty one outside of the date.
func (p *dateParser) peek(n int) lexeme {
	if i := p.at + n; i >= 0 && i < len(p.lexemes) {
		return p.lexemes[p.at+n]
	}
	return lexeme{}
}

func (p *dateParser) number(l lexeme) bool {
	if p.peek(1).kind == ':' {
		return p.clockTime(l)
	}
	p.zoneOpen = false
	p.at++
	if prev := p.peek(-2); len(l.text) >= 4 && len(l.text)%2 == 0 && prev.kind == 'w' &&
		strings.EqualFold(prev.text, "t") && !p.timed { // 20040105T1631
		p.timed, p.zoneOpen = true, true
		for i := 0; i < len(l.text)/2 && i < 3; i++ {
			p.clock[i], _ = strconv.Atoi(l.text[2*i : 2*i+2])
		}
		return len(l.text) <= 6
	}
	if len(l.text) == 8 && len(p.nums) == 0 {
		for _, part := range []string{l.text[:4], l.text[4:6], l.text[6:]} {
			n, _ := strconv.Atoi(part)
			p.nums = append(p.nums, lexeme{kind: 'n', text: part, n: n})
		}
		p.sep = '-'
		return true
	}
	p.nums = append(p.nums, l)
	return len(l.text) <= 4 && len(p.nums) <= 3
}

// clockTime reads 16:31, 16:31:05 or 16:31:05.25.
func (p *dateParser) clockTime(l lexeme) bool {
	if p.timed || len(l.text) > 2 {
		return false
	}
	p.timed, p.zoneOpen = true, true
	p.clock[0] = l.n
	p.at++
	for i := 1; i <= 2 && p.peek(0).kind == ':'; i++ {
		part := p.peek(1)
		if part.kind != 'n' || len(part.text) > 2 {
			return false
		}
		p.clock[i] = part.n
		p.at += 2
	}
	frac := p.peek(1)
	if dot := p.peek(0).kind; (dot == '.' || dot == ',') && frac.kind == 'n' && frac.glued {
		nanos := (frac.text + "000000000")[:9]
		p.clock[3], _ = strconv.Atoi(nanos)
		p.at += 2
	}
	return p.peek(0).kind != ':'
}

// sign reads an offset behind a time, and is a separator elsewhere.
func (p *dateParser) sign(l lexeme) bool {
	num := p.peek(1)
	behindYear := p.timed && p.zone == nil && !l.glued && len(num.text) == 4 // git's dates end so
	if !p.zoneOpen && !behindYear || num.kind != 'n' || !num.glued {
		if len(p.nums) == 1 && p.sep == 0 {
			p.sep = '-'
		}
		p.at++
		return true
	}
	p.at += 2
	hours, minutes := num.n, 0
	switch {
	case len(num.text) == 4:
		hours, minutes = num.n/100, num.n%100
	case len(num.text) > 2:
		return false
	case p.peek(0).kind == ':':
		m := p.peek(1)
		if m.kind != 'n' || len(m.text) != 2 {
			return false
		}
		minutes = m.n
		p.at += 2
	}
	if hours > 23 || minutes > 59 {
		return false
	}
	offset := hours*3600 + minutes*60
	if l.kind != '+' {
		offset = -offset
	}
	p.zone, p.zoneOpen = time.FixedZone("", offset), false
	return true
}

func (p *dateParser) word(l lexeme) bool {
	w := fold(l.text)
	first := p.at == 0
	prev := p.peek(-1)
	p.at++
	switch w {
	case "t", "st", "nd", "rd", "th", "er":
		if l.glued && prev.kind == 'n' {
			return true
		}
	case "am", "pm":
		p.half = w
		return true
	case "uhr", "г", "року":
		return true
	case "at", "um", "a", "de", "del", "of", "kl", "den", "в", "о":
		return p.at < len(p.lexemes) // at the end it would be a zone
	}
	if m := monthOf(w); m != 0 {
		if p.month != 0 && !p.first {
			return false
		}
		p.month, p.first = m, first
		if len(p.nums) == 1 && p.sep == 0 {
			p.sep = ' '
		}
		return true
	}
	if first {
		p.weekday = weekdayOf(w)
		return true // a weekday, in whatever language
	}
	zone, ok := zoneOf(w, l.text)
	if !ok {
		return false
	}
	p.zone, p.british = zone, w == "bst"
	p.zoneOpen = w == "gmt" || w == "utc"
	return true
}

// time puts the parts together and refuses what no calendar has.
func (p *dateParser) time() (time.Time, bool) {
	year, day, ok := p.yearAndDay()
	if !ok || !p.halfDay() || p.clock[0] > 24 || p.clock[1] > 59 || p.clock[2] > 60 ||
		p.clock[0] == 24 && p.clock[1]+p.clock[2] > 0 {
		return time.Time{}, false
	}
	zone := p.zone
	if zone == nil {
		zone = time.UTC
	}
	date := time.Date(year, p.month, day, 0, 0, 0, 0, time.UTC)
	if p.month < 1 || p.month > 12 || date.Day() != day {
		return time.Time{}, false
	}
	if p.british && (p.month < time.March || p.month > time.October) {
		return time.Time{}, false
	}
	return time.Date(year, p.month, day, p.clock[0], p.clock[1], p.clock[2], p.clock[3], zone).UTC(), true
}

func (p *dateParser) halfDay() bool {
	if p.half == "" {
		return true
	}
	if !p.timed || p.clock[0] > 12 && p.half == "am" {
		return false
	}
	switch {
	case p.half == "pm" && p.clock[0] < 12:
		p.clock[0] += 12
	case p.half == "am" && p.clock[0] == 12:
		p.clock[0] = 0
	}
	return true
}

// yearAndDay tells the numbers of the date apart.
func (p *dateParser) yearAndDay() (year, day int, ok bool) {
	n := p.nums
	if p.month != 0 {
		switch {
		case len(n) == 1 && len(n[0].text) == 4:
			return n[0].n, 1, true
		case len(n) == 2 && len(n[0].text) == 4:
			return n[0].n, n[1].n, true
		case len(n) == 2 && len(n[0].text) <= 2:
			return fullYear(n[1]), n[0].n, len(n[1].text) != 3
		}
		return 0, 0, false
	}
	switch {
	case len(n) == 2 && len(n[0].text) == 4 && len(n[1].text) == 3: // YYYY-DDD
		t := time.Date(n[0].n, 1, n[1].n, 0, 0, 0, 0, time.UTC)
		p.month = t.Month()
		return n[0].n, t.Day(), n[1].n > 0 && t.Year() == n[0].n
	case len(n) == 1 && len(n[0].text) == 4:
		p.month = 1
		return n[0].n, 1, true
	case len(n) == 2 && len(n[0].text) == 4:
		p.month = time.Month(n[1].n)
		return n[0].n, 1, true
	case len(n) != 3:
		return 0, 0, false
	case len(n[0].text) == 4 || p.sep == '-' && len(n[2].text) <= 2:
		p.month = time.Month(n[1].n)
		return fullYear(n[0]), n[2].n, true
	}
	return p.dayOrMonthFirst()
}

// dayOrMonthFirst reads 26/06/2020 and 10/30/23. Where both orders are dates,
// the weekday decides, then an American hour, else the day comes first as in
// most of the world.
func (p *dateParser) dayOrMonthFirst() (year, day int, ok bool) {
	a, b := p.nums[0].n, p.nums[1].n
	year = fullYear(p.nums[2])
	fits := func(day, month int) bool {
		return p.weekday < 0 || int(time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Weekday()) == p.weekday
	}
	american := b > 12 || a <= 12 && p.sep == '/' && (p.half != "" && fits(b, a) || !fits(a, b) && fits(b, a))
	if american {
		a, b = b, a
	}
	p.month = time.Month(b)
	return year, a, true
}

// fullYear reads a year of two digits as POSIX does: 69 to 99 are of the last
// century.
func fullYear(l lexeme) int {
	switch {
	case len(l.text) > 2:
		return l.n
	case l.n >= 69:
		return 1900 + l.n
	}
	return 2000 + l.n
}
