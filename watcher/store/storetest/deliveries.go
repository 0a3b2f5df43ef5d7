package storetest

import (
	"errors"
	"time"

	"newswatch/news"
	"newswatch/watcher/store"
)

func deliveries() map[string]func(*fixture) {
	return map[string]func(*fixture){
		"deliverable/parts after the first":         deliverParts,
		"deliverable/replies after their message":   deliverReplies,
		"deliverable/not before its time":           deliverLater,
		"deliverable/one uncertain holds up no one": deliverAround,
		"intend and settle/write all they know":     settleWrites,
		"resend and drop":                           resendDrop,
		"settle/what was dropped meanwhile":         settleDropped,
		"settle/after an operator's word":           settleAfterWord,
		"commit plan/answers what was given up":     answerDropped,
		"step ahead/what is in doubt stays so":      stepAhead,
		"notice/once":                               noticeOnce,
		"lanes/distance":                            lanesDistance,
		"lanes/pause":                               lanesPause,
		"lanes/clock set back":                      lanesClock,
		"undecided/by word alone":                   undecidedWaits,
		"lanes/held until somebody's word":          lanesHeld,
		"withdraw/what never left":                  withdrawn,
		"deliveries/newest first":                   deliveryList,
	}
}

// enqueue puts deliveries into the outbox and claims their destination.
func (f *fixture) enqueue(deliveries ...news.Delivery) news.Lease {
	f.Helper()
	for _, d := range deliveries {
		f.ok(f.EnqueueNotice(f.Context(), d))
	}
	return f.claim(news.Destinations, "slack:desk")
}

func deliverParts(f *fixture) {
	one, two, three, later := f.delivery("b"), f.delivery("b"), f.delivery("b"), f.delivery("a")
	two.Part, three.Part = 2, 3
	later.CreatedAt = f.now.Add(time.Millisecond)
	l := f.enqueue(later, three, two, one)
	f.send(l, "b/1", "1.1")
	d, _, err := f.Deliverable(f.Context(), l.Key)
	f.ok(err)
	f.same("parent", d.Parent, news.Receipt{Channel: "C1", TS: "1.1"})
	f.send(l, "b/2", "1.2")
	f.send(l, "b/3", "1.3")
	f.send(l, "a/1", "1.4")
	d, wake, err := f.Deliverable(f.Context(), l.Key)
	f.ok(err)
	if d != nil || !wake.IsZero() {
		f.Errorf("got %+v and %s, want nothing at all", d, wake)
	}
}

func deliverReplies(f *fixture) {
	ctx := f.Context()
	reply := f.delivery("reply")
	reply.Kind, reply.ReplyTo, reply.CreatedAt = news.KindFollowup, "alert", f.now.Add(-time.Hour)
	orphan := f.delivery("orphan")
	orphan.ReplyTo = "nowhere"
	alert := f.delivery("alert")
	second := alert
	second.Part = 2
	l := f.enqueue(reply, orphan, alert, second)
	f.same("first", f.next(), "alert/1")
	d, err := f.Delivery(ctx, "alert", 1)
	f.ok(err)
	f.ok(f.Intend(ctx, l, &d))
	d.NotBefore = f.now.Add(time.Minute)
	f.ok(f.Settle(ctx, l, d)) // uncertain
	got, wake, err := f.Deliverable(ctx, l.Key)
	f.ok(err)
	if got != nil || !wake.Equal(d.NotBefore) {
		f.Errorf("got %+v and %s, want nothing before %s", got, wake, d.NotBefore)
	}
	f.pass(time.Minute - time.Second)
	l = f.reclaim(l)
	f.pass(time.Second)
	f.send(l, "alert/1", "1.1")
	f.send(l, "reply/1", "1.2")
	f.send(l, "alert/2", "1.3")
	f.same("the orphan waits", f.next(), "")
	d, err = f.Delivery(ctx, "reply", 1)
	f.ok(err)
	f.same("parent", d.Parent, news.Receipt{Channel: "C1", TS: "1.1"})
}

// reclaim releases a lease and claims the row again.
func (f *fixture) reclaim(l news.Lease) news.Lease {
	f.Helper()
	f.ok(f.Release(f.Context(), l, f.now))
	return f.claim(l.Unit, l.Key)
}

