package slack

import (
	"context"
	"net/url"

	"newswatch/news"
)

const (
	listPages   = 100 // of 1,000: a workspace larger than that needs channel ids in the rules
	listPerPage = "1000"
)

// directory knows what the workspace calls its channels and user groups.
type directory struct {
	channels roll // name -> id
	groups   roll // handle -> id
}

// open says where the directory's lists are read.
func (d *directory) open(c *Channel) {
	d.channels = roll{what: "channels", now: c.now, page: c.channelPage}
	d.groups = roll{what: "user groups", now: c.now, page: c.groupPage}
}

// channel is the id of a destination, or its name when the list of channels
// cannot be had or does not show it: chat.postMessage takes both, and its answer
// says the rest. While the list is not read to its end nobody knows, and without
// the id nobody could look up what got lost: the post waits.
func (c *Channel) channel(ctx context.Context, destination string) (string, error) {
	name, err := name(destination)
	if err != nil || isID(name, "CGD") {
		return name, err
	}
	id, err := c.names.channels.find(ctx, name)
	if id == "" && err == nil {
		id = name
	}
	return id, err
}

// channelPage reads a page of all channels that we can see.
func (c *Channel) channelPage(ctx context.Context, cursor string) (rollPage, error) {
	channels, next, err := c.conversations(ctx, cursor, url.Values{"exclude_archived": {"true"}})
	if err != nil {
		return rollPage{}, err
	}
	l := rollPage{ids: map[string]string{}, next: next}
	for _, ch := range channels {
		l.ids[ch.Name] = ch.ID
	}
	return l, nil
}

// conversations reads a page of the workspace's channels.
func (c *Channel) conversations(ctx context.Context, cursor string, args url.Values) (list []conversation, next string, err error) {
	args.Set("limit", listPerPage)
	args.Set("types", "public_channel,private_channel")
	if cursor != "" {
		args.Set("cursor", cursor)
	}
	var page struct {
		Channels []conversation `json:"channels"`
		Metadata struct {
			Next string `json:"next_cursor"`
		} `json:"response_metadata"`
	}
	err = c.call(ctx, "conversations.list", args, &page)
	return page.Channels, page.Metadata.Next, err
}

// unasked says that a method cannot be used here at all.
func unasked(err error) bool {
	switch said(err) {
	case "unknown_method", "missing_scope", "not_allowed_token_type", "method_not_supported_for_channel_type":
		return true
	}
	return false
}

// known is a destination's channel id as far as it is known, "" if it is not.
func (d *directory) known(destination string) string {
	name, err := name(destination)
	if err != nil || isID(name, "CGD") {
		return name
	}
	return d.channels.look(name)
}

// learn notes the id that Slack's answer gave a named channel.
func (d *directory) learn(destination, id string) {
	name, err := name(destination)
	if err != nil || !isID(id, "CGD") || name == id {
		return
	}
	d.channels.put(name, id)
}

// forget drops a channel that Slack does not know by the id that we had.
func (d *directory) forget(destination string, why error) {
	if said(why) != "channel_not_found" {
		return
	}
	if name, err := name(destination); err == nil {
		d.channels.put(name, "")
	}
}

// userGroups are the ids of the workspace's user groups by handle.
func (c *Channel) userGroups(ctx context.Context) (map[string]string, error) {
	return c.names.groups.all(ctx)
}

func (c *Channel) groupPage(ctx context.Context, _ string) (rollPage, error) {
	var page struct {
		Groups []struct {
			ID     string `json:"id"`
			Handle string `json:"handle"`
		} `json:"usergroups"`
	}
	if err := c.call(ctx, "usergroups.list", url.Values{}, &page); err != nil {
		return rollPage{}, err
	}
	l := rollPage{ids: map[string]string{}}
	for _, g := range page.Groups {
		if isID(g.ID, "S") {
			l.ids[g.Handle] = g.ID
		}
	}
	return l, nil
}

// Lane names what a delivery's attempt shares with others: its channel, whatever
// destinations name it, or the method that rewrites messages all over the
// workspace (tier 3, 50 calls a minute). It is "" while the channel's id is not
// known.
func (c *Channel) Lane(d news.Delivery) string {
	if d.Kind == news.KindUpdate {
		return "slack chat.update"
	}
	id := d.Parent.Channel
	if id == "" {
		id = c.names.known(d.Destination)
	}
	if id == "" {
		return ""
	}
	return "slack channel " + id
}
