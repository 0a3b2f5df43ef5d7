package feed_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"newswatch/watcher/feed"
)

// web answers by address, and keeps what it was asked.
type web struct {
	pages map[string]func(*http.Request) *http.Response
	asked []string
}

func (w *web) RoundTrip(r *http.Request) (*http.Response, error) {
	w.asked = append(w.asked, r.URL.String())
	if page := w.pages[r.URL.String()]; page != nil {
		return page(r), nil
	}
	return answer(404, "")(r), nil
}

func redirect(code int, to string) func(*http.Request) *http.Response {
	return answer(code, "", "Location", to)
}

const (
	quay    = "https://quay.example/rss"
	dock    = "https://dock.example/rss"
	captive = "https://login.hotel.example/"
)

func TestMoves(t *testing.T) {
	t.Parallel()
	type pages = map[string]func(*http.Request) *http.Response
	good := answer(200, harbour)
	fresh := answer(200, harbour, "ETag", `"1"`)
	condition := func(r *http.Request) *http.Response {
		if r.Header.Get("If-None-Match") != "" {
			return answer(304, "")(r)
		}
		return fresh(r)
	}
	tests := map[string]struct {
		pages pages
		days  int    // between two polls
		polls int    // before the one looked at
		want  string // that it asks first
		url   string // of the feed
	}{
		"permanent":                 {pages{address: redirect(301, quay), quay: good}, 4, 4, quay, address},
		"permanent by 308":          {pages{address: redirect(308, quay), quay: good}, 4, 4, quay, address},
		"unchanged all the time":    {pages{address: redirect(301, quay), quay: condition}, 4, 4, quay, address},
		"too few polls":             {pages{address: redirect(301, quay), quay: good}, 8, 2, address, address},
		"too few days":              {pages{address: redirect(301, quay), quay: good}, 1, 6, address, address},
		"for now":                   {pages{address: redirect(302, quay), quay: good}, 4, 6, address, address},
		"for now by 307":            {pages{address: redirect(307, quay), quay: good}, 4, 6, address, address},
		"only the head counts":      {pages{address: redirect(301, quay), quay: redirect(302, dock), dock: good}, 4, 4, quay, address},
		"what is behind is not":     {pages{address: redirect(302, quay), quay: redirect(301, dock), dock: good}, 4, 6, address, address},
		"a longer head":             {pages{address: redirect(301, quay), quay: redirect(308, dock), dock: good}, 4, 4, dock, address},
		"another page":              {pages{address: redirect(301, captive), captive: answer(200, "<html>Welcome</html>")}, 4, 6, address, address},
		"nothing there":             {pages{address: redirect(301, quay)}, 4, 6, address, address},
		"http to https at once":     {pages{"http://harbour.example/rss": redirect(301, address), address: good}, 0, 1, address, "http://harbour.example/rss"},
		"https for now":             {pages{"http://harbour.example/rss": redirect(302, address), address: good}, 0, 1, "http://harbour.example/rss", "http://harbour.example/rss"},
		"https of another host":     {pages{"http://harbour.example/rss": redirect(301, quay), quay: good}, 0, 3, "http://harbour.example/rss", "http://harbour.example/rss"},
		"https that shows no feed":  {pages{"http://harbour.example/rss": redirect(301, address), address: answer(200, "<html>")}, 0, 3, "http://harbour.example/rss", "http://harbour.example/rss"},
		"https to http is an error": {pages{address: redirect(301, "http://quay.example/rss"), "http://quay.example/rss": good}, 4, 6, address, address},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &clock{noon}
			w := &web{pages: tc.pages}
			p := poller(t, feed.Config{Transport: w, Now: c.now})
			j := job(tc.url)
			j.Known = remember()
			for range tc.polls {
				j.State = p.Poll(t.Context(), j).State
				c.at = c.at.Add(time.Duration(tc.days) * 24 * time.Hour)
			}
			w.asked = nil
			r := p.Poll(t.Context(), j)
			if w.asked[0] != tc.want {
				t.Errorf("asked %v first, want %s; %v, %+v", w.asked, tc.want, r.Err, j.State.Memory.Move)
			}
		})
	}
}

// moved is a feed that has moved to the quay, and its poller.
func moved(t *testing.T, c *clock, w *web) (*feed.Poller, feed.Job) {
	t.Helper()
	p := poller(t, feed.Config{Transport: w, Now: c.now})
	j := job(address)
	j.Known = remember()
	for range 4 {
		j.State = p.Poll(t.Context(), j).State
		c.at = c.at.Add(4 * 24 * time.Hour)
	}
	if m := j.State.Memory.Move; !m.Kept || m.URL != quay {
		t.Fatalf("the move was not learned: %+v", m)
	}
	w.asked = nil
	return p, j
}

