package rules

import (
	"fmt"
	"math"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
	"golang.org/x/text/language"
)

const maxLabel = 500 // characters of a name or title

// textShape is any text.
type textShape struct {
	what string // "a name"
	long bool   // an article's text, in several lines
}

func (s textShape) words() string { return s.what }

func (s textShape) schema() map[string]any {
	return map[string]any{"type": []string{"string", "number", "boolean"}}
}

func (s textShape) read(r *decoder, n *yaml.Node, at spot) any {
	v, ok := r.text(n, at, s)
	if !ok {
		return nil
	}
	if !s.long && utf8.RuneCountInString(v) > maxLabel {
		r.refuse(n, "too-long", "", "%s has more than %d characters", at, maxLabel)
		return nil
	}
	if s.long {
		return v
	}
	return strings.Join(strings.Fields(v), " ")
}

// idShape is the id of something of a kind; no two of a kind are alike.
type idShape struct{ kind string }

func (s idShape) words() string { return "an id of letters, digits and hyphens" }

func (s idShape) schema() map[string]any {
	return map[string]any{"type": []string{"string", "number"}, "pattern": idPattern, "maxLength": maxID}
}

// idPattern is what an id looks like: it stands in commands, addresses of pages
// and after "entity:", so it holds no space, colon or comma.
const idPattern = `^[\p{L}\p{N}][\p{L}\p{M}\p{N}._-]*$`

const maxID = 64 // characters

func (s idShape) read(r *decoder, n *yaml.Node, at spot) any {
	v, ok := r.text(n, at, s)
	if !ok {
		return nil
	}
	if v == "all" && s.kind == "rule" {
		r.refuse(n, "bad-id", "", "%s must not be all: digests write that for every rule", at)
		return nil
	}
	if !r.idForm.MatchString(v) || utf8.RuneCountInString(v) > maxID {
		r.refuse(n, "bad-id", slug(v), "%s must be an id of letters, digits and hyphens, not %q", at, v)
		return nil
	}
	if first, ok := r.ids.add(s.kind, v, r.pos(n)); !ok {
		where := fmt.Sprintf("line %d", first.Line)
		if first.File != r.doc.file {
			where = fmt.Sprintf("%s:%d", first.File, first.Line)
		}
		r.refuse(n, "duplicate-id", "", "a second %s with the id %q; the first is in %s", s.kind, v, where)
	}
	return v
}

// slug makes an id of any text.
func slug(s string) string {
	parts := strings.FieldsFunc(strings.ToLower(s), func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) })
	return strings.Join(parts, "-")
}

// intShape is a whole number within bounds.
type intShape struct{ min, max int }

func (s intShape) words() string {
	if s.min == s.max {
		return strconv.Itoa(s.min)
	}
	return fmt.Sprintf("a whole number from %d to %d", s.min, s.max)
}

func (s intShape) schema() map[string]any {
	return map[string]any{"type": "integer", "minimum": s.min, "maximum": s.max}
}

func (s intShape) read(r *decoder, n *yaml.Node, at spot) any {
	v, ok := r.text(n, at, s)
	if !ok {
		return nil
	}
	i, err := strconv.Atoi(v)
	if err == nil && i >= s.min && i <= s.max {
		return i
	}
	r.refuse(n, "bad-value", s.suggest(v), "%s must be %s, not %q", at, s.words(), v)
	return nil
}

// suggest is the nearest number that is allowed.
func (s intShape) suggest(v string) string {
	digits := regexp.MustCompile(`-?\d+(\.\d+)?`).FindString(v)
	f, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		return ""
	}
	f = math.Round(f)
	return strconv.Itoa(int(min(max(f, float64(s.min)), float64(s.max))))
}

// urlShape is the address of a feed.
type urlShape struct{}

func (urlShape) words() string { return "an http or https address" }

func (urlShape) schema() map[string]any {
	return map[string]any{"type": "string", "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://[^\\s/]+"}
}

func (s urlShape) read(r *decoder, n *yaml.Node, at spot) any {
	v, ok := r.text(n, at, s)
	if !ok {
		return nil
	}
	if goodURL(v) {
		return v
	}
	r.refuse(n, "bad-url", fixURL(v), "%s must be an http or https address, not %q", at, hideUser(v))
	return nil
}

