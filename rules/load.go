package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// LoadOptions choose what is done at a load.
type LoadOptions struct {
	SkipExamples bool // do not run the rules' tests
}

// Source is a rule file, or the files of a folder, as they were read at one
// moment: what is compared, and then loaded, are the same bytes.
type Source struct {
	files []sourceFile
}

type sourceFile struct {
	name string
	src  []byte
}

// Read reads a rule file, or a folder whose *.yaml and *.yml files are read as
// one. Links are followed: Kubernetes swaps a mounted folder by one.
func Read(path string) (Source, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Source{}, fmt.Errorf("read rules: %w", err)
	}
	names := []string{path}
	if info.IsDir() {
		if names, err = yamlFiles(path); err != nil {
			return Source{}, fmt.Errorf("read rules: %w", err)
		}
	}
	var s Source
	for _, name := range names {
		src, err := readFile(name)
		if err != nil {
			return Source{}, fmt.Errorf("read rules: %w", err)
		}
		s.files = append(s.files, sourceFile{name, src})
	}
	return s, nil
}

// Bytes is one rule file from memory.
func Bytes(name string, src []byte) Source {
	return Source{files: []sourceFile{{name, src}}}
}

// Files are the names of the source's files, in their order.
func (s Source) Files() []string {
	names := make([]string, len(s.files))
	for i, f := range s.files {
		names[i] = f.name
	}
	return names
}

// File is what one of its files says, nil when it has none of that name.
func (s Source) File(name string) []byte {
	for _, f := range s.files {
		if f.name == name {
			return f.src
		}
	}
	return nil
}

// Replace is the source with other bytes in one of its files.
func (s Source) Replace(name string, src []byte) Source {
	files := slices.Clone(s.files)
	for i := range files {
		if files[i].name == name {
			files[i].src = src
		}
	}
	return Source{files: files}
}

// Hash tells whether two sources say the same to the letter. It is the hash of
// the rules that are loaded from it.
func (s Source) Hash() string {
	h := sha256.New()
	for _, f := range s.files {
		fmt.Fprintf(h, "%s\x00%d\x00", filepath.Base(f.name), len(f.src))
		h.Write(f.src)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Load reads a rule file or folder and loads it. The error says that it could
// not be read at all; everything else is in the report.
func Load(path string) (*Ruleset, *Report, error) {
	src, err := Read(path)
	if err != nil {
		return nil, nil, err
	}
	rs, report := src.Load(LoadOptions{})
	return rs, report, nil
}

// LoadBytes loads one rule file from memory.
func LoadBytes(name string, src []byte, opt LoadOptions) (*Ruleset, *Report) {
	return Bytes(name, src).Load(opt)
}

// yamlFiles are the rule files of a folder. Names with a leading dot are left
// out: Kubernetes keeps a mounted folder's true files under such names.
func yamlFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		ext := filepath.Ext(e.Name())
		if e.IsDir() || strings.HasPrefix(e.Name(), ".") || ext != ".yaml" && ext != ".yml" {
			continue
		}
		names = append(names, filepath.Join(dir, e.Name()))
	}
	if len(names) == 0 {
		return nil, &fs.PathError{Op: "open", Path: dir, Err: errors.New("no *.yaml file in this folder")}
	}
	return names, nil
}

// readFile reads a file up to one byte more than is allowed, which is enough to
// say that it is too big.
func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxBytes+1))
}

// loader gathers what all files of a load have in common.
type loader struct {
	kinds         map[string]*kindSpec
	order         []*kindSpec
	defaults      map[string]*yaml.Node // of each default, by its YAML
	confused      map[string][]string
	confusedWords []string
	allKeys       []string // of all mappings, each once
	ids           ids
	refs          []ref
	plans         []planPlace
	targets       []targetPlace
	secrets       []Pos // of what looks like a secret: never shown
	names         []Pos // of the entities' names, in their order
	findings      []Finding
	compared      int  // ids, in search of those that were meant
	partial       bool // some part could not be read, so ids may only seem to be missing

	idForm, channelForm *regexp.Regexp
}