func TestMovesAreTakenBack(t *testing.T) {
	t.Parallel()
	for name, dead := range map[string]func(*http.Request) *http.Response{
		"missing": answer(404, ""), "gone": answer(410, ""), "sold": answer(200, "<html>Buy this domain</html>"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, w := &clock{noon}, &web{pages: map[string]func(*http.Request) *http.Response{address: redirect(301, quay), quay: answer(200, harbour)}}
			p, j := moved(t, c, w)
			w.pages = map[string]func(*http.Request) *http.Response{address: answer(200, harbour), quay: dead}
			for range 4 {
				j.State = p.Poll(t.Context(), j).State
				c.at = c.at.Add(time.Hour)
			}
			if diff := cmp.Diff([]string{quay, quay, quay, address}, w.asked); diff != "" || j.State.Fails != 0 {
				t.Errorf("requests (-want +got):\n%s%d failures", diff, j.State.Fails)
			}
		})
	}
	t.Run("a server's error is no reason", func(t *testing.T) {
		t.Parallel()
		c, w := &clock{noon}, &web{pages: map[string]func(*http.Request) *http.Response{address: redirect(301, quay), quay: answer(200, harbour)}}
		p, j := moved(t, c, w)
		w.pages[quay] = answer(500, "")
		for range 6 {
			j.State = p.Poll(t.Context(), j).State
			c.at = c.at.Add(time.Hour)
		}
		if !j.State.Memory.Move.Kept {
			t.Error("the move was forgotten")
		}
	})
}

// The old address is asked once in a while whether it still sends there.
func TestMovesAreAskedAbout(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		old  func(*http.Request) *http.Response
		want []string // by the poll a month later, and the one after it
	}{
		"still moved":       {redirect(301, quay), []string{address, quay, quay}},
		"back again":        {answer(200, harbour), []string{address, address}},
		"moved on":          {redirect(301, dock), []string{address, dock, address, dock}},
		"the old is closed": {answer(404, ""), []string{address, quay, quay}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			good := answer(200, harbour)
			c, w := &clock{noon}, &web{pages: map[string]func(*http.Request) *http.Response{address: redirect(301, quay), quay: good, dock: good}}
			p, j := moved(t, c, w)
			w.pages[address] = tc.old
			c.at = c.at.Add(30 * 24 * time.Hour)
			for range 2 {
				r := p.Poll(t.Context(), j)
				if r.Err != nil {
					t.Error(r.Err)
				}
				j.State = r.State
				c.at = c.at.Add(time.Hour)
			}
			if diff := cmp.Diff(tc.want, w.asked); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMovesGoOn(t *testing.T) {
	t.Parallel()
	good := answer(200, harbour)
	c, w := &clock{noon}, &web{pages: map[string]func(*http.Request) *http.Response{address: redirect(301, quay), quay: good, dock: good}}
	p, j := moved(t, c, w)
	w.pages[quay] = redirect(301, dock)
	for range 4 {
		j.State = p.Poll(t.Context(), j).State
		c.at = c.at.Add(4 * 24 * time.Hour)
	}
	w.asked = nil
	p.Poll(t.Context(), j)
	if diff := cmp.Diff([]string{dock}, w.asked); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// Another address in the rules is another feed to ask: nothing that was learned
// of the old one holds.
func TestAnotherAddressInTheRules(t *testing.T) {
	t.Parallel()
	good := answer(200, harbour, "ETag", `"1"`)
	c, w := &clock{noon}, &web{pages: map[string]func(*http.Request) *http.Response{address: redirect(301, quay), quay: good, dock: good}}
	p, j := moved(t, c, w)
	j.Feed.URL, j.Force = dock, false
	j.State.NextAt = c.at.Add(time.Hour)
	r := p.Poll(t.Context(), j)
	if diff := cmp.Diff([]string{dock}, w.asked); diff != "" || r.Err != nil || r.State.Memory.Move.Kept || r.State.Memory.URL != dock {
		t.Errorf("requests (-want +got):\n%s%v, %+v", diff, r.Err, r.State.Memory)
	}
}

// A redirect to a stranger's feed is no move, however long it stays: by its
// second poll all of its items are known.
func TestAStrangersFeedIsNoMove(t *testing.T) {
	t.Parallel()
	for name, stranger := range map[string]func(*http.Request) *http.Response{
		"with validators": func(r *http.Request) *http.Response {
			if r.Header.Get("If-None-Match") != "" {
				return answer(304, "")(r)
			}
			return answer(200, window(10, 0, ""), "ETag", `"s"`)(r)
		},
		"without": answer(200, window(10, 0, "")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, w := &clock{noon}, &web{pages: map[string]func(*http.Request) *http.Response{address: answer(200, harbour)}}
			p := poller(t, feed.Config{Transport: w, Now: c.now})
			j := job(address)
			j.Known = remember()
			for range 8 {
				j.State = p.Poll(t.Context(), j).State
				c.at = c.at.Add(4 * 24 * time.Hour)
				w.pages[address], w.pages[quay] = redirect(301, quay), stranger
			}
			w.asked = nil
			if r := p.Poll(t.Context(), j); r.Err != nil || w.asked[0] != address {
				t.Errorf("asked %v, %v", w.asked, r.Err)
			}
		})
	}
}