func goodURL(v string) bool {
	u, err := url.Parse(v)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && !strings.ContainsAny(v, " \t")
}

// fixURL mends a scheme that is missing or mistyped.
func fixURL(v string) string {
	rest := v
	scheme := "https"
	if i := strings.Index(v, "//"); i >= 0 {
		rest = v[i+2:]
		if strings.EqualFold(strings.Trim(v[:i], ":"), "http") {
			scheme = "http"
		}
	} else if _, after, ok := strings.Cut(v, ":/"); ok {
		rest = after
	}
	fixed := scheme + "://" + strings.ReplaceAll(strings.TrimLeft(rest, "/"), " ", "%20")
	if u, err := url.Parse(fixed); err != nil || u.User != nil || !strings.Contains(u.Hostname(), ".") {
		return ""
	}
	return fixed
}

// hideUser keeps a password in an address out of messages.
func hideUser(v string) string {
	if i := strings.LastIndex(v, "@"); i >= 0 {
		return "***" + v[i:]
	}
	return v
}

// langShape is a language by its two- or three-letter code.
type langShape struct{}

func (langShape) words() string { return "a language of two letters such as en" }

func (langShape) schema() map[string]any {
	return map[string]any{"type": "string", "pattern": "^[a-z]{2,3}$"}
}

func (s langShape) read(r *decoder, n *yaml.Node, at spot) any {
	v, ok := r.text(n, at, s)
	if !ok {
		return nil
	}
	if base, err := language.ParseBase(v); err == nil && base.String() == v {
		return v
	}
	r.refuse(n, "bad-language", fixLang(v), "%s must be a language of two letters such as en, not %q", at, v)
	return nil
}

// fixLang knows regions and names of languages that are taken for their codes.
func fixLang(v string) string {
	v = strings.ToLower(v)
	for code, words := range map[string]string{
		"en": "english eng us gb", "uk": "ua ukrainian ukr українська", "ru": "russian rus русский",
		"fr": "french fra", "de": "german deutsch deu ger at", "es": "spanish spa", "it": "italian ita",
		"pl": "polish pol", "zh": "cn chinese zho", "ja": "jp japanese jpn", "ko": "kr korean kor",
		"ar": "arabic ara", "tr": "turkish tur", "el": "gr greek", "cs": "cz czech", "da": "dk danish",
		"sv": "se swedish", "he": "iw il hebrew", "pt": "br portuguese", "fa": "ir persian farsi",
	} {
		for _, w := range strings.Fields(words) {
			if w == v {
				return code
			}
		}
	}
	tag, err := language.Parse(strings.ReplaceAll(v, "_", "-"))
	if err != nil {
		return ""
	}
	base, _ := tag.Base()
	return base.String()
}

// prefixShape is a range of addresses, or one address.
type prefixShape struct{}

func (prefixShape) words() string { return "a range such as 10.0.0.0/8, or one address" }
func (prefixShape) schema() map[string]any {
	return map[string]any{"type": "string", "pattern": `^[0-9A-Fa-f:.]+(/[0-9]+)?$`}
}

func (s prefixShape) read(r *decoder, n *yaml.Node, at spot) any {
	v, ok := r.text(n, at, s)
	if !ok {
		return nil
	}
	if p, err := netip.ParsePrefix(v); err == nil {
		return p.Masked()
	}
	if a, err := netip.ParseAddr(v); err == nil && a.Zone() == "" {
		return netip.PrefixFrom(a, a.BitLen())
	}
	suggestion := ""
	if host := strings.Trim(v, "[]"); host == "localhost" || strings.HasPrefix(host, "127.") {
		suggestion = "127.0.0.0/8"
	} else if strings.Count(v, ".*") > 0 {
		suggestion = starred(v)
	}
	r.refuse(n, "bad-address", suggestion, "%s must be %s, not %q", at, s.words(), v)
	return nil
}

