package feedfake

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

// early judges whether a poll comes too soon: rows 10 to 13 and 17 to 21.
func (j *judge) early(v *view, x *exchange) {
	if v.gone {
		j.check(19, x, false, "asks for a feed that is gone for good")
	} else if !v.goneAt.IsZero() {
		j.judged(19)
	}
	for _, b := range v.bounds {
		row := b.row
		if row == 11 && j.stoppedSince(v.polled) {
			row = 10
		}
		if j.clock.near(v.polled) && b.row != 11 {
			continue
		}
		j.check(row, x, j.clock.reached(b.until, v.polled, x.start), "comes %s too soon: %s", b.until.Sub(x.start).Round(time.Second), b.why)
	}
	if h := v.hints; h.hours != 0 || h.days != 0 {
		at := x.start.Add(j.clock.off(x.start))
		j.check(13, x, !h.skips(at.Add(tick)) || !h.skips(at.Add(-tick)) || j.clock.near(x.start), "comes in an hour that the document asks to leave out")
	}
}

// late judges whether a poll comes later than it must.
func (j *judge) late(v *view, x *exchange) {
	if v.deadline.IsZero() {
		return
	}
	due := j.extended(v, x.start)
	j.check(v.dueTo, x, !x.start.After(due), "comes %s too late, %s after the poll before it",
		x.start.Sub(due).Round(time.Second), x.start.Sub(v.polled).Round(time.Second))
}

// extended is a feed's deadline, put off by what held the client up.
func (j *judge) extended(v *view, now time.Time) time.Time {
	due := v.deadline
	if h := j.hosts[hostOfURL(v.first, v.URL)]; h != nil && h.until.Add(time.Hour).After(due) {
		due = h.until.Add(time.Hour)
	}
	if j.clock.near(v.polled) {
		due = due.Add(max(-j.clock.shift(v.polled, now), 0))
	}
	due = j.allowed(v, due)
	if down := j.downtime(v.polled, now); down > 0 {
		due = j.allowed(v, due.Add(down+30*time.Minute))
	}
	return due
}

// allowed puts a deadline that lies in skipped hours off until they are over, by the
// poller's clock.
func (j *judge) allowed(v *view, due time.Time) time.Time {
	off := j.clock.off(due)
	due = due.Add(off)
	if next := v.hints.next(due); next.After(due) {
		due = next.Add(90 * time.Minute)
	}
	return due.Add(-off)
}

// pace notes when the next poll may come, and when it must.
func (j *judge) pace(v *view, x *exchange) {
	v.bounds = nil
	if x.cut || x.answer == nil && !x.timeout {
		v.bound(11, v.polled.Add(floorValidated-floorSlack), "the last one, which was broken off, counts")
		v.due(14, x.start.Add(healthyGap*11/10+30*time.Minute))
		return
	}
	if !x.timeout {
		switch x.answer.kind {
		case kindFeed, kindPartial, kindDamaged:
			j.paceGood(v, x, x.answer.hints)
			return
		}
		if x.answer.status == http.StatusNotModified {
			j.paceGood(v, x, v.hints)
			return
		}
	}
	j.paceBad(v, x)
}

func (v *view) bound(row int, until time.Time, why string) {
	v.bounds = append(v.bounds, bound{row, until, why})
}

func (v *view) due(row int, at time.Time) { v.dueTo, v.deadline = row, at }

func (j *judge) paceGood(v *view, x *exchange, h hints) {
	v.fails, v.counted, v.goneAt, v.goneSurely = 0, 0, time.Time{}, time.Time{}
	damaged := x.answer.kind == kindDamaged
	floor, why := floorBare, "the feed gives nothing to ask cheaply with, the least distance is an hour"
	set := v.cache.sets[x.url]
	if now := validatorsOf(x); !damaged && (x.answer.status != http.StatusNotModified || !now.empty()) {
		set = now
	}
	if !set.empty() || x.answer.header.Get("Cache-Control") != "" {
		floor, why = floorValidated, "the least distance is 15 minutes"
	}
	v.bound(11, v.polled.Add(floor-floorSlack), why)
	longest := healthyGap
	if fresh := freshness(x.answer.header); fresh > 0 {
		v.bound(12, x.head.Add(fresh), "the answer is fresh for "+fresh.String())
		longest = max(longest, fresh)
	}
	if h.wait > 0 && !damaged {
		v.bound(13, v.polled.Add(h.wait), "the document asks for "+h.wait.String())
		longest = max(longest, h.wait)
	}
	v.due(14, x.start.Add(longest*11/10+30*time.Minute))
}

