package feed

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// A body that is past maxRatio once it has grown beyond freeBytes is a bomb:
// feeds compress by 5 to 20.
const (
	maxRatio  = 200
	freeBytes = 1 << 20
	maxWindow = 8 << 20 // bytes; what RFC 8878, section 3.1.1.1.2, asks of decoders
	maxLayers = 2       // codings on top of each other
	maxIdle   = 100     // reads in a row that bring nothing
)

// errBomb says that a small body grows out of all proportion.
var errBomb = errors.New("the body is a decompression bomb")

// readBody decodes an answer's body, up to max decoded bytes; no more than that
// is read of a longer one. It asks before it reads a large one. When the body breaks
// off, it gives what came and damaged is set; err is for what must not be read at all.
func readBody(resp *http.Response, max int64, large func() error) (body []byte, damaged error, err error) {
	raw := &counter{r: resp.Body}
	r, err := decoded(raw, resp.Header.Values("Content-Encoding"))
	if err != nil {
		return nil, nil, err
	}
	defer r.Close()
	body = make([]byte, 0, firstBuffer(resp))
	for idle := 0; ; {
		n, err := r.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		size := int64(len(body))
		switch {
		case size > freeBytes && size > raw.n*maxRatio:
			return nil, nil, errBomb
		case size > max:
			return body[:max], nil, nil
		case errors.Is(err, io.EOF):
			return body, nil, nil
		case err != nil:
			return body, err, nil
		}
		if idle++; n > 0 {
			idle = 0
		}
		if idle > maxIdle {
			return body, io.ErrNoProgress, nil
		}
		if len(body) == cap(body) {
			if size <= largeFrom && 2*size > largeFrom {
				if err := large(); err != nil {
					return nil, nil, err
				}
			}
			// By doubling, but never past what is read at most: the last step
			// would otherwise take twice the memory of the largest body.
			size := 2 * int64(cap(body))
			if size >= max {
				size = max + 1
			}
			grown := make([]byte, len(body), size)
			copy(grown, body)
			body = grown
		}
	}
}

// firstBuffer is how much is made ready for a body: what its header promises, as
// long as that is little, as a promise costs nothing.
func firstBuffer(resp *http.Response) int64 {
	const usual, most = 32 << 10, 1 << 20
	if n := resp.ContentLength; n > 0 && n < most && resp.Header.Get("Content-Encoding") == "" {
		return n + 1
	}
	return usual
}

// decoded undoes the content codings. Some servers compress without saying so,
// or say so without compressing: the first bytes decide.
func decoded(r io.Reader, codings []string) (io.ReadCloser, error) {
	names := strings.FieldsFunc(strings.ToLower(strings.Join(codings, ",")), func(c rune) bool {
		return c == ',' || c == ' '
	})
	if len(names) > maxLayers {
		return nil, fmt.Errorf("content encoding %q is not supported", strings.Join(names, ", "))
	}
	out := io.NopCloser(r)
	for i := len(names) - 1; i >= 0; i-- { // the last one was put on last
		var err error
		if out, err = decode(out, names[i]); err != nil {
			return nil, err
		}
	}
	br := bufio.NewReader(out)
	if magic, _ := br.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return gzip.NewReader(br)
	}
	return readCloser{br, out}, nil
}

func decode(r io.ReadCloser, name string) (io.ReadCloser, error) {
	br := bufio.NewReader(r)
	magic, _ := br.Peek(4)
	plain := readCloser{br, r}
	switch name {
	case "gzip", "x-gzip":
		if !bytes.HasPrefix(magic, []byte{0x1f, 0x8b}) {
			return plain, nil
		}
		return gzip.NewReader(br)
	case "deflate":
		// RFC 9110, section 8.4.1.2, means zlib; many servers send it raw.
		if len(magic) >= 2 && magic[0]&0x0f == 8 && (int(magic[0])<<8+int(magic[1]))%31 == 0 {
			return zlib.NewReader(br)
		}
		if len(magic) > 0 && (magic[0] == '<' || magic[0] == '{') {
			return plain, nil
		}
		return flate.NewReader(br), nil
	case "br":
		if len(magic) > 0 && (magic[0] == '<' || magic[0] == '{') {
			return plain, nil
		}
		return readCloser{brotli.NewReader(br), r}, nil
	case "zstd":
		if !bytes.Equal(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}) {
			return plain, nil
		}
		d, err := zstd.NewReader(br, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow),
			zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, err
		}
		return d.IOReadCloser(), nil
	case "identity", "utf-8", "none":
		return plain, nil
	}
	return nil, fmt.Errorf("content encoding %q is not supported", name)
}

type readCloser struct {
	io.Reader
	io.Closer
}

// counter counts what was read from the wire.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
