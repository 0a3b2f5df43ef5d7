package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"newswatch/news"
	"newswatch/notify/slack"
	"newswatch/watcher/store"
)

type outboxCmd struct {
	List   outboxListCmd   `cmd:"" default:"withargs" help:"List deliveries, newest first."`
	Show   outboxShowCmd   `cmd:"" help:"Show a delivery with its message."`
	Resend outboxResendCmd `cmd:"" help:"Send a held or dropped delivery now."`
	Drop   outboxDropCmd   `cmd:"" help:"Give a waiting delivery up."`
}

// Help is the long text of -h.
func (outboxCmd) Help() string {
	return help(`Shows what was sent, what waits and why, and lets you decide about it. It reads beside a running daemon.
The states: pending, it waits for its turn; sending, it is on its way, or no certain answer came and it is being looked up; sent; held, it was refused, and is tried again by itself, for ever, unless it says that it waits for your word; dropped, by you; superseded, a newer rewriting of the same message took its place.`,
		"newswatch outbox\nnewswatch outbox list --state held\nnewswatch outbox resend dg_0123456789abcdef", "0 done; 1 its state does not allow that; 2 unknown delivery")
}

type outboxListCmd struct {
	State []string `enum:"pending,sending,sent,held,dropped,superseded" placeholder:"STATE,..." help:"Only these: ${enum}."`
	Limit int      `default:"50" help:"At most so many."`
	JSON  bool     `name:"json" help:"One delivery a line, as JSON."`
}

// Help is the long text of -h.
func (outboxListCmd) Help() string {
	return help("Lists deliveries and their states. What is held is tried again by itself, for ever, or waits for your word where only a person can decide; nothing is dropped but by hand.",
		"newswatch outbox\nnewswatch outbox list --state held", "0 listed; 2 wrong usage")
}

// outboxLine is a delivery as programs read it.
type outboxLine struct {
	ID          string             `json:"id"`
	Part        int                `json:"part"`
	Parts       int                `json:"parts"`
	Plan        string             `json:"plan"`
	Kind        news.DeliveryKind  `json:"kind"`
	Slot        string             `json:"slot,omitempty"`
	Destination string             `json:"destination"`
	State       news.DeliveryState `json:"state"`
	Attempts    int                `json:"attempts"`
	Stories     int                `json:"stories"`
	Created     time.Time          `json:"created"`
	Sent        *time.Time         `json:"sent,omitempty"`
	Next        *time.Time         `json:"next,omitempty"`
	TS          string             `json:"ts,omitempty"`
	Error       string             `json:"error,omitempty"`
	Undecided   bool               `json:"undecided,omitempty"` // it waits for resend or drop
}

func lineOf(d news.Delivery) outboxLine {
	l := outboxLine{
		ID: d.ID, Part: d.Part, Parts: d.Parts, Plan: d.PlanID, Kind: d.Kind, Slot: d.Slot, Destination: d.Destination, State: d.State,
		Attempts: d.Attempts, Stories: len(d.Stories), Created: d.CreatedAt.UTC(), TS: d.Receipt.TS, Error: d.Error,
		Undecided: d.Undecided,
	}
	if !d.SentAt.IsZero() {
		at := d.SentAt.UTC()
		l.Sent = &at
	} else if open(d) && !d.Undecided && !d.NotBefore.IsZero() {
		at := d.NotBefore.UTC()
		l.Next = &at
	}
	return l
}

// Run lists.
func (c *outboxListCmd) Run(ctx context.Context, a *app) error {
	st, err := a.openStore(ctx, true)
	if err != nil {
		return err
	}
	defer st.Close()
	filter := store.DeliveryFilter{Limit: c.Limit}
	for _, s := range c.State {
		filter.States = append(filter.States, news.DeliveryState(s))
	}
	list, err := st.Deliveries(ctx, filter)
	if err != nil {
		return fmt.Errorf("read deliveries: %w", err)
	}
	if len(list) == 0 && !c.JSON {
		fmt.Fprintln(a.out, "no deliveries")
	}
	for _, d := range list {
		if c.JSON {
			if err := a.json(false).Encode(lineOf(d)); err != nil {
				return err
			}
			continue
		}
		printDelivery(a.out, d)
	}
	return nil
}

func printDelivery(out io.Writer, d news.Delivery) {
	fmt.Fprintf(out, "%-8s %s  %s %d/%d  %s %s -> %s  %s", d.State, d.CreatedAt.Local().Format("2006-01-02 15:04 MST"),
		d.ID, d.Part, d.Parts, d.Kind, d.PlanID, d.Destination, count(len(d.Stories), "story"))
	if d.Error != "" {
		fmt.Fprintf(out, "\n         %s (%s", d.Error, count(d.Attempts, "attempt"))
		switch {
		case d.Undecided:
			fmt.Fprint(out, ", waits for your word")
		case open(d) && d.NotBefore.After(time.Now()):
			fmt.Fprintf(out, ", next %s", d.NotBefore.Local().Format("15:04:05 MST"))
		case open(d):
			fmt.Fprint(out, ", next now")
		}
		fmt.Fprint(out, ")")
	}
	fmt.Fprintln(out)
}

