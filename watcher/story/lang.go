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

// baseLetters is how much of a word is compared in languages whose words change
// their endings by case and number: the rest says little.
const baseLetters = 6

// base is the part of a word that is compared.
func (lang *language) base(key string) string {
	if !lang.inflects {
		return key
	}
	n := 0
	for i := range key {
		if n == baseLetters {
			return key[:i]
		}
		n++
	}
	return key
}

// inflects is true of languages whose nouns and names have many endings.
func inflects(lang string) bool {
	switch lang {
	case "ru", "uk", "be", "bg", "mk", "sr", "hr", "bs", "sl", "cs", "sk", "pl", "lt", "lv", "et", "fi", "hu", "el", "tr", "ro", "ka", "hy", "kk":
		return true
	}
	return false
}
