package slackfake

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// ownMetadata is what newswatch allows its own metadata, in bytes.
const ownMetadata = 1024

// Audit tells what newswatch promises and did not keep: a part of a delivery
// that stands twice or not at all, a mention or a foreign emoji that is
// live, a link that is none for readers, a payload that was refused, a message without its marks.
func (s *Server) Audit() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.all()
	problems := slices.Clone(s.refusals)
	problems = append(problems, deliveries(all)...)
	for _, m := range all {
		for _, what := range s.marks(&m) {
			problems = append(problems, fmt.Sprintf("%s in #%s at %s", what, m.ChannelName, m.TS))
		}
	}
	for _, e := range s.entries {
		if e.Error == "dropped" {
			problems = append(problems, fmt.Sprintf("delivery %s part %d was lost in a burst", e.DeliveryID, e.Part))
		}
	}
	return problems
}

// deliveries checks that each part of each delivery stands once, and the later
// ones in the thread of the first.
func deliveries(all []Message) []string {
	parts := make(map[string]map[int][]Message)
	for _, m := range all {
		if m.DeliveryID == "" {
			continue
		}
		if parts[m.DeliveryID] == nil {
			parts[m.DeliveryID] = make(map[int][]Message)
		}
		parts[m.DeliveryID][m.Part] = append(parts[m.DeliveryID][m.Part], m)
	}
	var problems []string
	for _, id := range slices.Sorted(maps.Keys(parts)) {
		total := 0
		for _, part := range slices.Sorted(maps.Keys(parts[id])) {
			copies := parts[id][part]
			total = max(total, copies[0].Parts)
			if len(copies) > 1 {
				problems = append(problems, fmt.Sprintf("delivery %s part %d visible %s", id, part, times(len(copies))))
			}
			first := parts[id][1]
			if part > 1 && len(first) > 0 && copies[0].ThreadTS != cmp.Or(first[0].ThreadTS, first[0].TS) {
				problems = append(problems, fmt.Sprintf("delivery %s part %d is not in the thread of part 1", id, part))
			}
		}
		for part := 1; part <= min(total, 100); part++ {
			if len(parts[id][part]) == 0 {
				problems = append(problems, fmt.Sprintf("delivery %s part %d of %d is missing", id, part, total))
			}
		}
	}
	return problems
}

func times(n int) string {
	if n == 2 {
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}

// ownEmoji are the standard emoji that newswatch itself marks messages with.
func ownEmoji(name string) bool {
	switch name {
	case "rotating_light", "no_entry", "warning", "white_check_mark", "information_source":
		return true
	}
	return false
}

// marks are what is wrong with one message by itself.
func (s *Server) marks(m *Message) []string {
	var wrong []string
	for _, mention := range m.Mentions {
		if !slices.Contains(s.plan.AllowMentions, mention) {
			wrong = append(wrong, "live mention "+mention)
		}
	}
	for _, link := range m.Links {
		if !isWeb(link) && !strings.HasPrefix(strings.ToLower(link), "mailto:") {
			wrong = append(wrong, fmt.Sprintf("link %q", clip(link)))
		}
	}
	for _, name := range m.Emoji {
		if !ownEmoji(name) {
			wrong = append(wrong, fmt.Sprintf("live emoji %q", clip(name)))
		}
	}
	switch {
	case m.Hook: // a webhook takes no metadata
	case m.Metadata == nil || m.DeliveryID == "" || m.Part < 1 || m.Parts < m.Part:
		wrong = append(wrong, "no delivery_id, part and parts")
	case m.Metadata.EventPayload["stories"] == nil:
		wrong = append(wrong, "no stories in the metadata")
	case m.Metadata.size > ownMetadata:
		wrong = append(wrong, fmt.Sprintf("metadata of %d bytes", m.Metadata.size))
	}
	if m.Text == "" {
		wrong = append(wrong, "no text")
	}
	if len(m.Text) > maxUpdateBytes {
		wrong = append(wrong, fmt.Sprintf("text of %d bytes, too long for chat.update", len(m.Text)))
	}
	if m.UnfurlLinks || m.UnfurlMedia {
		wrong = append(wrong, "unfurling is on")
	}
	return wrong
}
