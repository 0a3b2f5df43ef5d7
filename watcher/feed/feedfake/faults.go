package feedfake

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Fault is a server that means harm, or is broken beyond what feeds usually are.
type Fault struct {
	Name    string
	TLS     bool // the harm is in the handshake: its URL is https
	Outcome Outcome
	serve   func(c net.Conn, r *http.Request)
}

// Outcome is what must come of a poll.
type Outcome int

// The outcomes.
const (
	MustFail Outcome = iota // an error that says what is wrong
	MustRead                // items: it is a feed, if an odd one
	Either                  // nobody can say
)

// Faults serves all faults on a real socket, each under its name. Under
// /redirect?to=URL it leads elsewhere, /inside stands for a service in somebody's
// network, and under any other name there is a small and honest feed.
type Faults struct {
	listener net.Listener
	faults   map[string]Fault
	drip     time.Duration
	quit     chan struct{}
	busy     sync.WaitGroup

	mu      sync.Mutex
	entered int // requests for what nobody should ask for
}

// NewFaults serves all faults on an address. Drip is the time between two bytes
// of a server that drips.
func NewFaults(address string, drip time.Duration) (*Faults, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("serve faults: %w", err)
	}
	f := &Faults{listener: l, faults: map[string]Fault{}, drip: drip, quit: make(chan struct{})}
	for _, fault := range f.List() {
		f.faults[fault.Name] = fault
	}
	f.busy.Go(f.accept)
	return f, nil
}

// Addr is the address that is served.
func (f *Faults) Addr() string { return f.listener.Addr().String() }

// URL is where a fault waits.
func (f *Faults) URL(fault Fault) string {
	if fault.TLS {
		return "https://" + f.Addr() + "/" + fault.Name
	}
	return "http://" + f.Addr() + "/" + fault.Name
}

// Entered counts the requests for /inside.
func (f *Faults) Entered() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.entered
}

// Close ends all servers.
func (f *Faults) Close() error {
	close(f.quit)
	err := f.listener.Close()
	f.busy.Wait()
	return err
}

func (f *Faults) accept() {
	for {
		c, err := f.listener.Accept()
		if err != nil {
			return
		}
		f.busy.Go(func() {
			defer c.Close()
			done := make(chan struct{})
			defer close(done)
			f.busy.Go(func() {
				select {
				case <-f.quit:
					c.Close()
				case <-done:
				}
			})
			f.handle(c)
		})
	}
}

// handle answers one connection. A TLS client speaks first: byte 22 begins its
// hello (RFC 8446, section 5.1).
func (f *Faults) handle(c net.Conn) {
	br := bufio.NewReader(c)
	if first, err := br.Peek(1); err != nil {
		return
	} else if first[0] == 22 {
		f.endless(c, []byte{22, 3, 3, 0x3f, 0xff}, []byte{2})
		return
	}
	r, err := http.ReadRequest(br)
	if err != nil {
		return
	}
	switch name := strings.TrimPrefix(r.URL.Path, "/"); name {
	case "inside":
		f.mu.Lock()
		f.entered++
		f.mu.Unlock()
		f.whole(c, nil, smallFeed())
	case "redirect":
		f.head(c, http.StatusFound, http.Header{"Location": {r.URL.Query().Get("to")}}, 0)
	default:
		if fault, known := f.faults[name]; known && fault.serve != nil {
			fault.serve(c, r)
			return
		}
		f.whole(c, nil, smallFeed())
	}
}

