// Package newswatch_test holds the house rules: what may import what, and how
// long, how documented and how free of hidden state the code must be.
package newswatch_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "newswatch"

// arrows says for each package which of our packages it may import, tests
// aside. They keep the pipeline a pipeline: a step knows the nouns, not the
// other steps; only the watcher sees all steps, only the command sees it.
var arrows = map[string][]string{
	"news":     {},
	"text":     {},
	"schedule": {"news"},

	"rules":                 {"news", "text", "schedule"},
	"rules/backtest":        {"news", "text", "schedule", "rules"},
	"rules/suggest":         {"news", "text", "rules", "rules/backtest"},
	"watcher/feed":          {"news", "text", "schedule"},
	"watcher/story":         {"news", "text", "schedule"},
	"watcher/story/score":   {},
	"watcher/story/train":   {"news", "text", "watcher/story", "watcher/story/score"},
	"watcher/store":         {"news", "text", "schedule"},
	"watcher/health":        {"news", "notify/wording"},
	"watcher/discover":      {"watcher/feed"},
	"watcher/feed/feedfake": {},
	"watcher/store/pgtest":  {},
	"watcher/store/storetest": {"news", "text", "schedule",
		"watcher/store", "notify"},
	"watcher/article": {"news", "text"},

	"notify":                 {"news", "text", "schedule"},
	"notify/wording":         {"news", "text", "schedule"},
	"notify/wire":            {"news"},
	"notify/webhook":         {"news", "notify", "notify/wire", "notify/wording"},
	"notify/slack":           {"news", "text", "schedule", "notify", "notify/wire", "notify/wording"},
	"notify/slack/socket":    {"news", "text", "schedule", "notify", "notify/wire", "notify/wording", "notify/slack"},
	"notify/terminal":        {"news", "text", "schedule", "notify", "notify/wording"},
	"notify/slack/slackfake": {"news", "text", "schedule"},

	"watcher": {"news", "text", "schedule", "rules", "rules/backtest", "notify", "notify/wording",
		"watcher/article", "watcher/feed", "watcher/story", "watcher/store", "watcher/health"},
	"watcher/triage": {"news", "text", "schedule", "rules", "notify", "notify/wording",
		"watcher/store", "watcher/story", "watcher/health"},
	"web": {"news", "text", "schedule", "notify"},

	".":                  {},
	"cmd/newswatch/demo": {"news"},
	"cmd/newswatch/opml": {"news"},

	"cmd/newswatch/deadman": {"news", "notify/wire"},
	"cmd/newswatch/metrics": {"news", "notify", "watcher", "watcher/store"},
	"cmd/newswatch": {".", "news", "text", "schedule", "rules", "watcher", "watcher/feed",
		"rules/backtest", "watcher/story", "watcher/store", "watcher/health", "watcher/triage", "rules/suggest", "notify", "notify/wording", "notify/slack", "notify/slack/socket",
		"notify/terminal", "notify/webhook", "notify/slack/slackfake", "web", "cmd/newswatch/demo", "cmd/newswatch/opml", "cmd/newswatch/deadman", "cmd/newswatch/metrics", "watcher/discover", "watcher/feed/feedfake"},
}

// Limits on size. Tests and generated code are not counted: they are read in
// another way.
const (
	maxFileLines = 500
	maxFuncP90   = 40 // of ten functions, nine are at most so many lines long
)

// sourceFile is one Go file of the tree that is neither test nor generated.
type sourceFile struct {
	path  string // with slashes, from the root
	lines int
	fset  *token.FileSet
	ast   *ast.File
}

func (f sourceFile) dir() string { return path.Dir(f.path) }

func (f sourceFile) at(n ast.Node) string { return f.fset.Position(n.Pos()).String() }

// tree parses all files. Other modules, test data and hidden folders are left out.
func tree(t *testing.T) []sourceFile {
	t.Helper()
	var files []sourceFile
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			skip := name == "tools" || d.Name() == "testdata" || len(d.Name()) > 1 && d.Name()[0] == '.'
			if skip {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		f, err := parse(name)
		if err == nil && !ast.IsGenerated(f.ast) {
			files = append(files, f)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatal("no Go file found")
	}
	return files
}

func parse(name string) (sourceFile, error) {
	src, err := os.ReadFile(name)
	if err != nil {
		return sourceFile{}, err
	}
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, filepath.ToSlash(name), src, parser.ParseComments)
	lines := strings.Count(string(src), "\n")
	return sourceFile{path: filepath.ToSlash(name), lines: lines, fset: fset, ast: tree}, err
}

