package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// maxLine bounds a line of JSON lines.
const maxLine = 32 << 20 // bytes

// eachLine calls fn for each line that is not blank, and counts those that it
// could not take.
func eachLine(r io.Reader, fn func(raw []byte) error) (bad int, err error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 64<<10), maxLine)
	for lines.Scan() {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		if err := fn(lines.Bytes()); err != nil {
			bad++
		}
	}
	if err := lines.Err(); err != nil {
		return bad, fmt.Errorf("read lines: %w", err)
	}
	return bad, nil
}

// badLine answers a line that cannot be read and passes the error on.
func badLine(out *json.Encoder, raw []byte, err error) error {
	answer := struct {
		ID    string `json:"id"`
		Error string `json:"error"`
	}{idOf(raw), err.Error()}
	if werr := out.Encode(answer); werr != nil {
		return werr
	}
	return err
}

// idOf is the id of a line whose rest may be broken.
func idOf(raw []byte) string {
	var in struct {
		ID   any
		File string
	}
	_ = json.Unmarshal(raw, &in) // what could be read of it
	if in.ID == nil {
		return in.File
	}
	return fmt.Sprint(in.ID)
}

// afterLines is how a run over lines ends.
func afterLines(bad int) error {
	if bad > 0 {
		return &exitError{exitNot, fmt.Sprintf("%s could not be read", count(bad, "line"))}
	}
	return nil
}
