package metrics_test

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"go.yaml.in/yaml/v4"
)

const deploy = "../../../deploy/"

// expression is a query of ours, and where it stands.
type expression struct{ where, text string }

// alerts are the expressions of the alert rules.
func alerts(t *testing.T) (list []expression) {
	t.Helper()
	raw, err := os.ReadFile(deploy + "prometheus/newswatch.rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr string
				Labels      struct{ Severity string }
				Annotations struct{ Summary, Description string }
			}
		}
	}
	if err := yaml.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			list = append(list, expression{r.Alert, r.Expr})
			if r.Annotations.Summary == "" || r.Annotations.Description == "" || !slices.Contains([]string{"page", "ticket"}, r.Labels.Severity) {
				t.Errorf("%s: does not say what is, what to do, and how urgent it is", r.Alert)
			}
		}
	}
	return list
}

// board are the expressions of the dashboard.
func board(t *testing.T) (list []expression) {
	t.Helper()
	raw, err := os.ReadFile(deploy + "grafana/newswatch.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
		Annotations struct{ List []struct{ Name, Expr string } }
		Templating  struct {
			List []struct {
				Name  string
				Query any
			}
		}
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	for _, p := range file.Panels {
		for _, q := range p.Targets {
			list = append(list, expression{p.Title, q.Expr})
		}
	}
	for _, a := range file.Annotations.List {
		list = append(list, expression{a.Name, a.Expr})
	}
	for _, v := range file.Templating.List {
		if q, ok := v.Query.(map[string]any); ok {
			list = append(list, expression{v.Name, q["query"].(string)})
		}
	}
	return list
}

var (
	// ours are metrics in an expression, with what they are asked for.
	ours  = regexp.MustCompile(`\b((?:newswatch|go|process)_[a-z_]+)(?:\{([^}]*)\})?`)
	wants = regexp.MustCompile(`([a-z_]+)\s*(=~|!=|!~|=)\s*"([^"]*)"`)
)

// TestExpressionsUseWhatThereIs: of each metric in an alert or on the board there is
// one, with the labels and their values that it is asked for.
func TestExpressionsUseWhatThereIs(t *testing.T) {
	t.Parallel()
	m, _, _ := busy(t)
	families := scrape(t, m)
	used := map[string]bool{}
	for _, e := range slices.Concat(alerts(t), board(t)) {
		found := ours.FindAllStringSubmatch(e.text, -1)
		if len(found) == 0 && !strings.Contains(e.text, "up{") {
			t.Errorf("%s: %s uses no metric of ours", e.where, e.text)
		}
		for _, f := range found {
			name := f[1]
			for _, part := range []string{"_bucket", "_sum", "_count"} {
				if base := strings.TrimSuffix(name, part); families[base].GetType() == dto.MetricType_HISTOGRAM {
					name = base
				}
			}
			if families[name] == nil {
				t.Errorf("%s: there is no %s", e.where, name)
				continue
			}
			used[name] = true
			for _, w := range wants.FindAllStringSubmatch(f[2], -1) {
				if !has(families[name], w[1], w[2], w[3]) {
					t.Errorf("%s: no %s has %s %s %q", e.where, name, w[1], w[2], w[3])
				}
			}
		}
	}
	t.Logf("%d of our metrics are used", len(slices.Collect(maps.Keys(used))))
}

// has says whether a metric can have a label with a value; those that Prometheus
// itself puts to it can have any.
func has(f *dto.MetricFamily, label, op, value string) bool {
	if label == "job" || label == "instance" {
		return true
	}
	seen := ""
	for _, one := range f.GetMetric() {
		for _, l := range one.GetLabel() {
			if l.GetName() == label {
				seen += " " + l.GetValue()
			}
		}
	}
	if op != "=" {
		return seen != ""
	}
	return slices.Contains(strings.Fields(seen), value) || strings.Contains(f.GetHelp(), value)
}

// TestPromtool has Prometheus' own tool check the alerts and run their tests, where
// it is at hand.
func TestPromtool(t *testing.T) {
	t.Parallel()
	tool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool is not at hand: it comes with Debian's package prometheus")
	}
	for _, args := range [][]string{{"check", "rules", "newswatch.rules.yml"}, {"test", "rules", "newswatch_test.yml"}, {"check", "metrics"}} {
		cmd := exec.CommandContext(t.Context(), tool, args...)
		cmd.Dir = filepath.FromSlash(deploy + "prometheus")
		if args[1] == "metrics" {
			m, _, _ := busy(t)
			cmd.Stdin = strings.NewReader(page(m))
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}
