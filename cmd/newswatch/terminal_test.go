package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
)

// evil is what moves a cursor, sets a title, turns text around or hides it, in
// all ways in which that can be written: ESC and its 8-bit kin, the marks that turn
// text, what has no ink, the end of a line, of a page and of a record, and a line of its own.
const evil = "A\x1b[31mB\x1b]0;title\x07C\u009b2JD\u009d0;x\u009cE\u202eF\u2066G\u200bH\x7fI\x08J\rK\x00L\u2028M\ufeffN\U000e0041O\nFORGED line"

// asMarkup is evil in a document: as bytes, as references, as references of references.
func asMarkup(s string) string {
	var raw, once, twice strings.Builder
	for _, r := range s {
		switch {
		case r < 0x7f && r >= ' ':
			raw.WriteRune(r)
			once.WriteRune(r)
			twice.WriteRune(r)
		default:
			raw.WriteRune(r)
			fmt.Fprintf(&once, "&#%d;", r)
			fmt.Fprintf(&twice, "&amp;#x%x;", r)
		}
	}
	return raw.String() + once.String() + twice.String()
}

// villain serves feeds and pages that try to reach the terminal of who reads of
// them, a Slack that does, and answers that are none.
func villain(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	item := func(n int) string {
		e := asMarkup(evil)
		return fmt.Sprintf(`<item><guid isPermaLink="false">g%d%s</guid><link>https://a.example/%d?%s</link><title>Truce %d %s</title>`+
			`<author>%s</author><dc:creator>%s</dc:creator><category>%s</category><description>A truce was told %s and so it goes on.</description>`+
			`<pubDate>%s</pubDate></item>`, n, e, n, e, n, e, e, e, e, e, time.Now().Add(-time.Hour).UTC().Format(time.RFC1123Z))
	}
	rss := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Note", "\u202enote\u009b")
		fmt.Fprintf(w, `<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Wire %s</title><link>https://a.example/%s</link>%s%s</channel></rss>`,
			asMarkup(evil), asMarkup(evil), item(1), item(2))
	}
	mux.HandleFunc("/a", rss)
	mux.HandleFunc("/j", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"version": "https://jsonfeed.org/version/1.1", "title": evil, "home_page_url": "https://b.example/" + evil,
			"items": []any{map[string]any{"id": "i" + evil, "url": "https://b.example/" + evil, "title": "Truce " + evil, "content_text": "A truce. " + evil,
				"author": map[string]any{"name": evil}, "tags": []string{evil}}}})
	})
	mux.HandleFunc("/moved", func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Location"] = []string{"http://" + strings.Map(header, evil) + "/" + strings.Map(header, evil)}
		w.WriteHeader(http.StatusMovedPermanently)
	})
	mux.HandleFunc("/away", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/gone/%1b%5b31m\u202e", http.StatusMovedPermanently)
	})
	mux.HandleFunc("/gone/", rss)
	mux.HandleFunc("/type", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=\u009b\u202e")
		w.Header().Set("Content-Encoding", "\u009bx")
		fmt.Fprint(w, "<html>"+evil)
	})
	mux.HandleFunc("/page", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		e := asMarkup(evil)
		fmt.Fprintf(w, `<html><head><title>Truce %s</title><link rel="alternate" type="application/rss+xml" title="%s" href="/a?%s">`+
			`<link rel="alternate" type="application/feed+json" title="%s" href="/j"></head><body><p>The truce %s holds.</p></body></html>`, e, e, e, e, e)
	})
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		ok := strings.HasSuffix(r.URL.Path, "auth.test")
		_ = json.NewEncoder(w).Encode(map[string]any{"ok": ok, "error": evil, "needed": evil, "provided": evil, "warning": evil, "team": evil, "user": evil,
			"team_id": evil, "user_id": evil, "bot_id": evil, "url": "https://" + evil})
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return srv.URL
}

// header keeps what a header may hold.
func header(r rune) rune {
	if r == '\n' || r == '\r' || r == 0 {
		return -1
	}
	return r
}

