package newswatch_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

var image = flag.Bool("image", false, "build the image's root file system and run in it; needs root")

// maxExposure is what systemd-analyze security may say of the unit, of 10. What is
// left is the network, which a reader of feeds must have.
const maxExposure = 1.5

func TestUnit(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("there is no systemd-analyze here")
	}
	unit, err := os.ReadFile("deploy/newswatch.service")
	if err != nil {
		t.Fatal(err)
	}
	// It wants the program to be where the unit says.
	program := filepath.Join(t.TempDir(), "newswatch")
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "newswatch.service")
	if systemd(t) < 253 { // as docs/operations.md says
		unit = bytes.ReplaceAll(unit, []byte("Type=notify-reload"), []byte("Type=notify"))
	}
	if err := os.WriteFile(path, bytes.ReplaceAll(unit, []byte("/usr/local/bin/newswatch"), []byte(program)), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "systemd-analyze", "verify", "--man=no", path).CombinedOutput()
	for line := range strings.Lines(string(out)) { // it verifies the machine's other units too
		if strings.Contains(line, "newswatch.service") {
			t.Errorf("systemd-analyze verify: %s", line)
		}
	}
	if err != nil && !t.Failed() {
		t.Logf("systemd-analyze verify: %v: %s", err, out)
	}
	out, err = exec.CommandContext(t.Context(), "systemd-analyze", "security", "--offline=true", "--no-pager", path).CombinedOutput()
	m := regexp.MustCompile(`Overall exposure level for \S+: (\d+\.\d+)`).FindSubmatch(out)
	if m == nil {
		t.Fatalf("systemd-analyze security: %v: %s", err, out)
	}
	if exposure, err := strconv.ParseFloat(string(m[1]), 64); err != nil || exposure > maxExposure {
		t.Errorf("got exposure %s (%v), want at most %v", m[1], err, maxExposure)
	}
}

// systemd is its version.
func systemd(t *testing.T) int {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "systemd-analyze", "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`^systemd (\d+)`).FindSubmatch(out)
	if m == nil {
		t.Fatalf("systemd-analyze --version says %q", out)
	}
	version, err := strconv.Atoi(string(m[1]))
	if err != nil {
		t.Fatal(err)
	}
	return version
}

// service is what we say of a container.
type service struct {
	Image       string
	User        string
	Environment map[string]string
	Secrets     []string
	Volumes     []string
	Networks    []string
	Ports       []string
	ReadOnly    bool     `yaml:"read_only"`
	CapDrop     []string `yaml:"cap_drop"`
	CapAdd      []string `yaml:"cap_add"`
	SecurityOpt []string `yaml:"security_opt"`
	Privileged  bool
	Grace       string `yaml:"stop_grace_period"`
	Restart     string
	Healthcheck struct{ Test []string }
	DependsOn   map[string]struct{ Condition string } `yaml:"depends_on"`
	Deploy      struct{ Replicas int }
}

