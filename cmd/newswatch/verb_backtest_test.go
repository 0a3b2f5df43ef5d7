package main

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Where nobody looks at a terminal, a long backtest says every five seconds how
// far it is, and a short one nothing.
func TestBacktestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var talk bytes.Buffer
		a := &app{cli: &cli{LogFormat: "text", LogLevel: "info"}, stdio: stdio{err: &talk}}
		p := a.progress("backtest", "items")
		for done := range 120 {
			p.show(done, 120)
			time.Sleep(100 * time.Millisecond)
		}
		p.end()
		lines := strings.Split(strings.TrimSpace(talk.String()), "\n")
		if len(lines) != 2 || !strings.HasSuffix(lines[0], "items=50 of=120") || !strings.HasSuffix(lines[1], "items=100 of=120") {
			t.Errorf("got\n%s\nwant two lines, at 50 and at 100 items", talk.String())
		}
	})
}
