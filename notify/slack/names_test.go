package slack_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"newswatch/news"
	"newswatch/notify/slack"
)

// slowLists is a Slack whose list of channels is answered when told to.
type slowLists struct {
	asked  atomic.Int32
	posted atomic.Int32
	hold   atomic.Bool
	come   chan struct{} // a list was asked for while hold is set
	answer chan struct{}
	ended  chan struct{} // such a call ended without an answer
}

func (s *slowLists) RoundTrip(r *http.Request) (*http.Response, error) {
	switch method(r) {
	case "conversations.list":
		s.asked.Add(1)
		if s.hold.Load() {
			s.come <- struct{}{}
			select {
			case <-s.answer:
			case <-r.Context().Done():
				s.ended <- struct{}{}
				return nil, r.Context().Err()
			}
		}
		return saying(`{"ok":true,"channels":[{"id":"C00000000A","name":"harbour"},{"id":"C00000000B","name":"quay"},{"id":"C00000000C","name":"mill"}]}`), nil
	case "chat.postMessage":
		s.posted.Add(1)
		return saying(`{"ok":true,"channel":"C00000000A","ts":"1.000001"}`), nil
	}
	return saying(`{"ok":false,"error":"unknown_method"}`), nil
}

func newSlowLists(now func() time.Time) (*slowLists, *slack.Channel) {
	s := &slowLists{come: make(chan struct{}, 9), answer: make(chan struct{}), ended: make(chan struct{}, 9)}
	return s, slack.New(slack.Config{Token: token, APIURL: "https://slack.test/api", HTTP: &http.Client{Transport: s}, Now: now})
}

// TestListIsShared starts with many channels at once: the list is read once.
func TestListIsShared(t *testing.T) {
	t.Parallel()
	s, c := newSlowLists(nil)
	s.hold.Store(true)
	d := alertDelivery(t, c, "slack:C000000001")
	var posts sync.WaitGroup
	for _, name := range []string{"harbour", "quay", "mill", "harbour", "quay"} {
		posts.Go(func() {
			d := d
			d.Destination = "slack:" + name
			if _, err := c.Post(t.Context(), d); err != nil {
				t.Error(err)
			}
		})
	}
	<-s.come
	time.Sleep(50 * time.Millisecond) // let the others come
	s.hold.Store(false)
	close(s.answer)
	posts.Wait()
	if got := s.posted.Load(); got != 5 {
		t.Errorf("%d posts, want 5", got)
	}
	if got := s.asked.Load(); got > 2 { // one that came as the list ended may have asked again
		t.Errorf("the channels were listed %d times for five posts at once", got)
	}
}

// TestSlowListHoldsNobodyElse posts to a channel that is known while the list is
// read for one that is not, and takes back the wait of the other.
func TestSlowListHoldsNobodyElse(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	s, c := newSlowLists(func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) })
	d := alertDelivery(t, c, "slack:C000000001")
	d.Destination = "slack:harbour"
	post(t, c, []news.Delivery{d})
	ahead.Store(int64(2 * time.Minute)) // a name that was not there is looked for again
	s.hold.Store(true)
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error, 1)
	go func() {
		other := d
		other.Destination = "slack:nowhere"
		_, err := c.Post(ctx, other)
		failed <- err
	}()
	<-s.come
	post(t, c, []news.Delivery{d})
	cancel()
	if err := <-failed; err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the wait given up", err)
	}
	<-s.ended // with nobody left who waits, the call ends too
	s.hold.Store(false)
	d.Destination = "slack:mill"
	post(t, c, []news.Delivery{d})
}

// saying is an answer with a body.
func saying(body string) *http.Response {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}
