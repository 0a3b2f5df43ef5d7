package slackfake

import (
	"context"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// DialContext connects to this Slack in memory, whatever the address. With it a
// WebSocket works inside a synctest bubble.
func (s *Server) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	s.mu.Lock()
	if s.pipes == nil {
		s.pipes = &pipes{conns: make(chan net.Conn), done: s.done}
		server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
		if !s.closed {
			s.memory = server
			s.running.Go(func() { _ = server.Serve(s.pipes) })
		}
	}
	p := s.pipes
	s.mu.Unlock()
	near, far := net.Pipe()
	select {
	case p.conns <- buffer(far):
		return buffer(near), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-s.done:
		return nil, net.ErrClosed
	}
}

// pipes is a listener in memory.
type pipes struct {
	conns chan net.Conn
	done  <-chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// buffered is one end of a pipe whose writes do not wait for the reader, as those
// to a socket of the kernel do not: two ends that ping each other at once would
// wait for ever.
type buffered struct {
	net.Conn
	mu     sync.Mutex
	queue  chan []byte
	closed bool
}

// bufferedWrites bounds what waits for a reader.
const bufferedWrites = 1024

func buffer(c net.Conn) *buffered {
	b := &buffered{Conn: c, queue: make(chan []byte, bufferedWrites)}
	go b.pump()
	return b
}

func (b *buffered) pump() {
	defer b.Conn.Close()
	for p := range b.queue {
		if _, err := b.Conn.Write(p); err != nil {
			return
		}
	}
}

func (b *buffered) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return 0, net.ErrClosed
	}
	select {
	case b.queue <- slices.Clone(p):
		return len(p), nil
	default:
		return 0, net.ErrClosed // nobody reads
	}
}

// Close lets what was written arrive, for a moment.
func (b *buffered) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil
	}
	b.closed = true
	close(b.queue)
	_ = b.Conn.SetWriteDeadline(time.Now().Add(time.Second))
	return b.Conn.SetReadDeadline(time.Now())
}

// Only the pump writes, and it waits as long as it must.
func (b *buffered) SetWriteDeadline(time.Time) error { return nil }

// SetDeadline is that of reading.
func (b *buffered) SetDeadline(t time.Time) error { return b.SetReadDeadline(t) }
