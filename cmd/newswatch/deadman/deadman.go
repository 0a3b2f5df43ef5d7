// Package deadman tells an outside watchman that newswatch is well, because one that
// has died is silent: who hears nothing for a while raises the alarm. It stands
// beside the pipeline, and nothing depends on it.
package deadman

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"newswatch/news"
	"newswatch/notify/wire"
)

const (
	every     = time.Minute
	first     = 5 * time.Second // after the start, so that a restart is no gap
	maxAnswer = 64 << 10        // bytes; what it says is not read
)

// Config is what a Switch is made of. All fields but HTTP and Pinged are required.
type Config struct {
	// Address finds the address to ask, anew each time: it is a secret, as whoever has
	// it can make a dead newswatch look alive. "" is none.
	Address   func() (news.Secret, error)
	Well      func(context.Context) error // nil when newswatch does its work
	UserAgent string
	HTTP      *http.Client // nil: one of our own
	Pinged    func()       // is told of each ping that was taken
	Log       *slog.Logger
}

// Switch is a dead man's switch.
type Switch struct {
	cfg  Config
	http *http.Client
	told bool // that nobody is told for now
}

// New returns a switch. It calls nobody.
func New(c Config) *Switch {
	if c.Pinged == nil {
		c.Pinged = func() {}
	}
	return &Switch{cfg: c, http: wire.Client(c.HTTP)}
}

// Run asks for the address once a minute while all is well, until ctx ends. A
// failure is logged once, and once more when it is over.
func (s *Switch) Run(ctx context.Context) {
	for pause := first; sleep(ctx, pause); pause = every {
		s.round(ctx)
	}
}

// round pings once, and logs what is new about that.
func (s *Switch) round(ctx context.Context) {
	err := s.ping(ctx)
	switch {
	case ctx.Err() != nil:
		return
	case err != nil && !s.told:
		s.cfg.Log.Warn("the dead man's switch is not told that all is well, trying again each minute", "err", err)
	case err == nil && s.told:
		s.cfg.Log.Info("the dead man's switch is told again that all is well")
	}
	s.told = err != nil
}

// ping tells that all is well, if it is.
func (s *Switch) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, every/2)
	defer cancel()
	if err := s.cfg.Well(ctx); err != nil {
		return fmt.Errorf("not all is well: %w", err)
	}
	address, err := s.cfg.Address()
	if err != nil {
		return err
	}
	u, err := parse(address)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return errors.New("the address cannot be used")
	}
	req.Header.Set("User-Agent", s.cfg.UserAgent)
	a, err := wire.Do(s.http, req, maxAnswer, wire.Secrets(u)...)
	switch {
	case err != nil:
		return err
	case a.Status < 200 || a.Status > 299:
		return fmt.Errorf("answered with status %d", a.Status)
	}
	s.cfg.Pinged()
	return nil
}

// CheckAddress says what is wrong with an address, in words that do not hold it.
func CheckAddress(address news.Secret) error {
	_, err := parse(address)
	return err
}

func parse(address news.Secret) (*url.URL, error) {
	u, err := url.Parse(address.Reveal())
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, errors.New("it is no address; one begins with https:// or http://")
	}
	return u, nil
}

// sleep is false when ctx ended meanwhile.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
