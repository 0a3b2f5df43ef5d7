package slackfake

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"
)

// Plan says how this Slack behaves and what goes wrong in it. The zero value is
// a Slack in good health. Its JSON form refuses unknown keys.
type Plan struct {
	// Chances is the probability of each fault in a call, together at most 1.
	Chances map[Fault]float64 `json:"chances,omitempty"`
	// Methods are those that the chances hold for; empty: all.
	Methods []string `json:"methods,omitempty"`
	// Script strikes given calls. It goes before the chances.
	Script []Step `json:"script,omitempty"`

	Latency    Duration `json:"latency,omitempty"`     // before every answer
	Hang       Duration `json:"hang,omitempty"`        // of the hang faults; default 30s
	Slow       Duration `json:"slow,omitempty"`        // of slow, drip and refuse; default 2s
	Late       Duration `json:"late,omitempty"`        // of late_accept; default 2s
	RetryAfter int      `json:"retry_after,omitempty"` // of rate_limited, in seconds; default 1
	HistoryLag Duration `json:"history_lag,omitempty"` // from a post to its showing in history and replies
	ClockSkew  Duration `json:"clock_skew,omitempty"`  // of Slack's clock against ours

	Rate  Rate `json:"rate,omitzero"`
	Tiers bool `json:"tiers,omitempty"` // limit the other methods by Slack's tiers too
	// Distributed is an app that is sold outside the Marketplace: one call a minute
	// and 15 messages a page for history and replies.
	Distributed bool `json:"distributed,omitempty"`
	DropBursts  bool `json:"drop_bursts,omitempty"` // what is too fast is answered with ok and never shown, not refused
	// BlocksMax is the size of all blocks that is still taken; default 13200.
	BlocksMax int `json:"blocks_max,omitempty"`
	// StrictMetadata takes in metadata no more than Slack documents: scalars, objects,
	// and arrays of objects. Arrays of strings, which no page allows or forbids, are
	// refused.
	StrictMetadata bool `json:"strict_metadata,omitempty"`
	// ClientMsgID says what client_msg_id does: "ignore" (default), "dedup" or "refuse".
	ClientMsgID string `json:"client_msg_id,omitempty"`

	Socket Socket `json:"socket,omitzero"` // Mode: what people do, on its way to the app

	Channels   []Channel   `json:"channels,omitempty"` // besides those of Config
	UserGroups []UserGroup `json:"user_groups,omitempty"`
	Users      []User      `json:"users,omitempty"`
	Scopes     []string    `json:"scopes,omitempty"` // of the token; default: all that the methods need
	// AllowMentions are mentions that Audit takes for wanted, as "<!subteam^S1>".
	AllowMentions []string `json:"allow_mentions,omitempty"`
}

// Rate is the limit of posts to one channel. Slack's is one a second, with short
// bursts (docs.slack.dev/apis/web-api/rate-limits).
type Rate struct {
	PerSecond float64 `json:"per_second,omitempty"` // default 1
	Burst     int     `json:"burst,omitempty"`      // default 3
	Off       bool    `json:"off,omitempty"`
}

// Step is a scripted fault: the call of that number, and the following ones.
type Step struct {
	Method     string   `json:"method"`          // "*" counts the calls of all methods
	Call       int      `json:"call"`            // from 1
	Times      int      `json:"times,omitempty"` // default 1; -1: for ever
	Fault      Fault    `json:"fault"`
	Error      string   `json:"error,omitempty"`       // of error and error_after
	For        Duration `json:"for,omitempty"`         // instead of the plan's Hang, Slow or Late
	RetryAfter int      `json:"retry_after,omitempty"` // instead of the plan's
}

// Fault is a way in which a call goes wrong.
type Fault string

// The faults. Those "after" strike when the call has done its work.
const (
	ResetBefore   Fault = "reset_before"         // connection reset, nothing accepted
	BadGateway    Fault = "bad_gateway"          // 502 with HTML, nothing accepted
	RateLimited   Fault = "rate_limited"         // 429 with Retry-After
	MessageLimit  Fault = "message_limit"        // 429 without: the workspace's plan is used up
	HangBefore    Fault = "hang_before"          // no answer for a while, then the connection ends; nothing accepted
	ErrorBefore   Fault = "error"                // Step.Error is the answer, nothing accepted
	LateAccept    Fault = "late_accept"          // connection reset, accepted a while later
	ResetAfter    Fault = "reset_after"          // accepted, connection reset
	EOFAfter      Fault = "eof_after"            // accepted, connection closed without an answer
	InternalAfter Fault = "internal_error_after" // accepted, answered with internal_error
	HTML500After  Fault = "html_500_after"       // accepted, answered with 500 and HTML
	ErrorAfter    Fault = "error_after"          // accepted, Step.Error is the answer
	HangAfter     Fault = "hang_after"           // accepted, no answer for a while, then the connection ends
	CutBody       Fault = "cut_body"             // accepted, the answer ends in the middle
	Slow          Fault = "slow"                 // accepted, answered late
	Refuse        Fault = "refuse"               // connection reset, nothing accepted; nobody listens for a while
	TLSError      Fault = "tls_error"            // what comes back is a TLS alert, nothing accepted
	Drip          Fault = "drip"                 // accepted, the answer comes in drops
	WrongType     Fault = "wrong_type"           // accepted, the answer calls itself HTML
	Twice         Fault = "twice"                // accepted two times, as by a proxy that repeats
	Drop          Fault = "drop"                 // answered with ok, and never shown
)

