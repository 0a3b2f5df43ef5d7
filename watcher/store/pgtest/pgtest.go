//go:build unix

// Package pgtest starts a throw-away PostgreSQL for tests. It stands beside the
// pipeline: only tests import it.
package pgtest

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // registers the driver "pgx"
)

// Required is the environment variable that makes a missing PostgreSQL an error
// and no reason to skip.
const Required = "NEWSWATCH_POSTGRES_REQUIRED"

// password is the one that the cluster asks for, so that tests can look for it in
// what must not show it.
const password = "harbour-5-secret"

// patience bounds each wait for the server.
const patience = 30 * time.Second

// Cluster is a PostgreSQL server with an empty database, on loopback.
type Cluster struct {
	bin, data string
	port      int
	as        *syscall.Credential // initdb refuses root
	options   []string
	server    *exec.Cmd
	said      *bytes.Buffer
	schemas   atomic.Int64
}

// Start makes a cluster that ends with the test. Options are further settings of
// the server, such as "fsync=on"; without, nothing of it survives a loss of power.
// Where there is no PostgreSQL the test is skipped.
func Start(t testing.TB, options ...string) *Cluster {
	t.Helper()
	bin, err := binaries()
	if err != nil {
		if os.Getenv(Required) != "" {
			t.Fatalf("%v, and %s is set", err, Required)
		}
		t.Skipf("skipped: %v", err)
	}
	c := &Cluster{bin: bin, data: filepath.Join(t.TempDir(), "pg"), options: options}
	if err := c.initialise(); err != nil {
		t.Fatalf("make a PostgreSQL cluster: %v", err)
	}
	t.Cleanup(func() { _ = c.Stop(syscall.SIGQUIT) })
	if err := c.start(); err != nil {
		t.Fatalf("start PostgreSQL: %v", err)
	}
	return c
}

// binaries finds the folder of the server's programs.
func binaries() (string, error) {
	if path, err := exec.LookPath("postgres"); err == nil {
		return filepath.Dir(path), nil
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres") // the pattern is right
	if len(found) == 0 {
		return "", errors.New("there is no PostgreSQL here (postgres in the PATH, or /usr/lib/postgresql)")
	}
	slices.SortFunc(found, func(a, b string) int { return len(a) - len(b) })
	return filepath.Dir(found[len(found)-1]), nil
}

// initialise makes the files of the cluster, for another user when we are root.
func (c *Cluster) initialise() error {
	if err := os.Mkdir(c.data, 0o700); err != nil {
		return err
	}
	pw := c.data + ".password"
	if err := os.WriteFile(pw, []byte(password), 0o644); err != nil {
		return err
	}
	if os.Geteuid() == 0 {
		if err := c.giveAway(); err != nil {
			return err
		}
	}
	cmd := exec.Command(filepath.Join(c.bin, "initdb"), "--pgdata="+c.data, "--username=newswatch", "--pwfile="+pw,
		"--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.as}
	cmd.Dir = os.TempDir()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return nil
}

// giveAway makes an unprivileged user the owner of the cluster, and lets it in.
func (c *Cluster) giveAway() error {
	who, err := user.Lookup("postgres")
	if err != nil {
		who, err = user.Lookup("nobody")
	}
	if err != nil {
		return err
	}
	uid, _ := strconv.Atoi(who.Uid)
	gid, _ := strconv.Atoi(who.Gid)
	c.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	for dir := filepath.Dir(c.data); len(dir) > len(os.TempDir()); dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			return err
		}
	}
	return os.Chown(c.data, uid, gid)
}

// start starts the server, on the port that it had before.
func (c *Cluster) start() error {
	if c.port == 0 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		c.port = l.Addr().(*net.TCPAddr).Port
		_ = l.Close() // nothing was sent
	}
	args := []string{"-D", c.data}
	for _, o := range append([]string{"listen_addresses=127.0.0.1", fmt.Sprintf("port=%d", c.port), "unix_socket_directories=",
		"fsync=off", "max_connections=200", "shared_buffers=64MB", "log_min_messages=warning"}, c.options...) {
		args = append(args, "-c", o)
	}
	c.said = &bytes.Buffer{}
	c.server = exec.Command(filepath.Join(c.bin, "postgres"), args...)
	c.server.Stdout, c.server.Stderr = c.said, c.said
	c.server.Dir = c.data
	c.server.SysProcAttr = orphaned(c.as)
	if err := c.server.Start(); err != nil {
		return err
	}
	return c.wait()
}

// wait waits until the server lets us in.
func (c *Cluster) wait() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	db, err := sql.Open("pgx", c.url("").String())
	if err != nil {
		return err
	}
	defer db.Close()
	for {
		err := db.PingContext(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%w\n%s", err, c.said)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Stop ends the server: by SIGINT it rolls back what is under way and writes all
// down, by SIGQUIT it drops everything where it stands, as in a crash.
func (c *Cluster) Stop(how syscall.Signal) error {
	if c.server == nil || c.server.ProcessState != nil {
		return nil
	}
	if err := c.server.Process.Signal(how); err != nil {
		return err
	}
	_ = c.server.Wait() // it says how it was ended
	return nil
}

// Restart is Stop and a start on the same port.
func (c *Cluster) Restart(how syscall.Signal) error {
	if err := c.Stop(how); err != nil {
		return err
	}
	return c.start()
}

// url names the database, with a search path unless it is "".
func (c *Cluster) url(schema string) *url.URL {
	u := &url.URL{Scheme: "postgres", User: url.UserPassword("newswatch", password), Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(c.port)), Path: "/postgres"}
	q := url.Values{"sslmode": {"disable"}}
	if schema != "" {
		q.Set("search_path", schema)
	}
	u.RawQuery = q.Encode()
	return u
}

// Empty gives the URL of an empty schema of its own in the cluster. More are
// parameters of the URL, such as "default_query_exec_mode=exec".
func (c *Cluster) Empty(t testing.TB, more ...string) string {
	t.Helper()
	db, err := sql.Open("pgx", c.url("").String())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	schema := fmt.Sprintf("t%d", c.schemas.Add(1))
	if _, err := db.ExecContext(t.Context(), "CREATE SCHEMA "+schema); err != nil {
		t.Fatal(err)
	}
	return strings.Join(append([]string{c.url(schema).String()}, more...), "&")
}

// Database gives the URL of an empty database of its own in the cluster, whose sessions
// are not those of other tests.
func (c *Cluster) Database(t testing.TB) string {
	t.Helper()
	db, err := sql.Open("pgx", c.url("").String())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	name := fmt.Sprintf("d%d", c.schemas.Add(1))
	if _, err := db.ExecContext(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	u := c.url("")
	u.Path = "/" + name
	return u.String()
}

// Password is that of the cluster's user, which nothing may show.
func (c *Cluster) Password() string { return password }
