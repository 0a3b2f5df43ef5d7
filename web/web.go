// Package web serves people and probes beside the pipeline: whether the daemon
// is alive and ready, what it counts, and a reload of the rules on request. It stands beside the
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
	"runtime/pprof"
	"strconv"
	"sync/atomic"
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

// Config is what a Site is made of. All fields but Token and Profiles are required.
type Config struct {
	Alive    func() error // nil while the loops go round
	Ready    []Check
	Reload   func(context.Context) error
	Metrics  http.Handler
	Profiles bool        // serve those of the Go runtime too
	Token    news.Secret // what requests must bear; "": only those of this machine are served
	Log      *slog.Logger
}

// Check is one thing that must hold for the daemon to be ready.
type Check struct {
	Not string                      // what whoever asks is told when it does not
	Err func(context.Context) error // nil: it holds; else for the log alone
}

// Site answers on the daemon's address.
type Site struct {
	cfg     Config
	mux     *http.ServeMux
	guard   *guard
	ready   *remembered
	refused seldom
	unready atomic.Bool // was so at the last probe, and it was logged
}

// New returns a site.
func New(c Config) *Site {
	s := &Site{cfg: c, mux: http.NewServeMux()}
	s.ready = &remembered{ask: s.checkAll, every: readyEvery}
	s.guard = &guard{next: http.NewCrossOriginProtection().Handler(s.mux), token: c.Token, refused: s.logRefused}
	s.mux.HandleFunc("GET /healthz", s.healthz)
	s.mux.HandleFunc("GET /readyz", s.readyz)
	s.mux.HandleFunc("POST /-/reload", s.reload)
	s.mux.Handle("GET /metrics", c.Metrics)
	if c.Profiles {
		s.mux.HandleFunc("GET /debug/pprof/{name}", profile)
	}
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

// healthz says that the loops go round. When one is stuck, a restart is the cure.
func (s *Site) healthz(w http.ResponseWriter, _ *http.Request) {
	if err := s.cfg.Alive(); err != nil {
		s.cfg.Log.Error("not alive", "err", err)
		http.Error(w, "not alive: a loop is stuck", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ok")
}

// notReady is the first check that does not hold.
type notReady struct {
	not string
	err error
}

func (e *notReady) Error() string { return e.not + ": " + e.err.Error() }

// checkAll looks whether all holds.
func (s *Site) checkAll(ctx context.Context) error {
	for _, c := range s.cfg.Ready {
		if err := c.Err(ctx); err != nil {
			return &notReady{c.Not, err}
		}
	}
	return nil
}

// readyz says whether the daemon can do its work. Slack being down is no reason to
// be unready: what is due waits.
func (s *Site) readyz(w http.ResponseWriter, r *http.Request) {
	var not *notReady
	if errors.As(s.ready.get(r.Context()), &not) {
		if !s.unready.Swap(true) {
			s.cfg.Log.Warn("not ready", "err", not)
		}
		http.Error(w, "not ready: "+not.not, http.StatusServiceUnavailable)
		return
	}
	if s.unready.Swap(false) {
		s.cfg.Log.Info("ready again")
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

// longestProfile bounds a profile of the CPU.
const longestProfile = 50 // seconds; below writeTimeout

// profile gives one of the runtime's profiles, as go tool pprof reads it: heap,
// goroutine and others as they are, and profile of the CPU for some seconds. The
// library's own handler would make the program 0.2 MB larger.
func profile(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	if p := pprof.Lookup(name); p != nil {
		debug, _ := strconv.Atoi(r.FormValue("debug")) // 0, the binary form, when it is none
		if err := p.WriteTo(w, min(max(debug, 0), 2)); err != nil {
			http.Error(w, "no profile", http.StatusInternalServerError)
		}
		return
	}
	if name != "profile" {
		http.NotFound(w, r)
		return
	}
	seconds, err := strconv.Atoi(r.FormValue("seconds"))
	if err != nil {
		seconds = 30
	}
	if err := pprof.StartCPUProfile(w); err != nil {
		http.Error(w, "a profile is being made", http.StatusConflict)
		return
	}
	defer pprof.StopCPUProfile()
	select {
	case <-r.Context().Done():
	case <-time.After(time.Duration(min(max(seconds, 1), longestProfile)) * time.Second):
	}
}