// List names all faults.
func (f *Faults) List() []Fault {
	all := []Fault{
		{Name: "drip", serve: func(c net.Conn, _ *http.Request) { f.head(c, 200, nil, -1); f.endless(c, nil, []byte(" ")) }},
		{Name: "drip-head", serve: func(c net.Conn, _ *http.Request) { f.endless(c, []byte("HTTP/1.1 200 OK\r\nX-A: "), []byte("a")) }},
		{Name: "handshake", TLS: true},
		{Name: "endless-headers", serve: func(c net.Conn, _ *http.Request) {
			f.flood(c, []byte("HTTP/1.1 200 OK\r\n"), []byte("X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n"))
		}},
		{Name: "endless-header", serve: func(c net.Conn, _ *http.Request) {
			f.flood(c, []byte("HTTP/1.1 200 OK\r\nX-Filler: "), bytes.Repeat([]byte("a"), 4096))
		}},
		{Name: "endless-hints", serve: func(c net.Conn, _ *http.Request) {
			f.flood(c, nil, []byte("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"))
		}},
		{Name: "endless-body", serve: func(c net.Conn, _ *http.Request) {
			f.head(c, 200, nil, -1)
			f.flood(c, nil, bytes.Repeat([]byte("a "), 2048))
		}},
		{Name: "endless-items", Outcome: MustRead, serve: func(c net.Conn, _ *http.Request) {
			f.head(c, 200, nil, -1)
			f.flood(c, []byte(`<rss version="2.0"><channel>`), []byte("<item><title>On and on</title></item>\n"))
		}},
		{Name: "endless-chunks", serve: func(c net.Conn, _ *http.Request) {
			f.flood(c, []byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), []byte("1;x=yyyyyyyyyyyyyyyy\r\na\r\n"))
		}},
		{Name: "loop", serve: func(c net.Conn, r *http.Request) { f.head(c, 302, http.Header{"Location": {r.URL.Path}}, 0) }},
		{Name: "long-location", serve: func(c net.Conn, r *http.Request) {
			f.head(c, 302, http.Header{"Location": {"/loop?" + strings.Repeat("a", 200<<10)}}, 0)
		}},
		{Name: "reset", serve: f.reset},
		{Name: "too-short", serve: func(c net.Conn, _ *http.Request) { b := smallFeed(); f.head(c, 200, nil, len(b)*3); _, _ = c.Write(b) }},
		{Name: "too-long", Outcome: MustRead, serve: func(c net.Conn, _ *http.Request) {
			b := smallFeed()
			f.head(c, 200, nil, len(b))
			_, _ = c.Write(append(b, "HTTP/1.1 200 OK\r\n\r\n<rss>"...))
		}},
		{Name: "two-lengths", serve: func(c net.Conn, _ *http.Request) {
			_, _ = c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 50\r\n\r\n<rss>"))
		}},
	}
	all = append(all, f.bombs()...)
	return append(all, f.documents()...)
}

// bombs are small bodies that grow when they are unpacked.
func (f *Faults) bombs() []Fault {
	var all []Fault
	add := func(name, coding string, body func() []byte) {
		all = append(all, Fault{Name: name, serve: func(c net.Conn, _ *http.Request) {
			f.whole(c, http.Header{"Content-Encoding": {coding}}, body())
		}})
	}
	add("bomb-gzip", "gzip", func() []byte { return zeros("gzip") })
	add("bomb-deflate", "deflate", func() []byte { return zeros("deflate") })
	add("bomb-zlib", "deflate", func() []byte { return zeros("zlib") })
	add("bomb-br", "br", func() []byte { return zeros("br") })
	add("bomb-zstd", "zstd", func() []byte { return zeros("zstd") })
	add("bomb-zstd-window", "zstd", func() []byte { return append([]byte{0x28, 0xb5, 0x2f, 0xfd, 0, 0xf8}, make([]byte, 64)...) })
	add("bomb-nested", "gzip, gzip", func() []byte { return pack("gzip", zeros("gzip")) })
	add("bomb-nested-quiet", "gzip", func() []byte { return pack("gzip", zeros("gzip")) })
	add("bomb-nested-mixed", "zstd, br", func() []byte { return pack("br", zeros("zstd")) })
	add("bomb-many-codings", strings.Repeat("gzip, ", 500)+"gzip", smallFeed)
	return all
}