// rawServer answers with a status line and headers that no server writes.
func rawServer(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 4096))
			e := strings.Map(header, evil)
			_, _ = io.WriteString(conn, "HTTP/1.1 503 "+e+"\r\nContent-Length: 0\r\nWWW-Authenticate: "+e+"\r\nX"+e+": "+e+"\r\n\r\n")
			_ = conn.Close()
		}
	}()
	return "http://" + l.Addr().String()
}

// TestNothingForeignMovesTheTerminal has every verb that shows foreign text show the
// worst, in a pipe as on a terminal, and looks at each character it prints.
func TestNothingForeignMovesTheTerminal(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the program some sixty times; -short leaves it out")
	}
	t.Parallel()
	base, raw := villain(t), rawServer(t)
	s := &stage{t: t, db: "sqlite://state.db", dir: t.TempDir(), env: append(os.Environ(), "NEWSWATCH_LISTEN=off", "TZ=UTC", "SLACK_API_URL="+base+"/api/")}
	s.env = append(s.env, "XDG_STATE_HOME="+s.dir)
	s.write("rules.yaml", fmt.Sprintf(`version: 1
settings: {timezone: UTC, network: {allow: ["127.0.0.0/8"]}}
feeds:
  - {id: a, name: Aster Wire, url: "%[1]s/a", lang: en, full_text: true}
  - {id: j, name: Borel Post, url: "%[1]s/j", lang: en}
  - {id: moved, name: Moved, url: "%[1]s/moved", lang: en}
  - {id: away, name: Away, url: "%[1]s/away", lang: en}
  - {id: type, name: Typed, url: "%[1]s/type", lang: en}
  - {id: raw, name: Raw, url: "%[2]s/raw", lang: en}
rules: [{id: truce, title: Truce, when: truce}]
digests: [{id: desk, cron: "0 8 * * *", rules: all, to: {slack: desk}}]
alerts: [{id: urgent, rules: all, to: {slack: urgent}}]
`, base, raw))
	s.write("hostile.yaml", "version: 1\nfeeds:\n  - {id: a, name: \""+evil+"\", nme: \u202eb\u009b}\n  - {id: \x1b[31m, x: 1}\n")
	s.write("feeds.opml", `<opml version="2.0"><body><outline text="`+asMarkup(evil)+`" type="rss" xmlUrl="https://a.example/`+asMarkup(evil)+`"/>`+
		`<outline text="x" type="rss" xmlUrl="`+asMarkup(evil)+`"/></body></opml>`)
	s.write("feed.xml", "<rss><channel><title>"+evil+"</title><item><title>"+evil+"</title><link>https://a.example/"+asMarkup(evil)+"</link></item></channel></rss>")
	s.write("page.html", "<html><title>"+evil+"</title><p>A truce"+asMarkup(evil)+"</p>")
	s.write("items.jsonl", s.lines("id", "title", "text", "file"))
	for _, format := range []string{"text", "json"} {
		s.hear("once", "--now", "--backfill", "20y", "--log-level", "debug", "--log-format", format)
	}
	s.hear("once", "--now", "--json", "--log-level", "debug", "--log-format", "json")
	for _, verb := range []string{
		"feeds", "feeds --json", "feeds explain a", "feeds explain moved", "feeds explain away", "feeds explain type", "feeds explain raw", "feeds explain j --json",
		"feeds export", "feeds import feeds.opml", "feeds discover " + base + "/page", "feeds discover --json " + base + "/page",
		"feeds add " + base + "/a", "feeds add " + base + "/page", "feeds add " + raw, "feeds add " + base + "/moved", "feeds explain " + evil,
		"parse " + base + "/a", "parse --json " + base + "/a", "parse " + base + "/j", "parse --json " + base + "/j", "parse " + base + "/type", "parse " + raw,
		"parse " + base + "/moved", "parse feed.xml", "parse --json feed.xml", "parse " + evil, "parse http://" + evil,
		"match --url " + base + "/page", "match --json --url " + base + "/page", "match --file page.html", "match truce" + evil, "match --item x" + evil,
		"stories", "stories --json", "digest desk", "digest desk --json", "digest desk --html", "digest " + evil, "outbox", "outbox list --json", "outbox show " + evil,
		"mute " + evil, "ask why " + evil, "ask status", "ask status --json", "backtest", "backtest --json", "suggest", "suggest --json", "expand " + evil,
		"check hostile.yaml", "check --json hostile.yaml", "check " + evil, "slack test desk", "slack test " + evil, "nonsense" + evil, "story show " + evil, "story " + evil,
	} {
		s.hear(strings.Fields(verb)...)
	}
	for _, verb := range []string{"parse --jsonl", "match --jsonl", "group --jsonl", "match -"} {
		s.in = s.read("items.jsonl")
		s.hear(strings.Fields(verb)...)
	}
	s.in = ""
	for _, id := range s.ids("stories", "id") {
		s.hear("story", id)
		s.hear("story", id, "--json")
		s.hear("ask", "why", id)
		s.hear("mute", id)
	}
	for _, id := range s.ids("outbox list", "id") {
		s.hear("outbox", "show", id)
		s.hear("outbox", "show", id, "--html")
	}
	// The same with a Slack whose every word is foreign.
	s.env, s.db = append(s.env, "SLACK_BOT_TOKEN=xoxb-1-terminal"), "sqlite://slack.db"
	for _, verb := range []string{
		"once --now --backfill 20y --log-level debug", "once --now --json --log-level debug --log-format json", "outbox", "outbox list --json",
		"slack test desk", "slack test desk --log-level debug", "ask status", "feeds",
	} {
		s.hear(strings.Fields(verb)...)
	}
	if !strings.Contains(s.all.String(), "Truce") {
		t.Error("nothing foreign was shown, so the test sees nothing")
	}
}

