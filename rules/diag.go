package rules

import (
	"encoding/json"
)

// Severity says how bad a finding is.
type Severity string

// The severities: an error keeps the rule file from being used, a warning does not.
const (
	SeverityError   Severity = "error"
	SeverityWarning Severity = "warning"
)

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
}
