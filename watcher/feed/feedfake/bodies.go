package feedfake

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// bombSize is what a bomb unpacks to.
const bombSize = 10 << 30

// smallFeed is a feed without guile.
func smallFeed() []byte { return items(3, "<item><guid>%d</guid><title>News</title></item>\n") }

// items is an RSS document with n items; %d in one stands for its number.
func items(n int, item string) []byte {
	before, after, numbered := strings.Cut(item, "%d")
	b := make([]byte, 0, 200+n*(len(item)+8))
	b = append(b, `<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Faults</title>`...)
	for i := range n {
		b = append(b, before...)
		if numbered {
			b = strconv.AppendInt(b, int64(i), 10)
		}
		b = append(b, after...)
	}
	return append(b, "</channel></rss>"...)
}

func entries(n int) []byte {
	var b bytes.Buffer
	b.WriteString(`<feed xmlns="http://www.w3.org/2005/Atom"><title>Faults</title>`)
	text := strings.Repeat("word ", 200)
	for i := range n {
		fmt.Fprintf(&b, "<entry><id>%d</id><title>News</title><content>%s</content></entry>\n", i, text)
	}
	b.WriteString("</feed>")
	return b.Bytes()
}

func jsonItems(n int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"version":"https://jsonfeed.org/version/1.1","title":"Faults","items":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":"%d","title":"News","content_text":"word word"}`, i)
	}
	b.WriteString("]}")
	return b.Bytes()
}

// namespaces nests elements that each declare another namespace: a parser that
// copies its table at each needs memory by the square.
func namespaces(n int) []byte {
	var b strings.Builder
	b.WriteString(`<rss version="2.0"><channel><title>Faults</title><item><guid>1</guid>`)
	for i := range n {
		fmt.Fprintf(&b, `<a xmlns:n%d="http://namespace.example/%d">`, i, i)
	}
	b.WriteString(strings.Repeat("</a>", n))
	b.WriteString("</item></channel></rss>")
	return []byte(b.String())
}

func attributes(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `a%d="v" `, i)
	}
	return b.String()
}

// entityBomb is ten levels of entities, each ten times the one below it.
func entityBomb() []byte {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY e0 "laughter ">`)
	for i := 1; i <= 10; i++ {
		fmt.Fprintf(&b, `<!ENTITY e%d "%s">`, i, strings.Repeat(fmt.Sprintf("&e%d;", i-1), 10))
	}
	b.WriteString(`]><rss version="2.0"><channel><title>&e10;</title><item><guid>1</guid><title>&e10;</title></item></channel></rss>`)
	return []byte(b.String())
}

// flatEntities is one long entity, used often.
func flatEntities() []byte {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY e "` + strings.Repeat("long ", 20_000) + `">]>`)
	b.WriteString(`<rss version="2.0"><channel><item><guid>1</guid><title>` + strings.Repeat("&e;", 50_000) + `</title></item></channel></rss>`)
	return []byte(b.String())
}

// zeros is bombSize of zero bytes, packed. A stretch is packed once and the
// result repeated: gzip and zstd allow streams in a row, the others can be
// flushed to a byte's edge, behind which a stretch always packs the same.
func zeros(coding string) []byte {
	const stretch = 8 << 20
	plain := make([]byte, stretch)
	if coding == "gzip" || coding == "zstd" {
		return bytes.Repeat(pack(coding, plain), bombSize/stretch)
	}
	var b bytes.Buffer
	w, err := packer(coding, &b)
	if err != nil {
		return nil
	}
	if coding == "br" {
		w = brotli.NewWriterLevel(&b, 5) // packer's cannot be flushed
	}
	var ends [3]int
	for i := range ends {
		_, _ = w.Write(plain) // a buffer takes all
		_ = w.(interface{ Flush() error }).Flush()
		ends[i] = b.Len()
	}
	out := b.Bytes()
	return append(out[:ends[1]:ends[1]], bytes.Repeat(out[ends[1]:ends[2]], bombSize/stretch)...)
}

func pack(coding string, plain []byte) []byte {
	var b bytes.Buffer
	w, err := packer(coding, &b)
	if err != nil {
		return nil
	}
	_, _ = w.Write(plain) // a buffer takes all
	_ = w.Close()
	return b.Bytes()
}

func packer(coding string, to io.Writer) (io.WriteCloser, error) {
	switch coding {
	case "gzip":
		return gzip.NewWriterLevel(to, gzip.BestCompression)
	case "zlib":
		return zlib.NewWriterLevel(to, zlib.BestCompression)
	case "deflate":
		return flate.NewWriter(to, flate.BestCompression)
	case "br":
		return brotli.NewWriterV2(to, 5), nil // 0.6 MB less of program than NewWriterLevel
	case "zstd":
		return zstd.NewWriter(to, zstd.WithEncoderConcurrency(1))
	}
	return nil, fmt.Errorf("%q: %w", coding, errNoCoding)
}
