package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"newswatch/watcher/store/pgtest"
)

// TestDatabasePassword lets every verb meet a PostgreSQL that is away, refuses, is
// empty or works, and looks for the password in all that it says and lists.
func TestDatabasePassword(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a PostgreSQL; -short leaves it out")
	}
	t.Parallel()
	cluster := pgtest.Start(t)
	good := cluster.Empty(t)
	password := cluster.Password()
	if !strings.Contains(good, password) {
		t.Fatal("the address holds no password: the test sees nothing")
	}
	at := strings.LastIndex(good, "@")
	host := good[at+1:]
	host = host[:strings.IndexAny(host, "/")]
	urls := map[string]string{
		"away":         strings.Replace(good, host, "127.0.0.1:1", 1),
		"refuses":      strings.Replace(good, password, password+"x", 1),
		"no database":  strings.Replace(good, host+"/", host+"/none", 1),
		"no such mode": good + "&sslmode=odd",
		"broken":       strings.Replace(good, host, "%zz", 1),
		"no port":      strings.Replace(good, host, "127.0.0.1:x", 1),
		"wants TLS":    strings.Replace(good, "sslmode=disable", "sslmode=verify-full", 1),
		"works":        good,
	}
	rules := `version: 1
feeds: [{id: a, name: Aster Wire, url: "http://127.0.0.1:1/a", lang: en}]
rules: [{id: truce, title: Truce, when: truce}]
digests: [{id: desk, cron: "0 8 * * *", rules: all, to: {slack: desk}}]
`
	for name, url := range urls {
		t.Run(name, func(t *testing.T) {
			s := &stage{t: t, dir: t.TempDir(), db: url, env: append(os.Environ(), "NEWSWATCH_LISTEN=off", "TZ=UTC")}
			s.write("rules.yaml", rules)
			s.write("db", url)
			for _, verb := range []string{
				"feeds", "stories", "outbox", "backup copy.db", // before there is a schema
				"once --log-level debug", "once --json --log-level debug --log-format json", "feeds", "feeds explain a", "stories", "outbox", "outbox show x",
				"digest desk", "ask status", "mute", "backtest", "suggest", "backup copy.db", "match --item x", "check",
			} {
				s.hear(strings.Fields(verb)...)
			}
			s.env = append(s.env, "NEWSWATCH_DB_FILE="+filepath.Join(s.dir, "db")) // as a secret, without the flag
			s.db = ""
			s.hear("feeds", "--log-level", "debug")
			s.hear("once", "--log-level", "debug")
			if said := s.all.String(); strings.Contains(said, password) || strings.Contains(said, url) {
				at := strings.Index(said, password)
				t.Errorf("the password is shown: …%s…", said[max(0, at-200):min(len(said), at+60)])
			}
			if worked := strings.Contains(s.all.String(), "no stories"); worked != (name == "works") {
				t.Errorf("worked: %v:\n%s", worked, s.all.String())
			}
		})
	}
}
