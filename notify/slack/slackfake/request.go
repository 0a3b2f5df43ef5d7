package slackfake

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// maxBody bounds a request in bytes; the largest legal message is far below.
const maxBody = 1 << 20

// args are the arguments of a call, from a form or from a JSON object.
type args struct {
	form url.Values
	body map[string]json.RawMessage
}

// has says whether an argument was given at all.
func (a args) has(name string) bool {
	_, ok := a.body[name]
	return ok || a.form.Has(name)
}

// str returns an argument as text, "" when it was not given.
func (a args) str(name string) string {
	raw, ok := a.body[name]
	if !ok {
		return a.form.Get(name)
	}
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// raw returns the JSON of an argument that is a structure. Slack takes it as
// such in a JSON body, and as a string in either.
func (a args) raw(name string) []byte {
	if raw, ok := a.body[name]; ok && len(raw) > 0 && raw[0] != '"' {
		if string(raw) == "null" {
			return nil
		}
		return raw
	}
	return []byte(a.str(name))
}

// boolean reads a truth value; anything that is none counts as absent.
func (a args) boolean(name string, absent bool) bool {
	switch strings.ToLower(a.str(name)) {
	case "true", "1":
		return true
	case "false", "0":
		return false
	}
	return absent
}

// integer reads a number from least to most; ok is false when it is none.
func (a args) integer(name string, absent, least, most int) (n int, ok bool) {
	s := a.str(name)
	if s == "" {
		return absent, true
	}
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= least && n <= most
}

// readArgs takes the token and the arguments out of a request. A token counts in
// the Authorization header or in a form, never in an address.
func readArgs(r *http.Request) (token string, a args, no *refusal) {
	token, _ = strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	a.form = r.URL.Query()
	a.form.Del("token")
	if r.Method != http.MethodPost {
		return token, a, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil || len(body) > maxBody {
		return token, a, refused("invalid_arguments", "[ERROR] the body cannot be read or is too large")
	}
	if len(body) == 0 {
		return token, a, nil
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case r.Header.Get("Content-Type") == "":
		return token, a, refused("missing_post_type")
	case err == nil && kind == "application/json":
		a.body, no = readJSON(body)
	case err == nil && kind == "application/x-www-form-urlencoded":
		no = a.readForm(string(body))
		if token == "" {
			token = a.form.Get("token")
		}
		a.form.Del("token")
	default:
		no = refused("invalid_post_type")
	}
	return token, a, no
}

func readJSON(body []byte) (map[string]json.RawMessage, *refusal) {
	if !json.Valid(body) {
		return nil, refused("invalid_json")
	}
	var o map[string]json.RawMessage
	if err := json.Unmarshal(body, &o); err != nil || o == nil {
		return nil, refused("json_not_object")
	}
	return o, nil
}

func (a args) readForm(body string) *refusal {
	form, err := url.ParseQuery(body)
	if err != nil {
		return refused("invalid_form_data")
	}
	for name, values := range form {
		a.form[name] = values
	}
	return nil
}
