package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"newswatch"
	"newswatch/rules"
)

type initCmd struct {
	Dir string `arg:"" optional:"" default:"." help:"Folder to write to."`
}

// Help is the long text of -h.
func (initCmd) Help() string {
	return help("Writes rules.yaml, commented, and rules.schema.json, which editors complete it from. Nothing is overwritten.",
		"newswatch init && newswatch check", "0 written; 2 a file is there already, or cannot be written")
}

// Run writes the files.
func (c *initCmd) Run(a *app) error {
	if ext := filepath.Ext(c.Dir); ext == ".yaml" || ext == ".yml" {
		return usagef("init takes a folder and writes rules.yaml into it: newswatch init %s", filepath.Dir(c.Dir))
	}
	files := []struct {
		name string
		data []byte
	}{{"rules.yaml", newswatch.Rules()}, {"rules.schema.json", rules.Schema()}}
	for _, f := range files {
		path := filepath.Join(c.Dir, f.name)
		if _, err := os.Lstat(path); err == nil && !isSchema(path) {
			return usagef("%s is there already; newswatch never overwrites it", path)
		}
	}
	if err := os.MkdirAll(c.Dir, 0o755); err != nil {
		return fmt.Errorf("make the folder: %w", err)
	}
	for _, f := range files {
		if isSchema(filepath.Join(c.Dir, f.name)) {
			continue
		}
		if err := writeNew(filepath.Join(c.Dir, f.name), f.data); err != nil {
			return err
		}
		fmt.Fprintf(a.out, "wrote %s\n", filepath.Join(c.Dir, f.name))
	}
	path := filepath.Join(c.Dir, "rules.yaml")
	fmt.Fprintf(a.out, "Next: edit %s, then: newswatch check %s\n", path, path)
	return nil
}

// isSchema says whether a file is the schema that init would write: it may stay
// when the rule file went.
func isSchema(path string) bool {
	data, err := os.ReadFile(path)
	return err == nil && bytes.Equal(data, rules.Schema())
}

func writeNew(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return usagef("%s is there already; newswatch never overwrites it", path)
	}
	if err != nil {
		return fmt.Errorf("write: %w", err)
	}
	if _, err := f.Write(data); err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", path, err), f.Close())
	}
	return f.Close()
}
