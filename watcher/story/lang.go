package story

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// languageOf is the primary tag under which an item's words are counted. An
// item that names no language is put down by its script to one that is written
// in it; the Latin ones go to English, by far the most common in feeds.
func languageOf(tag string, title, body []word) string {
	tag, _, _ = strings.Cut(strings.ToLower(tag), "-")
	tag, _, _ = strings.Cut(tag, "_")
	if len(tag) >= 2 && len(tag) <= 3 {
		return tag
	}
	for _, w := range slices.Concat(title, body[:min(len(body), 20)]) {
		r, _ := utf8.DecodeRuneInString(w.key)
		switch {
		case unicode.Is(unicode.Cyrillic, r):
			return "ru"
		case unicode.Is(unicode.Arabic, r):
			return "ar"
		case isCJK(r):
			return "zh"
		}
	}
	return "en"
}
