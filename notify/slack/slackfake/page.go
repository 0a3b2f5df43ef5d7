package slackfake

import (
	"cmp"
	_ "embed" // for the page
	"encoding/json"
	"html/template"
	"net/http"
	"strings"
	"time"
)

// look answers what is no method: a page for people, JSON for tests.
func (s *Server) look(w http.ResponseWriter, r *http.Request) bool {
	if strings.HasPrefix(r.URL.Path, "/api/") {
		return false
	}
	switch strings.TrimSuffix(r.URL.Path, "/") {
	case "":
		s.page(w)
	case "/messages":
		messages := s.All()
		if channel := r.URL.Query().Get("channel"); channel != "" {
			messages = s.Visible(channel)
		}
		writeJSON(w, messages)
	case "/journal":
		writeJSON(w, s.Journal())
	case "/audit":
		writeJSON(w, s.Audit())
	case "/interactions":
		writeJSON(w, s.Interactions())
	case "/slash", "/press", "/home":
		s.person(w, r)
	default:
		return false
	}
	return true
}

// writeJSON writes a list, [] when it is empty.
func writeJSON[T any](w http.ResponseWriter, list []T) {
	if list == nil {
		list = []T{}
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	_ = e.Encode(list) // the reader left
}

// section is a channel on the page.
type section struct {
	Channel  Channel
	Messages []shownMessage
}

// shownMessage is a message with what can be pressed in it.
type shownMessage struct {
	Message
	Controls []shownControl
}

// shownAnswer is what one person was answered.
type shownAnswer struct {
	Ephemeral
	Asked    string
	Controls []shownControl
}

type shownControl struct{ Action, Value, Label string }

func (s *Server) page(w http.ResponseWriter) {
	var data struct {
		Problems []string
		Sections []section
		Answers  []shownAnswer
		Homes    map[string][]shownControl
		HomeText map[string]string
	}
	data.Problems = s.Audit()
	data.Homes, data.HomeText = map[string][]shownControl{}, map[string]string{}
	s.mu.Lock()
	for _, r := range s.rooms {
		one := section{Channel: r.Channel}
		for _, m := range r.copies() {
			one.Messages = append(one.Messages, shownMessage{m, controls(m.Blocks)})
		}
		data.Sections = append(data.Sections, one)
	}
	for _, act := range s.acts {
		for _, e := range act.copy().Answers {
			data.Answers = append(data.Answers, shownAnswer{e, act.Text, controls(e.Blocks)})
		}
	}
	for user, v := range s.views {
		data.Homes[user], data.HomeText[user] = controls(v.blocks), string(v.blocks)
	}
	s.mu.Unlock()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = pageTemplate().Execute(w, data) // the reader left
}

// controls lists what can be pressed in blocks.
func controls(raw json.RawMessage) []shownControl {
	var blocks []json.RawMessage
	if len(raw) == 0 || json.Unmarshal(raw, &blocks) != nil {
		return nil
	}
	var list []shownControl
	for _, b := range blocks {
		var block struct {
			Elements  []pressable `json:"elements"`
			Accessory pressable   `json:"accessory"`
		}
		if json.Unmarshal(b, &block) != nil {
			continue // a block of another form has nothing to press
		}
		for _, e := range append(block.Elements, block.Accessory) {
			list = append(list, e.controls()...)
		}
	}
	return list
}

// pressable is an element that can be pressed.
type pressable struct {
	ActionID string `json:"action_id"`
	label
	Options []label `json:"options"`
}

type label struct {
	Value string `json:"value"`
	Text  struct {
		Text string `json:"text"`
	} `json:"text"`
}

func (p pressable) controls() []shownControl {
	switch {
	case p.ActionID == "":
		return nil
	case len(p.Options) == 0:
		return []shownControl{{p.ActionID, p.Value, p.Text.Text}}
	}
	var list []shownControl
	for _, o := range p.Options {
		list = append(list, shownControl{p.ActionID, o.Value, o.Text.Text})
	}
	return list
}

// patience is how long the page waits for the app's answer before it is shown again.
const patience = 2 * time.Second

// person does what somebody did on the page, waits a moment for the answer, and
// shows the page again.
func (s *Server) person(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if r.Method != http.MethodPost || r.ParseForm() != nil {
		http.Error(w, "POST a form", http.StatusMethodNotAllowed)
		return
	}
	user := cmp.Or(r.PostForm.Get("user"), "U0READER01")
	channel, ts, action, value := r.PostForm.Get("channel"), r.PostForm.Get("ts"), r.PostForm.Get("action"), r.PostForm.Get("value")
	var id string
	var err error
	switch {
	case r.URL.Path == "/slash":
		id = s.Slash(user, cmp.Or(channel, "general"), r.PostForm.Get("text"))
	case r.URL.Path == "/press":
		id, err = s.Press(user, channel, ts, action, value)
	case action != "":
		id, err = s.PressHome(user, action, value)
	default:
		id = s.OpenHome(user)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	for end := time.Now().Add(patience); time.Now().Before(end); {
		if act := s.Interaction(id); len(act.Answers) > 0 || act.Error != "" || act.Kind == eventsAPI && !act.Acked.IsZero() {
			break
		}
		s.sleep(r.Context(), patience/40)
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

//go:embed page.gohtml
var pageSource string

func pageTemplate() *template.Template { return template.Must(template.New("page").Parse(pageSource)) }
