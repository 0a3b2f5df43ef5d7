package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the scripts run the program inside the test binary.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"newswatch": main})
}
