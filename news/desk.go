package news

import (
	"net/netip"
	"time"
)

// Settings are the desk's choices that hold for everything. The zero value of a
// field is not its default: the rule file's loader fills the defaults in.
type Settings struct {
	Timezone             *time.Location
	Plurals              string   // "english" or "none"
	SearchIn             []Field  // default: title and body
	IgnoreBlocks         []string // a block that begins so is not searched
	IgnoreRepeatedBlocks int      // a block seen in this many items of a feed is boilerplate; 0: never
	Poll                 string   // cron expression or duration for feeds without their own
	Backfill             time.Duration
	Allow                []netip.Prefix // private addresses that feeds may live on
	Contact              string         // a page or mail address, told to the servers of feeds; "": none
	KeepItems            time.Duration
	KeepStories          time.Duration
	Backup               *BackupSettings // nil: none are made
	Slack                SlackSettings
}

// BackupSettings say when the state is copied and what becomes of the copies.
type BackupSettings struct {
	Cron   string // five fields, in Settings.Timezone
	Keep   int    // so many, the newest
	Folder string // absolute, or from the state's own folder on
}

// SlackSettings pace the posts to Slack and say how long an uncertain one waits.
type SlackSettings struct {
	Quarantine time.Duration // from the end of an uncertain attempt to the first look
	LookAgain  time.Duration // between two looks
	Pace       time.Duration // between two posts to one channel
}

// Plan says who is told what: a digest at its times, or an alert at once.
type Plan struct {
	ID    string
	Kind  PlanKind
	Title string
	Rules []string // ids, in the order of the sections; never empty
	// MinScore is the least score, over Rules, of a story that is told.
	MinScore int
	To       Target
	Timezone *time.Location

	// Of digests.
	Cron       string // five fields, local wall time
	MaxStories int    // 0: no limit
	PostEmpty  bool   // when_empty: post

	// Of alerts.
	MinPublishers    int           // independent ones, before the first message
	Wait             time.Duration // at most so long for them
	Cooldown         time.Duration // between two notes on one story
	UnlessPublishers int           // ... unless so many more publishers have it; 0: no exception
	BroadcastAt      int           // publishers; from then a note in the thread also goes to the channel; 0: never
	Quiet            *QuietHours
}

// PlanKind tells digests from alerts.
type PlanKind string

// The kinds of plans.
const (
	DigestPlan PlanKind = "digest"
	AlertPlan  PlanKind = "alert"
)

// Target is where a plan's messages go.
//
// Exactly one of Slack, SlackWebhook and Webhook is set.
type Target struct {
	Slack        string   // a channel's name without #, or its id
	SlackWebhook string   // an incoming webhook of Slack's: the name of the secret that holds its address
	Webhook      string   // a JSON webhook: the name of the secret that holds its address
	Mention      []string // user groups by handle; only these are ever mentioned
	OnUncertain  OnUncertain
}

// OnUncertain says what becomes of a message of which nobody can say whether it
// arrived.
type OnUncertain string

// What a target can ask for.
const (
	// Resend sends again: after look-ups that found nothing where there is a
	// history, at once where there is none. The default of Slack's channels.
	Resend OnUncertain = "resend"
	// Hold never sends again by itself: a person decides.
	Hold OnUncertain = "hold"
	// Skip takes it for delivered, where nothing can be looked up.
	Skip OnUncertain = "skip"
)

// QuietHours hold alerts back, they never drop one. From and To are minutes
// after local midnight; From > To runs over midnight.
type QuietHours struct {
	From, To int
	Days     []time.Weekday // of the day on which From falls; empty: all
}
