// Package web serves people and probes beside the pipeline: whether the daemon
// is alive and ready, and a reload of the rules on request. It stands beside the
// pipeline and writes to nothing.
package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Config is what a Site is made of. All fields are required.
type Config struct {
	Ready  func(context.Context) error // gives nil when the database takes writes
	Reload func(context.Context) error
	Log    *slog.Logger
}

// Site answers on the daemon's address.
type Site struct {
	cfg Config
	mux *http.ServeMux
}

// New returns a site.
func New(c Config) *Site {
	s := &Site{cfg: c, mux: http.NewServeMux()}
	s.mux.HandleFunc("GET /healthz", s.healthz)
	s.mux.HandleFunc("GET /readyz", s.readyz)
	s.mux.HandleFunc("POST /-/reload", s.reload)
	return s
}

// ServeHTTP answers one request. A page in a browser cannot make it change
// anything: requests from other origins are refused (Sec-Fetch-Site, Origin).
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Security-Policy", "default-src 'none'")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	http.NewCrossOriginProtection().Handler(s.mux).ServeHTTP(w, r)
}

// Serve listens until the context ends.
func (s *Site) Serve(ctx context.Context, addr string) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("listen for probes (--listen off disables it): %w", err)
	}
	server := &http.Server{Handler: s, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, MaxHeaderBytes: 16 << 10}
	stopped := context.AfterFunc(ctx, func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		if err := server.Shutdown(ctx); err != nil {
			s.cfg.Log.Warn("open connections were cut", "err", err)
		}
	})
	defer stopped()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve probes: %w", err)
	}
	return nil
}

// healthz says that the process answers.
func (s *Site) healthz(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprintln(w, "ok")
}

// readyz says whether the database takes writes. Slack being down is no reason
// to be unready: what is due waits.
func (s *Site) readyz(w http.ResponseWriter, r *http.Request) {
	if err := s.cfg.Ready(r.Context()); err != nil {
		s.cfg.Log.Warn("not ready", "err", err)
		http.Error(w, "not ready: the database cannot be written", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ready")
}

// reload reads the rule file anew.
func (s *Site) reload(w http.ResponseWriter, r *http.Request) {
	if err := s.cfg.Reload(r.Context()); err != nil {
		http.Error(w, "rules not loaded, the old ones stay in force: "+err.Error(), http.StatusUnprocessableEntity)
		return
	}
	fmt.Fprintln(w, "rules loaded")
}
