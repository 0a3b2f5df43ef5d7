package notify

import (
	"context"
	"time"

	"newswatch/news"
)

// Command is what somebody asks of newswatch: typed after /news, or meant by a
// button that was pressed, whose words are those that could have been typed. A
// story may be called by its number in a digest, by its id, or by how that begins.
type Command struct {
	By      string   // who asks: a Slack user's id, or the login name on a command line
	ByName  string   // what a Slack user is called there, as far as it is known: foreign text
	Words   []string // "mute", "3", "24h"
	Channel string   // the channel's id where it was asked; "" elsewhere
	Message string   // the delivery whose button was pressed; "" for what was typed
}

// Answer is what is said back, to the asker alone. Its words may quote feeds:
// they are data, and a renderer escapes them.
type Answer struct {
	Headline string
	Lines    []string
	Hint     string   // what could be asked next; may be empty
	Undo     []string // the words of the command that takes it back; may be empty
}

// Commander does what is asked. An error that wraps ErrAsked says in words for
// the asker what was wrong with the question.
type Commander interface {
	Do(ctx context.Context, c Command) (Answer, error)
}

// Homer gives the state at a glance, for the page that somebody opens beside the
// channels.
type Homer interface {
	Home(ctx context.Context) (Home, error)
}

// Home is the state at a glance: content, not looks. Its words may quote feeds:
// they are data, and a renderer escapes them.
type Home struct {
	At       time.Time      // when it was looked at
	Location *time.Location // the desk's
	Headline string         // "Healthy", or what is wrong: "1 of 38 feeds fails"
	Healthy  bool
	Feeds    HomeFeeds
	Held     int // deliveries that wait for a person
	Plans    []HomePlan
	Rules    []HomeRule // in the order of the rule file
	Mutes    []HomeMute // those in force, the first to end first
	Followed []HomeStory
}

// HomeFeeds counts the feeds.
type HomeFeeds struct {
	Total, Well int       // all that are watched; those that answer as they should
	Failing     []string  // names of the others, the worst first, at most five
	LastPoll    time.Time // zero: none yet
}

// HomePlan is a digest or an alert, and what it has to tell.
type HomePlan struct {
	ID     string
	Kind   news.PlanKind
	Title  string
	To     news.Target
	Next   time.Time // of digests: the next slot
	Ready  int       // stories that are told next, for the first time or again
	Muted  int       // stories that would be told, but for a mute
	Paused time.Time // until when nothing is told; zero: not paused
	By     string    // who paused it: a login name, a Slack user's id, or "name (id)"
}

// HomeRule is what a rule brought in the last seven days.
type HomeRule struct {
	ID      string
	Title   string
	Items   int    // that it matched
	Stories int    // that those are in
	Flags   int    // of its stories that somebody said do not belong there
	Example string // headline of the last that was flagged, "" when none was
}

// HomeMute is a mute in force.
type HomeMute struct {
	What   string // in words: "story “Voltera recalls chargers”", "source Daily Example"
	Until  time.Time
	By     string
	Reason string   // may be empty
	Undo   []string // the words of the command that ends it
}

// HomeStory is a story that is followed.
type HomeStory struct {
	ID       string
	Headline string
	Until    time.Time
	By       string
	Undo     []string // the words of the command that ends it
}
