package feed

import (
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"newswatch/news"
)

// Wishes on the time between polls count from a minute to a day: publishers
// write seconds, years and zero.
const (
	minWish = time.Minute
	maxWish = 24 * time.Hour
)

// Days and hours in the masks of news.FeedHints.
const (
	allHours = 1<<24 - 1
	allDays  = 1<<7 - 1
)

// wishes is what a document asks of its readers, in the pieces that it stands in.
type wishes struct {
	ttl       time.Duration
	period    string // of the syndication module of RSS 1.0
	frequency string // how often in a period
	hours     uint32
	days      uint8
}

// note takes a piece of a wish from an element of the header.
func (w *wishes) note(m *mender, e element) {
	switch e.key {
	case "ttl":
		w.ttl = timeToLive(m.plain(e.inner))
	case "sy:updateperiod":
		w.period = m.plain(e.inner)
	case "sy:updatefrequency":
		w.frequency = m.plain(e.inner)
	case "skiphours":
		w.hours = skipHours(words(e.inner))
	case "skipdays":
		w.days = skipDays(words(e.inner))
	}
}

func (w *wishes) hints() news.FeedHints {
	return news.FeedHints{TTL: w.ttl, Period: updatePeriod(w.period, w.frequency), SkipHours: w.hours, SkipDays: w.days}
}

// timeToLive reads RSS's ttl, minutes. What is less than one or more than a day
// was meant as something else, and says nothing.
func timeToLive(s string) time.Duration {
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || !(n >= minWish.Minutes() && n <= maxWish.Minutes()) {
		return 0
	}
	return time.Duration(n * float64(time.Minute))
}

// updatePeriod reads the period and frequency of RSS 1.0's syndication module,
// both of which have a default there: daily, and once.
func updatePeriod(period, frequency string) time.Duration {
	var every time.Duration
	switch strings.ToLower(period) {
	case "":
		if frequency == "" {
			return 0
		}
		every = 24 * time.Hour
	case "hourly", "hour":
		every = time.Hour
	case "daily", "dayly", "day":
		every = 24 * time.Hour
	case "weekly", "week", "monthly", "month", "yearly", "annually", "year":
		every = 7 * 24 * time.Hour // a month is more, but all this is capped at a day
	default: // "always", and what nobody knows
		return 0
	}
	times, err := strconv.ParseFloat(strings.Replace(frequency, ",", ".", 1), 64)
	if err != nil || !(times > 0) {
		times = 1
	}
	if wish := time.Duration(min(float64(every)/times, float64(maxWish))); wish >= minWish {
		return wish
	}
	return 0
}

// skipHours reads RSS's hours of the day, GMT. 24 is midnight, as in RSS 0.91. A
// publisher who names them all did not mean it.
func skipHours(hours []string) uint32 {
	var mask uint32
	for _, s := range hours {
		if h, err := strconv.Atoi(s); err == nil && h >= 0 && h <= 24 {
			mask |= 1 << (h % 24)
		}
	}
	if mask == allHours {
		return 0
	}
	return mask
}

// skipDays reads RSS's days of the week, as skipHours.
func skipDays(days []string) uint8 {
	var mask uint8
	for _, s := range days {
		if d := weekdayOf(strings.ToLower(s)); d >= 0 {
			mask |= 1 << d
		}
	}
	if mask == allDays {
		return 0
	}
	return mask
}

// words are the words and numbers in an element, whatever elements part them.
func words(inner []byte) []string {
	const most = 64 // there are 24 hours
	var all []string
	s := scanner{b: inner}
	for t := (token{}); len(all) < most && s.next(&t); {
		if t.kind == textToken || t.kind == cdataToken {
			all = append(all, strings.FieldsFunc(string(t.text[:min(len(t.text), maxDate)]), func(r rune) bool {
				return !unicode.IsLetter(r) && !unicode.IsDigit(r)
			})...)
		}
	}
	return all
}

// Relations are the links of a document to others, absolute, "" for none.
type Relations struct {
	Self        string `json:"self,omitempty"`         // where the document says that it is
	Hub         string `json:"hub,omitempty"`          // of WebSub
	Next        string `json:"next,omitempty"`         // the next page of older items (RFC 5005, section 3)
	PrevArchive string `json:"prev_archive,omitempty"` // the archive before this document (RFC 5005, section 4)
}

// note takes a link for what its relation says. The first one of a kind counts.
func (r *Relations) note(rel, link string) {
	if link = string(legalise([]byte(link))); link == "" || len(link) > maxLink || !utf8.ValidString(link) {
		return
	}
	for _, kind := range strings.Fields(strings.ToLower(rel)) {
		// Registered relations may be written as IRIs (RFC 4287, section 4.2.7.2).
		into := r.of(kind[strings.LastIndexByte(kind, '/')+1:])
		if into != nil && *into == "" {
			*into = link
		}
	}
}

func (r *Relations) of(kind string) *string {
	switch kind {
	case "self":
		return &r.Self
	case "hub":
		return &r.Hub
	case "next":
		return &r.Next
	case "prev-archive":
		return &r.PrevArchive
	}
	return nil
}

// maxLink bounds a link that is kept.
const maxLink = 8 << 10 // bytes

// noteHeader takes the links of an answer's header (RFC 8288), which WebSub puts
// before those of the document.
func (r *Relations) noteHeader(header http.Header, base string) {
	const most = 16
	links := header.Values("Link")
	for _, field := range links[:min(len(links), most)] {
		for range most {
			_, rest, ok := strings.Cut(field, "<")
			link, rest, closed := strings.Cut(rest, ">")
			if !ok || !closed {
				break
			}
			params, more, _ := strings.Cut(rest, "<")
			r.note(relParam(params), resolve(base, link))
			field = "<" + more
		}
	}
}

// relParam is the rel among the parameters of a link.
func relParam(params string) string {
	for part := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(part, "=")
		if strings.EqualFold(strings.TrimSpace(name), "rel") {
			return strings.Trim(value, "\"', \t")
		}
	}
	return ""
}
