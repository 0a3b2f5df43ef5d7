package newswatch_test

import (
	"go/ast"
	"go/token"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The table of threats in docs/security.md names the tests that hold each line: each
// of them is there, and no threat is without one.
func TestThreatsHaveTheirTests(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile(`(?m)^\| ([A-Z]\d+) \|.*\| ([^|]+) \|$`)
	group := regexp.MustCompile("((?:`(?:Test|Fuzz)[\\w/]+`(?:, )?)+) in ([\\w/.]+)")
	name := regexp.MustCompile(`(?:Test|Fuzz)[\w/]+`)
	rows := row.FindAllStringSubmatch(string(page), -1)
	if len(rows) < 50 {
		t.Errorf("got %d threats, want at least 50", len(rows))
	}
	last := map[byte]int{}
	for _, r := range rows {
		if last[r[1][0]]++; r[1] != string(r[1][0])+itoa(last[r[1][0]]) {
			t.Errorf("threat %s stands where %c%d should", r[1], r[1][0], last[r[1][0]])
		}
		groups := group.FindAllStringSubmatch(r[2], -1)
		if len(groups) == 0 {
			t.Errorf("threat %s names no test", r[1])
		}
		named := 0
		for _, g := range groups {
			source := testsOf(t, g[2])
			for _, test := range name.FindAllString(g[1], -1) {
				named++
				if script, is := strings.CutPrefix(test, "TestScripts/"); is {
					test = "TestScripts"
					if _, err := os.Stat(path.Join(g[2], "testdata/script", script+".txtar")); err != nil {
						t.Errorf("threat %s: %v", r[1], err)
					}
				}
				if !strings.Contains(source, "\nfunc "+test+"(") {
					t.Errorf("threat %s: no %s in %s", r[1], test, g[2])
				}
			}
		}
		if all := len(name.FindAllString(r[2], -1)); all != named {
			t.Errorf("threat %s: of %d tests it does not say where they are", r[1], all-named)
		}
	}
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + itoa(n%10)
}

// openers are the files that may open connections to others, each with its reason. All
// that follows an address of a stranger goes through the guard of watcher/feed.
var openers = map[string]string{
	"watcher/feed/fetch.go":             "the client of feeds and pages, behind the guard",
	"watcher/feed/route.go":             "its transport, which dials by the guard alone",
	"watcher/feed/guard.go":             "the guard: looks at the address that is really dialled",
	"notify/wire/wire.go":               "posts to Slack and webhooks: addresses of the operator, no redirects",
	"notify/slack/socket/socket.go":     "Socket Mode: to Slack's own hosts only",
	"notify/slack/slackfake/wire.go":    "a client for the fake Slack in memory, for tests",
	"watcher/store/dial.go":             "to PostgreSQL, whose address is the operator's",
	"cmd/newswatch/verb_healthcheck.go": "asks our own daemon",
}

// TestConnectionsAreOpenedInFewPlaces: a new client or dialer is a new way past the guard.
func TestConnectionsAreOpenedInFewPlaces(t *testing.T) {
	t.Parallel()
	ways := map[string][]string{
		"net/http":                     {"Client", "Transport", "DefaultClient", "DefaultTransport", "Get", "Head", "Post", "PostForm"},
		"net":                          {"Dial", "DialTimeout", "DialTCP", "DialUDP", "DialIP", "DialUnix", "Dialer"},
		"crypto/tls":                   {"Dial", "DialWithDialer", "Dialer"},
		"github.com/gorilla/websocket": {"Dialer", "DefaultDialer", "NewClient"},
	}
	opens := map[string]bool{}
	for _, f := range tree(t) {
		for _, use := range uses(f.ast, ways) {
			if opens[f.path] = true; openers[f.path] == "" && !inField(f.ast, use) {
				t.Errorf("%s: %s opens connections: use watcher/feed for strangers' addresses, notify/wire for the operator's, or add the file to the list with its reason", f.at(use), use.Sel.Name)
			}
		}
	}
	for file := range openers {
		if !opens[file] {
			t.Errorf("%s opens no connections: take it off the list", file)
		}
	}
}

// revealers are the files that see a secret's value, to send it or to compare it.
var revealers = []string{
	"cmd/newswatch/app.go", "cmd/newswatch/deadman/deadman.go", "notify/slack/api.go", "notify/slack/hook.go", "notify/slack/trial.go", "notify/webhook/sign.go",
	"notify/webhook/webhook.go", "watcher/feed/dress.go", "web/guard.go",
}

// TestSecretsAreSeenInFewPlaces: everywhere else a secret can only be handed on.
func TestSecretsAreSeenInFewPlaces(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, f := range tree(t) {
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok && sel.Sel.Name == "Reveal" {
				seen[f.path] = true
			}
			return true
		})
	}
	if got := slices.Sorted(maps.Keys(seen)); !slices.Equal(got, revealers) {
		t.Errorf("secrets are seen in\n     %q\nwant %q\nlook at what is new there: is the value sent, and nothing else?", got, revealers)
	}
}

