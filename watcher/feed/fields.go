package feed

import (
	"cmp"
	"strings"
	"time"
)

// field is a place for what an item says in words that gofeed does not know, or
// would read by rules of its own.
type field uint8

const (
	noField field = iota
	dcTitle
	atomTitle
	mediaTitle
	itunesTitle
	dcDescription
	atomSummary
	plainSummary
	plainAbstract
	itunesSummary
	playDescription
	itunesSubtitle
	mediaDescription
	fullItem
	plainBody
	xhtmlBody
	xhtmlDiv
	atomContent
	plainContent
	dcCreator
	dcAuthor
	itunesAuthor
	playAuthor
	plainPublished
	atomPublished
	dctermsIssued
	plainIssued
	dcDate
	dctermsCreated
	plainCreated
	atomUpdated
	plainUpdated
	dctermsModified
	plainModified
	atomID
	plainID
	dcIdentifier
	origLink
	atomLink
	feedLanguage
	fieldCount
)

// fieldOf is the place for an element, by its usual name.
func fieldOf(key string) field {
	switch key {
	case "dc:title":
		return dcTitle
	case "atom:title":
		return atomTitle
	case "media:title":
		return mediaTitle
	case "itunes:title":
		return itunesTitle
	case "dc:description":
		return dcDescription
	case "atom:summary":
		return atomSummary
	case "summary":
		return plainSummary
	case "abstract":
		return plainAbstract
	case "itunes:summary":
		return itunesSummary
	case "googleplay:description":
		return playDescription
	case "itunes:subtitle":
		return itunesSubtitle
	case "media:description":
		return mediaDescription
	case "fullitem":
		return fullItem
	case "body":
		return plainBody
	case "xhtml:body":
		return xhtmlBody
	case "xhtml:div":
		return xhtmlDiv
	case "atom:content":
		return atomContent
	case "content":
		return plainContent
	case "dc:creator":
		return dcCreator
	case "dc:author":
		return dcAuthor
	case "itunes:author":
		return itunesAuthor
	case "googleplay:author":
		return playAuthor
	}
	return dateField(key)
}

// dateField is the place for an element that holds a date, an id or a link.
func dateField(key string) field {
	switch key {
	case "pubdate", "published":
		return plainPublished
	case "atom:published":
		return atomPublished
	case "dcterms:issued":
		return dctermsIssued
	case "issued":
		return plainIssued
	case "dc:date":
		return dcDate
	case "dcterms:created":
		return dctermsCreated
	case "created":
		return plainCreated
	case "atom:updated":
		return atomUpdated
	case "updated":
		return plainUpdated
	case "dcterms:modified":
		return dctermsModified
	case "modified":
		return plainModified
	case "atom:id":
		return atomID
	case "id":
		return plainID
	case "dc:identifier":
		return dcIdentifier
	case "feedburner:origlink":
		return origLink
	}
	return noField
}

// fields are the values of one item. The first that says something counts.
type fields [fieldCount]string

func (f *fields) set(at field, value string) {
	value = strings.TrimSpace(value)
	if value != "" && (f[at] == "" || at == plainUpdated || at == atomUpdated) { // of several changes the last one written counts
		f[at] = value
	}
}

// rss is what an item of RSS says besides what gofeed reads of it, in the order
// of trust. The values of an own vocabulary come before borrowed ones.
func (f *fields) rss(about string) Entry {
	return Entry{
		Title: cmp.Or(f[dcTitle], f[atomTitle], f[mediaTitle], f[itunesTitle]),
		Summary: cmp.Or(f[dcDescription], f[atomSummary], f[plainSummary], f[plainAbstract],
			f[itunesSummary], f[playDescription], f[itunesSubtitle], f[mediaDescription]),
		Content: cmp.Or(f[fullItem], f[plainBody], f[xhtmlBody], f[xhtmlDiv], f[atomContent], f[plainContent]),
		Author:  f.creator(),
		GUID:    cmp.Or(f[atomID], f[plainID], about, f[dcIdentifier]),
		Link:    f[atomLink],
		Published: firstDate(f[plainPublished], f[atomPublished], f[dctermsIssued], f[plainIssued], f[dcDate],
			f[dctermsCreated], f[plainCreated]),
		Updated: firstDate(f[atomUpdated], f[plainUpdated], f[dctermsModified], f[plainModified], f[dcDate]),
	}
}

// atom is what an entry of Atom says besides what gofeed reads of it. Atom 0.3
// has other names for its dates.
func (f *fields) atom() Entry {
	return Entry{
		Title:   cmp.Or(f[dcTitle], f[mediaTitle]),
		Summary: cmp.Or(f[dcDescription], f[mediaDescription], f[itunesSummary]),
		Content: cmp.Or(f[xhtmlBody], f[xhtmlDiv]),
		Author:  f[dcCreator],
		Published: firstDate(f[plainPublished], f[plainIssued], f[dctermsIssued], f[plainCreated], f[dctermsCreated],
			f[dcDate]),
		Updated: firstDate(f[plainUpdated], f[plainModified], f[dctermsModified], f[dcDate]),
	}
}

// creator is who wrote something, in the vocabularies that are lent to RSS.
func (f *fields) creator() string {
	return cmp.Or(f[dcCreator], f[dcAuthor], f[itunesAuthor], f[playAuthor])
}

func firstDate(values ...string) time.Time {
	for _, v := range values {
		if v == "" {
			continue
		}
		if t, ok := ParseDate(v); ok {
			return t
		}
	}
	return time.Time{}
}
