package slack

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"newswatch/news"
	"newswatch/notify"
)

// TrialError is a step of a trial that did not hold, and what to do about it.
type TrialError struct {
	Step   string // "scopes"
	Reason string
	Next   string
}

// Error says all three.
func (e *TrialError) Error() string { return e.Step + ": " + e.Reason + "\nnext: " + e.Next }

// How often and with which pause the trial looks for its message in the history.
const (
	trialLooks = 5
	trialPause = time.Second
)

const appsPage = "at https://api.slack.com/apps, your app, "

// trial goes step by step through what a new app must be able to do.
type trial struct {
	*Channel
	say     func(step, what string)
	id      Identity
	name    string // of the channel, as it was given
	channel conversation
	root    news.Delivery // the message that was posted

	unlisted bool // the app does not see the channel: a post will show whether it is there
}

// conversation is a channel as Slack describes it.
type conversation struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Private  bool   `json:"is_private"`
	Member   bool   `json:"is_member"`
	Archived bool   `json:"is_archived"`
}

// Trial checks in order what it takes to deliver to a channel, and tells of each
// step that holds. It posts one message with one reply. Its error is a
// *TrialError, or that of ctx.
func (c *Channel) Trial(ctx context.Context, channel string, say func(step, what string)) error {
	t := &trial{Channel: c, say: say, name: strings.TrimPrefix(channel, "#")}
	for _, step := range []func(context.Context) error{
		t.form, t.identity, t.scopes, t.find, t.post, t.readBack, t.rewrite, t.reply, t.socket,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

const botToken = appsPage + "OAuth & Permissions, copy the Bot User OAuth Token (xoxb-...) into SLACK_BOT_TOKEN"

// CheckToken says what keeps a secret from being a bot's token, by its form. It
// never repeats one. Its error is a *TrialError.
func CheckToken(token news.Secret) error {
	switch token := token.Reveal(); {
	case strings.HasPrefix(token, "xapp-"):
		return &TrialError{"token", "SLACK_BOT_TOKEN holds an app-level token (xapp-...)", "put it into SLACK_APP_TOKEN, and " + botToken}
	case strings.HasPrefix(token, "https://"):
		return &TrialError{"token", "SLACK_BOT_TOKEN holds an address, as that of an incoming webhook", botToken}
	case strings.HasPrefix(token, "xoxp-"):
		return &TrialError{"token", "SLACK_BOT_TOKEN holds a user's token (xoxp-...)", botToken}
	case !strings.HasPrefix(token, "xoxb-"):
		return &TrialError{"token", "SLACK_BOT_TOKEN does not begin with xoxb-", botToken}
	}
	return nil
}

// TokenHint says what is to be done about a bot's token that Slack refuses, "" when
// the error is another.
func TokenHint(err error) string {
	switch said(err) {
	case "invalid_auth", "token_revoked", "token_expired", "account_inactive", "not_authed":
		return appsPage + "Install App, install it again and copy the new token into SLACK_BOT_TOKEN"
	}
	return ""
}

// form looks at the tokens themselves.
func (t *trial) form(context.Context) error {
	if err := CheckToken(t.token); err != nil {
		return err
	}
	if a := t.appToken.Reveal(); a != "" && !strings.HasPrefix(a, "xapp-") {
		return &TrialError{"token", "SLACK_APP_TOKEN does not begin with xapp-", appsPage + "Basic Information, App-Level Tokens, generate one with the scope connections:write"}
	}
	t.say("token", "of a bot (xoxb-...)")
	return nil
}

func (t *trial) identity(ctx context.Context) error {
	id, err := t.Check(ctx)
	switch hint := TokenHint(err); {
	case err == nil:
	case hint != "":
		return &TrialError{"workspace", err.Error(), hint}
	case said(err) == "":
		return &TrialError{"workspace", err.Error(), "see that this machine reaches " + t.host() + " (HTTPS_PROXY is honoured), and try again"}
	default:
		return &TrialError{"workspace", err.Error(), "https://docs.slack.dev/reference/methods/auth.test explains the word; https://slack-status.com shows whether Slack is ill"}
	}
	t.id = id
	t.say("workspace", fmt.Sprintf("%s as @%s", id.Team, id.User))
	return nil
}

// host is where Slack is asked, as the configuration says.
func (t *trial) host() string {
	u, err := url.Parse(t.base)
	switch {
	case err != nil || u.Host == "":
		return "the address in SLACK_API_URL"
	case u.Hostname() == "slack.com":
		return "https://slack.com"
	}
	return u.Scheme + "://" + u.Host + ", which SLACK_API_URL names"
}

// scopes looks at what the token may do. One of a pair is enough for a channel,
// and the last ones are for extras.
func (t *trial) scopes(context.Context) error {
	if len(t.id.Scopes) == 0 {
		t.say("scopes", "Slack does not list them; what follows shows them")
		return nil
	}
	var missing, extra []string
	for _, s := range Scopes() {
		if slices.Contains(t.id.Scopes, s) {
			continue
		}
		twin := strings.NewReplacer("channels:", "groups:", "groups:", "channels:").Replace(s)
		if s == "usergroups:read" || s == "commands" || twin != s && slices.Contains(t.id.Scopes, twin) {
			extra = append(extra, s)
			continue
		}
		missing = append(missing, s)
	}
	const add = appsPage + "OAuth & Permissions, Scopes, Bot Token Scopes, add what is missing, then Reinstall to Workspace"
	switch {
	case len(missing) > 0:
		return &TrialError{"scopes", "missing: " + strings.Join(missing, ", "), add}
	case len(extra) > 0:
		t.say("scopes", "enough, but without "+strings.Join(extra, ", ")+" (newswatch slack manifest says what they are for)")
	default:
		t.say("scopes", fmt.Sprintf("all %d", len(Scopes())))
	}
	return nil
}

// find looks the channel up.
func (t *trial) find(ctx context.Context) error {
	ch, err := t.lookUp(ctx)
	switch said(err) {
	case "unknown_method", "method_not_supported_for_channel_type":
		t.say("channel", "channels cannot be looked up here; #"+t.name+" is tried as it is")
		return nil
	case "channel_not_found":
		return &TrialError{"channel", "channel_not_found: the app sees no channel " + t.name, t.invite("check how it is spelled; in a private channel, ")}
	case "missing_scope":
		return &TrialError{"channel", err.Error(), appsPage + "OAuth & Permissions, add channels:read and groups:read, then Reinstall to Workspace"}
	}
	switch {
	case err != nil:
		return &TrialError{"channel", err.Error(), "try again in a minute"}
	case ch.ID == "": // chat.postMessage takes names too, and decides
		t.unlisted = true
		return nil
	case ch.Archived:
		return &TrialError{"channel", "is_archived: #" + ch.Name + " is archived", "unarchive it, or choose another"}
	case !ch.Member:
		return &TrialError{"channel", "not_in_channel: the app is not a member of #" + ch.Name, t.invite("")}
	}
	t.channel = ch
	kind := "public"
	if ch.Private {
		kind = "private"
	}
	t.say("channel", fmt.Sprintf("#%s (%s) is %s, and the app is a member", ch.Name, ch.ID, kind))
	return nil
}

// invite says how to make the app a member.
func (t *trial) invite(before string) string {
	name := t.id.User
	if name == "" {
		name = "newswatch"
	}
	return before + "write there: /invite @" + name
}

func (t *trial) lookUp(ctx context.Context) (conversation, error) {
	if isID(t.name, "CGD") {
		var one struct {
			Channel conversation `json:"channel"`
		}
		err := t.call(ctx, "conversations.info", url.Values{"channel": {t.name}}, &one)
		return one.Channel, err
	}
	cursor := ""
	for range listPages {
		channels, next, err := t.conversations(ctx, cursor, url.Values{})
		if err != nil {
			return conversation{}, err
		}
		for _, ch := range channels {
			if ch.Name == strings.ToLower(t.name) {
				return ch, nil
			}
		}
		if next == "" || next == cursor {
			break
		}
		cursor = next
	}
	return conversation{}, nil
}

// message is the trial's message, and with other words its rewriting and reply.
func (t *trial) message(id, headline, footer string) (news.Delivery, error) {
	n := news.Notice{
		DeliveryID: id, Kind: "test", Headline: headline, Subject: "#" + t.name, Footer: footer, Location: time.Local,
	}
	m, err := t.Notice(n)
	if err != nil {
		return news.Delivery{}, fmt.Errorf("render: %w", err)
	}
	destination := t.channel.ID
	if destination == "" {
		destination = t.name
	}
	return news.Delivery{
		ID: id, Part: 1, Parts: 1, Kind: news.KindNotice, Destination: "slack:" + destination, Payload: m.Payload, StartedAt: t.now(),
	}, nil
}

func (t *trial) post(ctx context.Context) error {
	d, err := t.message(news.NoticeID("test", t.name, t.now().Format(time.RFC3339Nano)), "newswatch can post here",
		"A trial by hand. Digests and alerts will come as the rules say.")
	if err != nil {
		return err
	}
	d.Receipt, err = t.Post(ctx, d)
	switch r := (*notify.Refusal)(nil); {
	case err != nil && t.unlisted && errors.As(err, &r) && r.Reason == "channel_not_found":
		return &TrialError{"channel", "channel_not_found: #" + t.name + " is not among the channels that the app sees", t.invite("check how it is spelled; in a private channel, ")}
	case err != nil:
		return t.unposted("post", err)
	case t.unlisted:
		t.say("channel", "#"+t.name+" is not among those that the app sees, and takes messages all the same")
	}
	t.root = d
	t.say("post", "a message stands there")
	return nil
}

// unposted explains why a message was not taken.
func (t *trial) unposted(step string, err error) error {
	next := "https://docs.slack.dev/reference/methods/chat.postMessage explains the word"
	var r *notify.Refusal
	switch errors.As(err, &r); {
	case r == nil:
		next = "look into the channel whether it came; then try again"
	case r.Kind == notify.RefusedRate:
		next = "try again in a minute"
	case r.Reason == "not_in_channel" || r.Reason == "channel_not_found":
		next = t.invite("check how the channel is spelled; if it is private, or the app is no member, ")
	case strings.HasPrefix(r.Reason, "restricted_action"):
		next = "only some members may post there: a workspace admin can allow the app to, in the channel's settings"
	case r.Reason == "missing_scope":
		next = appsPage + "OAuth & Permissions, add chat:write, then Reinstall to Workspace"
	}
	return &TrialError{step, err.Error(), next}
}

// readBack looks for the message where the daemon would look after a lost answer.
func (t *trial) readBack(ctx context.Context) error {
	const twice = "; without it a message may come twice after a lost answer"
	for i := range trialLooks {
		if i > 0 {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(trialPause):
			}
		}
		_, found, err := t.Find(ctx, t.root)
		switch {
		case found:
			t.say("read back", "found in the channel's history: each message will come exactly once")
			return nil
		case errors.Is(err, notify.ErrNoLookup):
			return &TrialError{"read back", "the channel's history cannot be read here" + twice, "see that SLACK_API_URL offers conversations.history"}
		case err != nil && strings.Contains(err.Error(), "missing_scope"):
			return &TrialError{"read back", err.Error() + twice, appsPage + "OAuth & Permissions, add channels:history and groups:history, then Reinstall to Workspace"}
		case err != nil:
			return &TrialError{"read back", err.Error() + twice, t.invite("")}
		}
	}
	return &TrialError{"read back", "posted, but not found in the channel's history within 5 s", "try again; if it stays so, raise settings.slack.quarantine in the rules"}
}

// rewrite changes the message in place, as alerts are when their story grows.
func (t *trial) rewrite(ctx context.Context) error {
	d, err := t.message(t.root.ID, "newswatch can post and rewrite here", "A trial by hand. Digests and alerts will come as the rules say.")
	if err != nil {
		return err
	}
	d.Kind, d.Parent = news.KindUpdate, t.root.Receipt
	args, err := t.arguments(ctx, d)
	if err != nil {
		return err
	}
	args.Set("channel", t.root.Receipt.Channel)
	args.Set("ts", t.root.Receipt.TS)
	args.Del("unfurl_links")
	args.Del("unfurl_media")
	var a answer
	if err := t.call(ctx, "chat.update", args, &a); err != nil {
		return &TrialError{"rewrite", err.Error(), "alerts cannot grow in place: see whether the workspace forbids editing (Settings, Message Editing & Deletion)"}
	}
	t.say("rewrite", "the message was rewritten in place")
	return nil
}

// reply answers in the message's thread, where the rest of a digest goes.
func (t *trial) reply(ctx context.Context) error {
	d, err := t.message(news.NoticeID("test", t.name+"/reply", t.now().Format(time.RFC3339Nano)), "newswatch can reply here",
		"What does not fit into a digest comes in its thread.")
	if err != nil {
		return err
	}
	d.ReplyTo, d.Parent = t.root.ID, t.root.Receipt
	select { // Slack takes one message a second in a channel
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(trialPause):
	}
	if _, err = t.Post(ctx, d); err != nil {
		return t.unposted("thread", err)
	}
	if t.orphans.has(t.root.Receipt) {
		return &TrialError{"thread", "the reply went to the channel: the message was deleted meanwhile", "try again"}
	}
	t.say("thread", "a reply stands in its thread")
	return nil
}

// socket asks for a WebSocket, which is all that commands and buttons need.
func (t *trial) socket(ctx context.Context) error {
	if t.appToken == "" {
		t.say("app token", "none: no buttons and no /news, all else works (SLACK_APP_TOKEN, xapp-...)")
		return nil
	}
	if _, err := t.OpenSocket(ctx); err != nil {
		next := AppTokenHint(err)
		if next == "" {
			next = appsPage + "Socket Mode, switch it on; then try again"
		}
		return &TrialError{"app token", err.Error(), next}
	}
	if len(t.id.Scopes) > 0 && !slices.Contains(t.id.Scopes, "commands") {
		return &TrialError{"app token", "good, but the bot's scope commands is missing", appsPage + "OAuth & Permissions, add commands, then Reinstall to Workspace"}
	}
	t.say("app token", "Slack grants a connection: buttons and /news will work")
	return nil
}

// AppTokenHint says what is to be done about an app's token that Slack refuses, ""
// when the error is another.
func AppTokenHint(err error) string {
	switch said(err) {
	case "invalid_auth", "not_authed", "not_allowed_token_type", "token_revoked", "token_expired", "account_inactive":
		return "SLACK_APP_TOKEN must be an app-level token (xapp-...): " + appsPage + "Basic Information, App-Level Tokens, generate one with the scope connections:write"
	case "missing_scope", "no_permission", "access_denied":
		return appsPage + "Basic Information, App-Level Tokens, generate one with the scope connections:write"
	}
	return ""
}
