package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"
)

type healthcheckCmd struct{}

// Help is the long text of -h.
func (healthcheckCmd) Help() string {
	return help("Asks the daemon at --listen whether it is ready: the probe of a container.", "newswatch healthcheck --listen 127.0.0.1:8765",
		"0 ready; 1 not ready or not there; 2 wrong usage")
}

// Run asks.
func (healthcheckCmd) Run(ctx context.Context, a *app) error {
	if a.probeAddr() == "off" {
		return usagef("--listen is off: there is nothing to ask")
	}
	host, port, err := net.SplitHostPort(a.probeAddr())
	if err != nil {
		return usagef("--listen: %v", err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1" // where a daemon that listens everywhere can be reached
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/readyz", nil)
	if err != nil {
		return usagef("--listen: %v", err)
	}
	resp, err := probeClient().Do(req)
	if err != nil {
		return &exitError{exitNot, fmt.Sprintf("no answer: %v", err)}
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return &exitError{exitNot, "not ready: status " + strconv.Itoa(resp.StatusCode)}
	}
	fmt.Fprintln(a.out, "ready")
	return nil
}

// probeClient asks exactly the address that it is given: through no proxy, and
// following nobody.
func probeClient() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
