package feedfake

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// judge holds requests against the rules. It only knows what went over the
// line: the requests, and the answers that it saw the client take.
type judge struct {
	start    time.Time
	outages  []span
	clock    clock
	feeds    map[string]*view
	order    []string
	hosts    map[string]*hostView
	score    [rowCount + 1]tally
	found    map[string]bool
	lost     []lostItem
	down     []span        // when the poller did not run
	busy     map[int64]int // polls by second
	requests int
}

// tally counts one row's judgements.
type tally struct {
	judged, breaches int
	kept             []Breach // the first of them
}

// view is what is known of one feed's polls.
type view struct {
	*Personality
	agent string // the client's name, as first given

	// The poll under way, or the last one.
	polled     time.Time
	gap        time.Duration // from the poll before it
	first      string        // URL that it began with
	hops       []*exchange   // its redirects
	done       *exchange     // its last exchange
	awaits     string        // URL that the last answer sent the client to
	pages      int           // archive pages asked for
	nextPage   string
	isGap      bool // the document held nothing that was known
	gapUnsure  bool // what the client knows is unsure until its next document
	pageUnsure bool // and was when the last one came

	// When the next may and must come.
	bounds   []bound
	deadline time.Time // zero: never
	dueTo    int       // row that the deadline belongs to
	hints    hints

	fails, failsBefore int       // in a row that the client must count
	counted            int       // and that it may have
	goneAt             time.Time // first 410 of those in a row
	goneSurely         time.Time // the same, if a failing network begins the count anew
	gone               bool

	cache cache
	known map[string]bool // links of items that were delivered
	move  move
}

// bound is a time before which a poll breaks a rule.
type bound struct {
	row   int
	until time.Time
	why   string
}

// hostView is what is known of one host.
type hostView struct {
	inFlight map[*exchange]bool
	started  time.Time
	held     time.Time // when it asked for a pause
	until    time.Time // nobody may ask before
	row      int
	why      string
}

func newJudge(start time.Time, outages []span) *judge {
	return &judge{
		start: start, outages: outages, feeds: map[string]*view{}, hosts: map[string]*hostView{},
		found: map[string]bool{}, busy: map[int64]int{},
	}
}

func (j *judge) add(p Personality) {
	j.feeds[p.ID] = &view{
		Personality: &p, known: map[string]bool{}, cache: newCache(),
		deadline: j.start.Add(time.Hour), dueTo: 14, move: move{proven: map[string]bool{}},
	}
	j.order = append(j.order, p.ID)
}

// breach notes that a rule was broken.
func (j *judge) breach(row int, x *exchange, format string, args ...any) {
	t := &j.score[row]
	t.breaches++
	b := Breach{Row: row, Time: x.start, URL: x.url, Words: fmt.Sprintf(format, args...)}
	if x.feed != nil {
		b.Feed = x.feed.ID
	}
	if len(t.kept) < keptBreaches {
		t.kept = append(t.kept, b)
	}
}

func (j *judge) judged(row int) { j.score[row].judged++ }

// check notes that a rule was applied, and whether it held.
func (j *judge) check(row int, x *exchange, ok bool, format string, args ...any) {
	j.judged(row)
	if !ok {
		j.breach(row, x, format, args...)
	}
}

// begin judges a request by what was known before it.
func (j *judge) begin(x *exchange) {
	j.requests++
	if x.feed == nil {
		j.check(27, x, !inward(x.host), "asks %s, which is not on the public network", x.host)
		if !inward(x.host) {
			j.breach(24, x, "asks for %s, which nobody named", x.url)
		}
		return
	}
	v := j.feeds[x.feed.ID]
	j.manners(v, x)
	j.host(x)
	switch {
	case strings.HasPrefix(x.name, "page"):
		j.page(v, x)
		return // pages have no validators
	case x.url == v.awaits:
		j.follow(v, x)
	default:
		j.poll(v, x)
	}
	j.conditions(v, x)
}