func deliverLater(f *fixture) {
	soon, later := f.delivery("soon"), f.delivery("later")
	soon.NotBefore, later.NotBefore = f.now.Add(time.Second), f.now.Add(time.Minute)
	other := f.delivery("other")
	other.Destination = "terminal:"
	f.enqueue(later, soon)
	f.ok(f.EnqueueNotice(f.Context(), other))
	d, wake, err := f.Deliverable(f.Context(), "slack:desk")
	f.ok(err)
	if d != nil || !wake.Equal(soon.NotBefore) {
		f.Errorf("got %+v and %s, want nothing before %s", d, wake, soon.NotBefore)
	}
	f.pass(time.Second)
	f.same("next", f.next(), "soon/1")
	f.pass(time.Minute)
	f.same("in the order of making", f.next(), "later/1")
}

func deliverAround(f *fixture) {
	ctx := f.Context()
	first, part, second := f.delivery("a"), f.delivery("a"), f.delivery("b")
	part.Part = 2
	l := f.enqueue(first, part, second)
	f.ok(f.Intend(ctx, l, &first))
	f.same("the running one comes back", f.next(), "a/1")
	first.NotBefore = f.now.Add(time.Minute)
	f.ok(f.Settle(ctx, l, first))
	f.same("the other", f.next(), "b/1")
}

func settleWrites(f *fixture) {
	ctx := f.Context()
	want := f.delivery("d", "s1", "s2")
	l := f.enqueue(want)
	d := want
	f.ok(f.Intend(ctx, l, &d))
	want.State, want.Read, want.Attempts, want.StartedAt = news.Sending, news.Sending, 1, f.now
	f.same("intended", d, want)
	got, err := f.Delivery(ctx, "d", 1)
	f.ok(err)
	f.same("intended and read", got, want)
	want.State, want.Receipt, want.Error, want.NotBefore = news.Held, news.Receipt{Channel: "C", TS: "9.9"}, "no such channel", f.now.Add(1e9)
	want.Looks, want.Rung, want.Payload, want.SentAt = 2, 1, []byte{0, 0xff}, f.now
	f.ok(f.Settle(ctx, l, want))
	got, err = f.Delivery(ctx, "d", 1)
	f.ok(err)
	want.Read = news.Held
	f.same("settled", got, want)
	f.pass(time.Second)
	f.ok(f.Intend(ctx, l, &got)) // held ones are tried again
	f.same("attempts", got.Attempts, 2)
	f.same("looks begin anew", got.Looks, 0)
	elsewhere := got
	elsewhere.ID = "none"
	f.is(f.Settle(ctx, l, elsewhere), store.ErrNotFound)
	_, err = f.Delivery(ctx, "d", 2)
	f.is(err, store.ErrNotFound)
}

func resendDrop(f *fixture) {
	ctx := f.Context()
	one, two := f.delivery("d"), f.delivery("d")
	two.Part = 2
	l := f.enqueue(one, two)
	f.ok(f.Intend(ctx, l, &one))
	one.State, one.NotBefore = news.Held, f.now.Add(time.Hour)
	f.ok(f.Settle(ctx, l, one))
	f.ok(f.Release(ctx, l, time.Time{}))
	count := func(what string, want int, do func() (int, error)) {
		f.Helper()
		n, err := do()
		f.ok(err)
		f.same(what, n, want)
	}
	count("resent", 1, func() (int, error) { return f.Resend(ctx, "d") })
	l = f.claim(news.Destinations, "slack:desk")
	f.same("next", f.next(), "d/1")
	count("dropped", 2, func() (int, error) { return f.Drop(ctx, "d") })
	f.same("none", f.next(), "")
	counts, err := f.Pending(ctx)
	f.ok(err)
	f.same("counts", counts, map[news.DeliveryState]int{news.Dropped: 2})
	f.is(f.Intend(ctx, l, &one), store.ErrNotFound)
	count("resent", 2, func() (int, error) { return f.Resend(ctx, "d") })
	f.send(l, "d/1", "1.1")
	d, err := f.Delivery(ctx, "d", 2)
	f.ok(err)
	f.ok(f.Intend(ctx, l, &d))
	count("dropped while sending", 0, func() (int, error) { return f.Drop(ctx, "d") })
	count("resent while sending", 0, func() (int, error) { return f.Resend(ctx, "d") })
	count("of none", 0, func() (int, error) { return f.Drop(ctx, "none") })
}