// documents are bodies that are cheap to send and dear to read.
func (f *Faults) documents() []Fault {
	var all []Fault
	add := func(name string, o Outcome, body func() []byte) {
		all = append(all, Fault{Name: name, Outcome: o, serve: func(c net.Conn, _ *http.Request) { f.whole(c, nil, body()) }})
	}
	add("million-items", Either, func() []byte { return items(1_000_000, "<item></item>\n") })
	add("million-guids", MustRead, func() []byte { return items(560_000, "<item><guid>%d</guid></item>\n") })
	add("feed-of-50-mb", MustRead, func() []byte {
		return items(50_000, "<item><guid>%d</guid><title>News</title><description>"+strings.Repeat("word ", 200)+"</description></item>\n")
	})
	add("atom-of-50-mb", MustRead, func() []byte { return entries(50_000) })
	add("json-of-15-mb", MustRead, func() []byte { return jsonItems(300_000) })
	add("title-of-10-mb", MustRead, func() []byte {
		return items(1, "<item><guid>%d</guid><title>"+strings.Repeat("title ", 10<<20/6)+"</title></item>")
	})
	add("title-of-markup", MustRead, func() []byte {
		return items(1, "<item><guid>%d</guid><title>"+strings.Repeat("&lt;b&gt;", 10<<20/9)+"</title></item>")
	})
	add("text-of-markup", MustRead, func() []byte {
		return items(1, "<item><guid>%d</guid><description>"+strings.Repeat("&lt;div&gt;", 10<<20/11)+"</description></item>")
	})
	add("namespaces-150-kb", MustRead, func() []byte { return namespaces(2_800) })
	add("namespaces-600-kb", MustRead, func() []byte { return namespaces(11_000) })
	add("attributes", MustRead, func() []byte { return items(1, "<item "+attributes(300_000)+"><guid>%d</guid></item>") })
	add("depth", MustRead, func() []byte {
		return items(1, "<item><guid>%d</guid><description>"+strings.Repeat("<a>", 500_000)+"</description></item>")
	})
	add("depth-unclosed", Either, func() []byte { return []byte("<rss><channel>" + strings.Repeat("<item>", 2_500_000)) })
	add("json-depth", MustFail, func() []byte {
		return []byte(`{"version":"https://jsonfeed.org/version/1.1","items":` + strings.Repeat("[", 5_000_000))
	})
	add("entities", MustRead, entityBomb)
	add("entities-flat", MustRead, flatEntities)
	add("ampersands", MustRead, func() []byte {
		return items(1, "<item><guid>%d</guid><title>"+strings.Repeat("&", 2_000_000)+"</title></item>")
	})
	add("open-cdata", Either, func() []byte { return items(1, "<item><title>%d"+strings.Repeat("<![CDATA[", 1_000_000)) })
	add("open-comments", Either, func() []byte { return items(1, "<item><title>%d"+strings.Repeat("<!--", 2_000_000)) })
	add("open-tags", Either, func() []byte { return items(1, "<item><title>%d"+strings.Repeat("<a ", 3_000_000)) })
	add("dates", MustRead, func() []byte {
		return items(500, "<item><guid>%d</guid><pubDate>"+strings.Repeat("Mon 1 ", 4000)+"</pubDate></item>")
	})
	add("links", MustRead, func() []byte {
		return items(500, "<item><guid>%d</guid><link>http://a.example/"+strings.Repeat("?a=b&amp;", 3000)+"</link></item>")
	})
	add("nothing-but-blanks", MustFail, func() []byte { return bytes.Repeat([]byte(" \n"), 8<<20) })
	add("html-of-15-mb", MustFail, func() []byte { return []byte("<html><body>" + strings.Repeat("<p>no feed</p>", 1<<20)) })
	return all
}

// head writes an answer's head; a negative length is left out.
func (f *Faults) head(c net.Conn, status int, h http.Header, length int) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\nConnection: close\r\nContent-Type: application/xml\r\n", status, http.StatusText(status))
	if length >= 0 {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", length)
	}
	_ = h.Write(&b) // a buffer takes all
	b.WriteString("\r\n")
	_, _ = c.Write(b.Bytes())
}

func (f *Faults) whole(c net.Conn, h http.Header, body []byte) {
	f.head(c, http.StatusOK, h, len(body))
	_, _ = c.Write(body) // the client may well hang up
}

// endless sends one piece again and again, slowly.
func (f *Faults) endless(c net.Conn, first, piece []byte) {
	_, err := c.Write(first)
	for err == nil {
		select {
		case <-f.quit:
			return
		case <-time.After(f.drip):
		}
		_, err = c.Write(piece)
	}
}

// flood sends one piece again and again, as fast as the client reads.
func (f *Faults) flood(c net.Conn, first, piece []byte) {
	_, err := c.Write(first)
	block := bytes.Repeat(piece, 1+64<<10/len(piece))
	for err == nil {
		_, err = c.Write(block)
	}
}

// reset breaks the connection off in the midst of a body.
func (f *Faults) reset(c net.Conn, _ *http.Request) {
	b := smallFeed()
	f.head(c, http.StatusOK, nil, len(b))
	_, _ = c.Write(b[:len(b)/2])
	time.Sleep(f.drip) // let it arrive
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
}

// errNoCoding says that a coding is not one of ours.
var errNoCoding = errors.New("unknown coding")

var _ io.Closer = (*Faults)(nil)
