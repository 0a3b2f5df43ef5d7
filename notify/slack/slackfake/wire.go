package slackfake

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"syscall"
)

// ServeHTTP answers calls of methods, and shows what arrived to people (GET /)
// and tests (GET /messages, /journal, /audit).
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/link/" {
		s.connect(w, r)
		return
	}
	if s.look(w, r) {
		return
	}
	rep := s.handle(r)
	w.Header().Set("Date", s.date())
	if rep.end == whole {
		for name, values := range rep.header {
			w.Header()[name] = values
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(rep.body)))
		w.WriteHeader(rep.status)
		_, _ = w.Write(rep.body) // the caller left: nothing to be done
		return
	}
	if rep.end == drip {
		s.drip(w, r, rep)
		return
	}
	h, ok := w.(http.Hijacker)
	if !ok {
		panic(http.ErrAbortHandler) // ends the connection as far as this writer can
	}
	conn, out, err := h.Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer conn.Close()
	s.abandon(conn, out, rep)
}

// handle answers a call of a method, or an answer to what a person did.
func (s *Server) handle(r *http.Request) reply {
	if isResponse(r.URL.Path) {
		return s.respond(r)
	}
	return s.serve(r.Context(), newCall(r))
}

// abandon ends a connection in the way that a fault wants.
func (s *Server) abandon(conn net.Conn, out *bufio.ReadWriter, rep reply) {
	switch rep.end {
	case alert:
		_, _ = out.WriteString(tlsAlert)
		_ = out.Flush()
	case reset, dead:
		// With no lingering, closing sends RST instead of FIN.
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
	case cut:
		fmt.Fprintf(out, "HTTP/1.1 %d %s\r\nDate: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n",
			rep.status, http.StatusText(rep.status), s.date(), rep.header.Get("Content-Type"), len(rep.body))
		_, _ = out.Write(rep.body[:len(rep.body)/2])
		_ = out.Flush()
	}
}

// tlsAlert is a handshake_failure (RFC 8446, 6.2).
const tlsAlert = "\x15\x03\x03\x00\x02\x02\x28"

// drops is in how many pieces an answer drips.
const drops = 20

// drip sends an answer piece by piece.
func (s *Server) drip(w http.ResponseWriter, r *http.Request, rep reply) {
	for name, values := range rep.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(rep.body)))
	w.WriteHeader(rep.status)
	for body := rep.body; len(body) > 0; {
		n := min(len(body), len(rep.body)/drops+1)
		if _, err := w.Write(body[:n]); err != nil || !s.sleep(r.Context(), rep.over/drops) {
			return // the caller left
		}
		_ = http.NewResponseController(w).Flush()
		body = body[n:]
	}
}

// date is Slack's time for the Date header.
func (s *Server) date() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now().UTC().Format(http.TimeFormat)
}

// RoundTrip answers without a port: the faults come back as the errors that a
// connection would give. It makes tests in a synctest bubble possible.
func (s *Server) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	} else {
		r = r.Clone(r.Context())
		r.Body = http.NoBody
	}
	rep := s.handle(r)
	switch err := r.Context().Err(); {
	case err != nil:
		return nil, err
	case rep.end == reset:
		return nil, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	case rep.end == eof:
		return nil, io.EOF
	case rep.end == dead:
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	case rep.end == alert:
		return nil, tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}
	case rep.end == drip && !s.sleep(r.Context(), rep.over):
		return nil, r.Context().Err()
	}
	rep.header.Set("Date", s.date())
	var body io.Reader = bytes.NewReader(rep.body)
	if rep.end == cut {
		body = io.MultiReader(bytes.NewReader(rep.body[:len(rep.body)/2]), broken{})
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", rep.status, http.StatusText(rep.status)), StatusCode: rep.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: rep.header, Request: r,
		Body: io.NopCloser(body), ContentLength: int64(len(rep.body)),
	}, nil
}

// broken ends a body too early.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// Client is an HTTP client whose every request this Slack answers.
func (s *Server) Client() *http.Client { return &http.Client{Transport: s} }

var (
	_ http.RoundTripper = (*Server)(nil)
	_ http.Handler      = (*Server)(nil)
)