// paceBad notes a failure. What the whole network does is no feed's failure.
func (j *judge) paceBad(v *view, x *exchange) {
	a := x.answer
	if a == nil {
		a = &answer{header: http.Header{}}
	}
	if a.outage {
		v.goneSurely = time.Time{}
		v.fails = v.failsBefore
		v.bound(17, x.start.Add(time.Minute-tick), "the network was down a moment ago")
		wait := max(time.Hour, min(v.gap, healthyGap)*11/10)
		if v.counted > 0 { // and one more, before the client saw what it was
			wait = max(wait, ladder(v.counted+1)*11/10)
		}
		v.due(17, x.start.Add(wait+10*time.Minute))
		return
	}
	v.fails = v.failsBefore + 1
	v.counted = v.fails
	if a.refuse != nil && j.nearOutage(x.start) {
		v.fails = v.failsBefore // it may be taken for the network's
	}
	v.move.dead(x)
	row := failRow(x, a)
	wait := ladder(v.fails)
	v.bound(row, v.polled.Add(wait-floorSlack), "after "+plural(v.fails, "failure")+" in a row the wait is "+wait.String())
	most := ladderCap * 11 / 10
	if a.status == http.StatusForbidden {
		v.bound(21, x.start.Add(blockedFor), "after a 403 the wait is "+blockedFor.String())
	}
	if hold, row, why := holdOf(a, v.fails); hold > 0 {
		until := x.head.Add(hold)
		v.bound(row, until, why)
		j.holdHost(x.host, x.head, until, row, why)
		if first := hostOfURL(v.first, v.URL); first != x.host {
			j.holdHost(first, x.head, until, row, why)
		}
		most = max(most, hold)
	}
	if j.isGone(v, x, a) {
		v.deadline = time.Time{}
		return
	}
	v.due(row, x.start.Add(most+time.Hour))
}

// nearOutage says whether a feed's own failure cannot be told from the
// network's, which is just going or coming back.
func (j *judge) nearOutage(t time.Time) bool {
	const near = 30 * time.Minute
	return slices.ContainsFunc(j.outages, func(o span) bool { return span{o.from.Add(-near), o.to.Add(near)}.holds(t) })
}

// isGone follows the 410s: two, six hours apart, mean that it stays so. Whether
// a network that fails in between begins the count anew is left to the client.
func (j *judge) isGone(v *view, x *exchange, a *answer) bool {
	if a.kind == kindRedirect {
		return false // what is behind it will say
	}
	if a.status != http.StatusGone {
		v.goneAt, v.goneSurely = time.Time{}, time.Time{}
		return false
	}
	if v.goneAt.IsZero() {
		v.goneAt = x.start
	}
	if v.goneSurely.IsZero() {
		v.goneSurely = x.start
	}
	since := func(at time.Time) time.Duration { return x.start.Sub(at) + j.clock.shift(at, x.start) }
	v.gone = since(v.goneSurely) >= goneAfter
	return since(v.goneAt) >= goneAfter
}

// failRow is the rule that says how long to wait after a failure.
func failRow(x *exchange, a *answer) int {
	switch {
	case a.status == http.StatusNotFound:
		return 18
	case a.status == http.StatusForbidden:
		return 21
	case a.kind == kindNotFeed && !x.timeout:
		return 28
	}
	return 17
}

// holdOf is how long an answer holds its whole host, by which rule.
func holdOf(a *answer, fails int) (hold time.Duration, row int, why string) {
	retry := retryAfter(a.header)
	switch {
	case a.status == http.StatusServiceUnavailable && retry > 0, a.status == http.StatusTooManyRequests && retry > 0:
		return retry, 20, "the server asked for " + retry.String()
	case a.status != http.StatusTooManyRequests:
		return 0, 0, ""
	}
	if n, err := strconv.Atoi(a.header.Get("X-Ratelimit-Reset")); err == nil && n > 0 {
		return time.Duration(n) * time.Second, 23, "the server's limit is reset after " + strconv.Itoa(n) + " s"
	}
	hold = min(ladder(fails), silentHold) - floorSlack
	return hold, 20, "after a 429 that names no time the host rests for " + hold.String()
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return strconv.Itoa(n) + " " + word + "s"
}
