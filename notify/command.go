package notify

import "context"

// Command is what somebody asks of newswatch: typed after /news, or meant by a
// button that was pressed.
type Command struct {
	By      string   // who asks: a Slack user's id, or the login name on a command line
	Words   []string // "mute", "3", "24h"
	Channel string   // the channel's id where it was asked; "" elsewhere
	Message string   // the delivery whose button was pressed; "" for what was typed
}

// Answer is what is said back, to the asker alone. Its words may quote feeds:
// they are data, and a renderer escapes them.
type Answer struct {
	Headline string
	Lines    []string
	Hint     string // what could be asked next; may be empty
}

// Commander does what is asked. An error that wraps ErrAsked says in words for
// the asker what was wrong with the question.
type Commander interface {
	Do(ctx context.Context, c Command) (Answer, error)
}
