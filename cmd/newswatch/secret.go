package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
)

// secret is a value that never shows: every way of printing it gives stars.
type secret string

// String hides the value.
func (secret) String() string { return "***" }

// GoString hides the value from %#v.
func (secret) GoString() string { return "***" }

// LogValue hides the value from the log.
func (secret) LogValue() slog.Value { return slog.StringValue("***") }

// MarshalText hides the value from JSON and YAML.
func (secret) MarshalText() ([]byte, error) { return []byte("***"), nil }

// secretNamed finds a secret: the environment, a file that it names (NAME_FILE),
// a systemd credential, or a file in /run/secrets, in this order. Credentials
// and secrets are named in lower case, such as slack_bot_token.
func (a *app) secretNamed(name string) (secret, error) {
	if v := a.env(name); v != "" {
		return secret(strings.TrimSpace(v)), nil
	}
	if path := a.env(name + "_FILE"); path != "" {
		raw, err := os.ReadFile(path)
		if err != nil {
			return "", fmt.Errorf("read %s_FILE: %w", name, err)
		}
		return secret(strings.TrimSpace(string(raw))), nil
	}
	for _, dir := range []string{a.env("CREDENTIALS_DIRECTORY"), "/run/secrets"} {
		if dir == "" {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(dir, strings.ToLower(name)))
		if err == nil {
			return secret(strings.TrimSpace(string(raw))), nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("read the secret %s: %w", strings.ToLower(name), err)
		}
	}
	return "", nil
}
