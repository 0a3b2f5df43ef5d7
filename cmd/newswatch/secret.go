package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"newswatch/news"
)

// secretNamed finds a secret: the environment, a file that it names (NAME_FILE),
// a systemd credential, or a file in /run/secrets, in this order. Credentials
// and secrets are named in lower case, such as slack_bot_token.
func (a *app) secretNamed(name string) (news.Secret, error) {
	if v := a.env(name); v != "" {
		return news.Secret(strings.TrimSpace(v)), nil
	}
	if path := a.env(name + "_FILE"); path != "" {
		raw, err := os.ReadFile(path)
		if err != nil {
			return "", usagef("read %s_FILE: %v", name, err)
		}
		return news.Secret(strings.TrimSpace(string(raw))), nil
	}
	for _, dir := range []string{a.env("CREDENTIALS_DIRECTORY"), "/run/secrets"} {
		if dir == "" {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(dir, strings.ToLower(name)))
		if err == nil {
			return news.Secret(strings.TrimSpace(string(raw))), nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", usagef("read the secret %s: %v", strings.ToLower(name), err)
		}
	}
	return "", nil
}
