package slack

import (
	"context"
	"net/url"
	"sync"
	"time"

	"newswatch/news"
)

// What was looked up holds for so long: channels are seldom made, renamed or
// joined, and the lists are slow methods (20 calls a minute).
const (
	namesHold   = time.Hour
	missesHold  = time.Minute
	listPages   = 100 // of 1,000: a workspace larger than that needs channel ids in the rules
	listPerPage = "1000"
)

// directory remembers what the workspace calls its channels and user groups.
type directory struct {
	mu       sync.Mutex
	channels map[string]string // name -> id
	listed   time.Time         // when the channels were last listed
	closed   bool              // the list cannot be had: names are used as they are
	groups   map[string]string // handle -> id
	grouped  time.Time
}

// channel is the id of a destination, or its name when the list of channels
// cannot be had or does not show it: chat.postMessage takes both, and its answer
// says the rest.
func (c *Channel) channel(ctx context.Context, destination string) (string, error) {
	name, err := name(destination)
	if err != nil || isID(name, "CGD") {
		return name, err
	}
	d := &c.names
	d.mu.Lock()
	defer d.mu.Unlock()
	id, hold := d.channels[name], namesHold
	if id == "" {
		hold = missesHold
	}
	if d.listed.IsZero() || c.now().Sub(d.listed) > hold {
		if err := c.listChannels(ctx); err != nil {
			return "", err
		}
		id = d.channels[name]
	}
	if id == "" {
		return name, nil
	}
	return id, nil
}

// listChannels fills the directory with all channels that we can see.
func (c *Channel) listChannels(ctx context.Context) error {
	found := map[string]string{}
	args := url.Values{"limit": {listPerPage}, "types": {"public_channel,private_channel"}, "exclude_archived": {"true"}}
	for range listPages {
		var page struct {
			Channels []struct {
				ID   string `json:"id"`
				Name string `json:"name"`
			} `json:"channels"`
			Metadata struct {
				Next string `json:"next_cursor"`
			} `json:"response_metadata"`
		}
		err := c.call(ctx, "conversations.list", args, &page)
		if c.names.closed = unasked(err); c.names.closed {
			break
		}
		if err != nil {
			return err
		}
		for _, ch := range page.Channels {
			found[ch.Name] = ch.ID
		}
		if page.Metadata.Next == "" || page.Metadata.Next == args.Get("cursor") {
			break
		}
		args.Set("cursor", page.Metadata.Next)
	}
	if c.names.closed && len(c.names.channels) > 0 {
		found = c.names.channels
	}
	c.names.channels, c.names.listed = found, c.now()
	return nil
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
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.channels[name]
}

// learn notes the id that Slack's answer gave a named channel.
func (d *directory) learn(destination, id string) {
	name, err := name(destination)
	if err != nil || !isID(id, "CGD") || name == id {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.channels == nil {
		d.channels = map[string]string{}
	}
	d.channels[name] = id
}

// forget drops a channel that Slack does not know by the id that we had.
func (d *directory) forget(destination string, why error) {
	if said(why) != "channel_not_found" {
		return
	}
	if name, err := name(destination); err == nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.channels, name)
	}
}

// userGroups are the ids of the workspace's user groups by handle.
func (c *Channel) userGroups(ctx context.Context) (map[string]string, error) {
	d := &c.names
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.groups != nil && c.now().Sub(d.grouped) < namesHold {
		return d.groups, nil
	}
	var list struct {
		Groups []struct {
			ID     string `json:"id"`
			Handle string `json:"handle"`
		} `json:"usergroups"`
	}
	if err := c.call(ctx, "usergroups.list", url.Values{}, &list); err != nil {
		return nil, err
	}
	d.groups, d.grouped = map[string]string{}, c.now()
	for _, g := range list.Groups {
		if isID(g.ID, "S") {
			d.groups[g.Handle] = g.ID
		}
	}
	return d.groups, nil
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