// open says whether anything is still to be done with a delivery.
func open(d news.Delivery) bool {
	return d.State == news.Pending || d.State == news.Sending || d.State == news.Held
}

type outboxShowCmd struct {
	ID   string `arg:"" help:"The delivery's id."`
	HTML bool   `name:"html" help:"The messages as a page, as Slack shows them."`
}

// Help is the long text of -h.
func (outboxShowCmd) Help() string {
	return help("Shows each part of a delivery as JSON: its state, and the frozen message; or with --html as a page.",
		"newswatch outbox show dg_0123456789abcdef\nnewswatch outbox show --html al_0123456789abcdef >alert.html",
		"0 shown; 2 unknown delivery")
}

// Run shows a delivery.
func (c *outboxShowCmd) Run(ctx context.Context, a *app) error {
	st, err := a.openStore(ctx, true)
	if err != nil {
		return err
	}
	defer st.Close()
	parts, err := c.parts(ctx, st)
	if err != nil {
		return err
	}
	if c.HTML {
		return c.page(a.out, parts)
	}
	enc := a.json(true)
	for _, d := range parts {
		message := json.RawMessage(d.Payload)
		if !json.Valid(message) { // the terminal's are plain text
			message, _ = json.Marshal(string(d.Payload))
		}
		if err := enc.Encode(struct {
			outboxLine
			Message json.RawMessage `json:"message"`
		}{lineOf(d), message}); err != nil {
			return err
		}
	}
	return nil
}

// parts reads all messages of the delivery.
func (c *outboxShowCmd) parts(ctx context.Context, st *store.Store) (list []news.Delivery, err error) {
	for part, parts := 1, 1; part <= parts; part++ {
		d, err := st.Delivery(ctx, c.ID, part)
		if errors.Is(err, store.ErrNotFound) {
			return nil, usagef("no delivery %q; newswatch outbox lists them", c.ID)
		}
		if err != nil {
			return nil, fmt.Errorf("read delivery: %w", err)
		}
		list, parts = append(list, d), d.Parts
	}
	return list, nil
}

// page shows the messages as Slack does.
func (c *outboxShowCmd) page(out io.Writer, parts []news.Delivery) error {
	payloads := make([][]byte, len(parts))
	for i, d := range parts {
		if !strings.HasPrefix(d.Destination, "slack") {
			return usagef("%s goes to %s: --html shows Slack's messages only", c.ID, d.Destination)
		}
		payloads[i] = d.Payload
	}
	page, err := slack.HTML(payloads, c.ID)
	if err != nil {
		return err
	}
	_, err = out.Write(page)
	return err
}

type outboxResendCmd struct {
	ID string `arg:"" help:"The delivery's id."`
}

// Help is the long text of -h.
func (outboxResendCmd) Help() string {
	return help(`Sends a held or dropped delivery now: at once when it waits for your word, and as a try before its time when it was refused. One that is uncertain is looked up by the daemon; it can be forced two minutes after its attempt, and may then come twice.`,
		"newswatch outbox resend dg_0123456789abcdef", "0 will be sent; 1 there is nothing to send; 2 unknown delivery")
}

// Run resends.
func (c *outboxResendCmd) Run(ctx context.Context, a *app) error {
	return changeDelivery(ctx, a, c.ID, "will be sent", "what is held, dropped or long without an answer can be sent by hand", (*store.Store).Resend)
}

type outboxDropCmd struct {
	ID string `arg:"" help:"The delivery's id."`
}

// Help is the long text of -h.
func (outboxDropCmd) Help() string {
	return help("Gives a waiting or held delivery up. Its stories count as told.", "newswatch outbox drop dg_0123456789abcdef",
		"0 dropped; 1 it is neither waiting nor held; 2 unknown delivery")
}

// Run drops.
func (c *outboxDropCmd) Run(ctx context.Context, a *app) error {
	return changeDelivery(ctx, a, c.ID, "dropped", "what waits, is held or long without an answer can be dropped", (*store.Store).Drop)
}

// stateWords says of a delivery's state what it means for deciding about it.
func stateWords(s news.DeliveryState) string {
	if s == news.Sending {
		return "on its way since less than two minutes"
	}
	return string(s)
}

func changeDelivery(ctx context.Context, a *app, id, done, can string, change func(*store.Store, context.Context, string) (int, error)) error {
	st, err := a.openStore(ctx, true)
	if err != nil {
		return err
	}
	defer st.Close()
	n, err := change(st, ctx, id)
	if err != nil {
		return fmt.Errorf("change delivery %s: %w", id, err)
	}
	if n == 0 {
		d, err := st.Delivery(ctx, id, 1)
		if errors.Is(err, store.ErrNotFound) {
			return usagef("no delivery %q; newswatch outbox lists them", id)
		}
		if err != nil {
			return err
		}
		return &exitError{exitNot, fmt.Sprintf("%s is %s, and only %s; newswatch outbox show %s", id, stateWords(d.State), can, id)}
	}
	fmt.Fprintf(a.out, "%s %s\n", count(n, "message"), done)
	return nil
}