func TestCompose(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("deploy/compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Services map[string]service
		Networks map[string]struct{ Internal bool }
		Secrets  map[string]struct{ File string }
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	for name, s := range file.Services {
		for what, ok := range map[string]bool{
			"a read-only root":              s.ReadOnly,
			"no capabilities":               slices.Equal(s.CapDrop, []string{"ALL"}) && s.CapAdd == nil && !s.Privileged,
			"no new privileges":             slices.Contains(s.SecurityOpt, "no-new-privileges:true"),
			"no published port":             s.Ports == nil,
			"a health check without shell":  len(s.Healthcheck.Test) > 1 && s.Healthcheck.Test[0] == "CMD",
			"to come back by itself":        s.Restart == "unless-stopped",
			"30 s or more to end":           s.Grace >= "30s",
			"not to be root":                s.User != "" || strings.HasPrefix(s.Image, "newswatch:"),
			"secrets that the file defines": !slices.ContainsFunc(s.Secrets, func(n string) bool { return file.Secrets[n].File != "./secrets/"+n }),
			"no secret in its environment":  !regexp.MustCompile(`(?i)(token|password|://)[^_]*$`).MatchString(fmt.Sprint(values(s.Environment))),
		} {
			if !ok {
				t.Errorf("%s does not have %s", name, what)
			}
		}
	}
	app, db := file.Services["newswatch"], file.Services["db"]
	if app.Deploy.Replicas != 3 || app.DependsOn["db"].Condition != "service_healthy" || !strings.HasPrefix(db.Image, "postgres:15") {
		t.Errorf("got %d replicas on %s, which wait for %q", app.Deploy.Replicas, db.Image, app.DependsOn["db"].Condition)
	}
	if !file.Networks["state"].Internal || !slices.Equal(db.Networks, []string{"state"}) {
		t.Error("the database can be reached by others than the replicas")
	}
	if !slices.Contains(app.Secrets, "newswatch_db") || app.Environment["NEWSWATCH_DB"] != "" {
		t.Error("the database's address is not read from a secret")
	}
}

func values(m map[string]string) (list []string) {
	for key, v := range m {
		if !strings.HasSuffix(key, "_FILE") {
			list = append(list, v)
		}
	}
	return list
}

// TestComposeByCompose asks the program that will read the file.
func TestComposeByCompose(t *testing.T) {
	t.Parallel()
	compose, err := exec.LookPath("docker-compose")
	if err != nil {
		t.Skip("there is no docker-compose here")
	}
	out, err := exec.CommandContext(t.Context(), compose, "--file", "deploy/compose.yaml", "config", "--quiet").CombinedOutput()
	if err != nil {
		t.Errorf("docker-compose config: %v: %s", err, out)
	}
}

// TestImage does by hand what the Dockerfile says, and runs what comes of it as a
// container would: on a read-only root, as the user without rights.
func TestImage(t *testing.T) {
	if !*image {
		t.Skip("-image builds it")
	}
	if os.Getuid() != 0 {
		t.Skip("only root can mount and change the root")
	}
	file, err := os.ReadFile("Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(file), "\\\n", " ")
	root := t.TempDir()
	var environment []string
	for line := range strings.Lines(text) {
		verb, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch {
		case verb == "RUN" && !strings.Contains(rest, "mod download"):
			rest = strings.NewReplacer("/root-fs", root, "/out/newswatch", root+"/newswatch", "${VERSION}", "trial").Replace(rest)
			shell(t, nil, rest)
		case verb == "COPY" && strings.Contains(rest, "ca-certificates"):
			shell(t, nil, "mkdir -p "+root+"/etc/ssl/certs && cp /etc/ssl/certs/ca-certificates.crt "+root+"/etc/ssl/certs/")
		case verb == "ENV":
			environment = append(environment, strings.Fields(rest)...)
		}
	}
	for _, want := range []string{"USER 65532:65532", `HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["/newswatch", "healthcheck"]`, `CMD ["run"]`} {
		if !strings.Contains(text, want) {
			t.Errorf("the Dockerfile lacks %s", want)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "etc/newswatch/rules.yaml"), []byte(quietRules), 0o644); err != nil {
		t.Fatal(err)
	}
	shell(t, nil, "mkdir -p "+root+"/proc "+root+"/dev") // an engine makes these
	t.Logf("the root file system has %s", strings.Fields(shell(t, nil, "du -sb "+root))[0])
	script := `set -e
		mount --bind ROOT ROOT
		mount -o remount,bind,ro ROOT
		mount -t tmpfs -o uid=65532,gid=65532,mode=0700 state ROOT/var/lib/newswatch
		mount -t tmpfs -o mode=1777 tmp ROOT/tmp
		mount -t proc proc ROOT/proc
		within() { chroot --userspec=65532:65532 ROOT "$@"; }
		within /newswatch version
		within /newswatch check
		within /newswatch demo >/dev/null
		chroot --userspec=65532:65532 ROOT /newswatch run & daemon=$!
		for i in $(seq 50); do within /newswatch healthcheck 2>/dev/null && ready=yes && break; sleep 0.2; done
		[ "$ready" = yes ]
		within /newswatch backup /var/lib/newswatch/copy.db
		! within /newswatch backup /etc/newswatch/copy.db
		kill -TERM $daemon
		wait $daemon
		ls -ln ROOT/var/lib/newswatch`
	out := shell(t, environment, "unshare --mount --pid --fork --propagation private sh -c '"+strings.ReplaceAll(strings.ReplaceAll(script, "ROOT", root), "'", `'"'"'`)+"'")
	for _, want := range []string{"trial", "ready", "wrote /var/lib/newswatch/copy.db"} {
		if !strings.Contains(out, want) {
			t.Errorf("the container did not say %q:\n%s", want, out)
		}
	}
	t.Log(out)
}

// quietRules ask nobody.
const quietRules = `
version: 1
settings: {network: {allow: [127.0.0.1]}}
feeds: [{id: herald, url: "http://127.0.0.1:1/rss"}]
rules: [{id: truce, when: {any: [truce]}}]
digests: [{id: desk, cron: "0 8 * * *", rules: all, to: {slack: desk}}]
`

func shell(t *testing.T, environment []string, script string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), "sh", "-c", script)
	if environment != nil {
		c.Env = append(environment, "PATH="+os.Getenv("PATH"))
	}
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	}
	return string(out)
}
