package socket

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"newswatch/notify/wire"
)

// Limits of a connection.
const (
	// maxFrame bounds a message. The largest is a button of a home page: it holds
	// the page, at most 250 KB.
	maxFrame = 1 << 20 // bytes
	// silence is the longest that a live connection is quiet: Slack pings every few
	// seconds, and answers our pings.
	silence   = 45 * time.Second
	ourPing   = 15 * time.Second
	writeTime = 5 * time.Second
)

// conn is one connection that said hello.
type conn struct {
	l  *Listener
	ws *websocket.Conn
	mu sync.Mutex // gorilla takes one writer at a time
}

// connect opens a connection and waits for Slack's hello.
func (l *Listener) connect(ctx context.Context) (*conn, error) {
	address, err := l.slack.OpenSocket(ctx)
	if err != nil {
		return nil, err
	}
	ws, resp, err := l.dialer.DialContext(ctx, address, nil)
	if err != nil {
		if resp != nil {
			return nil, fmt.Errorf("connect to Slack: answered with status %d", resp.StatusCode)
		}
		return nil, fmt.Errorf("connect to Slack: %w", hideTicket(err, address))
	}
	ws.SetReadLimit(maxFrame)
	c := &conn{l: l, ws: ws}
	hurry := context.AfterFunc(ctx, func() { _ = ws.Close() }) // do not wait for a hello when we are stopped
	defer hurry()
	if err := c.greet(); err != nil {
		_ = ws.Close()
		return nil, err
	}
	return c, nil
}

// hideTicket takes the ticket out of an error, and a proxy's password, should they
// stand in it.
func hideTicket(err error, address string) error {
	_, ticket, _ := strings.Cut(address, "?")
	if hidden := wire.Hide(err.Error(), ticket); hidden != err.Error() {
		return errors.New(hidden)
	}
	return err
}

// greet takes the first message, which is hello, or a reason why not.
func (c *conn) greet() error {
	_ = c.ws.SetReadDeadline(time.Now().Add(handshake))
	_, frame, err := c.ws.ReadMessage()
	if err != nil {
		return fmt.Errorf("%w: %w", errSilent, err)
	}
	var e envelope
	if json.Unmarshal(frame, &e) != nil {
		return errSilent
	}
	switch e.Type {
	case "hello":
		return nil
	case "disconnect":
		return reason(e.Reason)
	}
	return errSilent
}

// reason is what a disconnect means; nil for those that are no more than a change
// of connections.
func reason(word string) error {
	switch word {
	case "link_disabled":
		return errOff
	case "too_many_websockets":
		return errTooMany
	}
	return nil
}

// serve reads until the connection ends. It tells over as soon as another
// connection is wanted: at its end, or at Slack's word that the end is near.
func (c *conn) serve(ctx context.Context, over chan<- error) {
	done := make(chan struct{})
	defer close(done)
	c.l.wg.Go(func() { c.keep(ctx, done) })
	defer c.ws.Close()
	tell := func(err error) {
		select {
		case over <- err:
		default: // told before
		}
	}
	c.alive()
	c.ws.SetPingHandler(func(data string) error {
		c.alive()
		err := c.ws.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(writeTime))
		if errors.Is(err, websocket.ErrCloseSent) {
			return nil
		}
		return err
	})
	c.ws.SetPongHandler(func(string) error { c.alive(); return nil })
	leaving := false
	for {
		kind, frame, err := c.ws.ReadMessage()
		if err != nil {
			tell(fmt.Errorf("read from Slack: %w", err))
			return
		}
		if !leaving {
			c.alive()
		}
		var e envelope
		if kind != websocket.TextMessage || json.Unmarshal(frame, &e) != nil {
			c.l.log.DebugContext(ctx, "a frame of Slack's that cannot be read", "bytes", len(frame))
			continue
		}
		switch e.Type {
		case "hello":
		case "disconnect":
			tell(reason(e.Reason))
			if e.Reason != "warning" {
				return
			}
			// What is still on its way comes over the old connection.
			leaving = true
			c.ws.SetPingHandler(nil)
			c.ws.SetPongHandler(func(string) error { return nil })
			_ = c.ws.SetReadDeadline(time.Now().Add(linger))
		default:
			if c.l.take(ctx, c, e) != nil {
				tell(errors.New("write to Slack failed"))
				return
			}
		}
	}
}

// alive puts off the moment when the connection counts as dead.
func (c *conn) alive() { _ = c.ws.SetReadDeadline(time.Now().Add(silence)) }

// keep pings, and ends the connection with ctx.
func (c *conn) keep(ctx context.Context, done <-chan struct{}) {
	tick := time.NewTicker(ourPing)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-ctx.Done():
			bye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
			_ = c.ws.WriteControl(websocket.CloseMessage, bye, time.Now().Add(time.Second))
			_ = c.ws.Close()
			return
		case <-tick.C:
			_ = c.ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeTime))
		}
	}
}

// ack tells Slack that we have an envelope.
func (c *conn) ack(id string) error {
	body, err := json.Marshal(map[string]string{"envelope_id": id})
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.ws.SetWriteDeadline(time.Now().Add(writeTime))
	return c.ws.WriteMessage(websocket.TextMessage, body)
}
