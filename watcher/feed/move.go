package feed

import (
	"net/url"
	"strings"
	"time"

	"newswatch/news"
)

// What a permanent redirect must show before it is believed: a captive portal,
// a broken update of a server's software or a hotel's network send one too.
const (
	movePolls   = 3
	moveTime    = 7 * 24 * time.Hour
	moveRecheck = 30 * 24 * time.Hour // how often the old address is asked whether it still sends there
	moveFails   = 3                   // so many polls in a row without a feed there, and it is forgotten
)

// address is where a feed is asked: at its own address, or at the one that it
// has moved to for good. One with a login in it is never left, as that would be lost.
func address(f news.Feed, m news.Move, now time.Time) string {
	if !m.Kept || strings.Contains(f.URL, "@") || now.Sub(m.Checked) >= moveRecheck {
		return f.URL
	}
	return m.URL
}

// learn takes the permanent redirect of a good poll into account: moved is where
// it leads to, "" when there was none; from is the address asked. Only a feed
// that shares an item with what we know proves that it is the same one. It must
// when it is first seen: later we know its items in any case.
func learn(m news.Move, from, moved string, same bool, now time.Time) news.Move {
	switch {
	case m.Kept && from == m.URL:
		m.Fails, m.Next = 0, onward(m.Next, from, moved, same, now)
		if m.Next != nil && m.Next.Kept {
			return *m.Next
		}
		return m
	case m.Kept && moved == m.URL: // the old address, asked again
		m.Fails, m.Checked = 0, now
		return m
	case moved == "":
		return news.Move{}
	case moved != m.URL:
		m = news.Move{URL: moved, Since: now, Foreign: !same}
	}
	if same && !m.Foreign {
		m.Polls++
	}
	proven := m.Polls >= movePolls && now.Sub(m.Since) >= moveTime
	if proven || secured(from, moved) {
		m.Kept, m.Checked = true, now
	}
	return m
}

// onward learns where an address leads on to that was itself learned.
func onward(m *news.Move, from, moved string, same bool, now time.Time) *news.Move {
	if moved == "" {
		return nil
	}
	next := news.Move{}
	if m != nil {
		next = *m
	}
	next = learn(next, from, moved, same, now)
	return &next
}

// secured says that only the scheme changed, from http to https: that is
// believed at once.
func secured(from, to string) bool {
	a, errA := url.Parse(from)
	b, errB := url.Parse(to)
	return errA == nil && errB == nil && upgraded(a, b)
}

// lost notes that no feed was found at the address that a feed has moved to.
// After some polls its old one is asked again.
func lost(m news.Move, class news.FailClass) news.Move {
	if !m.Kept || class != news.FailNotFeed && class != news.FailMissing && class != news.FailGone {
		return m
	}
	if m.Fails++; m.Fails >= moveFails {
		return news.Move{}
	}
	return m
}
