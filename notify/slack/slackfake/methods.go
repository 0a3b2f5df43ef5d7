package slackfake

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// method is what a method needs and does. do runs under the server's lock.
type method struct {
	scope string // or several, of which one is enough, parted by "|"
	// perMinute is Slack's tier (docs.slack.dev/apis/web-api/rate-limits): tier 2
	// 20, tier 3 50, tier 4 100; 0: a limit of its own or none to speak of.
	perMinute int
	do        func(*Server, *call) (map[string]any, *refusal)
}

// historyScope is what reading a channel needs.
const historyScope = "channels:history|groups:history"

// methods are those that newswatch calls, and chat.delete for those who try it.
// All others are unknown_method.
func methods() map[string]method {
	const read = "channels:read|groups:read"
	const history = historyScope
	return map[string]method{
		"auth.test":             {"", 0, (*Server).authTest},
		"chat.postMessage":      {"chat:write", 0, (*Server).postMessage},
		"chat.update":           {"chat:write", 50, (*Server).update},
		"chat.delete":           {"chat:write", 50, (*Server).delete},
		"chat.getPermalink":     {"", 0, (*Server).permalink},
		"conversations.list":    {read, 20, (*Server).listChannels},
		"conversations.info":    {read, 50, (*Server).channelInfo},
		"conversations.history": {history, 50, (*Server).history},
		"conversations.replies": {history, 50, (*Server).replies},
		"usergroups.list":       {"usergroups:read", 20, (*Server).listUserGroups},
		"users.list":            {"users:read", 20, (*Server).listUsers},
		"views.publish":         {"", 100, (*Server).publishView},
		"apps.connections.open": {appScope, 0, (*Server).openConnection},
	}
}

func (s *Server) hasScope(want string) bool {
	if want == "" || len(s.plan.Scopes) == 0 {
		return true
	}
	return slices.ContainsFunc(strings.Split(want, "|"), func(scope string) bool {
		return slices.Contains(s.plan.Scopes, scope)
	})
}

// scopes are those of the token.
func (s *Server) scopes() []string {
	if len(s.plan.Scopes) > 0 {
		return s.plan.Scopes
	}
	return []string{
		"chat:write", "channels:history", "groups:history", "channels:read", "groups:read", "commands", "usergroups:read", "users:read",
	}
}

func (s *Server) authTest(*call) (map[string]any, *refusal) {
	return map[string]any{
		"url": workspaceURL, "team": "Fake workspace", "team_id": teamID,
		"user": "newswatch", "user_id": userID, "bot_id": botID, "is_enterprise_install": false,
	}, nil
}

// workspaceURL stands in permalinks; the host is reserved (RFC 2606).
const workspaceURL = "https://fake.slack.example/"

// member finds the channel of a call that reads or changes what stands in it.
func (s *Server) member(c *call) (*room, *refusal) {
	r := s.byID(c)
	switch {
	case r == nil, r.NotMember && r.Private:
		return nil, refused("channel_not_found")
	case r.NotMember:
		return nil, refused("not_in_channel")
	}
	return r, nil
}

// byID finds a channel by its id: unlike chat.postMessage, the methods that read
// do not take names. They do where any channel exists, because no list there
// shows a name before someone used it.
func (s *Server) byID(c *call) *room {
	r := s.room(c.args.str("channel"))
	if r != nil && (s.open || r.ID == c.args.str("channel")) {
		return r
	}
	return nil
}

func (r *room) object() map[string]any {
	return map[string]any{
		"id": r.ID, "name": r.Name, "name_normalized": r.Name, "is_channel": !r.Private, "is_group": r.Private,
		"is_private": r.Private, "is_archived": r.Archived, "is_member": !r.NotMember, "is_general": false,
		"is_im": false, "is_mpim": false, "is_shared": false, "is_read_only": r.ReadOnly, "created": 1_700_000_000,
		"creator": "U0FAKEADM1", "topic": map[string]any{"value": ""}, "purpose": map[string]any{"value": ""},
	}
}

func (s *Server) channelInfo(c *call) (map[string]any, *refusal) {
	r := s.byID(c)
	if r == nil || r.NotMember && r.Private {
		return nil, refused("channel_not_found")
	}
	return map[string]any{"channel": r.object()}, nil
}

func (s *Server) listChannels(c *call) (map[string]any, *refusal) {
	types := strings.Split(strings.ReplaceAll(cmp.Or(c.args.str("types"), "public_channel"), " ", ""), ",")
	for _, t := range types {
		if !slices.Contains([]string{"public_channel", "private_channel", "mpim", "im"}, t) {
			return nil, refused("invalid_types")
		}
	}
	var all []map[string]any
	for _, r := range s.rooms {
		kind := "public_channel"
		if r.Private {
			kind = "private_channel"
		}
		hidden := r.Private && r.NotMember || r.Archived && c.args.boolean("exclude_archived", false)
		if !hidden && slices.Contains(types, kind) {
			all = append(all, r.object())
		}
	}
	return paged(c, "channels", all, 1000)
}

func (s *Server) listUserGroups(*call) (map[string]any, *refusal) {
	all := []map[string]any{}
	for _, g := range s.plan.UserGroups {
		all = append(all, map[string]any{
			"id": g.ID, "handle": g.Handle, "name": cmp.Or(g.Name, g.Handle), "team_id": teamID, "is_usergroup": true,
		})
	}
	return map[string]any{"usergroups": all}, nil
}

func (s *Server) listUsers(c *call) (map[string]any, *refusal) {
	all := []map[string]any{{"id": userID, "name": "newswatch", "team_id": teamID, "is_bot": true, "deleted": false}}
	for _, u := range s.plan.Users {
		all = append(all, map[string]any{"id": u.ID, "name": u.Name, "team_id": teamID, "is_bot": false, "deleted": false})
	}
	return paged(c, "members", all, 1000)
}

// paged cuts a list by limit and cursor.
func paged(c *call, name string, all []map[string]any, most int) (map[string]any, *refusal) {
	limit, ok := c.args.integer("limit", 100, 1, most)
	if !ok {
		return nil, refused("invalid_limit")
	}
	from, ok := readCursor(c.args.str("cursor"), "offset:")
	if !ok || from > int64(len(all)) {
		return nil, refused("invalid_cursor")
	}
	page, next := all[from:], ""
	if len(page) > limit {
		page, next = page[:limit], writeCursor("offset:", from+int64(limit))
	}
	if page == nil {
		page = []map[string]any{}
	}
	return map[string]any{name: page, "response_metadata": map[string]any{"next_cursor": next}}, nil
}

// Cursors look as Slack's do: base64 of what comes next.
func writeCursor(kind string, at int64) string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%s%d", kind, at))
}

func readCursor(cursor, kind string) (at int64, ok bool) {
	if cursor == "" {
		return 0, true
	}
	text, err := base64.StdEncoding.DecodeString(cursor)
	digits, found := strings.CutPrefix(string(text), kind)
	if err != nil || !found {
		return 0, false
	}
	at, err = strconv.ParseInt(digits, 10, 64)
	return at, err == nil && at >= 0
}
