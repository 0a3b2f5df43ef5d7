package socket

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"newswatch/notify"
	"newswatch/notify/wire"
)

// maxWord bounds what is read of the answer to an answer: it is one word.
const maxWord = 64 << 10 // bytes

// perform does a job and says what came of it.
func (l *Listener) perform(ctx context.Context, j job) {
	if j.pick != "" {
		body, err := l.slack.Choice(j.pick, j.headline)
		l.say(ctx, j, body, err)
		return
	}
	var a notify.Answer
	switch {
	case len(j.each) > 0:
		a = l.askEach(ctx, j)
	case len(j.Words) > 0 || !j.showHome:
		a = l.ask(ctx, j)
	}
	if j.showHome {
		l.show(ctx, j.By, a.Headline)
		return
	}
	body, err := l.slack.Answer(a, j.private)
	l.say(ctx, j, body, err)
}

// ask does what a command asks for. What is wrong with a question is told to the
// asker, what is wrong with us to the operators.
func (l *Listener) ask(ctx context.Context, j job) notify.Answer {
	a, err := l.do.Do(ctx, j.Command)
	switch {
	case err == nil:
		l.log.DebugContext(ctx, "asked from Slack", "by", j.By, "verb", verb(j.Words), "channel", j.Channel)
		return a
	case errors.Is(err, notify.ErrAsked):
		return notify.Answer{Headline: err.Error(), Hint: "/news help"}
	}
	l.log.ErrorContext(ctx, "what was asked from Slack could not be done", "by", j.By, "verb", verb(j.Words), "err", err)
	return notify.Answer{Headline: "That did not work. The reason is in newswatch's log; try again in a moment."}
}

// askEach asks the same of several stories, and says the gist of each answer.
func (l *Listener) askEach(ctx context.Context, j job) notify.Answer {
	all := notify.Answer{Headline: "Why these stories were told", Hint: "all of one: /news why 3"}
	for _, id := range j.each {
		one := j
		one.Words = append(slices.Clone(j.Words), id)
		all.Lines = append(all.Lines, l.ask(ctx, one).Headline)
	}
	return all
}

// verb is the first word of a command, for the log: the Commander knows which of the
// others belong there.
func verb(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return word(words[0])
}

// show shows the home page.
func (l *Listener) show(ctx context.Context, user, note string) {
	var h notify.Home
	if l.home != nil {
		var err error
		if h, err = l.home.Home(ctx); err != nil {
			l.log.ErrorContext(ctx, "the home page could not be filled", "err", err)
			return
		}
	}
	if err := l.slack.PublishHome(ctx, user, h, note); err != nil {
		l.log.WarnContext(ctx, "the home page could not be shown", "err", err)
	}
}

// say posts an answer to where the asker sees it. It is not tried again: the
// asker can ask again, and what was done once is not done twice by that.
func (l *Listener) say(ctx context.Context, j job, body []byte, err error) {
	if err == nil {
		err = l.respond(ctx, j.respond, body)
	}
	if err != nil {
		l.log.WarnContext(ctx, "an answer did not reach its asker", "by", j.By, "err", err)
	}
}

// respond posts to a response_url. Its address is a secret: no error names it.
func (l *Listener) respond(ctx context.Context, address string, body []byte) error {
	if !l.slack.ResponseURL(address) {
		return errors.New("the address for it is not Slack's")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return errors.New("the address for it cannot be used")
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	a, err := wire.Do(l.http, req, maxWord, wire.SecretsBehind(req.URL)...)
	switch {
	case a.Status == http.StatusOK: // taken, whatever becomes of the word
		return nil
	case a.Status != 0:
		return fmt.Errorf("answered with status %d: %s", a.Status, refusal(a.Body))
	}
	return err
}

// refusal is Slack's word in a body, as plain text or as JSON.
func refusal(body []byte) string {
	var verdict struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(body, &verdict) == nil && verdict.Error != "" {
		return word(verdict.Error)
	}
	text, _, _ := strings.Cut(string(body), " ")
	return word(strings.TrimSuffix(text, ":"))
}
