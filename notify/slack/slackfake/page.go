package slackfake

import (
	"encoding/json"
	"html/template"
	"net/http"
	"strings"
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
	Messages []Message
}

// view is what the page shows.
type view struct {
	Problems []string
	Sections []section
}

func (s *Server) page(w http.ResponseWriter) {
	s.mu.Lock()
	var sections []section
	for _, r := range s.rooms {
		sections = append(sections, section{r.Channel, r.copies()})
	}
	s.mu.Unlock()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = pageTemplate().Execute(w, view{s.Audit(), sections}) // the reader left
}

func pageTemplate() *template.Template {
	return template.Must(template.New("page").Parse(`<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><title>Fake Slack</title>
<style>
body { font: 15px/1.45 system-ui, sans-serif; max-width: 52em; margin: 2em auto; padding: 0 1em; }
article { border-top: 1px solid #ccc; padding: .6em 0; }
article.reply { margin-left: 2em; }
p { margin: .3em 0; white-space: pre-wrap; overflow-wrap: anywhere; }
small { color: #666; }
pre { overflow: auto; max-height: 24em; font-size: 12px; }
</style>
<h1>Fake Slack</h1>
<p><a href="/messages">messages</a> · <a href="/journal">journal</a> · <a href="/audit">audit</a></p>
{{if .Problems}}<h2>Problems</h2>
<ul>{{range .Problems}}<li>{{.}}</li>{{end}}</ul>
{{end}}{{range .Sections}}<section>
<h2>#{{.Channel.Name}} <small>{{.Channel.ID}}{{if .Channel.Archived}}, archived{{end}}{{if .Channel.NotMember}}, not a member{{end}}</small></h2>
{{range .Messages}}<article{{if .ThreadTS}} class="reply"{{end}}>
<small>{{.TS}}{{if .DeliveryID}} · {{.DeliveryID}} part {{.Part}} of {{.Parts}}{{end}}{{if .Edited}} · edited{{end}}{{if .Broadcast}} · also in the channel{{end}}</small>
<p>{{.Text}}</p>
{{if .Blocks}}<details><summary>blocks</summary><pre>{{printf "%s" .Blocks}}</pre></details>{{end}}
</article>{{else}}<p>Nothing yet.</p>{{end}}
</section>
{{else}}<p>No channel yet.</p>
{{end}}</html>
`))
}