// settleAfterWord has an operator decide while the outbox looks the message up.
func settleAfterWord(f *fixture) {
	ctx := f.Context()
	d := f.delivery("d")
	l := f.enqueue(d)
	f.ok(f.Intend(ctx, l, &d))
	d.NotBefore = f.now.Add(time.Minute)
	f.ok(f.Settle(ctx, l, d))
	f.ok(f.Release(ctx, l, f.now))
	f.pass(3 * time.Minute)
	l = f.claim(news.Destinations, "slack:desk")
	read, _, err := f.Deliverable(ctx, l.Key)
	f.ok(err)
	n, err := f.Resend(ctx, "d")
	f.ok(err)
	f.same("resent", n, 1)
	read.State, read.Undecided, read.NotBefore = news.Held, true, f.now
	f.ok(f.Settle(ctx, l, *read))
	got, err := f.Delivery(ctx, "d", 1)
	f.ok(err)
	f.same("the operator's word holds", got.State, news.Pending)
	f.same("undecided", got.Undecided, false)

	stale := got
	f.ok(f.Intend(ctx, l, &got))
	stale.State, stale.Read = news.Pending, news.Sending
	f.ok(f.Settle(ctx, l, stale))
	got, err = f.Delivery(ctx, "d", 1)
	f.ok(err)
	f.same("of another attempt nothing is settled", got.State, news.Sending)
	read.State, read.Receipt = news.Sent, news.Receipt{Channel: "C", TS: "1.1"}
	f.ok(f.Settle(ctx, l, *read))
	got, err = f.Delivery(ctx, "d", 1)
	f.ok(err)
	f.same("what was found is sent", got.State, news.Sent)
}

// stepAhead has the clock go ten minutes ahead at once, and back.
func stepAhead(f *fixture) {
	ctx := f.Context()
	doubt, held, rewriting := f.delivery("doubt"), f.delivery("held"), f.delivery("rewriting")
	rewriting.Kind, rewriting.ReplyTo = news.KindUpdate, "alert"
	held.State, held.NotBefore = news.Held, f.now.Add(5*time.Minute)
	rewriting.NotBefore = f.now.Add(time.Minute)
	l := f.enqueue(doubt, held, rewriting)
	f.ok(f.Intend(ctx, l, &doubt))
	doubt.NotBefore = f.now.Add(time.Minute)
	f.ok(f.Settle(ctx, l, doubt))
	check := func(what string, wants map[string]time.Duration) {
		f.Helper()
		for id, want := range wants {
			d, err := f.Delivery(ctx, id, 1)
			f.ok(err)
			f.same(what+", "+id+" waits for", d.NotBefore.Sub(f.now), want)
		}
	}
	f.pass(2 * time.Second)
	f.pass(10 * time.Minute)
	f.step(store.ClockStep{Ahead: 10 * time.Minute})
	check("ahead", map[string]time.Duration{"doubt": 58 * time.Second, "rewriting": 58 * time.Second, "held": -302 * time.Second})
	f.pass(-10 * time.Minute)
	f.step(store.ClockStep{Back: 10 * time.Minute})
	check("back", map[string]time.Duration{"doubt": 58 * time.Second, "rewriting": 58 * time.Second})
}

// answerDropped has an answer frozen just after its message was given up.
func answerDropped(f *fixture) {
	ctx := f.Context()
	f.plan("alert")
	head := f.tell("r", 50, f.item("1", "Quay closed"))
	f.commit("alert", news.PlanCommit{Deliveries: []news.Delivery{f.delivery("alert", head.ID)}, Told: []news.Told{told("alert", head, "alert")}})
	before, err := f.Told(ctx, "alert", []string{head.ID})
	f.ok(err)
	f.same("given up", before[head.ID].Dropped, false)
	_, err = f.Drop(ctx, "alert")
	f.ok(err)
	note := f.delivery("note", head.ID)
	note.Kind, note.ReplyTo = news.KindFollowup, "alert"
	f.ok(f.Wake(ctx, news.Plans, "alert"))
	l := f.claim(news.Plans, "alert")
	f.is(f.CommitPlan(ctx, l, news.PlanCommit{Deliveries: []news.Delivery{note}}), store.ErrMoved)
	_, err = f.Delivery(ctx, "note", 1)
	f.is(err, store.ErrNotFound)
	after, err := f.Told(ctx, "alert", []string{head.ID})
	f.ok(err)
	f.same("given up, the planner reads now", after[head.ID].Dropped, true)
}

