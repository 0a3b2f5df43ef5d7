package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"newswatch/news"
)

// webhooks are the keys that name a way out without a history.
func webhooks() []string { return []string{"slack_webhook", "webhook"} }

// targetShape is a mapping that says where messages go, with what holds between
// its keys.
type targetShape struct{}

func (targetShape) words() string          { return mapShape{"to"}.words() }
func (targetShape) schema() map[string]any { return schemaRef("to") }

func (targetShape) read(r *decoder, n *yaml.Node, at spot) any {
	if n.Kind == yaml.ScalarNode && strings.Contains(n.Value, "://") {
		r.conceal(n)
	}
	o := r.object(n, "to", at)
	if o == nil {
		return nil
	}
	in := spotIn(n, "to", at)
	if ways := r.ways(n); len(ways) > 1 {
		r.refuse(ways[1], "two-ways", "", "%s has %s and %s; write a digest or alert for each", in.owner, ways[0].Value, ways[1].Value)
		return o
	}
	r.checkUncertain(n, o, in)
	r.checkMentions(n, o, in)
	if !r.quiet {
		r.targets = append(r.targets, targetPlace{buildTarget(o), in.root, o.places["on_uncertain"]})
	}
	return o
}

// ways are the keys of a target that name a way out.
func (r *decoder) ways(n *yaml.Node) (keys []*yaml.Node) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if key := n.Content[i]; key.Value == "slack" || slices.Contains(webhooks(), key.Value) {
			keys = append(keys, key)
		}
	}
	return keys
}

// checkUncertain wants a webhook's target to say what becomes of a message
// whose answer is lost. There is no default: both are wrong for somebody.
func (r *decoder) checkUncertain(n *yaml.Node, o *object, in spot) {
	policy := news.OnUncertain(get[string](o, "on_uncertain"))
	_, written := o.keys["on_uncertain"]
	for _, key := range webhooks() {
		if get[string](o, key) != "" && policy == "" && !written && find(n, "on_uncertain") == nil {
			r.refuse(n, "missing-key", "", "%s has no on_uncertain; add on_uncertain: resend (a message may come twice), skip (it may be lost) or hold (until you decide): nothing can be looked up at a webhook", in.owner)
		}
	}
	if get[string](o, "slack") != "" && policy == news.Skip {
		r.refuse(find(n, "on_uncertain"), "bad-value", "resend", "on_uncertain of %s cannot be skip: a channel can be looked into, so nothing needs to be lost", in.root)
	}
}

// checkMentions refuses mentions where nobody could be mentioned.
func (r *decoder) checkMentions(n *yaml.Node, o *object, in spot) {
	groups := find(n, "mention")
	switch {
	case groups == nil:
	case get[string](o, "webhook") != "":
		r.refuse(groups, "bad-handle", "", "mention of %s: a JSON webhook has no user groups to mention; delete it", in.root)
	case get[string](o, "slack_webhook") != "":
		for _, handle := range list[string](o, "mention") {
			if !regexp.MustCompile(`^S[A-Z0-9]{8,}$`).MatchString(handle) {
				r.refuse(groups, "bad-handle", "", "mention of %s: an incoming webhook cannot look up %q; write the user group's id, such as S0123456789", in.root, handle)
			}
		}
	}
}

// conceal keeps a value out of the excerpts of the report.
func (r *decoder) conceal(n *yaml.Node) {
	if !r.quiet {
		r.secrets = append(r.secrets, r.pos(n))
	}
}

// find is the value of a key, nil when it is not there.
func find(n *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// addressShape is the name of the secret that holds an address: whoever has the
// address of a webhook can post, so it does not stand in this file.
type addressShape struct{}

func (addressShape) words() string          { return "the name of a secret, such as DESK_HOOK" }
func (addressShape) schema() map[string]any { return secretShape{}.schema() }

func (s addressShape) read(r *decoder, n *yaml.Node, at spot) any {
	v, ok := r.text(n, at, s)
	switch {
	case !ok:
		r.conceal(n)
		return nil
	case regexp.MustCompile(secretPattern).MatchString(v):
		return v
	case strings.ContainsAny(v, "/."):
		r.conceal(n)
		r.refuse(n, "secret-in-file", "DESK_HOOK", "%s is the address itself, which is a secret; write a name here, and put the address into the environment under it, or a file's path under DESK_HOOK_FILE", at)
	default:
		r.conceal(n)
		r.refuse(n, "bad-value", "", "%s must be %s: letters, digits and underscores; the address itself stays out of this file", at, s.words())
	}
	return nil
}

// targetPlace is where messages go, with its place.
type targetPlace struct {
	news.Target
	owner     string // "digest desk"
	uncertain Pos    // of on_uncertain's value
}

// destination is what tells targets apart.
func (t targetPlace) destination() string {
	return t.Slack + "\x00" + t.SlackWebhook + "\x00" + t.Webhook
}

// checkTargets reports targets that ask for different things of one
// destination: its deliveries stand in one line. A channel's target that leaves it
// open does as the others.
func (l *loader) checkTargets() {
	first := map[string]targetPlace{}
	for _, t := range l.targets {
		was, known := first[t.destination()]
		switch {
		case t.OnUncertain == "" || t.destination() == (targetPlace{}).destination():
		case !known:
			first[t.destination()] = t
		case was.OnUncertain != t.OnUncertain:
			l.report(Finding{Pos: t.uncertain, Severity: SeverityError, Code: "two-policies", Suggestion: string(was.OnUncertain),
				Message: fmt.Sprintf("on_uncertain of %s is %s, of %s it is %s, and both send to one place", t.owner, t.OnUncertain, was.owner, was.OnUncertain)})
		}
	}
}
