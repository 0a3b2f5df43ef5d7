package main_test

import (
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// listens waits until the log in a file says where a daemon listens, and sets
// $PORT to its port.
func listens(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: listens FILE")
	}
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		raw, _ := os.ReadFile(ts.MkAbs(args[0]))
		_, at, ok := strings.Cut(string(raw), "msg=listening at=")
		if !ok {
			continue
		}
		at, _, ok = strings.Cut(at, " ")
		if ok {
			at = strings.Trim(at, `"`)
			ts.Setenv("PORT", at[strings.LastIndex(at, ":")+1:])
			return
		}
	}
	ts.Fatalf("no daemon in %s listens", args[0])
}

// ask makes a request and looks at the status of the answer.
func ask(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: ask STATUS METHOD URL [HEADER...]")
	}
	req, err := http.NewRequest(args[1], args[2], nil)
	ts.Check(err)
	for _, h := range args[3:] {
		name, value, _ := strings.Cut(h, ": ")
		if req.Header.Set(name, value); name == "Host" {
			req.Host = value
		}
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	ts.Check(err)
	ts.Check(resp.Body.Close())
	if strconv.Itoa(resp.StatusCode) != args[0] {
		ts.Fatalf("%s: status %d, want %s", strings.Join(args[1:], " "), resp.StatusCode, args[0])
	}
}