func settleDropped(f *fixture) {
	ctx := f.Context()
	d := f.delivery("d")
	l := f.enqueue(d)
	_, err := f.Drop(ctx, "d")
	f.ok(err)
	d.State = news.Held
	f.ok(f.Settle(ctx, l, d))
	dropped, err := f.Delivery(ctx, "d", 1)
	f.ok(err)
	f.same("state", dropped.State, news.Dropped)
	d.State, d.Receipt = news.Sent, news.Receipt{Channel: "C", TS: "1.1"} // found in the history
	f.ok(f.Settle(ctx, l, d))
	got, err := f.Delivery(ctx, "d", 1)
	f.ok(err)
	f.same("state", got.State, news.Sent)
}

func lanesDistance(f *fixture) {
	ctx := f.Context()
	one, two, other := f.delivery("one"), f.delivery("two"), f.delivery("other")
	other.Destination = "slack:C1"
	l := f.enqueue(one, two)
	f.ok(f.EnqueueNotice(ctx, other))
	lo := f.claim(news.Destinations, "slack:C1")
	gap := 1100 * time.Millisecond
	channel := news.Lane{Key: "channel C1", Gap: gap}
	f.ok(f.Intend(ctx, l, &one, news.Lane{Key: "slack:desk", Gap: gap}, channel))
	f.pass(time.Second)
	var paced *news.PacedError
	if err := f.Intend(ctx, lo, &other, news.Lane{Key: "slack:C1", Gap: gap}, channel); !errors.As(err, &paced) {
		f.Fatalf("got %v within the gap of a lane that two destinations share", err)
	}
	f.same("until", paced.Until, f.now.Add(100*time.Millisecond))
	untouched, err := f.Delivery(ctx, "other", 1)
	f.ok(err)
	f.same("state", untouched.State, news.Pending)
	f.pass(100 * time.Millisecond)
	f.ok(f.Intend(ctx, lo, &other, news.Lane{Key: "slack:C1", Gap: gap}, channel))
	if err := f.Intend(ctx, l, &two, channel); !errors.As(err, &paced) {
		f.Errorf("got %v right after the other's attempt", err)
	}
	f.ok(f.Intend(ctx, l, &two, news.Lane{Key: "slack:desk", Gap: gap}))
}

func lanesPause(f *fixture) {
	ctx := f.Context()
	d := f.delivery("d")
	l := f.enqueue(d)
	lane := news.Lane{Key: "slack:desk", Gap: time.Second}
	f.ok(f.Intend(ctx, l, &d, lane))
	d.State, d.NotBefore = news.Pending, f.now.Add(30*time.Second)
	f.ok(f.Settle(ctx, l, d, news.Lane{Key: lane.Key, Until: f.now.Add(30 * time.Second)}))
	f.ok(f.Settle(ctx, l, d, news.Lane{Key: lane.Key})) // the longer pause goes on
	f.pass(29 * time.Second)
	var paced *news.PacedError
	if err := f.Intend(ctx, l, &d, lane); !errors.As(err, &paced) {
		f.Fatalf("got %v within the pause", err)
	}
	f.pass(time.Second)
	f.ok(f.Intend(ctx, l, &d, lane))
}

func lanesHeld(f *fixture) {
	ctx := f.Context()
	words := map[string]func(){
		"a start":  func() { f.ok(f.RetryHeld(ctx)) },
		"a resend": func() { _, err := f.Resend(ctx, "d"); f.ok(err) },
	}
	d := f.delivery("d")
	l := f.enqueue(d)
	lane := news.Lane{Key: d.Destination + news.HeldLane}
	for name, word := range words {
		f.ok(f.Intend(ctx, l, &d, lane))
		d.State, d.NotBefore = news.Held, f.now.Add(time.Hour)
		f.ok(f.Settle(ctx, l, d, news.Lane{Key: lane.Key, Until: d.NotBefore}))
		f.pass(time.Second)
		var paced *news.PacedError
		if err := f.Intend(ctx, l, &d, lane); !errors.As(err, &paced) {
			f.Errorf("before %s: got %v, want a wait", name, err)
		}
		word()
		f.ok(f.Intend(ctx, l, &d, lane))
	}
}

