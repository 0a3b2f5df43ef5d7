package feed_test

import (
	"fmt"

	"newswatch/watcher/feed"
)

func ExampleParse() {
	doc, err := feed.Parse([]byte(`<rss><channel><title>Harbour Post</title>
		<item><title>Fish & chips</title><guid>https://harbour.example/1</guid></item>`), nil, "")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(doc.Title, doc.Recovered)
	fmt.Println(doc.Entries[0].Title, doc.Entries[0].Link)
	// Output:
	// Harbour Post true
	// Fish & chips https://harbour.example/1
}

func ExampleParseDate() {
	fmt.Println(feed.ParseDate("lun., 01 févr. 2027 09:30:00 +0100"))
	fmt.Println(feed.ParseDate("Mon, 01 Feb 2027 09:30:00 XYZ"))
	// Output:
	// 2027-02-01 08:30:00 +0000 UTC true
	// 0001-01-01 00:00:00 +0000 UTC false
}