// packages groups the files by folder.
func packages(files []sourceFile) map[string][]sourceFile {
	dirs := map[string][]sourceFile{}
	for _, f := range files {
		dirs[f.dir()] = append(dirs[f.dir()], f)
	}
	return dirs
}

func TestImportsFollowTheArrows(t *testing.T) {
	t.Parallel()
	dirs := packages(tree(t))
	for dir := range arrows {
		if dirs[dir] == nil {
			t.Errorf("package %s: in the table of arrows, but not in the tree", dir)
		}
	}
	for dir, files := range dirs {
		allowed, known := arrows[dir]
		if !known {
			t.Errorf("package %s: not in the table of arrows; say there what it may import", dir)
			continue
		}
		for _, f := range files {
			for _, spec := range f.ast.Imports {
				target, ours := ourPackage(strings.Trim(spec.Path.Value, `"`))
				if ours && !slices.Contains(allowed, target) {
					t.Errorf("%s: package %s must not import %s", f.at(spec), dir, target)
				}
			}
		}
	}
}

// ourPackage is the folder of one of our packages, from its import path.
func ourPackage(importPath string) (dir string, ours bool) {
	if importPath == module {
		return ".", true
	}
	return strings.CutPrefix(importPath, module+"/")
}

func TestEveryPackageIsIntroduced(t *testing.T) {
	t.Parallel()
	for dir, files := range packages(tree(t)) {
		name := files[0].ast.Name.Name
		want := "Package " + name + " "
		if name == "main" {
			want = "Command " + path.Base(dir) + " "
		}
		var introduced int
		for _, f := range files {
			if f.ast.Doc == nil {
				continue
			}
			introduced++
			if !strings.HasPrefix(f.ast.Doc.Text(), want) {
				t.Errorf("%s: the package comment does not start with %q", f.path, want)
			}
		}
		if introduced != 1 {
			t.Errorf("package %s: got %d package comments, want 1", dir, introduced)
		}
	}
}

func TestEveryExportedNameIsDocumented(t *testing.T) {
	t.Parallel()
	for _, f := range tree(t) {
		for _, decl := range f.ast.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && exportedReceiver(d) && d.Doc == nil {
					t.Errorf("%s: %s has no comment", f.at(d), d.Name.Name)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if name, ok := undocumented(d, spec); ok {
						t.Errorf("%s: %s has no comment", f.at(spec), name)
					}
				}
			}
		}
	}
}

// exportedReceiver is true of functions, and of methods that a reader outside
// the package can see.
func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	exported := true
	ast.Inspect(d.Recv.List[0].Type, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			exported = id.IsExported()
			return false
		}
		return exported
	})
	return exported
}

// undocumented returns an exported name of the declaration that neither has a
// comment itself nor stands in a group that has one.
func undocumented(d *ast.GenDecl, spec ast.Spec) (string, bool) {
	if d.Doc != nil {
		return "", false
	}
	switch s := spec.(type) {
	case *ast.TypeSpec:
		return s.Name.Name, s.Name.IsExported() && s.Doc == nil
	case *ast.ValueSpec:
		for _, name := range s.Names {
			if name.IsExported() && s.Doc == nil && s.Comment == nil {
				return name.Name, true
			}
		}
	}
	return "", false
}

func TestFilesAndFunctionsAreShort(t *testing.T) {
	t.Parallel()
	var lengths []int
	for _, f := range tree(t) {
		if f.lines > maxFileLines {
			t.Errorf("%s: %d lines, want at most %d", f.path, f.lines, maxFileLines)
		}
		for _, decl := range f.ast.Decls {
			if d, ok := decl.(*ast.FuncDecl); ok && d.Body != nil {
				first, last := f.fset.Position(d.Pos()), f.fset.Position(d.End())
				lengths = append(lengths, last.Line-first.Line+1)
			}
		}
	}
	slices.Sort(lengths)
	median, p90 := lengths[len(lengths)/2], lengths[len(lengths)*9/10]
	t.Logf("%d functions, median %d lines, p90 %d, longest %d", len(lengths), median, p90, lengths[len(lengths)-1])
	if p90 > maxFuncP90 {
		t.Errorf("nine of ten functions have up to %d lines, want at most %d", p90, maxFuncP90)
	}
}

