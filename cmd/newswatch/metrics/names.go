package metrics

import (
	"slices"
	"sync"

	"newswatch/news"
)

// Each value of a label is a series that Prometheus keeps: those from the rule file
// are counted by themselves up to a number, the rest together as "other".
const (
	maxFeeds = 5000
	maxRules = 1000
)

// other stands for what is not counted by itself.
const other = "other"

// names are the values that a label has had.
type names struct {
	most int
	mu   sync.Mutex
	used map[string]bool
	only map[string]bool // those that may be used; nil: any, as long as there are not too many
}

func newNames(most int) *names { return &names{most: most, used: map[string]bool{}} }

// label is the value for a name: itself, or other.
func (n *names) label(name string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case n.only != nil && !n.only[name], n.only == nil && !n.used[name] && len(n.used) >= n.most:
		return other
	}
	n.used[name] = true
	return name
}

// keep forgets the names that are not there any more, and says which those are. Of
// too many only these may be used from now on.
func (n *names) keep(there map[string]bool, tooMany bool) (gone []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for name := range n.used {
		if !there[name] {
			delete(n.used, name)
			gone = append(gone, name)
		}
	}
	if n.only = nil; tooMany {
		n.only = there
	}
	return gone
}

// known is a word of a list, else "other": what comes from outside names no series.
func known(list []string, word string) string {
	if slices.Contains(list, word) {
		return word
	}
	return other
}

// kind of a delivery.
func kind(d news.Delivery) string {
	switch d.Kind {
	case news.KindDigest, news.KindAlert, news.KindFollowup, news.KindUpdate, news.KindNotice:
		return string(d.Kind)
	}
	return other
}

// methods are those of Slack's that we call.
func methods() []string {
	return []string{
		"auth.test", "conversations.list", "conversations.info", "conversations.history", "conversations.replies",
		"chat.postMessage", "chat.update", "chat.getPermalink", "usergroups.list", "users.list", "views.publish", "apps.connections.open",
	}
}

// codes are what a call can come to, as far as it tells an operator something.
func codes() []string {
	return []string{
		"ok", "unreachable", "no_answer", // not Slack's words
		"ratelimited", "rate_limited", "message_limit_exceeded",
		"internal_error", "fatal_error", "service_unavailable", "request_timeout",
		"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "not_allowed_token_type",
		"missing_scope", "no_permission", "access_denied", "ekm_access_denied", "enterprise_is_restricted", "org_login_required",
		"team_access_not_granted", "team_added_to_org", "team_not_found",
		"channel_not_found", "not_in_channel", "is_archived", "restricted_action", "restricted_action_read_only_channel",
		"message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found", "thread_locked",
		"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long", "no_text", "too_many_attachments",
		"metadata_too_large", "invalid_metadata_format", "invalid_metadata_schema", "invalid_arguments", "invalid_attachments",
		"markdown_text_conflict", "duplicate_message_not_found", "unknown_method", "method_not_supported_for_channel_type",
	}
}
