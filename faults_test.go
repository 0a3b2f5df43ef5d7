package newswatch_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The table of faults in docs/operations.md names the tests that hold each line:
// all 35 are there, and so is each test.
func TestFaultsHaveTheirTests(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "\n| # | fault |")
	row := regexp.MustCompile(`(?m)^\| (\d+) \|.*\| ([^|]+) \|$`)
	group := regexp.MustCompile("((?:`Test\\w+`(?:, )?)+) in ([\\w/]+)")
	name := regexp.MustCompile(`Test\w+`)
	rows := row.FindAllStringSubmatch(table, -1)
	if len(rows) != 35 {
		t.Errorf("got %d faults, want 35", len(rows))
	}
	for i, r := range rows {
		if r[1] != strconv.Itoa(i+1) {
			t.Errorf("row %d is fault %s", i+1, r[1])
		}
		groups := group.FindAllStringSubmatch(r[2], -1)
		if len(groups) == 0 {
			t.Errorf("fault %s names no test", r[1])
		}
		for _, g := range groups {
			source := testsOf(t, g[2])
			for _, test := range name.FindAllString(g[1], -1) {
				if !strings.Contains(source, "\nfunc "+test+"(") {
					t.Errorf("fault %s: no %s in %s", r[1], test, g[2])
				}
			}
		}
	}
}

// A decision is found by its number: the file's and the heading's are the same, and
// what refers to one names one that exists.
func TestDecisionsHaveTheirNumbers(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("docs/adr/*.md")
	if err != nil || len(files) == 0 {
		t.Fatalf("no decisions: %v", err)
	}
	known := map[int]string{}
	heading := regexp.MustCompile(`^# (\d+)\. `)
	for i, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		n, err := strconv.Atoi(filepath.Base(file)[:4])
		if h := heading.FindSubmatch(text); err != nil || n != i+1 || h == nil || string(h[1]) != strconv.Itoa(n) {
			t.Errorf("%s is the %d. file, and its heading does not begin with its number", file, i+1)
		}
		known[n] = file
	}
	within, without := regexp.MustCompile(`\((?:[^()]*, )?see (\d+)`), regexp.MustCompile(`adr/(\d{4})(-[a-z-]+\.md)?`)
	err = filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		ext := filepath.Ext(path)
		if err != nil || entry.IsDir() || ext != ".md" && ext != ".go" {
			return err
		}
		text, err := os.ReadFile(path)
		refer := without.FindAllSubmatch(text, -1)
		if strings.HasPrefix(path, "docs/adr/") {
			refer = append(refer, within.FindAllSubmatch(text, -1)...)
		}
		for _, r := range refer {
			n, _ := strconv.Atoi(string(r[1]))
			if known[n] == "" || len(r) > 2 && len(r[2]) > 0 && !strings.HasSuffix(known[n], string(r[0])) {
				t.Errorf("%s refers to %s, which does not exist", path, r[0])
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// testsOf is the text of a package's tests.
func testsOf(t *testing.T, dir string) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no tests in %s: %v", dir, err)
	}
	var all strings.Builder
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}