// follow judges a request that a redirect led to.
func (j *judge) follow(v *view, x *exchange) {
	last := v.hops[len(v.hops)-1]
	x.hop = last.hop + 1
	v.awaits = ""
	j.check(22, x, x.hop <= 5, "follows %d redirects, at most 5 may be", x.hop)
	j.check(22, x, !(strings.HasPrefix(last.url, "https:") && strings.HasPrefix(x.url, "http:")), "follows a redirect from https to http")
}

// poll judges the first request of a poll.
func (j *judge) poll(v *view, x *exchange) {
	j.closePoll(v)
	j.early(v, x)
	j.late(v, x)
	j.address(v, x)
	j.stampede(x)
	if !v.polled.IsZero() {
		v.gap = x.start.Sub(v.polled)
	}
	v.polled, v.first, v.hops, v.awaits, v.done = x.start, x.url, nil, "", nil
	v.pages, v.nextPage, v.isGap = 0, "", false
	v.failsBefore = v.fails
	v.bounds, v.deadline = nil, time.Time{}
}

// stampede counts the polls of a second. The first hour does not count: then
// all feeds are new.
func (j *judge) stampede(x *exchange) {
	second := x.start.Unix()
	j.busy[second]++
	if x.start.Sub(j.start) < time.Hour || j.recovering(x.start) {
		return
	}
	most := max(10, len(j.feeds)/10)
	j.check(16, x, j.busy[second] != most+1, "is one of more than %d polls in one second", most)
}

// recovering says whether the poller has just been started.
func (j *judge) recovering(t time.Time) bool {
	n := len(j.down)
	return n > 0 && (j.down[n-1].to.IsZero() || t.Sub(j.down[n-1].to) < 10*time.Minute)
}

// page judges a request for an archive page.
func (j *judge) page(v *view, x *exchange) {
	v.pages++
	j.check(15, x, v.pages <= 3, "asks for the %dth archive page, 3 are enough", v.pages)
	j.check(15, x, v.isGap || v.gapUnsure || v.pageUnsure, "asks for an archive page though nothing was missed")
	if v.nextPage != "" && v.pages <= 3 {
		j.check(15, x, x.url == v.nextPage, "asks for %s, the next page is %s", x.url, v.nextPage)
	}
}

// closePoll judges what a poll should have done and did not.
func (j *judge) closePoll(v *view) {
	if v.done == nil || v.done.cut || v.gapUnsure || v.pageUnsure || !v.isGap || v.done.answer.next == "" || j.stoppedSince(v.done.end) {
		return
	}
	j.check(15, v.done, v.pages > 0, "shows nothing that was known before, and the older pages were not asked for")
	v.isGap = false
}

// finish judges by the answer, and learns from it.
func (j *judge) finish(x *exchange) {
	if x.feed == nil {
		return
	}
	if h := j.hosts[x.host]; h != nil {
		delete(h.inFlight, x)
	}
	j.check(26, x, x.end.Sub(x.start) <= time.Minute, "waits %s for one answer", x.end.Sub(x.start).Round(time.Second))
	v := j.feeds[x.feed.ID]
	if x.answer != nil {
		x.answer.body = nil // it is on its way; only what was in it counts
	}
	if strings.HasPrefix(x.name, "page") {
		j.readPage(v, x)
		return
	}
	v.done = x
	j.redirected(v, x)
	j.pace(v, x)
	if !x.cut && !x.timeout && x.answer != nil {
		j.remember(v, x)
	} else if x.cut && x.answer != nil {
		v.cache.unsure(x)
	}
}

// redirected notes where an answer sends the client.
func (j *judge) redirected(v *view, x *exchange) {
	v.awaits = ""
	if x.cut || x.answer == nil || x.answer.kind != kindRedirect {
		return
	}
	v.hops = append(v.hops, x)
	v.awaits = x.answer.header.Get("Location")
}

