package main_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// receiver takes documents as a receiver of JSON does, and breaks as it is told:
// each request meets the next of its moods, the last one for ever.
type receiver struct {
	mu    sync.Mutex
	moods []string
	mood  func() string // when it is given, instead of moods
	took  []taken
}

// taken is a document that was accepted, whatever was answered.
type taken struct {
	key, kind string
	signed    bool
	headlines []string
}

// ServeHTTP takes one document.
//
//	ok       204
//	reset    taken, then the connection is reset
//	refuse   reset before anything is taken
//	NUMBER   that status, nothing taken; a 500 echoes the address
//	redirect to the same place, which would be taken
func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	mood := "ok"
	if r.mood != nil {
		mood = r.mood()
	} else if len(r.moods) > 0 {
		mood = r.moods[0]
		if len(r.moods) > 1 {
			r.moods = r.moods[1:]
		}
	}
	status, _ := strconv.Atoi(mood)
	switch {
	case mood == "ok" && r.take(req, body):
		w.WriteHeader(http.StatusNoContent)
	case mood == "ok":
		http.Error(w, "no document", http.StatusBadRequest)
	case mood == "reset":
		r.take(req, body)
		drop(w)
	case mood == "refuse":
		drop(w)
	case mood == "redirect":
		http.Redirect(w, req, req.URL.String()+"&again=1", http.StatusTemporaryRedirect)
	case status == http.StatusTooManyRequests:
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(status)
	default:
		http.Error(w, fmt.Sprintf("cannot serve %s with %v", req.URL, req.Header), status)
	}
}

// drop resets the connection.
func drop(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

func (r *receiver) take(req *http.Request, body []byte) bool {
	var d struct {
		Version    int
		Kind       string
		DeliveryID string `json:"delivery_id"`
		Part       int
		Stories    []struct{ Headline string }
	}
	if json.Unmarshal(body, &d) != nil || d.Version != 1 || d.Kind == "" || fmt.Sprintf("%s/%d", d.DeliveryID, d.Part) != req.Header.Get("Idempotency-Key") {
		return false
	}
	t := taken{key: req.Header.Get("Idempotency-Key"), kind: d.Kind, signed: strings.HasPrefix(req.Header.Get("webhook-signature"), "v1,")}
	for _, s := range d.Stories {
		t.headlines = append(t.headlines, s.Headline)
	}
	r.took = append(r.took, t)
	return true
}

func (r *receiver) all() []taken {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.took)
}

type receiverKey struct{}

// serveReceiver serves a receiver of JSON and sets the secret DESK_HOOK to its
// address; called again it changes its moods.
func serveReceiver(ts *testscript.TestScript, _ bool, args []string) {
	at := ts.Value(receiverKey{}).(**receiver)
	if *at == nil {
		*at = &receiver{}
		server := httptest.NewServer(*at)
		ts.Defer(server.Close)
		ts.Setenv("DESK_HOOK", server.URL+"/in/xSecretWord?key=xSecretKey")
	}
	(*at).mu.Lock()
	defer (*at).mu.Unlock()
	(*at).moods = args
}

// checkReceived waits until the receiver took N documents, under M different
// keys, and of these kinds in this order.
func checkReceived(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: received DOCUMENTS KEYS [KIND...]")
	}
	r := *ts.Value(receiverKey{}).(**receiver)
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := r.all()
	for end := time.Now().Add(patience); len(got) < want && time.Now().Before(end); got = r.all() {
		time.Sleep(50 * time.Millisecond)
	}
	keys := map[string]bool{}
	var kinds []string
	for _, t := range got {
		keys[t.key] = true
		kinds = append(kinds, t.kind)
	}
	if len(got) != want || strconv.Itoa(len(keys)) != args[1] {
		ts.Fatalf("the receiver took %d documents under %d keys, want %s under %s: %+v", len(got), len(keys), args[0], args[1], got)
	}
	if len(args) > 2 && !slices.Equal(kinds, args[2:]) {
		ts.Fatalf("the receiver took %v, want %v", kinds, args[2:])
	}
}

// The receiver itself: what it takes is what the tests count.
func TestReceiver(t *testing.T) {
	t.Parallel()
	r := &receiver{moods: []string{"ok", "500", "redirect"}}
	server := httptest.NewServer(r)
	defer server.Close()
	for _, want := range []int{http.StatusNoContent, http.StatusInternalServerError, http.StatusTemporaryRedirect} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader(`{"version":1,"kind":"digest","delivery_id":"dg_1","part":1}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Idempotency-Key", "dg_1/1")
		resp, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("got %d, want %d", resp.StatusCode, want)
		}
	}
	if got := r.all(); len(got) != 1 {
		t.Errorf("it took %d documents, want 1", len(got))
	}
}
