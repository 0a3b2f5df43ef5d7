package slackfake

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

// Socket says how Socket Mode behaves (docs.slack.dev/apis/events-api/using-socket-mode).
type Socket struct {
	AckWithin Duration `json:"ack_within,omitempty"` // what is not acknowledged by then comes again; default 3s
	Lifetime  Duration `json:"lifetime,omitempty"`   // of a connection, until it is refreshed; default 5h
	Ping      Duration `json:"ping,omitempty"`       // between pings; default 5s
	// Flap resets each connection after so long, without a word.
	Flap Duration `json:"flap,omitempty"`
	// Duplicate is the chance of an envelope to come twice.
	Duplicate float64 `json:"duplicate,omitempty"`
	// Deaf connections stay open and say nothing, as behind a dead middlebox.
	Deaf bool `json:"deaf,omitempty"`
	// Shut refuses each connection after it was granted.
	Shut bool `json:"shut,omitempty"`
}

const (
	maxLinks    = 10               // connections of one app (docs.slack.dev/apis/events-api/using-socket-mode)
	ticketHolds = 30 * time.Second // an address can be used once, and not for long
	farewell    = 10 * time.Second // from the warning to the end of a connection
	maxAck      = 20 << 10         // bytes of an acknowledgement; slack-go measured that Slack drops more
	appScope    = "connections:write"
)

// link is one WebSocket connection of the app.
type link struct {
	conn    *websocket.Conn
	out     chan []byte // what is to be sent, in order
	leave   chan string // a reason to part
	cut     chan struct{}
	leaving bool
}

// linkQueue bounds what waits for a connection to take it.
const linkQueue = 256

// openConnection is apps.connections.open.
func (s *Server) openConnection(c *call) (map[string]any, *refusal) {
	s.nextID++
	ticket := fmt.Sprintf("ticket-%d-%x", s.nextID, s.clock().UnixNano())
	s.tickets[ticket] = s.clock()
	s.home = c.origin
	u, err := url.Parse(c.origin)
	if err != nil {
		return nil, refused("internal_error")
	}
	u.Scheme = "ws" + strings.TrimPrefix(u.Scheme, "http")
	u.Path, u.RawQuery = "/link/", url.Values{"ticket": {ticket}, "app_id": {appID}}.Encode()
	return map[string]any{"url": u.String()}, nil
}

// authApp checks a token of the app itself: no bot's will do.
func (s *Server) authApp(c *call) *refusal {
	switch {
	case c.token == "":
		return refused("not_authed")
	case strings.HasPrefix(c.token, "xox"):
		return refused("not_allowed_token_type")
	case s.cfg.AppToken != "" && c.token != s.cfg.AppToken,
		s.cfg.AppToken == "" && !strings.HasPrefix(c.token, "xapp-"):
		return refused("invalid_auth")
	}
	return nil
}

// connect answers the request for a WebSocket, and keeps it until one side ends it.
func (s *Server) connect(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	made, ok := s.tickets[r.URL.Query().Get("ticket")]
	delete(s.tickets, r.URL.Query().Get("ticket"))
	behave := s.plan.Socket
	s.mu.Unlock()
	if !ok || s.clock().Sub(made) > ticketHolds || behave.Shut {
		http.Error(w, "unknown ticket", http.StatusForbidden)
		return
	}
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	conn, err := up.Upgrade(w, r, nil)
	if err != nil {
		return // it has answered
	}
	defer conn.Close()
	l := &link{conn: conn, out: make(chan []byte, linkQueue), leave: make(chan string, 4), cut: make(chan struct{}, 1)}
	live := s.join(l)
	defer s.part(l)
	if live > maxLinks {
		s.say(l, map[string]any{"type": "disconnect", "reason": "too_many_websockets", "debug_info": debugInfo()})
		return
	}
	if !behave.Deaf {
		s.say(l, hello(live, behave))
	}
	gone := make(chan struct{})
	s.spawn(func() {
		defer close(gone)
		s.listen(l, behave.Deaf)
	})
	s.converse(l, behave, gone)
}

func hello(live int, behave Socket) map[string]any {
	info := debugInfo()
	info["build_number"] = 10
	info["approximate_connection_time"] = int(orDefault(behave.Lifetime, 5*time.Hour).Seconds())
	return map[string]any{
		"type": "hello", "num_connections": live, "debug_info": info, "connection_info": map[string]any{"app_id": appID},
	}
}

