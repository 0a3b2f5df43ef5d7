package bench

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"newswatch/news"
)

func BenchmarkHyperscan(b *testing.B) { perPart(b, buildHyperscan) }

func BenchmarkRipgrep(b *testing.B) {
	b.Run("words", func(b *testing.B) { perPart(b, ripgrep{args: []string{"-i", "-w"}}.build) })
	b.Run("lowered", func(b *testing.B) { perPart(b, ripgrep{lower: true}.build) })
}

// installed says what is missing of the programs, and how to get it.
func installed(packages string, programs ...string) error {
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			return fmt.Errorf("no %s here; on Debian: apt-get install %s", p, packages)
		}
	}
	return nil
}

// run runs a program to its end, and makes what it complains of the error.
func run(cmd *exec.Cmd) (stdout string, err error) {
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("%s: %w: %s", filepath.Base(cmd.Path), err, strings.TrimSpace(complaint.String()))
	}
	return out.String(), nil
}

// write writes texts that each end so.
func write(name string, texts []string, end string) error {
	return os.WriteFile(name, []byte(strings.Join(texts, end)+end), 0o600)
}

// texts returns title and body of items; no zero byte is in them, which parts them.
func texts(items []*news.Item) []string {
	out := make([]string, len(items))
	for i, it := range items {
		out[i] = strings.ReplaceAll(it.Title+"\n"+it.Body, "\x00", " ")
	}
	return out
}

// buildHyperscan compiles the program in C, which compiles the terms and then
// waits for orders to scan.
func buildHyperscan(tb testing.TB, terms []string) (*built, error) {
	dir, items := tb.TempDir(), corpus(tb).Items
	program, err := compileScan(dir)
	if err != nil {
		return nil, err
	}
	termFile, itemFile := filepath.Join(dir, "terms"), filepath.Join(dir, "items")
	if err := errors.Join(write(termFile, terms, "\n"), write(itemFile, texts(items), "\x00")); err != nil {
		return nil, err
	}
	in, out, err := start(tb, exec.Command(program, termFile, itemFile))
	if err != nil {
		return nil, err
	}
	var compile, database, scratch float64
	if _, err := fmt.Fscan(out, &compile, &database, &scratch); err != nil {
		return nil, fmt.Errorf("scan: no line about the terms: %w", err)
	}
	return &built{compile: seconds(compile), memory: database + scratch, scan: func(p part) (pass, error) {
		if _, err := fmt.Fprintln(in, p.items, p.times); err != nil {
			return pass{}, err
		}
		var cpu, hits float64
		if _, err := fmt.Fscan(out, &cpu, &hits); err != nil {
			return pass{}, fmt.Errorf("scan: no line about the scan: %w", err)
		}
		return pass{
			cpu: seconds(cpu), bytes: p.times * totalSize(items[:p.items]),
			hits: hits / float64(p.items), allocs: math.NaN(),
		}, nil
	}}, nil
}

// start runs a program until the test ends, to talk with it.
func start(tb testing.TB, cmd *exec.Cmd) (io.Writer, io.Reader, error) {
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	tb.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			tb.Errorf("%s: %v: %s", filepath.Base(cmd.Path), err, &complaint)
		}
	})
	return in, bufio.NewReader(out), nil
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// compileScan returns the path of the program.
func compileScan(dir string) (string, error) {
	const packages = "gcc pkg-config libhyperscan-dev (or libvectorscan-dev)"
	if err := installed(packages, "gcc", "pkg-config"); err != nil {
		return "", err
	}
	flags, err := run(exec.Command("pkg-config", "--cflags", "--libs", "libhs"))
	if err != nil {
		return "", fmt.Errorf("neither Hyperscan nor Vectorscan here; on Debian: apt-get install %s: %w", packages, err)
	}
	program := filepath.Join(dir, "scan")
	args := append([]string{"-O2", "-o", program, "hyperscan/scan.c"}, strings.Fields(flags)...)
	_, err = run(exec.Command("gcc", args...))
	return program, err
}

// ripgrep is rg -F. It compiles the terms each time it is started, and more of
// them as it meets text, but not again for text that it knows. So what it takes
// for the second half of a file is what counts: new text for a process that runs.
type ripgrep struct {
	args  []string
	lower bool // it is given terms and text in lower case
}

func (r ripgrep) build(tb testing.TB, terms []string) (*built, error) {
	if err := installed("ripgrep", "rg"); err != nil {
		return nil, err
	}
	dir, items := tb.TempDir(), corpus(tb).Items
	termFile, half, whole := filepath.Join(dir, "terms"), filepath.Join(dir, "half"), filepath.Join(dir, "whole")
	if err := errors.Join(write(termFile, r.change(terms), "\n"), write(whole, nil, "")); err != nil {
		return nil, err
	}
	compile, _, err := r.run(termFile, whole)
	if err != nil {
		return nil, err
	}
	written := 0
	return &built{compile: compile, memory: math.NaN(), scan: func(p part) (best pass, err error) {
		if p.items != written {
			written = p.items
			all := r.change(texts(items[:p.items]))
			if err := errors.Join(write(half, all[:p.items/2], "\x00"), write(whole, all, "\x00")); err != nil {
				return pass{}, err
			}
		}
		for range p.times {
			start, _, err := r.run(termFile, half)
			if err != nil {
				return pass{}, err
			}
			cpu, hits, err := r.run(termFile, whole)
			if err != nil {
				return pass{}, err
			}
			best = best.best(pass{
				cpu: cpu, start: start, bytes: totalSize(items[p.items/2 : p.items]),
				hits: float64(hits) / float64(p.items), allocs: math.NaN(),
			})
		}
		return best, nil
	}}, nil
}

func (r ripgrep) change(texts []string) []string {
	if !r.lower {
		return texts
	}
	out := make([]string, len(texts))
	for i, s := range texts {
		out[i] = strings.ToLower(s)
	}
	return out
}

// run counts the hits in a file. The kernel tells user time apart from its own by
// the hundredth of a second, too coarse for short runs: it takes both.
func (r ripgrep) run(termFile, file string) (cpu time.Duration, hits int, err error) {
	args := append([]string{"--no-config", "--text", "--threads=1", "--no-filename", "-F", "-f", termFile,
		"--count-matches", "--include-zero"}, r.args...)
	cmd := exec.Command("rg", append(args, "--", file)...)
	out, err := run(cmd)
	const nothing = 1 // the exit code when there is no hit
	if err != nil && cmd.ProcessState.ExitCode() != nothing {
		return 0, 0, err
	}
	hits, err = strconv.Atoi(strings.TrimSpace(out))
	if err != nil {
		return 0, 0, fmt.Errorf("rg: not a count: %w", err)
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), hits, nil
}