// TestNothingForeignIsRun: no other program is started, no code is loaded, no memory
// is read as something else, no text is markup, no certificate goes unchecked.
func TestNothingForeignIsRun(t *testing.T) {
	t.Parallel()
	imports := []string{"os/exec", "plugin", "unsafe", "C", "text/template", "net/rpc", "encoding/gob", "net/http/cgi", "net/http/pprof", "expvar"}
	names := map[string][]string{
		"html/template": {"HTML", "HTMLAttr", "JS", "JSStr", "CSS", "URL", "Srcset"},
		"os":            {"StartProcess"},
		"syscall":       {"Exec", "ForkExec", "StartProcess"},
	}
	for _, f := range tree(t) {
		for _, spec := range f.ast.Imports {
			if at := strings.Trim(spec.Path.Value, `"`); slices.Contains(imports, at) && mayImport[f.path] != at {
				t.Errorf("%s: imports %s", f.at(spec), at)
			}
		}
		for _, use := range uses(f.ast, names) {
			t.Errorf("%s: uses %s", f.at(use), use.Sel.Name)
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if field, ok := n.(*ast.KeyValueExpr); ok {
				if id, ok := field.Key.(*ast.Ident); ok && id.Name == "InsecureSkipVerify" {
					t.Errorf("%s: %s", f.at(id), id.Name)
				}
			}
			return true
		})
	}
}

// mayImport are the exceptions of TestNothingForeignIsRun.
var mayImport = map[string]string{
	"cmd/newswatch/demo/serve.go":    "text/template", // XML of the demo's own outlets, escaped there
	"watcher/store/pgtest/pgtest.go": "os/exec",       // starts PostgreSQL, in tests alone
}

// uses finds the names of some packages in a file.
func uses(file *ast.File, names map[string][]string) []*ast.SelectorExpr {
	known := map[string][]string{}
	for _, spec := range file.Imports {
		at := strings.Trim(spec.Path.Value, `"`)
		local := path.Base(at)
		if spec.Name != nil {
			local = spec.Name.Name
		}
		if list := names[at]; list != nil {
			known[local] = list
		}
	}
	var found []*ast.SelectorExpr
	ast.Inspect(file, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := sel.X.(*ast.Ident); ok && slices.Contains(known[id.Name], sel.Sel.Name) {
				found = append(found, sel)
			}
		}
		return true
	})
	return found
}

// inField says that a name is only the type of a field or parameter, *http.Client:
// whoever fills it in has made it elsewhere.
func inField(file *ast.File, use *ast.SelectorExpr) bool {
	only := false
	ast.Inspect(file, func(n ast.Node) bool {
		field, ok := n.(*ast.Field)
		if !ok {
			return true
		}
		if star, ok := field.Type.(*ast.StarExpr); ok && star.X == use {
			only = true
		}
		return true
	})
	return only
}

// builders are the functions of watcher/store that put SQL together while the program
// runs. Each was looked at: what it puts in stands in the source, never a text that came
// from outside.
var builders = map[string]string{
	"askTimeNow":         "how a dialect says the time",
	"dialect":            "the number of a parameter",
	"hitsQuery":          "a query of ours for the items",
	"insertQuery":        "names of tables and columns, held to plainName",
	"isEmpty":            "names of tables, held to plainName",
	"loadFast":           "settings of ours",
	"lockDestinationsOf": "a condition of ours",
	"open":               "how a dialect names the database",
	"releaseQuery":       "a time or a sub-select of ours",
	"run":                "names of tables, held to plainName, and of indexes of ours",
	"selected":           "names of tables and columns, held to plainName",
	"setBackQuery":       "names of our tables and columns, a number",
	"supersede":          "a number",
	"wakeWhere":          "a condition of ours",
	"write":              "names of tables, held to plainName",
}

