package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"newswatch/news"
)

// secretOfRules is secretNamed for a name that stands in the rule file, from where it
// goes to a server that the rule file names as well. Whoever may edit that file must
// not be able to send newswatch's own secrets away.
func (a *app) secretOfRules(name string) (news.Secret, error) {
	plain := strings.TrimSuffix(strings.ToUpper(name), "_FILE")
	if slices.Contains([]string{"SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "LISTEN_TOKEN", pingName}, plain) || strings.HasPrefix(plain, "NEWSWATCH_") {
		return "", usagef("%s is newswatch's own and is sent nowhere else: give the secret of the rules another name", name)
	}
	return a.secretNamed(name)
}

// secretNamed finds a secret: the environment, a file that it names (NAME_FILE),
// a systemd credential, or a file in /run/secrets, in this order. Credentials
// and secrets are named in lower case, such as slack_bot_token. A file that is empty is
// an error: somebody wanted there to be a secret.
func (a *app) secretNamed(name string) (news.Secret, error) {
	if v := a.env(name); v != "" {
		return news.Secret(strings.TrimSpace(v)), nil
	}
	if path := a.env(name + "_FILE"); path != "" {
		raw, err := os.ReadFile(path)
		if err != nil {
			return "", usagef("read %s_FILE: %v", name, err)
		}
		return secretIn(raw, name+"_FILE: "+path)
	}
	for _, dir := range []string{a.env("CREDENTIALS_DIRECTORY"), "/run/secrets"} {
		if dir == "" {
			continue
		}
		path := filepath.Join(dir, strings.ToLower(name))
		raw, err := os.ReadFile(path)
		if err == nil {
			return secretIn(raw, "the secret "+path)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", usagef("read the secret %s: %v", strings.ToLower(name), err)
		}
	}
	return "", nil
}

// secretIn is what a file holds.
func secretIn(raw []byte, what string) (news.Secret, error) {
	s := strings.TrimSpace(string(raw))
	if s == "" {
		return "", usagef("%s is empty", what)
	}
	return news.Secret(s), nil
}
