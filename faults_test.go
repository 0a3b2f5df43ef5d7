package newswatch_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The table of faults in docs/operations.md names the tests that hold each line:
// all 32 are there, and so is each test.
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
	if len(rows) != 32 {
		t.Errorf("got %d faults, want 32", len(rows))
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
