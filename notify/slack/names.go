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
	mu       sync.Mutex        // held for moments, never over a call
	channels map[string]string // name -> id
	listed   time.Time         // when the channels were last listed
	closed   bool              // the list cannot be had: names are used as they are
	groups   map[string]string // handle -> id
	grouped  time.Time

	listing, grouping flight
}

// channel is the id of a destination, or its name when the list of channels
// cannot be had or does not show it: chat.postMessage takes both, and its answer
// says the rest.
func (c *Channel) channel(ctx context.Context, destination string) (string, error) {
	name, err := name(destination)
	if err != nil || isID(name, "CGD") {
		return name, err
	}
	id, fresh := c.names.find(name, c.now())
	if !fresh {
		if err := c.names.listing.do(ctx, c.listChannels); err != nil {
			return "", err
		}
		id, _ = c.names.find(name, c.now())
	}
	if id == "" {
		return name, nil
	}
	return id, nil
}

// find is the id of a channel, "" for none, and whether that still holds.
func (d *directory) find(name string, now time.Time) (id string, fresh bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	id, hold := d.channels[name], namesHold
	if id == "" {
		hold = missesHold
	}
	return id, !d.listed.IsZero() && now.Sub(d.listed) <= hold
}

// listChannels fills the directory with all channels that we can see.
func (c *Channel) listChannels(ctx context.Context) error {
	found, closed := map[string]string{}, false
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
		if closed = unasked(err); closed {
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
	d := &c.names
	d.mu.Lock()
	defer d.mu.Unlock()
	if !closed || len(d.channels) == 0 {
		d.channels = found
	}
	d.listed, d.closed = c.now(), closed
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
	if groups := c.names.handles(c.now()); groups != nil {
		return groups, nil
	}
	if err := c.names.grouping.do(ctx, c.listGroups); err != nil {
		return nil, err
	}
	return c.names.handles(c.now()), nil
}

// handles are the user groups while they hold, else nil. The map is never changed.
func (d *directory) handles(now time.Time) map[string]string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.groups == nil || now.Sub(d.grouped) > namesHold {
		return nil
	}
	return d.groups
}

// listGroups fills the directory with all user groups.
func (c *Channel) listGroups(ctx context.Context) error {
	var list struct {
		Groups []struct {
			ID     string `json:"id"`
			Handle string `json:"handle"`
		} `json:"usergroups"`
	}
	if err := c.call(ctx, "usergroups.list", url.Values{}, &list); err != nil {
		return err
	}
	groups := map[string]string{}
	for _, g := range list.Groups {
		if isID(g.ID, "S") {
			groups[g.Handle] = g.ID
		}
	}
	d := &c.names
	d.mu.Lock()
	defer d.mu.Unlock()
	d.groups, d.grouped = groups, c.now()
	return nil
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