// stage is where the program is heard.
type stage struct {
	t       *testing.T
	dir, in string
	db      string
	env     []string
	all     strings.Builder
}

func (s *stage) write(name, text string) {
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) read(name string) string {
	raw, err := os.ReadFile(filepath.Join(s.dir, name))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(raw)
}

// lines are JSON lines with evil in each field, and one that is none.
func (s *stage) lines(fields ...string) string {
	one := map[string]any{}
	for _, f := range fields {
		one[f] = "Truce " + evil
	}
	raw, err := json.Marshal(one)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(raw) + "\n{\"id\":\"" + evil + "\"," + evil + "\n"
}

// hear runs a verb and looks at what it prints.
func (s *stage) hear(args ...string) string {
	s.t.Helper()
	for i, a := range args {
		args[i] = strings.ReplaceAll(a, "\x00", "")
	}
	if s.db != "" {
		args = append(args, "--db", s.db)
	}
	cmd := exec.CommandContext(s.t.Context(), "newswatch", args...)
	cmd.Dir, cmd.Env, cmd.Stdin = s.dir, s.env, strings.NewReader(s.in)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	_ = cmd.Run() // how it ends is of no matter
	s.all.Write(out.Bytes())
	if strings.Contains("\n"+out.String(), "\nFORGED") {
		s.t.Errorf("%.60q prints a line that a stranger wrote: %q", strings.Join(args, " "), out.String())
	}
	if at, found := firstUnseen(out.String()); found {
		text := out.String()
		s.t.Errorf("%.60q prints %q: …%q…", strings.Join(args, " "), []rune(text[at:])[0], text[max(0, at-80):min(len(text), at+40)])
	}
	return out.String()
}

// firstUnseen finds the first character that a reader does not see and a terminal may obey.
func firstUnseen(text string) (at int, found bool) {
	for i, r := range text {
		if r != '\n' && (unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) || r == unicode.ReplacementChar && !strings.HasPrefix(text[i:], "\ufffd")) {
			return i, true
		}
	}
	return 0, false
}

func (s *stage) ids(verb, field string) []string {
	var ids []string
	for line := range strings.Lines(s.hear(append(strings.Fields(verb), "--json")...)) {
		var one map[string]any
		if id, ok := "", json.Unmarshal([]byte(line), &one) == nil; ok {
			if id, ok = one[field].(string); ok && id != "" {
				ids = append(ids, id)
			}
		}
	}
	if len(ids) == 0 {
		s.t.Errorf("%s lists nothing", verb)
	}
	return ids
}
