package slackfake

import (
	"io"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
)

// A response_url works five times within half an hour
// (docs.slack.dev/interactivity/handling-user-interaction).
const (
	responseUses  = 5
	responseHolds = 30 * time.Minute
)

// isResponse says whether a path is that of a response_url.
func isResponse(p string) bool {
	return strings.HasPrefix(p, "/commands/") || strings.HasPrefix(p, "/actions/")
}

// respond takes an answer to what a person did.
func (s *Server) respond(r *http.Request) reply {
	if r.Method != http.MethodPost {
		return plainReply(http.StatusMethodNotAllowed, "method_not_allowed")
	}
	if r.Header.Get("Authorization") != "" {
		s.complain("a token was sent to a response_url")
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil || len(body) > maxBody {
		return plainReply(http.StatusBadRequest, "invalid_payload")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var act *Interaction
	for _, a := range s.acts {
		if a.secret == path.Base(r.URL.Path) {
			act = a
		}
	}
	switch {
	case act == nil:
		return s.answer(nil, &refusal{code: "invalid_url", status: http.StatusNotFound})
	case s.clock().Sub(act.At) > responseHolds:
		return s.answer(nil, &refusal{code: "expired_url", status: http.StatusNotFound})
	case act.uses >= responseUses:
		return s.answer(nil, &refusal{code: "used_url", status: http.StatusNotFound})
	}
	act.uses++
	if what := s.take(act, body); what != "" {
		s.refusals = append(s.refusals, "refused answer to "+act.Text+": "+what)
		return plainReply(http.StatusBadRequest, what)
	}
	return plainReply(http.StatusOK, "ok")
}

// take keeps an answer, or says what is wrong with it. What would change the
// message in the channel that everybody reads is refused: an answer is for one.
func (s *Server) take(act *Interaction, body []byte) string {
	o, no := readJSON(body)
	if no != nil {
		return "invalid_payload"
	}
	known := []string{"text", "blocks", "response_type", "replace_original", "mrkdwn", "unfurl_links", "unfurl_media"}
	for _, name := range slices.Sorted(maps.Keys(o)) {
		if !slices.Contains(known, name) {
			return "invalid_payload: unknown field " + clip(name)
		}
	}
	a := args{body: o}
	p, no := s.check.read(a, false, defaultBlocksMax)
	switch {
	case no != nil:
		return strings.TrimSpace(no.code + " " + strings.Join(no.details, "; "))
	case a.str("response_type") != "ephemeral":
		return "not ephemeral"
	}
	at := s.nextTS()
	e := Ephemeral{
		TS: formatTS(at), User: act.User, Channel: act.Channel, Text: p.Text, Blocks: p.Blocks,
		Mentions: p.Mentions, Links: p.Links, at: at,
	}
	if a.boolean("replace_original", false) {
		if act.source == nil {
			return "replace_original of a message in the channel"
		}
		e.Replaced = true
	}
	act.Answers = append(act.Answers, e)
	return ""
}

func plainReply(status int, body string) reply {
	rep := reply{status: status, header: make(http.Header), body: []byte(body)}
	rep.header.Set("Content-Type", "text/plain; charset=utf-8")
	return rep
}
