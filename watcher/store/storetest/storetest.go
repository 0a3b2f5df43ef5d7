// Package storetest holds every database to what the pipeline needs of the
// store: one suite, run on each database that store can open.
package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"newswatch/news"
	"newswatch/watcher/store"
)

// Opener opens an empty store that takes its time from now and closes it when
// the test ends.
type Opener func(t *testing.T, now func() time.Time) *store.Store

// Run runs the suite.
func Run(t *testing.T, open Opener) {
	for name, test := range map[string]func(*fixture){
		"claim takes what is due and free": testClaim,
	} {
		t.Run(name, func(t *testing.T) { test(begin(t, open)) })
	}
}

// fixture is a store, a clock that stands still until it is moved, and a way to
// write the pipeline's nouns in a line.
type fixture struct {
	*testing.T
	*store.Store
	now time.Time
}

func begin(t *testing.T, open Opener) *fixture {
	t.Parallel()
	f := &fixture{T: t, now: time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)}
	f.Store = open(t, func() time.Time { return f.now })
	return f
}

func (f *fixture) pass(d time.Duration) { f.now = f.now.Add(d) }

// ok fails the test on an error.
func (f *fixture) ok(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

// is fails the test unless err is target.
func (f *fixture) is(err, target error) {
	f.Helper()
	if !errors.Is(err, target) {
		f.Fatalf("got error %v, want %v", err, target)
	}
}

// claim takes one lease and fails when there is none, or of another row.
func (f *fixture) claim(u news.Unit, key string) news.Lease {
	f.Helper()
	leases, err := f.Claim(f.Context(), u, 1, time.Minute)
	f.ok(err)
	if len(leases) != 1 || leases[0].Key != key {
		f.Fatalf("claimed %v of %s, want %s", leases, u, key)
	}
	return leases[0]
}

// idle fails the test when anything of a unit can be claimed.
func (f *fixture) idle(u news.Unit) {
	f.Helper()
	leases, err := f.Claim(f.Context(), u, 9, time.Minute)
	f.ok(err)
	if len(leases) > 0 {
		f.Fatalf("claimed %v of %s, want nothing", leases, u)
	}
}

// feeds takes over feeds, named ID@HOST.
func feed(id, host string) news.Feed {
	return news.Feed{ID: id, Name: id, URL: fmt.Sprintf("https://%s/%s.xml", host, id)}
}

func testClaim(f *fixture) {
	ctx := f.Context()
	f.ok(f.SyncFeeds(ctx, []news.Feed{feed("a", "one.example"), feed("b", "two.example")}))
	l := f.claim(news.Hosts, "one.example")
	f.claim(news.Hosts, "two.example")
	f.idle(news.Hosts)
	if want := f.now.Add(time.Minute); !l.Until.Equal(want) || l.Token == "" || l.Unit != news.Hosts {
		f.Errorf("got lease %+v, want one of %s until %s", l, news.Hosts, want)
	}
	f.ok(f.Release(ctx, l, f.now.Add(time.Hour)))
	f.is(f.Release(ctx, l, f.now), store.ErrFenced)
	f.pass(time.Minute)
	f.claim(news.Hosts, "two.example")
}