// readPage notes what an archive page brought.
func (j *judge) readPage(v *view, x *exchange) {
	if x.cut || x.answer == nil || x.answer.kind != kindPage {
		v.nextPage = ""
		return
	}
	v.nextPage = x.answer.next
	j.deliver(v, x)
}

// remember learns from a whole answer what the client now knows.
func (j *judge) remember(v *view, x *exchange) {
	a := x.answer
	switch a.kind {
	case kindFeed, kindPartial:
		j.overlap(v, x)
		v.cache.replace(x)
		v.hints = a.hints
		j.deliver(v, x)
		v.pageUnsure, v.gapUnsure = v.gapUnsure, false
		j.learn(v, x)
	case kindDamaged:
		v.cache.foreign(x, 6)
		v.gapUnsure = true
	case kindNotFeed:
		v.cache.foreign(x, 28)
	case kindNone:
		if a.status == 304 {
			v.cache.freshen(x)
			j.learn(v, x)
		}
	}
}

// overlap finds out whether a document holds anything that was known.
func (j *judge) overlap(v *view, x *exchange) {
	v.isGap = false
	if x.answer.kind != kindFeed || len(x.answer.items) == 0 || len(v.known) == 0 || x.name == strangers {
		return
	}
	for _, link := range x.answer.items {
		if v.known[link] {
			return
		}
	}
	v.isGap, v.nextPage = true, x.answer.next
}

// deliver notes the items that the client has been given: it must find them.
func (j *judge) deliver(v *view, x *exchange) {
	for _, link := range x.answer.items {
		if !v.known[link] {
			v.known[link] = true
			j.lost = append(j.lost, lostItem{link: link, x: x, row: lossRow(v, x)})
		}
	}
}

// lostItem is an item that was delivered; it is lost unless it is found.
type lostItem struct {
	link   string
	x      *exchange
	row    int
	killed bool // the client was stopped right behind it
}

// lossRow is the rule that the loss of an answer's items breaks.
func lossRow(v *view, x *exchange) int {
	switch {
	case x.answer.kind == kindPartial:
		return 9
	case x.answer.kind == kindPage:
		return 15
	case v.Type != "":
		return 29
	case v.Coding != "":
		return 25
	}
	return 14
}

func (j *judge) find(link string) { j.found[link] = true }

// killWindow is how long an answer may be on its way into a client's memory.
const killWindow = 10 * time.Second

// stopped makes unsure what was delivered a moment ago.
func (j *judge) stopped(now time.Time) {
	j.down = append(j.down, span{from: now})
	for _, v := range j.feeds {
		if v.done != nil && now.Sub(v.done.end) < killWindow {
			v.cache.unsure(v.done)
			v.gapUnsure = true
			v.bounds = slices.DeleteFunc(v.bounds, func(b bound) bool { return b.row == 12 || b.row == 13 })
			for i, b := range v.bounds { // it may not know that the answer had no validators
				if least := v.polled.Add(floorValidated - floorSlack); b.row == 11 && b.until.After(least) {
					v.bounds[i].until = least
				}
			}
		}
	}
	for i := len(j.lost) - 1; i >= 0 && now.Sub(j.lost[i].x.end) < killWindow; i-- {
		j.lost[i].killed = true
	}
}

func (j *judge) started(now time.Time) {
	if n := len(j.down); n > 0 && j.down[n-1].to.IsZero() {
		j.down[n-1].to = now
	}
}

// downtime is how long the poller did not run between two times.
func (j *judge) downtime(from, to time.Time) (sum time.Duration) {
	for i := len(j.down) - 1; i >= 0; i-- {
		d := j.down[i]
		if d.to.IsZero() || d.to.After(to) {
			d.to = to
		}
		if d.from.Before(from) {
			d.from = from
		}
		if d.to.After(d.from) {
			sum += d.to.Sub(d.from)
		}
	}
	return sum
}

// stoppedSince says whether the poller was stopped after a time.
func (j *judge) stoppedSince(t time.Time) bool {
	n := len(j.down)
	return n > 0 && !j.down[n-1].from.Before(t)
}