// TestStatementsAreConstants: what comes from outside reaches the database as a
// parameter. A function that builds SQL anew has to be looked at first.
func TestStatementsAreConstants(t *testing.T) {
	t.Parallel()
	var files []sourceFile
	for _, f := range tree(t) {
		if f.dir() == "watcher/store" {
			files = append(files, f)
		}
	}
	b, found := builder{constants(files)}, map[string]bool{}
	for _, f := range files {
		for _, decl := range f.ast.Decls {
			if d, ok := decl.(*ast.FuncDecl); ok && d.Body != nil && b.builds(d) {
				found[d.Name.Name] = true
			}
		}
	}
	if got, want := slices.Sorted(maps.Keys(found)), slices.Sorted(maps.Keys(builders)); !slices.Equal(got, want) {
		t.Errorf("functions that build SQL:\n got %q\nwant %q\nlook at what is new there, and write it down", got, want)
	}
}

// constants are the names of all constants in some files.
func constants(files []sourceFile) map[string]bool {
	names := map[string]bool{}
	for _, f := range files {
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if d, ok := n.(*ast.GenDecl); ok && d.Tok == token.CONST {
				for _, spec := range d.Specs {
					for _, id := range spec.(*ast.ValueSpec).Names {
						names[id.Name] = true
					}
				}
			}
			return true
		})
	}
	return names
}

var sqlWords = regexp.MustCompile(`\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|FROM|WHERE|AND|ORDER BY|VALUES|SET|CREATE|PRAGMA|VACUUM)\b`)

// builder finds functions that join, format or replace in a text with words of SQL in
// it. Constants joined to constants are one constant.
type builder struct{ constants map[string]bool }

func (b builder) builds(d *ast.FuncDecl) (builds bool) {
	ast.Inspect(d.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BinaryExpr:
			builds = builds || n.Op == token.ADD && (isSQL(n.X) || isSQL(n.Y)) && !b.constant(n)
		case *ast.AssignStmt:
			builds = builds || n.Tok == token.ADD_ASSIGN && isSQL(n.Rhs[0])
		case *ast.CallExpr:
			sel, ok := n.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if id, ok := sel.X.(*ast.Ident); ok && (id.Name == "fmt" || id.Name == "strings") {
				builds = builds || slices.ContainsFunc(n.Args, isSQL)
			}
		}
		return true
	})
	return builds
}

func (b builder) constant(e ast.Expr) bool {
	switch x := e.(type) {
	case *ast.BasicLit:
		return true
	case *ast.Ident:
		return b.constants[x.Name]
	case *ast.BinaryExpr:
		return b.constant(x.X) && b.constant(x.Y)
	}
	return false
}

func isSQL(e ast.Expr) bool {
	switch x := e.(type) {
	case *ast.BasicLit:
		return x.Kind == token.STRING && sqlWords.MatchString(x.Value)
	case *ast.BinaryExpr:
		return isSQL(x.X) || isSQL(x.Y)
	}
	return false
}

// TestWhatIsBuiltIsChecked: the modules are those whose sums are written down, their
// known vulnerabilities are asked for where that can be, and the image holds the program
// alone, for a user without rights.
func TestWhatIsBuiltIsChecked(t *testing.T) {
	t.Parallel()
	for file, lines := range map[string][]string{
		".ci/run":    {`step go mod verify`, `step vulnerabilities`},
		"Dockerfile": {`FROM scratch`, `USER \d+:\d+`, `RUN go mod download`, `HEALTHCHECK .*"healthcheck"\]`},
	} {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range lines {
			if !regexp.MustCompile(`(?m)^` + line).Match(raw) {
				t.Errorf("%s has no line %q", file, line)
			}
		}
	}
	image, err := os.ReadFile("Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	_, last, _ := strings.Cut(string(image), "\nFROM scratch")
	if bad := regexp.MustCompile(`(?m)^(FROM|RUN|ADD|USER 0|USER root).*|https?://.*`).FindString(last); bad != "" {
		t.Errorf("the last stage of the image has %q", bad)
	}
}
