package news

import "time"

// Item is one entry of a feed, as text: nothing in it is markup any more.
type Item struct {
	ID         string // ItemID of its feed and first key; never changes
	FeedID     string
	FeedName   string   // the feed's name when it was fetched
	Publisher  string   // the feed's Outlet when it was fetched: one source
	Weight     int      // the feed's weight when it was fetched
	Keys       []string // identity, strongest first: any one seen before means the same item
	Signs      Signs    // of identity too, but weaker; not stored with the item
	Shared     []string // keys and signs that another entry of its document has too: they tell nothing; not stored
	URL        string   // absolute http(s) link, "" when the feed has none
	Title      string   // plain text, one line
	Body       string   // visible text: blocks parted by a blank line, line breaks kept
	Author     string
	Categories []string
	Lang       string
	Published  time.Time // never after Fetched; as good as Fetched when the feed gave no date
	Dated      bool      // the feed gave a date that could be read, and is not a day ahead of Fetched
	Fetched    time.Time // when we first saw it
	Baseline   bool      // came with a feed's first poll and is older than the backfill: never told by itself
	Revision   string    // hash of title, body and URL: another revision is the same item, edited
}

// Signs are keys that mean the same item only when two of them agree, or one and
// the date of publication. "" where there is none.
type Signs struct {
	Title  string
	Path   string // of the link, whatever the host
	Number string // in the link, when it need not be the article's
	Whole  string // of all that the entry says: counts alone, when an item has nothing else
}

// ItemID is the lasting id of an item: 16 hex digits of a hash over its feed
// and its strongest identity key.
func ItemID(feedID, key string) string { return id("item", feedID, key) }

// Revise fills in Revision from the parts of the item that a reader sees. Dates
// are left out: publishers bump them to resurface an item that did not change.
func (it *Item) Revise() { it.Revision = id("revision", it.Title, it.Body, it.URL) }

// Field names a searchable part of an item.
type Field string

// The fields of an item. Title and Body are searched by default, the others
// only where a rule names them.
const (
	Title    Field = "title"
	Body     Field = "body"
	Author   Field = "author"
	URL      Field = "url"
	Category Field = "category"
)

// Text returns the text of one field; categories are joined by line breaks, so
// that no phrase runs from one into the next.
func (it *Item) Text(f Field) string {
	switch f {
	case Title:
		return it.Title
	case Body:
		return it.Body
	case Author:
		return it.Author
	case URL:
		return it.URL
	case Category:
		s := ""
		for i, c := range it.Categories {
			if i > 0 {
				s += "\n\n"
			}
			s += c
		}
		return s
	}
	return ""
}
