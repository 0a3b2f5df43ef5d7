package rules_test

import (
	"encoding/json"
	"strings"
	"testing"

	"newswatch/rules"
)

// An address that somebody wrote into the file is told of and never shown:
// neither in the message nor in the line under it, nor in what other findings
// show of the same line.
func TestAddressesInTheFileAreNotShown(t *testing.T) {
	t.Parallel()
	const slackAddress, address = "https://hooks.slack.com/services/T0HIDDEN/B0HIDDEN/xHiddenWord", "https://receiver.example/in/xHiddenWord"
	tests := map[string]string{
		"slack_webhook":      `to: {slack_webhook: "` + slackAddress + `", on_uncertain: skip}`,
		"webhook":            `to: {webhook: ` + address + `, on_uncertain: skip}`,
		"other findings":     `to: {on_uncertain: never, webhook: ` + address + `}`,
		"later in the line":  `to: {webhook: ` + address + `, on_uncertain: never}`,
		"on lines":           "to:\n      webhook: >-\n        " + address + "\n      on_uncertain: skip",
		"as a text":          `to: ` + address,
		"as a channel":       `to: {slack: "` + slackAddress + `"}`,
		"under another key":  `to: {url: "` + address + `"}`,
		"under a lost key":   `to: {xyzzy: "` + address + `"}`,
		"broken YAML":        `to: {slack_webhook: "` + slackAddress + `, on_uncertain: skip}`,
		"broken YAML, plain": `to: {webhook: ` + address + `: skip, [}`,
		"a list":             `to: {webhook: [` + address + `]}`,
		"in a comment":       "to: {slack: desk, nonsense: x} # webhook: " + address,
	}
	for name, to := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			src := "rules: [{id: truce, when: truce}]\ndigests:\n  - id: desk\n    cron: \"0 8 * * *\"\n    rules: all\n    " + to + "\n"
			_, report := rules.LoadBytes("rules.yaml", []byte(src), rules.LoadOptions{})
			if report.Errors() == 0 {
				t.Error("it is taken")
			}
			lines, err := json.Marshal(report.Findings)
			if err != nil {
				t.Fatal(err)
			}
			for _, said := range []string{printed(report), printed(report.Faults()), string(lines)} {
				if strings.Contains(said, "xHiddenWord") {
					t.Errorf("the address shows:\n%s", said)
				}
			}
		})
	}
}

// What a target may say is loaded, and the schema agrees.
func TestTargets(t *testing.T) {
	t.Parallel()
	schema := compiledSchema(t)
	for to, good := range map[string]bool{
		`{slack: desk}`:                                                     true,
		`{slack: desk, on_uncertain: hold}`:                                 true,
		`{slack: desk, on_uncertain: resend}`:                               true,
		`{slack: desk, on_uncertain: skip}`:                                 false,
		`{webhook: HOOK, on_uncertain: skip}`:                               true,
		`{webhook: HOOK, on_uncertain: hold}`:                               true,
		`{webhook: HOOK}`:                                                   false,
		`{slack_webhook: HOOK}`:                                             false,
		`{slack_webhook: HOOK, on_uncertain: resend, mention: S0123456789}`: true,
		`{webhook: HOOK, on_uncertain: resend, mention: S0123456789}`:       false,
		`{webhook: HOOK, slack: desk, on_uncertain: resend}`:                false,
		`{webhook: "https://a.example/", on_uncertain: resend}`:             false,
		`{mention: editors}`:                                                false,
	} {
		src := `{rules: [{id: a, when: truce}], alerts: [{id: u, rules: all, to: ` + to + `}]}`
		_, report := rules.LoadBytes("rules.yaml", []byte(src), rules.LoadOptions{})
		if (report.Errors() == 0) != good {
			t.Errorf("%s: the loader says %v, want good %v:\n%s", to, report.Errors() == 0, good, printed(report))
		}
		if err := schema.Validate(asJSON(t, []byte(src))); (err == nil) != good {
			t.Errorf("%s: the schema says %v, want good %v", to, err, good)
		}
	}
}