func debugInfo() map[string]any { return map[string]any{"host": "applink-1"} }

func (s *Server) join(l *link) (live int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.links = append(s.links, l)
	return len(s.links)
}

func (s *Server) part(l *link) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, other := range s.links {
		if other == l {
			s.links = append(s.links[:i], s.links[i+1:]...)
			return
		}
	}
}

// converse sends what there is to send until the connection ends.
func (s *Server) converse(l *link, behave Socket, gone <-chan struct{}) {
	ping := time.NewTicker(orDefault(behave.Ping, 5*time.Second))
	defer ping.Stop()
	old := time.NewTimer(orDefault(behave.Lifetime, 5*time.Hour))
	defer old.Stop()
	var flap, end <-chan time.Time
	if behave.Flap > 0 {
		t := time.NewTimer(time.Duration(behave.Flap))
		defer t.Stop()
		flap = t.C
	}
	for {
		select {
		case <-s.done:
			return
		case <-gone:
			return
		case <-flap:
			abort(l.conn)
			return
		case <-l.cut:
			abort(l.conn)
			return
		case frame := <-l.out:
			if !behave.Deaf && l.conn.WriteMessage(websocket.TextMessage, frame) != nil {
				return
			}
		case <-ping.C:
			if !behave.Deaf {
				_ = l.conn.WriteControl(websocket.PingMessage, []byte("Ping from applink-1"), time.Now().Add(time.Second))
			}
		case <-old.C:
			end = s.dismiss(l, "warning")
		case reason := <-l.leave:
			if end = s.dismiss(l, reason); reason != "warning" {
				return
			}
		case <-end:
			s.dismiss(l, "refresh_requested")
			return
		}
	}
}

// dismiss tells the app that a connection ends; others are preferred from then on.
func (s *Server) dismiss(l *link, reason string) (end <-chan time.Time) {
	s.mu.Lock()
	l.leaving = true
	s.mu.Unlock()
	s.say(l, map[string]any{"type": "disconnect", "reason": reason, "debug_info": debugInfo()})
	return time.After(farewell)
}

// say sends at once; only the goroutine of the connection may.
func (s *Server) say(l *link, what map[string]any) {
	_ = l.conn.WriteMessage(websocket.TextMessage, compact(what)) // the app left
}

// abort resets a connection.
func abort(conn *websocket.Conn) {
	if tcp, ok := conn.NetConn().(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.NetConn().Close()
}

// listen takes acknowledgements until the connection ends.
func (s *Server) listen(l *link, deaf bool) {
	if deaf {
		l.conn.SetPingHandler(func(string) error { return nil })
	}
	l.conn.SetReadLimit(maxAck)
	for {
		_, frame, err := l.conn.ReadMessage()
		if err != nil {
			return
		}
		var ack map[string]json.RawMessage
		if err := json.Unmarshal(frame, &ack); err != nil {
			s.complain("acknowledgement that is no JSON object")
			continue
		}
		var id string
		_ = json.Unmarshal(ack["envelope_id"], &id)
		for name := range ack {
			if name != "envelope_id" && name != "payload" {
				s.complain("unknown field in an acknowledgement: " + clip(name))
			}
		}
		s.acknowledge(id)
	}
}

// complain notes for Audit what an app must not do.
func (s *Server) complain(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.refusals) < maxRefusals {
		s.refusals = append(s.refusals, what)
	}
}

// Connections counts the connections of Socket Mode.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.links)
}

// Disconnect asks each connection to end for a reason: "warning" (10 s before
// it does), "refresh_requested", "link_disabled".
func (s *Server) Disconnect(reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.links {
		select {
		case l.leave <- reason:
		default:
		}
	}
}

// Cut resets each connection without a word.
func (s *Server) Cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.links {
		select {
		case l.cut <- struct{}{}:
		default:
		}
	}
}

// Send puts a frame on one connection as it is, for tests of what a client does
// with what Slack never sends.
func (s *Server) Send(frame []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.links) == 0 {
		return errors.New("no connection")
	}
	s.links[0].out <- frame
	return nil
}