func newLoader() *loader {
	l := &loader{
		kinds: map[string]*kindSpec{}, order: kinds(), defaults: map[string]*yaml.Node{},
		confused: confused(), ids: ids{},
		idForm: regexp.MustCompile(idPattern), channelForm: regexp.MustCompile(channelPattern),
	}
	for w := range l.confused {
		l.confusedWords = append(l.confusedWords, w)
	}
	slices.Sort(l.confusedWords)
	for _, k := range l.order {
		l.kinds[k.name] = k
		l.allKeys = append(l.allKeys, k.names()...)
		for _, f := range k.keys {
			if f.def == "" || l.defaults[f.def] != nil {
				continue
			}
			if root, err := compose([]byte(f.def)); err == nil {
				l.defaults[f.def] = root
			}
		}
	}
	slices.Sort(l.allKeys)
	l.allKeys = slices.Compact(l.allKeys)
	return l
}

func (l *loader) report(f Finding) { l.findings = append(l.findings, f) }

// Load checks and compiles a source and runs its examples. The rules are nil
// when the report has errors.
func (s Source) Load(opt LoadOptions) (*Ruleset, *Report) {
	l := newLoader()
	file := l.read(s.files)
	rs := l.compile(file)
	rs.Hash = s.Hash()
	report := l.reportOn(s.files)
	if report.Errors() == 0 {
		report.Findings = append(report.Findings, lint(file, l)...)
		report.Findings = append(report.Findings, rs.idleStrikes()...)
		if !opt.SkipExamples {
			report.Findings = append(report.Findings, runExamples(rs)...)
		}
	} else {
		rs = nil
	}
	report.arrange()
	return rs, report
}

// read decodes all sources and looks up what they refer to.
func (l *loader) read(sources []sourceFile) *File {
	b := newBuilder(l)
	for _, s := range sources {
		if len(s.src) == 0 { // as a file is for a moment when it is written in place
			l.report(Finding{Pos: Pos{File: s.name, Line: 1, Column: 1}, Severity: SeverityError, Code: "empty-file", Message: "this file is empty"})
			l.partial = true
			continue
		}
		doc := parse(s.name, s.src, l.report)
		if doc.root == nil {
			l.partial = l.partial || len(l.findings) > 0
			continue
		}
		r := &decoder{loader: l, doc: doc}
		if root, ok := r.value(mapShape{"root"}, doc.root, spot{key: "a rule file"}).(*object); ok {
			b.add(root)
		}
	}
	file := b.finish()
	l.resolve(file)
	if len(l.findings) == 0 && file.empty() {
		l.report(Finding{Pos: Pos{File: sources[0].name, Line: 1, Column: 1}, Severity: SeverityError, Code: "empty-file",
			Message: "there is nothing in this file to look for: no feeds, names, topics, rules or digests"})
	}
	return file
}

// empty tells whether nothing is told of where to look, for what, and for whom:
// a file that is being written is so for a moment.
func (f *File) empty() bool {
	return len(f.Feeds)+len(f.Entities)+len(f.Topics)+len(f.Rules)+len(f.Plans) == 0
}

func (l *loader) reportOn(sources []sourceFile) *Report {
	report := &Report{Findings: l.findings, Sources: map[string][]byte{}, secrets: l.secrets}
	for _, s := range sources {
		report.Sources[s.name] = s.src
	}
	return report
}

// compile adds what only the engine sees. It repeats nothing about a place of
// which the loader has spoken.
func (l *loader) compile(file *File) *Ruleset {
	spoken, cycle := map[Pos]bool{}, false
	for _, f := range l.findings {
		spoken[f.Pos] = true
		cycle = cycle || f.Code == codeCycle
	}
	rs, found := Compile(file)
	for _, f := range found {
		told := f.Code == codeCycle && cycle || strings.HasPrefix(f.Code, "unknown-")
		if !spoken[f.Pos] && !told {
			l.report(f)
		}
	}
	return rs
}
