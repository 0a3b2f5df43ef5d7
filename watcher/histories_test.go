package watcher_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"newswatch/news"
	"newswatch/watcher/feed"
	"newswatch/watcher/store"
)

var (
	histories = flag.Int("histories", 100, "how many random histories of feeds are played")
	seed      = flag.Uint64("seed", 1, "what they are made of")
)

const (
	batch = 50 // histories that share a state
	steps = 20 // polls of each
)

// TestHistories plays publishers that change guids, links, hosts and dates of what
// they published, and servers and a program that fail at every step. Each article
// that stood in a document which was read must become an item once, and only once.
//
// What no reader can see through is left out, and listed in docs/feeds.md: an
// article of which nothing stays that it was known by, and one that has no name
// but the one that another article had before, in a document without that.
func TestHistories(t *testing.T) {
	if raced {
		t.Skip("runs for long, on one goroutine")
	}
	t.Parallel()
	var sum tally
	var mu sync.Mutex
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for first := 0; first < *histories; first += batch {
		group.Go(func() error {
			one := playBatch(t, *seed, first, min(batch, *histories-first), true)
			mu.Lock()
			defer mu.Unlock()
			sum.add(one)
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	t.Logf("seed %d: %+v", *seed, sum)
	if sum.Articles == 0 || sum.Crashes == 0 || sum.Edits == 0 || sum.Moved == 0 {
		t.Errorf("too little happened: %+v", sum)
	}
}

// TestWildHistories also plays what no reader can see through, and counts it.
func TestWildHistories(t *testing.T) {
	if raced {
		t.Skip("runs for long, on one goroutine")
	}
	t.Parallel()
	sum := playBatch(t, *seed, 0, batch, false)
	t.Logf("seed %d: %+v", *seed, sum)
	if sum.Twice == 0 {
		t.Error("nothing was told twice: the histories are tame")
	}
}

// tally counts what happened.
type tally struct {
	Histories, Polls, Unread, Crashes, Articles, Edits, Moved, Refused, Lost, Twice int
}

func (a *tally) add(b tally) {
	a.Histories += b.Histories
	a.Polls += b.Polls
	a.Unread += b.Unread
	a.Crashes += b.Crashes
	a.Articles += b.Articles
	a.Edits += b.Edits
	a.Moved += b.Moved
	a.Refused += b.Refused
	a.Lost += b.Lost
	a.Twice += b.Twice
}

// stage is one state with its feeds.
type stage struct {
	t      *testing.T
	strict bool
	path   string
	now    time.Time
	rng    *rand.Rand
	store  *store.Store
	poller *feed.Poller
	leases map[string]news.Lease // by host
	lines  map[string]*line
	ids    []string
	sum    tally
}

// line is one feed, its publisher, and what is known of both.
type line struct {
	number int
	rng    *rand.Rand
	pub    *publisher
	feed   news.Feed
	judge  *judge

	docs   []listing // what stands in the body
	body   []byte
	etag   string
	answer func(*http.Request) *http.Response
	read   []listing // what of the last answer is whole
}

func playBatch(t *testing.T, seed uint64, first, n int, strict bool) tally {
	s := &stage{
		t: t, strict: strict, path: filepath.Join(t.TempDir(), fmt.Sprintf("%d.db", first)), lines: map[string]*line{},
		now: time.Date(2027, 3, 1, 12, 0, 30, 0, time.UTC), rng: rand.New(rand.NewPCG(seed, uint64(first)<<32)),
	}
	var feeds []news.Feed
	for i := range n {
		id := fmt.Sprintf("f%d", first+i)
		l := &line{number: first + i, rng: rand.New(rand.NewPCG(seed, uint64(first+i)))}
		l.feed = news.Feed{ID: id, Name: id, URL: "https://" + id + ".example/rss"}
		l.pub = newPublisher(l.rng, s.now)
		l.judge = newJudge(l.number)
		s.lines[id] = l
		s.ids = append(s.ids, id)
		feeds = append(feeds, l.feed)
	}
	s.open()
	s.ok(s.store.SyncFeeds(t.Context(), feeds))
	for range steps {
		s.step()
	}
	s.ok(s.store.Close())
	s.sum.Histories = n
	return s.sum
}

func (s *stage) ok(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) open() {
	now := func() time.Time { return s.now }
	var err error
	s.store, err = store.Open(s.t.Context(), store.Options{URL: "sqlite://" + s.path, Now: now})
	s.ok(err)
	s.leases = map[string]news.Lease{}
	s.poller, err = feed.New(feed.Config{Transport: s, Now: now})
	s.ok(err)
}

// crash ends the program, leases and all, and starts it again.
func (s *stage) crash() {
	s.sum.Crashes++
	s.ok(s.store.Close())
	s.open()
}

// RoundTrip answers for all publishers.
func (s *stage) RoundTrip(r *http.Request) (*http.Response, error) {
	id, _, _ := bytes.Cut([]byte(r.URL.Host), []byte("."))
	resp := s.lines[string(id)].answer(r)
	resp.Request = r
	return resp, nil
}

// step lets an hour go by, at times a season, and polls each feed.
func (s *stage) step() {
	s.now = s.now.Add(time.Hour + time.Duration(s.rng.IntN(600))*time.Second)
	if s.rng.IntN(8) == 0 {
		s.now = s.now.AddDate(0, 0, 20+s.rng.IntN(70))
		s.prune()
	}
	clear(s.leases) // they are over
	crashing := s.rng.IntN(3) == 0
	victim := s.ids[s.rng.IntN(len(s.ids))]
	for _, id := range s.ids {
		l := s.lines[id]
		l.prepare(s)
		at := 0
		if crashing && id == victim {
			at = 1 + s.rng.IntN(4)
		}
		if s.poll(l, at) {
			s.poll(l, 0) // the program is back a moment later
		}
	}
}

func (s *stage) prune() {
	for {
		n, err := s.store.Prune(s.t.Context(), s.now.AddDate(0, 0, -30), s.now.AddDate(0, 0, -180), 1000)
		s.ok(err)
		if n == 0 {
			return
		}
	}
}

// prepare lets the publisher work and decides how its server will answer. A
// publisher that went beyond what a reader can see through takes it back.
func (l *line) prepare(s *stage) {
	l.pub.step(s.now)
	before := l.pub.style
	churned := l.rng.IntN(3) == 0
	if churned {
		l.pub.churn()
	}
	doc := l.pub.document()
	if s.strict && l.judge.blind(doc, s.now) != "" {
		s.sum.Refused++
		l.pub.style = before
		if doc = l.pub.document(); l.judge.blind(doc, s.now) != "" {
			l.refuse(http.StatusInternalServerError, "") // nor did it get through what changed in the articles
			return
		}
	} else if churned && before != l.pub.style {
		s.sum.Moved++
	}
	text, ends := l.pub.rss(doc)
	if l.etag == "" || text != string(l.body) {
		h := fnv.New64a()
		_, _ = h.Write([]byte(text))
		l.etag = strconv.FormatUint(h.Sum64(), 16)
	}
	l.docs, l.body = doc, []byte(text)
	l.serve(s, ends)
}

// refuse answers without a feed.
func (l *line) refuse(status int, body string) {
	l.read = nil
	l.answer = func(*http.Request) *http.Response { return reply(status, nil, []byte(body), int64(len(body))) }
}

func (l *line) serve(s *stage, ends []int) {
	switch l.rng.IntN(14) {
	case 0:
		l.refuse(http.StatusInternalServerError, "")
		return
	case 1:
		l.refuse(http.StatusOK, "<html><body><p>We are busy.</p></body></html>")
		return
	case 2:
		l.refuse(http.StatusNotModified, "")
		return
	case 3:
		l.cutOff(s, ends)
		return
	}
	l.read = l.docs
	etag, body := l.etag, l.body
	l.answer = func(r *http.Request) *http.Response {
		if r.Header.Get("If-None-Match") == etag {
			return reply(http.StatusNotModified, nil, nil, 0)
		}
		return reply(http.StatusOK, http.Header{"Etag": {etag}}, body, int64(len(body)))
	}
}

// cutOff answers with a part of the document, which says so or not.
func (l *line) cutOff(s *stage, ends []int) {
	n := l.rng.IntN(len(l.body))
	var whole []listing
	for i, end := range ends {
		if end <= n {
			whole = append(whole, l.docs[i])
		}
	}
	if s.strict && l.judge.blind(whole, s.now) != "" {
		l.refuse(http.StatusInternalServerError, "")
		return
	}
	l.read = whole
	body, length := l.body[:n], int64(n)
	if l.rng.IntN(2) == 0 {
		length = int64(len(l.body))
	}
	etag := l.etag
	l.answer = func(*http.Request) *http.Response {
		return reply(http.StatusOK, http.Header{"Etag": {etag}}, body, length)
	}
}

// standing is what stood in the answer: whole, or cut off in its text and taken
// all the same.
func (l *line) standing(fresh []news.Item) []listing {
	all := slices.Clone(l.read)
	for _, d := range l.docs {
		same := func(o listing) bool { return o.id == d.id }
		if !slices.ContainsFunc(all, same) && slices.ContainsFunc(fresh, func(it news.Item) bool { return trueID(it) == d.id }) {
			all = append(all, d)
		}
	}
	return all
}

func reply(status int, h http.Header, body []byte, length int64) *http.Response {
	if h == nil {
		h = http.Header{}
	}
	h.Set("Content-Length", strconv.FormatInt(length, 10))
	return &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: h,
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: length,
	}
}

// poll is what the watcher does with a feed; at a point above 0 the program dies.
func (s *stage) poll(l *line, dies int) (died bool) {
	ctx := s.t.Context()
	lease, state := s.claim(ctx, l)
	s.sum.Polls++
	r := s.poller.Poll(ctx, feed.Job{
		Feed: l.feed, State: state, Force: true, Backfill: 24 * time.Hour,
		Known: func(ctx context.Context, items []news.Item) (int, error) {
			fresh, _, err := s.store.Known(ctx, l.feed.ID, items)
			return len(items) - len(fresh), err
		},
	})
	if dies == 1 {
		s.crash()
		return true
	}
	fresh, edited, err := s.store.Known(ctx, l.feed.ID, r.Items)
	s.ok(err)
	if dies == 2 {
		s.crash()
		return true
	}
	c := store.PollCommit{State: r.State, Seen: r.Items}
	c.State.NextAt = s.now.Add(time.Minute)
	for _, it := range fresh {
		c.Fresh = append(c.Fresh, store.Matched{Item: it})
	}
	for _, it := range edited {
		c.Edited = append(c.Edited, store.Matched{Item: it})
	}
	s.ok(s.store.CommitPoll(ctx, lease, c))
	if r.Err != nil && len(r.Items) == 0 || r.Unchanged {
		s.sum.Unread++
	} else {
		l.judge.commit(s, l.standing(fresh), fresh, edited)
	}
	if dies == 3 {
		s.crash()
		return false
	}
	delete(s.leases, lease.Key)
	s.ok(s.store.Release(ctx, lease, s.now.Add(time.Minute)))
	if dies == 4 {
		s.crash()
	}
	return false
}

// claim gives the lease on a feed's host, and the feed's state.
func (s *stage) claim(ctx context.Context, l *line) (news.Lease, news.FeedState) {
	lease, held := s.leases[l.feed.Host()]
	if !held {
		leases, err := s.store.Claim(ctx, news.Hosts, len(s.ids), time.Minute)
		s.ok(err)
		for _, one := range leases {
			s.leases[one.Key] = one
		}
		lease = s.leases[l.feed.Host()]
	}
	states, err := s.store.DueFeeds(ctx, l.feed.Host(), true)
	s.ok(err)
	if lease.Key == "" || len(states) != 1 {
		s.t.Fatalf("history %d: lease on %q, %d states", l.number, lease.Key, len(states))
	}
	return lease, states[0]
}

var articleID = regexp.MustCompile(`article=(\d+);`)

// trueID is the article that an item is of, as far as its text tells.
func trueID(it news.Item) int {
	m := articleID.FindStringSubmatch(it.Body)
	if m == nil {
		return -1
	}
	id, _ := strconv.Atoi(m[1])
	return id
}

// judge compares what became of a feed with the truth.
type judge struct {
	history int
	known   map[int]*record
	common  map[string]holding // what all articles have
}

// holding is who had a common name alone, and when it was last seen. That a name
// tells nothing is forgotten too when nothing had it for long.
type holding struct {
	holder int // -1: the name is known to tell nothing
	last   time.Time
}

// A reader keeps names for 180 days. Around that nobody knows whether it has.
const (
	surelyKept = 178 * 24 * time.Hour
	surelyGone = 183 * 24 * time.Hour
)

// held is what is known of a common name.
func (j *judge) held(name string, now time.Time) (holder int, known bool) {
	h, known := j.common[name]
	return h.holder, known && (h.holder >= 0 || now.Sub(h.last) < surelyGone)
}

// record is what a careful reader has of an article.
type record struct {
	item    string
	names   memory
	titles  memory
	paths   memory
	date    time.Time
	fetched time.Time
	last    time.Time
}

// memory is what a reader has of an article, and when it last had it.
type memory map[string]time.Time

// has says whether a reader surely still has something.
func (m memory) has(s string, now time.Time) bool {
	last, known := m[s]
	return known && now.Sub(last) < surelyKept
}

func newJudge(history int) *judge {
	return &judge{history: history, known: map[int]*record{}, common: map[string]holding{}}
}

// names are what an article can be known by alone.
func (l listing) names() []string {
	var all []string
	for _, name := range []string{l.guidID, l.linkID, l.number} {
		if name != "" {
			all = append(all, name)
		}
	}
	return all
}

// blind says why no reader could tell the articles of a document apart from each
// other and from earlier ones; "" when one can.
func (j *judge) blind(doc []listing, now time.Time) string {
	uses := map[string]int{}
	for _, l := range doc {
		for _, c := range l.common {
			uses[c]++
		}
		uses["title "+l.title]++
	}
	for _, l := range doc {
		usable := l.names()
		for _, c := range l.common {
			if h, ok := j.common[c]; ok && h.holder < 0 && now.Sub(h.last) > surelyKept && now.Sub(h.last) < surelyGone {
				return "a name that is just being forgotten"
			}
			if holder, ok := j.held(c, now); ok && holder != l.id && holder >= 0 && uses[c] == 1 && !j.plain(doc, holder, l, now) {
				return "a name that another one had alone"
			}
		}
		rec := j.known[l.id]
		if rec == nil {
			if len(usable) == 0 && (uses["title "+l.title] > 1 || j.titleTaken(l)) {
				return "nothing but a common title"
			}
			continue
		}
		if now.Sub(rec.last) > surelyKept {
			return "away too long"
		}
		if !j.continues(rec, l, usable, uses, now) {
			return "nothing stays"
		}
	}
	return ""
}

// plain says whether a name clearly passed from one article to another: the first
// stands in the document as it was, and so does the other one unless it is new.
func (j *judge) plain(doc []listing, holder int, other listing, now time.Time) bool {
	stands := func(l listing) bool {
		rec := j.known[l.id]
		kept := func(name string) bool { return rec.names.has(name, now) }
		return rec != nil && rec.titles.has(l.title, now) && slices.ContainsFunc(l.names(), kept)
	}
	n := slices.IndexFunc(doc, func(l listing) bool { return l.id == holder })
	return n >= 0 && stands(doc[n]) && len(other.names()) > 0 && (j.known[other.id] == nil || stands(other))
}

func (j *judge) titleTaken(l listing) bool {
	for id, rec := range j.known {
		if _, had := rec.titles[l.title]; id != l.id && had {
			return true
		}
	}
	return strings.HasPrefix(l.title, generic)
}

// continues says whether something stays by which an article is known.
func (j *judge) continues(rec *record, l listing, usable []string, uses map[string]int, now time.Time) bool {
	for _, name := range usable {
		if rec.names.has(name, now) {
			return true
		}
	}
	if strings.HasPrefix(l.title, generic) || !rec.titles.has(l.title, now) {
		return false
	}
	unproven := func(c string) bool {
		holder, known := j.held(c, now)
		return uses[c] == 1 && (!known || holder >= 0)
	}
	switch {
	case len(usable) == 0 && !isRotating(l) && !slices.ContainsFunc(l.common, unproven):
		return true // the title is all it has
	case !l.date.IsZero() && l.date.Equal(rec.date) && !l.date.Equal(l.date.Truncate(time.Hour)) && now.Sub(rec.fetched) < 30*24*time.Hour:
		return true
	}
	return len(l.path) >= 20 && rec.paths.has(l.path, now)
}

func isRotating(l listing) bool { return len(l.guid) > 1 && l.guid[:2] == "r-" }

// commit judges what a poll brought.
func (j *judge) commit(s *stage, doc []listing, fresh, edited []news.Item) {
	got := map[int]string{}
	for _, it := range fresh {
		id := trueID(it)
		if _, _, _, err := s.store.Item(s.t.Context(), it.ID); err != nil {
			j.fail(s, &s.sum.Lost, id, fmt.Sprintf("the item is not stored: %v", err))
		}
		if rec := j.known[id]; rec != nil || got[id] != "" || id < 0 {
			j.fail(s, &s.sum.Twice, id, fmt.Sprintf("told again as %q, keys %q", it.Title, it.Keys))
			continue
		}
		got[id] = it.ID
	}
	s.sum.Edits += len(edited)
	for _, it := range edited {
		if id := trueID(it); j.known[id] == nil {
			j.fail(s, &s.sum.Lost, id, fmt.Sprintf("taken for an edit of %s, title %q, keys %q", it.ID, it.Title, it.Keys))
		}
	}
	uses := map[string]int{}
	for _, l := range doc {
		for _, c := range l.common {
			uses[c]++
		}
	}
	for _, l := range doc {
		rec := j.known[l.id]
		if rec == nil {
			rec = &record{item: got[l.id], date: l.date, fetched: s.now, names: memory{}, titles: memory{}, paths: memory{}}
			j.known[l.id] = rec
			s.sum.Articles++
			if got[l.id] == "" {
				j.fail(s, &s.sum.Lost, l.id, fmt.Sprintf("not taken for new: %+v", l))
			}
		}
		rec.last = s.now
		for _, name := range l.names() {
			rec.names[name] = s.now
		}
		rec.titles[l.title], rec.paths[l.path] = s.now, s.now
		for _, c := range l.common {
			holder, had := j.held(c, s.now)
			listed := slices.ContainsFunc(doc, func(o listing) bool { return o.id == holder && o.id != l.id })
			if uses[c] > 1 || had && (holder < 0 || listed) {
				holder = -1
			} else {
				holder = l.id
			}
			j.common[c] = holding{holder, s.now}
		}
	}
}

func (j *judge) fail(s *stage, count *int, id int, what string) {
	*count++
	if s.strict {
		s.t.Errorf("seed %d, history %d, article %d: %s", *seed, j.history, id, what)
	}
}