// faults lists all of them in a fixed order: a seed always means the same.
func faults() []Fault {
	return []Fault{
		ResetBefore, BadGateway, RateLimited, MessageLimit, HangBefore, ErrorBefore, LateAccept,
		ResetAfter, EOFAfter, InternalAfter, HTML500After, ErrorAfter, HangAfter, CutBody, Slow,
		Refuse, TLSError, Drip, WrongType, Twice, Drop, // the newest last: a seed keeps its meaning
	}
}

// Duration is a time span that is "1.5s" in JSON.
type Duration time.Duration

// UnmarshalText reads "1.5s".
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	*d = Duration(v)
	return err
}

// MarshalText writes "1.5s".
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// ReadPlan reads a plan from a file.
func ReadPlan(path string) (Plan, error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return Plan{}, fmt.Errorf("read fault plan: %w", err)
	}
	p, err := ParsePlan(src)
	if err != nil {
		return Plan{}, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}

// ParsePlan reads a plan from JSON.
func ParsePlan(src []byte) (Plan, error) {
	var p Plan
	d := json.NewDecoder(bytes.NewReader(src))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return Plan{}, fmt.Errorf("parse fault plan: %w", err)
	}
	if d.More() {
		return Plan{}, fmt.Errorf("parse fault plan: more than one value")
	}
	if err := p.Validate(); err != nil {
		return Plan{}, fmt.Errorf("check fault plan: %w", err)
	}
	return p, nil
}

// Validate says what is wrong with a plan.
func (p *Plan) Validate() error {
	sum := 0.0
	for f, chance := range p.Chances {
		switch {
		case !slices.Contains(faults(), f):
			return fmt.Errorf("chances: unknown fault %q, known are %s", f, FaultNames())
		case f == ErrorBefore || f == ErrorAfter:
			return fmt.Errorf("chances: %s stands in a script only", f)
		case !(chance >= 0 && chance <= 1):
			return fmt.Errorf("chances: %s is %v, not from 0 to 1", f, chance)
		}
		sum += chance
	}
	if sum > 1.000_001 {
		return fmt.Errorf("chances: together %v, more than 1", sum)
	}
	for i, s := range p.Script {
		if err := s.validate(); err != nil {
			return fmt.Errorf("script step %d: %w", i+1, err)
		}
	}
	if !slices.Contains([]string{"", "ignore", "dedup", "refuse"}, p.ClientMsgID) {
		return fmt.Errorf(`client_msg_id is %q, not "ignore", "dedup" or "refuse"`, p.ClientMsgID)
	}
	for _, c := range p.Channels {
		if c.Name == "" && c.ID == "" {
			return fmt.Errorf("channels: one has neither name nor id")
		}
	}
	return nil
}

func (s *Step) validate() error {
	switch {
	case !slices.Contains(faults(), s.Fault):
		return fmt.Errorf("unknown fault %q, known are %s", s.Fault, FaultNames())
	case s.Method == "" || s.Call < 1 || s.Times < -1:
		return fmt.Errorf("method, and a call from 1 are needed")
	case (s.Fault == ErrorBefore || s.Fault == ErrorAfter) != (s.Error != ""):
		return fmt.Errorf("an error belongs to the faults error and error_after")
	}
	return nil
}

// FaultNames lists all faults, for people.
func FaultNames() string {
	var all []string
	for _, f := range faults() {
		all = append(all, string(f))
	}
	return strings.Join(all, ", ")
}

// strike is a fault that was decided on; its zero value is none.
type strike struct {
	Fault
	error      string
	wait       time.Duration
	retryAfter int
}

// strike decides what goes wrong in the n-th call of a method, the total-th of
// all. It depends on nothing else than the seed: calls that overtake each other
// change nothing.
func (p *Plan) strike(seed int64, method string, n, total int) strike {
	for _, s := range p.Script {
		count := n
		if s.Method == "*" {
			count = total
		}
		last := s.Call + max(s.Times, 1) - 1
		if (s.Method == method || s.Method == "*") && count >= s.Call && (s.Times == -1 || count <= last) {
			return p.fill(strike{Fault: s.Fault, error: s.Error, wait: time.Duration(s.For), retryAfter: s.RetryAfter})
		}
	}
	if len(p.Chances) == 0 || len(p.Methods) > 0 && !slices.Contains(p.Methods, method) {
		return strike{}
	}
	h := fnv.New64a()
	fmt.Fprintf(h, "%s/%d", method, n)
	at := rand.New(rand.NewPCG(uint64(seed), h.Sum64())).Float64()
	for _, f := range faults() {
		if at -= p.Chances[f]; at < 0 {
			return p.fill(strike{Fault: f})
		}
	}
	return strike{}
}

// fill puts the plan's times where a step has none.
func (p *Plan) fill(s strike) strike {
	if s.wait == 0 {
		switch s.Fault {
		case HangBefore, HangAfter:
			s.wait = orDefault(p.Hang, 30*time.Second)
		case LateAccept:
			s.wait = orDefault(p.Late, 2*time.Second)
		case Slow, Drip, Refuse:
			s.wait = orDefault(p.Slow, 2*time.Second)
		}
	}
	if s.retryAfter == 0 {
		s.retryAfter = max(p.RetryAfter, 1)
	}
	return s
}

func orDefault(d Duration, def time.Duration) time.Duration {
	if d == 0 {
		return def
	}
	return time.Duration(d)
}
