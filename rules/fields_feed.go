package rules

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"newswatch/news"
)

// headersShape is a mapping from names to values of headers.
type headersShape struct{}

const headerPattern = "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$" // RFC 9110, section 5.6.2: token

// ourHeaders are set by the poller itself; a value of somebody else would break
// caching, decompression or the connection.
func ourHeaders() map[string]string {
	return map[string]string{
		"user-agent": "user_agent", "host": "", "connection": "", "content-length": "", "transfer-encoding": "",
		"if-none-match": "", "if-modified-since": "", "accept-encoding": "", "range": "",
	}
}

func (headersShape) words() string { return "a mapping of header names and values" }

func (headersShape) schema() map[string]any {
	return map[string]any{
		"type":                 "object",
		"propertyNames":        map[string]any{"pattern": headerPattern},
		"additionalProperties": textShape{}.schema(),
	}
}

func (s headersShape) read(r *decoder, n *yaml.Node, at spot) any {
	if n.Kind != yaml.MappingNode {
		r.refuse(n, "wrong-type", "", "%s must be %s, such as {X-Api-Key: secret:HERALD_KEY}", at, s.words())
		return nil
	}
	var all []news.Header
	seen := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, val := n.Content[i], n.Content[i+1]
		if !r.fresh(key, seen, at) {
			continue
		}
		name := key.Value
		if slices.ContainsFunc(all, func(h news.Header) bool { return strings.EqualFold(h.Name, name) }) {
			r.refuse(key, "duplicate", "", "the header %s is given twice; letter case does not count", name)
			continue
		}
		if !regexp.MustCompile(headerPattern).MatchString(name) {
			r.refuse(key, "bad-value", "", "%q is not the name of a header", name)
			continue
		}
		if instead, ours := ourHeaders()[strings.ToLower(name)]; ours {
			r.refuse(key, "bad-value", instead, "the header %s is newswatch's own to set", name)
			continue
		}
		if v, ok := r.text(val, spot{key: name, owner: at.String(), root: at.root}, textShape{what: "a text"}); ok {
			if strings.ContainsAny(v, "\r\n\x00") {
				r.refuse(val, "bad-value", "", "the value of the header %s must be one line", name)
				continue
			}
			if secret, is := strings.CutPrefix(v, "secret:"); is && !regexp.MustCompile(secretPattern).MatchString(secret) {
				r.refuse(val, "bad-value", "", "the header %s must name a secret behind secret:, such as secret:HERALD_KEY", name)
				continue
			}
			all = append(all, news.Header{Name: name, Value: v})
		}
	}
	return all
}

// secretShape is the name of a secret, never the secret itself.
type secretShape struct{}

const secretPattern = "^[A-Za-z_][A-Za-z0-9_]*$"

func (secretShape) words() string { return "the name of a secret, such as HERALD_LOGIN" }

func (secretShape) schema() map[string]any {
	return map[string]any{"type": "string", "pattern": secretPattern}
}

func (s secretShape) read(r *decoder, n *yaml.Node, at spot) any {
	v, ok := r.text(n, at, s)
	if !ok {
		return nil
	}
	if !regexp.MustCompile(secretPattern).MatchString(v) { // it may be the secret itself: not into a message
		r.conceal(n)
		r.refuse(n, "bad-value", "", "%s must be %s: letters, digits and underscores; the secret itself stays out of this file", at, s.words())
		return nil
	}
	return v
}

// proxyShape is the address of a proxy, or none.
type proxyShape struct{}

func (proxyShape) words() string {
	return "none, or an address that begins with http://, https:// or socks5://"
}

func (proxyShape) schema() map[string]any {
	return map[string]any{"type": "string", "pattern": "^(none|(https?|socks5h?)://[^\\s/]+/?)$"}
}

func (s proxyShape) read(r *decoder, n *yaml.Node, at spot) any {
	v, ok := r.text(n, at, s)
	if !ok {
		return nil
	}
	if v == "none" {
		return v
	}
	u, err := url.Parse(v)
	if err == nil && u.Hostname() != "" && strings.TrimSuffix(u.Path, "/") == "" {
		switch u.Scheme {
		case "http", "https", "socks5", "socks5h":
			return v
		}
	}
	r.refuse(n, "bad-url", "", "%s must be %s, not %q", at, s.words(), hideUser(v))
	return nil
}

// contactShape is where the people behind a desk can be reached: a page or a mail
// address, as it stands in the User-Agent.
type contactShape struct{}

const contactPattern = `^(https?://[^\s()]+|[^\s()@]+@[^\s()@]+\.[^\s()@]+)$`

func (contactShape) words() string { return "an http or https address, or a mail address" }

func (contactShape) schema() map[string]any {
	return map[string]any{"type": "string", "pattern": contactPattern}
}

func (s contactShape) read(r *decoder, n *yaml.Node, at spot) any {
	v, ok := r.text(n, at, s)
	if !ok {
		return nil
	}
	if !regexp.MustCompile(contactPattern).MatchString(v) {
		r.refuse(n, "bad-value", "", "%s must be %s, not %q", at, s.words(), v)
		return nil
	}
	return v
}
