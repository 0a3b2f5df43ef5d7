package rules

import (
	"cmp"
	"encoding/json"
	"slices"
)

// Severity says how bad a finding is.
type Severity string

// The severities: an error keeps the rule file from being used, a warning does not.
const (
	SeverityError   Severity = "error"
	SeverityWarning Severity = "warning"
)

// codeExampleFailed marks an example that does not do what it should: the file
// is valid, but must not replace the rules in force.
const codeExampleFailed = "example-failed"

// Finding is one thing to say about a place in a rule file. Code is a short,
// stable word for programs; Message and Suggestion are for people.
type Finding struct {
	Pos
	Severity   Severity
	Code       string
	Message    string
	Suggestion string // what was probably meant, "" when nothing comes near
}

// MarshalJSON writes the finding flat, as editors and CI want it.
func (f Finding) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		File       string   `json:"file"`
		Line       int      `json:"line"`
		Column     int      `json:"column"`
		Severity   Severity `json:"severity"`
		Code       string   `json:"code"`
		Message    string   `json:"message"`
		Suggestion string   `json:"suggestion"`
	}{f.File, f.Line, f.Column, f.Severity, f.Code, f.Message, f.Suggestion})
}

// Report is all that is to be said about a rule file, in the order of its lines.
type Report struct {
	Findings []Finding
	Sources  map[string][]byte // by file name, to show the lines
	secrets  []Pos             // what stands from there to the line's end is not shown
}

// Errors counts the findings that make the file invalid; failed examples are
// not among them.
func (r *Report) Errors() int {
	return r.count(func(f Finding) bool { return f.Severity == SeverityError && f.Code != codeExampleFailed })
}

// Failed counts the examples that do not do what they should.
func (r *Report) Failed() int {
	return r.count(func(f Finding) bool { return f.Code == codeExampleFailed && f.Severity == SeverityError })
}

// Warnings counts the findings that a desk may leave as they are.
func (r *Report) Warnings() int {
	return r.count(func(f Finding) bool { return f.Severity == SeverityWarning })
}

// Faults is the report without its warnings: why the file is refused.
func (r *Report) Faults() *Report {
	faults := &Report{Sources: r.Sources, secrets: r.secrets}
	for _, f := range r.Findings {
		if f.Severity == SeverityError {
			faults.Findings = append(faults.Findings, f)
		}
	}
	return faults
}

// shown are the findings to print, most at most: errors before warnings, in the
// order of their lines.
func (r *Report) shown(most int) []Finding {
	if len(r.Findings) <= most {
		return r.Findings
	}
	left := map[Severity]int{}
	errs := r.count(func(f Finding) bool { return f.Severity == SeverityError })
	left[SeverityError] = min(errs, most)
	left[SeverityWarning] = most - left[SeverityError]
	var shown []Finding
	for _, f := range r.Findings {
		if left[f.Severity]--; left[f.Severity] >= 0 {
			shown = append(shown, f)
		}
	}
	return shown
}

func (r *Report) count(is func(Finding) bool) int {
	n := 0
	for _, f := range r.Findings {
		if is(f) {
			n++
		}
	}
	return n
}

// arrange puts the findings in the order of the files' lines and keeps one of
// each.
func (r *Report) arrange() {
	for i := range r.Findings {
		f := &r.Findings[i]
		f.Message, f.Suggestion = veil(f.Message), veil(f.Suggestion)
	}
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.Severity, b.Severity), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Message, b.Message))
	})
	r.Findings = slices.Compact(r.Findings)
}
