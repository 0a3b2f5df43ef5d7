// Package web serves people and probes beside the pipeline: whether the daemon
// is alive and ready, and a reload of the rules on request. It stands beside the
// pipeline and writes to nothing. Who may ask is decided in one place, the guard,
// before any page: a new one is closed to strangers unless it is a probe.
package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/net/netutil"

	"newswatch/news"
)

// Bounds of the listener.
const (
	maxConnections = 256
	headerTimeout  = 5 * time.Second
	readTimeout    = 10 * time.Second
	writeTimeout   = time.Minute
	idleTimeout    = time.Minute
	maxHeaderBytes = 16 << 10
	readyEvery     = time.Second // the database is written to once in so long, however many ask
)

// Config is what a Site is made of. All fields but the token are required.
type Config struct {
	Ready  func(context.Context) error // gives nil when the database takes writes
	Reload func(context.Context) error
	Token  news.Secret // what requests must bear; "": only those of this machine are served
	Log    *slog.Logger
}

// Site answers on the daemon's address.
type Site struct {
	cfg     Config
	mux     *http.ServeMux
	guard   *guard
	ready   *remembered
	refused seldom
}

// New returns a site.
func New(c Config) *Site {
	s := &Site{cfg: c, mux: http.NewServeMux(), ready: &remembered{ask: c.Ready, every: readyEvery}}
	s.guard = &guard{next: http.NewCrossOriginProtection().Handler(s.mux), token: c.Token, refused: s.logRefused}
	s.mux.HandleFunc("GET /healthz", s.healthz)
	s.mux.HandleFunc("GET /readyz", s.readyz)
	s.mux.HandleFunc("POST /-/reload", s.reload)
	return s
}

// ServeHTTP answers one request. A page in a browser cannot make it change
// anything: requests from other origins are refused (Sec-Fetch-Site, Origin).
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.guard.ServeHTTP(w, r)
}

// Serve listens until the context ends.
func (s *Site) Serve(ctx context.Context, addr string) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("listen for probes (--listen off disables it): %w", err)
	}
	return s.serve(ctx, l)
}

func (s *Site) serve(ctx context.Context, l net.Listener) error {
	server := &http.Server{
		Handler: s, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeaderBytes, DisableGeneralOptionsHandler: true,
		BaseContext: func(l net.Listener) context.Context { return withListener(context.Background(), l) },
		ErrorLog:    slog.NewLogLogger(s.cfg.Log.Handler(), slog.LevelWarn),
	}
	stopped := context.AfterFunc(ctx, func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		if err := server.Shutdown(ctx); err != nil {
			s.cfg.Log.Warn("open connections were cut", "err", err)
		}
	})
	defer stopped()
	s.introduce(l)
	if err := server.Serve(netutil.LimitListener(l, maxConnections)); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve probes: %w", err)
	}
	return nil
}

// introduce says where pages are, and to whom they are open.
func (s *Site) introduce(l net.Listener) {
	at := l.Addr().String()
	local, _ := withListener(context.Background(), l).Value(localKey{}).(bool)
	switch {
	case s.cfg.Token != "":
		s.cfg.Log.Info("listening", "at", at, "open", "probes; all else with LISTEN_TOKEN")
	case local:
		s.cfg.Log.Info("listening", "at", at, "open", "all, for this machine")
	default:
		s.cfg.Log.Warn("listening", "at", at, "open", "probes only", "do", "set LISTEN_TOKEN to reach the other pages from elsewhere, or listen on 127.0.0.1")
	}
}

// logRefused says once a minute that somebody was turned away.
func (s *Site) logRefused(reason string, r *http.Request) {
	if count, speak := s.refused.take(time.Now()); speak {
		path := r.URL.EscapedPath()
		s.cfg.Log.Warn("a request was refused", "reason", reason, "from", r.RemoteAddr, "path", path[:min(len(path), 100)], "refused", count)
	}
}

// healthz says that the process answers.
func (s *Site) healthz(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprintln(w, "ok")
}

// readyz says whether the database takes writes. Slack being down is no reason
// to be unready: what is due waits.
func (s *Site) readyz(w http.ResponseWriter, r *http.Request) {
	if err := s.ready.get(r.Context()); err != nil {
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
