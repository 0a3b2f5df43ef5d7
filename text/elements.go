package text

import "strings"

// role says what an element does to the text around it.
type role uint8

const (
	unknown role = iota // not HTML: "<kubernetes>" is text
	inline              // vanishes
	block               // parts paragraphs
	line                // a line break
	dropped             // its contents are not the article's text
	raw                 // as dropped, and the tokenizer does not look into it
)

// roleOf knows the elements of the HTML standard (https://html.spec.whatwg.org,
// section 4, and its obsolete ones) and of the SVG and MathML that feeds embed.
// Names come in lower case.
func roleOf(name string) role {
	switch name {
	case "br":
		return line
	case "address", "article", "blockquote", "body", "caption", "center", "dd",
		"details", "dialog", "dir", "div", "dl", "dt", "fieldset", "footer", "h1",
		"h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "html", "legend",
		"li", "main", "menu", "ol", "optgroup", "option", "p", "pre", "search",
		"section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul":
		return block
	case "script", "style", "noscript", "iframe", "textarea", "title", "xmp",
		"noembed", "noframes":
		return raw
	case "nav", "aside", "form", "figure", "head", "template", "object", "applet",
		"audio", "video", "canvas", "svg", "math", "select", "button", "datalist":
		return dropped
	case "a", "abbr", "acronym", "area", "b", "base", "basefont", "bdi", "bdo",
		"big", "blink", "cite", "code", "col", "colgroup", "data", "del", "dfn",
		"em", "embed", "figcaption", "font", "frame", "frameset", "i", "img",
		"input", "ins", "kbd", "label", "link", "map", "mark", "marquee", "meta",
		"meter", "nobr", "output", "param", "picture", "plaintext", "progress",
		"q", "rb", "rp", "rt", "rtc", "ruby", "s", "samp", "slot", "small",
		"source", "span", "strike", "strong", "sub", "sup", "time", "track", "tt",
		"u", "var", "wbr", "image", "path":
		return inline
	}
	return foreignRole(name)
}

// foreignRole knows what word processors, AMP and social widgets leave behind.
func foreignRole(name string) role {
	if strings.HasPrefix(name, "amp-") {
		return inline
	}
	prefix, _, ok := strings.Cut(name, ":")
	if !ok {
		return unknown
	}
	switch prefix {
	case "o", "v", "w", "m", "st1", "fb", "g", "svg", "xhtml", "html", "itunes", "media":
		return inline
	}
	return unknown
}