func TestNothingRunsBeforeMain(t *testing.T) {
	t.Parallel()
	for _, f := range tree(t) {
		for _, decl := range f.ast.Decls {
			if d, ok := decl.(*ast.FuncDecl); ok && d.Recv == nil && d.Name.Name == "init" {
				t.Errorf("%s: init function; do it in a constructor", f.at(d))
			}
		}
	}
}

func TestNoGlobalState(t *testing.T) {
	t.Parallel()
	for _, files := range packages(tree(t)) {
		globals := map[string]bool{}
		for _, f := range files {
			for _, name := range packageVars(f.ast) {
				globals[name.Name] = name.Name != "_"
				if name.IsExported() && !strings.HasPrefix(name.Name, "Err") {
					t.Errorf("%s: exported variable %s; anyone could change it", f.at(name), name.Name)
				}
			}
		}
		for _, f := range files {
			for _, id := range assigned(f.ast) {
				if globals[id.Name] && !local(f.ast, id) {
					t.Errorf("%s: package variable %s is changed", f.at(id), id.Name)
				}
			}
		}
	}
}

func packageVars(file *ast.File) []*ast.Ident {
	var names []*ast.Ident
	for _, decl := range file.Decls {
		d, ok := decl.(*ast.GenDecl)
		if !ok || d.Tok != token.VAR {
			continue
		}
		for _, spec := range d.Specs {
			names = append(names, spec.(*ast.ValueSpec).Names...)
		}
	}
	return names
}

// assigned returns the variables that some statement of the file changes: x of
// x = 1, x[i] = 1, x.f = 1 and x++.
func assigned(file *ast.File) []*ast.Ident {
	var ids []*ast.Ident
	note := func(e ast.Expr) {
		if id := rootOf(e); id != nil {
			ids = append(ids, id)
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch s := n.(type) {
		case *ast.AssignStmt:
			if s.Tok != token.DEFINE {
				for _, e := range s.Lhs {
					note(e)
				}
			}
		case *ast.IncDecStmt:
			note(s.X)
		}
		return true
	})
	return ids
}

func rootOf(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.IndexExpr:
			e = x.X
		case *ast.SelectorExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		default:
			return nil
		}
	}
}

// local is true when the name was declared inside a function. The parser
// resolves names within a file: one of another file stays unresolved.
func local(file *ast.File, id *ast.Ident) bool {
	return id.Obj != nil && file.Scope.Lookup(id.Name) != id.Obj
}

func TestModuleFile(t *testing.T) {
	t.Parallel()
	src, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(src)) {
		line, _, _ = strings.Cut(strings.TrimSpace(line), " //")
		lines = append(lines, strings.TrimPrefix(line, "require "))
		if strings.HasPrefix(line, "replace") {
			t.Errorf("go.mod: %q; a replaced module is not the one that others build", line)
		}
	}
	// The two belong together: SQLite is tested with this C library only.
	for _, pin := range []string{"modernc.org/sqlite v1.60.1", "modernc.org/libc v1.77.1"} {
		if !slices.Contains(lines, pin) {
			t.Errorf("go.mod: does not require %s", pin)
		}
	}
}

// TestDependenciesHaveReasons holds the list of direct dependencies against the
// reasons that are written down for them.
func TestDependenciesHaveReasons(t *testing.T) {
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	adr, err := os.ReadFile("docs/adr/0002-dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mod)) {
		fields := strings.Fields(line)
		if len(fields) != 2 || !strings.HasPrefix(fields[1], "v") || !strings.Contains(fields[0], "/") {
			continue // not a direct requirement
		}
		name := strings.TrimPrefix(fields[0], "github.com/")
		if base, major := path.Split(name); len(major) > 1 && major[0] == 'v' && strings.Trim(major[1:], "0123456789") == "" {
			name = path.Clean(base)
		}
		if !strings.Contains(string(adr), name) {
			t.Errorf("docs/adr/0002-dependencies.md gives no reason for %s", fields[0])
		}
	}
}
