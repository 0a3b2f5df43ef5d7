package rules_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"newswatch/rules"
)

var update = flag.Bool("update", false, "rewrite golden files")

// The manual and the schema of the repository are what the table of fields says.
func TestGeneratedFilesAreCurrent(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		path string
		want []byte
	}{
		"manual": {"../docs/rules.md", rules.Reference()},
		"schema": {"../rules.schema.json", rules.Schema()},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, test.path, test.want)
		})
	}
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s is out of date; run go test ./rules -update (-want +got):\n%s", path, diff)
	}
}

// What the loader takes the schema takes, and each kind of mistake that a schema
// can see it sees.
func TestSchemaAgreesWithLoader(t *testing.T) {
	t.Parallel()
	schema := compiledSchema(t)
	for _, path := range []string{"../rules.yaml", "testdata/cases.yaml", "../cmd/newswatch/demo/rules.yaml"} {
		sample, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		sample = bytes.ReplaceAll(sample, []byte("{{base}}"), []byte("http://127.0.0.1"))
		if err := schema.Validate(asJSON(t, sample)); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	odd := `{"settings":{"timezone":"Japan","poll":"@hourly","backfill":0},"feeds":[{"id":"a","url":"https://a.example","poll":"1h30m"}],` +
		`"topics":{"a":{"any":"recogni* of\ntruce"}},"alerts":[{"id":"u","rules":"all","to":{"slack":"u"},"quiet_hours":` +
		`{"from":"22:00","to":"6:00","days":"mon-Fri, Sunday"}}],"rules":[{"id":"r","when":1.5}]}`
	if _, report := rules.LoadBytes("rules.yaml", []byte(odd), rules.LoadOptions{}); report.Errors() > 0 {
		t.Error(printed(report))
	}
	if err := schema.Validate(asJSON(t, []byte(odd))); err != nil {
		t.Errorf("the schema refuses what the loader takes: %v", err)
	}
	bad := map[string]string{
		"unknown key":   "settings: {timezome: UTC}",
		"wrong type":    "feeds: {id: herald}",
		"out of range":  "rules: [{id: a, when: {any: [truce]}, score: 140}]",
		"missing key":   "feeds: [{id: herald}]",
		"bad word":      "entities: {a: {name: A, type: city}}",
		"bad id":        "feeds: [{id: the herald, url: \"https://a.example\"}]",
		"empty list":    "topics: {a: {any: []}}",
		"bad duration":  "settings: {backfill: 30 minutes}",
		"bad cron":      "settings: {poll: \"6:30\"}",
		"bad zone":      "settings: {timezone: Kyiv}",
		"bad day":       "alerts: [{id: u, rules: all, to: {slack: u}, quiet_hours: {from: '22:00', to: '06:00', days: Mo-Fr}}]",
		"bad address":   "settings: {network: {allow: [localhost]}}",
		"short stem":    "topics: {a: {any: [tru*]}}",
		"stem in block": "topics: {a: {any: \"truce\\ncease*fire\"}}",
		"bad reference": "rules: [{id: a, when: topics:a}]",
		"empty example": "rules: [{id: a, when: {}}]",
	}
	for name, src := range bad {
		if _, report := rules.LoadBytes("rules.yaml", []byte(src), rules.LoadOptions{}); report.Errors() == 0 {
			t.Errorf("%s: the loader takes it", name)
		}
		if schema.Validate(asJSON(t, []byte(src))) == nil {
			t.Errorf("%s: the schema takes it", name)
		}
	}
}

func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(rules.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("rules.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("rules.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func asJSON(t *testing.T, src []byte) any {
	t.Helper()
	var v any
	if err := yaml.Unmarshal(src, &v); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// Every example of the manual loads where it stands.
func TestManualsExamplesLoad(t *testing.T) {
	t.Parallel()
	_, rest, _ := strings.Cut(string(rules.Reference()), "\n## The file\n")
	_, block, _ := strings.Cut(rest, "```yaml\n")
	block, _, _ = strings.Cut(block, "```")
	block = strings.Replace(block, "rules: all", "rules: [ceasefire]", 1)
	if _, report := rules.LoadBytes("rules.yaml", []byte(block), rules.LoadOptions{}); report.Errors() > 0 {
		t.Error(printed(report))
	}
}