// withdrawn takes an intent back under no lease, unless another attempt was made.
func withdrawn(f *fixture) {
	ctx := f.Context()
	d := f.delivery("d")
	l := f.enqueue(d)
	f.ok(f.Intend(ctx, l, &d))
	first := d
	first.NotBefore = f.now
	for _, taken := range []news.Delivery{
		{State: news.Sending, NotBefore: f.now.Add(time.Minute)}, {State: news.Sent, SentAt: f.now, Error: "taken for delivered"}, {State: news.Held, Undecided: true},
	} {
		taken.ID, taken.Part, taken.Payload = d.ID, d.Part, d.Payload
		f.ok(f.Settle(ctx, l, taken))
		f.ok(f.Withdraw(ctx, first))
		got, err := f.Delivery(ctx, "d", 1)
		f.ok(err)
		f.same("state", got.State, news.Pending)
		f.same("undecided", got.Undecided, false)
		f.same("next", f.next(), "d/1")
	}
	f.ok(f.Intend(ctx, l, &d))
	f.ok(f.Withdraw(ctx, first))
	got, err := f.Delivery(ctx, "d", 1)
	f.ok(err)
	f.same("another attempt", got.State, news.Sending)
	d.State, d.Receipt = news.Sent, news.Receipt{Channel: "C", TS: "1.1"}
	f.ok(f.Settle(ctx, l, d))
	f.ok(f.Withdraw(ctx, d))
	got, err = f.Delivery(ctx, "d", 1)
	f.ok(err)
	f.same("what has a receipt", got.State, news.Sent)
}

func lanesClock(f *fixture) {
	ctx := f.Context()
	d := f.delivery("d")
	l := f.enqueue(d)
	lane := news.Lane{Key: "slack:desk", Gap: time.Second}
	f.ok(f.Intend(ctx, l, &d, lane))
	f.ok(f.Settle(ctx, l, d, news.Lane{Key: lane.Key, Until: f.now.Add(time.Minute)}))
	f.pass(-time.Hour)
	f.ok(f.Intend(ctx, l, &d, lane))
	f.pass(time.Second)
	f.ok(f.Intend(ctx, l, &d, lane)) // nor is the old pause back
}

func undecidedWaits(f *fixture) {
	ctx := f.Context()
	d := f.delivery("d")
	l := f.enqueue(d)
	f.ok(f.Intend(ctx, l, &d))
	d.State, d.Undecided, d.NotBefore = news.Held, true, f.now
	f.ok(f.Settle(ctx, l, d))
	f.same("next", f.next(), "")
	f.ok(f.RetryHeld(ctx))
	f.same("after a start", f.next(), "")
	n, err := f.Resend(ctx, "d")
	f.ok(err)
	f.same("resent", n, 1)
	f.same("by word", f.next(), "d/1")
	got, err := f.Delivery(ctx, "d", 1)
	f.ok(err)
	f.same("undecided", got.Undecided, false)
}

func noticeOnce(f *fixture) {
	ctx := f.Context()
	l := f.enqueue(f.delivery("n"))
	f.send(l, "n/1", "1.1")
	f.ok(f.Release(ctx, l, time.Time{}))
	f.ok(f.EnqueueNotice(ctx, f.delivery("n")))
	f.same("next", f.next(), "")
	f.idle(news.Destinations)
}

func deliveryList(f *fixture) {
	ctx := f.Context()
	old, part, other := f.delivery("old"), f.delivery("old"), f.delivery("other")
	part.Part, other.PlanID = 2, "evening"
	other.CreatedAt = f.now.Add(time.Hour)
	l := f.enqueue(part, old, other)
	f.send(l, "old/1", "1.1")
	for name, c := range map[string]struct {
		filter store.DeliveryFilter
		want   []string
	}{
		"all":     {store.DeliveryFilter{}, []string{"other/1", "old/2", "old/1"}},
		"limit":   {store.DeliveryFilter{Limit: 2}, []string{"other/1", "old/2"}},
		"plan":    {store.DeliveryFilter{Plan: "evening"}, []string{"other/1"}},
		"several": {store.DeliveryFilter{States: []news.DeliveryState{news.Sent, news.Pending}, Limit: 2}, []string{"other/1", "old/2"}},
		"states":  {store.DeliveryFilter{States: []news.DeliveryState{news.Sent, news.Held}}, []string{"old/1"}},
		"both":    {store.DeliveryFilter{States: []news.DeliveryState{news.Pending}, Plan: "morning"}, []string{"old/2"}},
		"nothing": {store.DeliveryFilter{States: []news.DeliveryState{news.Dropped}}, nil},
	} {
		list, err := f.Deliveries(ctx, c.filter)
		f.ok(err)
		var got []string
		for _, d := range list {
			got = append(got, d.ID+"/"+string(rune('0'+d.Part)))
		}
		f.same(name, got, c.want)
	}
}
