package news

import "log/slog"

// Secret is a value that never shows: every way of printing it gives stars.
type Secret string

const stars = "***"

// Reveal is the value itself, for the one place that needs it.
func (s Secret) Reveal() string { return string(s) }

// String hides the value.
func (Secret) String() string { return stars }

// GoString hides the value from %#v.
func (Secret) GoString() string { return stars }

// LogValue hides the value from the log.
func (Secret) LogValue() slog.Value { return slog.StringValue(stars) }

// MarshalText hides the value from JSON and YAML.
func (Secret) MarshalText() ([]byte, error) { return []byte(stars), nil }
