package store

import (
	"context"
	"crypto/tls"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

const (
	// pgConns is how many connections a process has at most: what polls, sends and
	// reads at once shares them. PostgreSQL's own limit is 100 by default.
	pgConns = 12
	// pgIdle is how long an unused connection is kept.
	pgIdle = 5 * time.Minute
	// pgPatience is how long making a connection may take.
	pgPatience = 10 * time.Second
	// pgAbandoned is how long a transaction may wait for our next statement. The server
	// ends it then: a machine that is gone without a word would keep its locks, and with
	// them all others, for the two hours after which the network is asked for it.
	pgAbandoned = "30s"
	// pgOldest is the oldest server that is known to do: server_version_num.
	pgOldest = 150000
)

// postgresEngine keeps the state in a PostgreSQL database, which any number of
// processes may share: leases keep them apart, by the clock of the server.
type postgresEngine struct {
	config  *pgx.ConnConfig
	session string // the name of those who work on the state (pg_stat_activity)
	db      *sql.DB
	silent  bool // the server does not tell of its log, see dialect.era
}

// newPostgres reads the URL, and PostgreSQL's environment (PGHOST, PGPASSFILE, ...,
// https://www.postgresql.org/docs/15/libpq-envars.html). Nothing that it returns
// shows the password.
func newPostgres(o Options) (*postgresEngine, error) {
	config, err := pgx.ParseConfig(o.URL)
	if err != nil {
		return nil, fmt.Errorf("open postgres://...: %w: the form is postgres://user@host:5432/database?sslmode=verify-full", ErrURL)
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = pgPatience
	}
	config.DialFunc = dialer().DialContext
	session := config.RuntimeParams["application_name"]
	if session == "" {
		session = "newswatch"
	}
	if o.Log != nil && !o.Beside && exposed(config) {
		o.Log.Warn("what goes to PostgreSQL and comes back can be read or changed on the way", "host", config.Host, "do", "add sslmode=verify-full to its address")
	}
	config.RuntimeParams["application_name"] = session + o.errand
	return &postgresEngine{config: config, session: session}, nil
}

// exposed says that the way to a server of another machine may be taken without TLS, or
// to whoever answers: without sslmode an attacker need only refuse TLS.
func exposed(config *pgx.ConnConfig) bool {
	open := func(host string, t *tls.Config) bool {
		if addr, err := netip.ParseAddr(host); host == "localhost" || strings.HasPrefix(host, "/") || err == nil && addr.IsLoopback() {
			return false
		}
		return t == nil || t.InsecureSkipVerify && t.VerifyPeerCertificate == nil
	}
	return open(config.Host, config.TLSConfig) || slices.ContainsFunc(config.Fallbacks, func(f *pgconn.FallbackConfig) bool { return open(f.Host, f.TLSConfig) })
}

func (e *postgresEngine) place() string {
	return fmt.Sprintf("postgres://%s/%s", net.JoinHostPort(e.config.Host, fmt.Sprint(e.config.Port)), e.config.Database)
}

// alone: others may be at work.
func (e *postgresEngine) alone() bool { return false }

func (e *postgresEngine) open(ctx context.Context, _ bool) (writer, reader *sql.DB, err error) {
	db := stdlib.OpenDB(*e.config, stdlib.OptionAfterConnect(boundTransactions))
	db.SetMaxOpenConns(pgConns)
	db.SetMaxIdleConns(pgConns)
	db.SetConnMaxIdleTime(pgIdle)
	e.db = db
	var version int
	if err := db.QueryRowContext(ctx, `SELECT CAST(current_setting('server_version_num') AS BIGINT)`).Scan(&version); err != nil {
		return db, db, fmt.Errorf("open %s: %w", e.place(), e.explain(err))
	}
	if version < pgOldest {
		return db, db, fmt.Errorf("open %s: PostgreSQL %d is too old, newswatch needs 15 or later", e.place(), version/10000)
	}
	if _, err := db.ExecContext(ctx, `SELECT `+e.dialect().boot); err != nil {
		e.silent = errors.As(err, new(*pgconn.PgError))
	}
	return db, db, nil
}

// boundTransactions has the server end transactions that are abandoned. It is no
// parameter of the connection, which poolers refuse: behind one, that sees to it itself.
func boundTransactions(ctx context.Context, c *pgx.Conn) error {
	_, err := c.Exec(ctx, `SET idle_in_transaction_session_timeout = '`+pgAbandoned+`'`)
	if errors.As(err, new(*pgconn.PgError)) {
		return nil // refused: it works without
	}
	return err
}

// migrating: the lock is taken inside the transaction, see dialect.exclusive.
func (e *postgresEngine) migrating(context.Context, bool, int) (release func() error, err error) {
	return func() error { return nil }, nil
}

// passing: two replicas that stood in each other's way. Which errors leave nothing
// behind says https://www.postgresql.org/docs/15/errcodes-appendix.html.
func (e *postgresEngine) passing(err error) bool {
	var failed *pgconn.PgError
	if !errors.As(err, &failed) {
		return false
	}
	return failed.Code == "40001" || failed.Code == "40P01" // serialization failure, deadlock
}

func (e *postgresEngine) explain(err error) error {
	var refused *pgconn.ConnectError
	var failed *pgconn.PgError
	switch {
	case errors.As(err, &failed):
		return e.explainCode(failed, err)
	case errors.As(err, &refused) && strings.Contains(err.Error(), "server refused TLS"):
		return fmt.Errorf("%w: %s does not speak TLS, which the sslmode of its URL asks for: %w", ErrUnreachable, e.place(), attempts{err})
	case errors.As(err, &refused):
		return fmt.Errorf("%w: %w", ErrUnreachable, attempts{err})
	case lost(err):
		return fmt.Errorf("%w: the connection to %s was lost: %w", ErrUnreachable, e.place(), err)
	}
	return err
}

// attempts is what pgx says of a connection that failed, on one line: it has one for
// each address and for each way, with TLS and without, most of them alike.
type attempts struct{ error }

func (a attempts) Error() string {
	var lines []string // the first one says who cannot connect to what, the others why
	for line := range strings.Lines(a.error.Error()) {
		if line = strings.TrimSpace(line); !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return strings.TrimSpace(lines[0] + " " + strings.Join(lines[1:], "; "))
}

func (a attempts) Unwrap() error { return a.error }

// lost says whether an error means that the connection broke.
func lost(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) {
		return false // the caller's patience
	}
	var broken net.Error
	return errors.As(err, &broken) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || pgconn.SafeToRetry(err) || strings.Contains(err.Error(), "conn closed")
}

func (e *postgresEngine) explainCode(failed *pgconn.PgError, err error) error {
	kind, advice := ErrUnwritable, ""
	switch class := failed.Code[:min(2, len(failed.Code))]; {
	case class == "28":
		advice = "it refuses the login: check user and password"
	case failed.Code == "3D000":
		kind, advice = ErrUnreachable, "there is no such database, or not yet again: createdb makes it"
	case failed.Code == "42501", failed.Code == "3F000":
		advice = "the user may not do this: make it the owner of the database, or of the schema in its search_path"
	case failed.Code == "53100":
		kind, advice = ErrUnreachable, "its disk is full"
	case failed.Code == "25006":
		kind, advice = ErrUnreachable, "it only reads now: a standby, or set to default_transaction_read_only"
	case failed.Code == "25P03":
		kind, advice = ErrUnreachable, "a transaction stood still for too long: this process did not get to run"
	case class == "53", class == "57", class == "58", class == "08", class == "XX":
		kind, advice = ErrUnreachable, "it is overloaded, starting or shutting down"
	default:
		return err
	}
	return fmt.Errorf("%w: %s: %s: %w", kind, e.place(), advice, verdict{err, failed.Message + " (SQLSTATE " + failed.Code + ")"})
}

// verdict is an error by what the server says, not by each way that was tried before.
type verdict struct {
	error
	text string
}

func (v verdict) Error() string { return v.text }

func (v verdict) Unwrap() error { return v.error }

// file: backups are the server's business, it also knows how to restore to a moment.
func (e *postgresEngine) file() (string, error) {
	c := e.config
	return "", fmt.Errorf("%w: pg_dump --format=custom --file=newswatch.dump --dbname='host=%s port=%d user=%s dbname=%s', and the sslmode of its URL", ErrNotHere, c.Host, c.Port, c.User, c.Database)
}

func (e *postgresEngine) close() error { return nil } // the pool is closed by the store