// starred turns 10.1.*.* into 10.1.0.0/16.
func starred(v string) string {
	parts := strings.Split(v, ".")
	bits := 0
	for _, p := range parts {
		if p == "*" {
			break
		}
		bits += 8
	}
	fixed := strings.ReplaceAll(v, "*", "0") + strings.Repeat(".0", max(0, 4-len(parts)))
	if p, err := netip.ParsePrefix(fmt.Sprintf("%s/%d", fixed, bits)); err == nil {
		return p.String()
	}
	return ""
}

// channelShape is a Slack channel by name or id.
type channelShape struct{}

func (channelShape) words() string { return "a channel's name without #, or its id" }

// Slack's own rule for names: lower case, no spaces or full stops, 80
// characters at most (api.slack.com, conversations.create).
const (
	channelPattern = `^([CGD][A-Z0-9]{7,}|[\p{Ll}\p{Lo}\p{M}\p{N}_-]+)$`
	maxChannel     = 80 // characters
)

func (channelShape) schema() map[string]any {
	return map[string]any{"type": "string", "pattern": channelPattern, "maxLength": maxChannel}
}

func (s channelShape) read(r *decoder, n *yaml.Node, at spot) any {
	if n.Kind == yaml.SequenceNode {
		r.refuse(n, "wrong-type", "", "%s is one channel, not a list; write a digest or alert for each", at)
		return nil
	}
	v, ok := r.text(n, at, s)
	if !ok {
		return nil
	}
	if r.channelForm.MatchString(v) && utf8.RuneCountInString(v) <= maxChannel {
		return v
	}
	r.refuse(n, "bad-channel", s.uncomment(v), "%s must be %s, not %q", at, s.words(), v)
	return nil
}

// uncomment is the channel that was meant: of several the first, of an address
// the id in it.
func (channelShape) uncomment(text string) string {
	if strings.Contains(text, "://") {
		return regexp.MustCompile(`\b[CGD][A-Z0-9]{7,}\b`).FindString(text)
	}
	text, _, _ = strings.Cut(text, ",")
	return strings.Join(strings.FieldsFunc(strings.ToLower(text), func(c rune) bool {
		return c == '#' || c == '.' || unicode.IsSpace(c)
	}), "-")
}

// handleShape is a user group by its handle.
type handleShape struct{}

func (handleShape) words() string { return "a user group's handle without @" }

func (handleShape) schema() map[string]any {
	return map[string]any{"type": "string", "pattern": "^[^@#\\s<>]+$"}
}

func (s handleShape) read(r *decoder, n *yaml.Node, at spot) any {
	v, ok := r.text(n, at, s)
	if !ok {
		return nil
	}
	fixed := strings.ToLower(strings.Trim(v, "@#<>! "))
	if fixed == "here" || fixed == "channel" || fixed == "everyone" {
		r.refuse(n, "bad-handle", "", "%s cannot be @%s; name a user group", at, fixed)
		return nil
	}
	if strings.ContainsAny(v, "@#<> \t") {
		r.refuse(n, "bad-handle", strings.ReplaceAll(fixed, " ", "-"), "%s must be %s, not %q", at, s.words(), v)
		return nil
	}
	return v
}

// folderShape is the name of a folder of this machine.
type folderShape struct{}

func (folderShape) words() string { return "a folder, absolute or without .." }

func (folderShape) schema() map[string]any {
	return map[string]any{"type": "string", "minLength": 1, "maxLength": maxLabel}
}

func (s folderShape) read(r *decoder, n *yaml.Node, at spot) any {
	v, ok := r.text(n, at, s)
	if !ok {
		return nil
	}
	switch {
	case v == "" || len(v) > maxLabel || strings.ContainsFunc(v, unicode.IsControl):
		r.refuse(n, "bad-value", "", "%s must be a folder's name", at)
	case strings.HasPrefix(v, "~"):
		r.refuse(n, "bad-value", "", "%s must be written out: nobody but a shell knows what ~ is", at)
	case !filepath.IsAbs(v) && !filepath.IsLocal(v):
		r.refuse(n, "bad-value", "", "%s must not lead out of the state's folder by ..; write an absolute folder", at)
	default:
		return filepath.Clean(v)
	}
	return nil
}
