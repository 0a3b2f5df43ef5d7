package news

import (
	"fmt"
	"io"
	"log/slog"
)

// Secret is a value that never shows: every way of printing it gives stars. Only inside
// of an unexported field fmt cannot ask it: what holds one there is not printed whole.
type Secret string

const stars = "***"

// Reveal is the value itself, for the one place that needs it.
func (s Secret) Reveal() string { return string(s) }

// String hides the value.
func (Secret) String() string { return stars }

// Format hides the value from every verb, also from one that makes no sense for it.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, stars) }

// LogValue hides the value from the log.
func (Secret) LogValue() slog.Value { return slog.StringValue(stars) }

// MarshalText hides the value from JSON and YAML.
func (Secret) MarshalText() ([]byte, error) { return []byte(stars), nil }
