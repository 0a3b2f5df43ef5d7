package newswatch_test

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/licences.md anew")

// licence is one that a module may have: we know it by its own words, with white
// space folded. Each grants use, change and sale, and asks for its text to be passed on.
type licence struct {
	name  string
	words []string
}

// Order matters: the longer ones hold the words of the shorter.
var licences = []licence{
	{"Apache-2.0", []string{"Apache License", "Version 2.0"}},
	{"MPL-2.0", []string{"Mozilla Public License Version 2.0"}},
	{"BSD-3-Clause", []string{"Redistribution and use in source and binary forms", "Neither the name"}},
	{"BSD-3-Clause", []string{"Redistribution and use in source and binary forms", "names of the authors may not be used"}},
	{"BSD-2-Clause", []string{"Redistribution and use in source and binary forms", "Redistributions in binary form must reproduce the above copyright notice"}},
	{"MIT", []string{"Permission is hereby granted, free of charge, to any person obtaining a copy", "The above copyright notice and this permission notice"}},
	{"ISC", []string{"Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted"}},
	{"public domain (SQLite's blessing)", []string{"May you do good and not evil"}},
	{"public domain", []string{"dedicated to the public domain"}},
}

// forbidden are words of licences that would bind the whole program, or its users.
var forbidden = regexp.MustCompile(`(?i)GNU (Affero |Lesser |Library )?General Public License|Server Side Public License|Business Source License|Commons Clause|Elastic License|PolyForm|non-?commercial (use|purposes) only|only for non-?commercial`)

// named is where the Mozilla licence, which is not one of them, speaks of them.
var named = regexp.MustCompile(`(?i)"Secondary License" means either the GNU General Public License, .{0,200}? any later versions of those licenses\.`)

// dependency is a module that is part of the binary, with its licence files.
type dependency struct {
	path, version, dir string
	files              []string
}

// TestLicences knows the licence of every module in the binary, and holds the list
// of them, with their texts, to what is really built in.
func TestLicences(t *testing.T) {
	t.Parallel()
	const page = "docs/licences.md"
	var table, texts strings.Builder
	told := map[string]string{} // a text, and whose it was first
	for _, d := range dependencies(t) {
		names, all := licencesOf(t, d, told)
		fmt.Fprintf(&table, "| %s | %s | %s |\n", d.path, d.version, strings.Join(names, ", "))
		fmt.Fprintf(&texts, "\n## %s\n%s", d.path, all)
	}
	want := fmt.Sprintf(licencePage, &table, &texts)
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil || string(got) != want {
		t.Errorf("%s is not what the binary is made of (%v): go test . -run TestLicences -update writes it anew; look at what has changed", page, err)
	}
}

const licencePage = `# Licences of what is built in

newswatch itself: see [LICENSE](../LICENSE). Its binary holds these modules too, and Go's standard library. Pass this
file on with the binary: the licences ask for it. It is written by a test (` + "`go test . -run TestLicences -update`" + `), which
fails when a module is missing here, or has a licence that is not known to be a permissive one.

| module | version | licence |
|---|---|---|
%s%s`

// dependencies lists the modules of the binary on all systems it is built for.
func dependencies(t *testing.T) []dependency {
	t.Helper()
	found := map[string]dependency{}
	for _, platform := range []string{"linux/amd64", "linux/arm64", "darwin/arm64"} {
		goos, arch, _ := strings.Cut(platform, "/")
		cmd := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Version}}\t{{.Dir}}{{end}}{{end}}", "./cmd/newswatch")
		cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+arch, "CGO_ENABLED=0")
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("go list: %v", err)
		}
		for line := range strings.Lines(string(out)) {
			if f := strings.Split(strings.TrimSpace(line), "\t"); len(f) == 3 {
				found[f[0]] = dependency{path: f[0], version: f[1], dir: f[2]}
			}
		}
	}
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	found["the Go standard library"] = dependency{path: "the Go standard library", version: "of the compiler", dir: strings.TrimSpace(string(out))}
	var list []dependency
	for _, d := range found {
		d.files = licenceFiles(t, d.dir)
		list = append(list, d)
	}
	slices.SortFunc(list, func(a, b dependency) int { return cmp.Compare(a.path, b.path) })
	if len(list) < 10 {
		t.Fatalf("only %d modules were found", len(list))
	}
	return list
}

var licenceName = regexp.MustCompile(`(?i)^(licen[sc]e|copying|notice|unlicense)([-._].*)?$`)

func licenceFiles(t *testing.T, dir string) (files []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if licenceName.MatchString(e.Name()) && !e.IsDir() && !strings.Contains(e.Name(), "LOGO") {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	return files
}

// licencesOf recognises the licences of a module, and gives their texts.
func licencesOf(t *testing.T, d dependency, told map[string]string) (names []string, texts string) {
	t.Helper()
	var all strings.Builder
	for _, file := range d.files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		folded := strings.Join(strings.Fields(string(raw)), " ")
		if bad := forbidden.FindString(named.ReplaceAllString(folded, "")); bad != "" {
			t.Errorf("%s: %s has %q", d.path, filepath.Base(file), bad)
		}
		name := recognise(folded)
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
		if name == "" && !strings.HasPrefix(strings.ToUpper(filepath.Base(file)), "NOTICE") && !strings.Contains(file, "3RD-PARTY") {
			t.Errorf("%s: %s is none of the licences that are known here", d.path, filepath.Base(file))
		}
		if first := told[folded]; first != "" {
			fmt.Fprintf(&all, "\n%s: word for word that of %s.\n", filepath.Base(file), first)
			continue
		}
		told[folded] = d.path
		fmt.Fprintf(&all, "\n%s:\n\n%s\n", filepath.Base(file), indented(raw))
	}
	if len(names) == 0 {
		t.Errorf("%s has no licence that is known here", d.path)
	}
	return names, all.String()
}

func recognise(folded string) string {
	for _, l := range licences {
		if !slices.ContainsFunc(l.words, func(w string) bool { return !strings.Contains(folded, w) }) {
			return l.name
		}
	}
	return ""
}

// indented is a text as it is, which Markdown leaves alone.
func indented(raw []byte) string {
	var b strings.Builder
	for line := range strings.Lines(string(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")))) {
		if line = strings.TrimRight(line, " \t\n\f"); line != "" {
			line = "    " + line
		}
		b.WriteString(line + "\n")
	}
	return strings.TrimRight(b.String(), "\n")
}

// TestForbiddenLicencesAreSeen holds the sieve against what it must catch.
func TestForbiddenLicencesAreSeen(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"GNU GENERAL PUBLIC LICENSE Version 3", "GNU AFFERO GENERAL PUBLIC LICENSE", "GNU Lesser General Public License",
		"Business Source License 1.1", "for non-commercial use only", "Server Side Public License",
	} {
		if !forbidden.MatchString(text) {
			t.Errorf("%q passes", text)
		}
	}
	for name, text := range map[string]string{"": "All rights reserved.", "MIT": "Permission is hereby granted, free of charge, to any person obtaining a copy of it. The above copyright notice and this permission notice shall be there"} {
		if got := recognise(text); got != name {
			t.Errorf("%q is %q, want %q", text, got, name)
		}
	}
}
