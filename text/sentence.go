package text

import (
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Sentences cuts a text into its sentences, each as it stands in the text, without
// the space around it. A sentence ends at a mark that ends one in some script and
// with its line, as lists and headlines have no mark; in doubt, as after "Mr." or
// "25.", it goes on.
func Sentences(s string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for line := range strings.SplitSeq(s, "\n") {
			for line != "" {
				end := sentenceEnd(line)
				sentence := strings.TrimSpace(line[:end])
				line = line[end:]
				if sentence != "" && !yield(sentence) {
					return
				}
			}
		}
	}
}

// sentenceEnd is where the first sentence of a line ends, in bytes.
func sentenceEnd(line string) int {
	for i, r := range line {
		next := i + utf8.RuneLen(r)
		switch {
		case strings.ContainsRune("。！？", r): // no space follows these
			return next + closing(line[next:])
		case !strings.ContainsRune(".!?…؟।", r):
			continue
		}
		next += closing(line[next:])
		if next == len(line) {
			return next
		}
		if after, _ := utf8.DecodeRuneInString(line[next:]); !unicode.IsSpace(after) {
			continue
		}
		first, _ := utf8.DecodeRuneInString(strings.TrimLeftFunc(line[next:], unicode.IsSpace))
		if unicode.IsLower(first) || r == '.' && goesOn(line[:i]) {
			continue
		}
		return next
	}
	return len(line)
}

// closing is the length of the quotes and brackets that end with a sentence.
func closing(s string) int {
	n := 0
	for n < len(s) {
		r, size := utf8.DecodeRuneInString(s[n:])
		if !strings.ContainsRune("\"'”’»)]」』", r) {
			break
		}
		n += size
	}
	return n
}

// goesOn says whether a dot after this ends a short form: "U.S", "J", "Mr", "25".
func goesOn(before string) bool {
	word := before[strings.LastIndexFunc(before, unicode.IsSpace)+1:]
	word = strings.TrimLeft(word, "\"'“‘«(")
	if strings.Contains(word, ".") || utf8.RuneCountInString(word) == 1 {
		return true
	}
	if len(word) == 2 && strings.Trim(word, "0123456789") == "" {
		return true
	}
	switch word {
	case "Mr", "Mrs", "Ms", "Dr", "Gen", "Col", "Lt", "Sgt", "Capt", "Maj", "Sen", "Rep", "Gov", "St", "Prof", "No", "Jr", "Sr",
		"Jan", "Feb", "Mar", "Apr", "Aug", "Sept", "Oct", "Nov", "Dec", "vs", "Nr", "Sra", "Mme", "тыс", "млн", "млрд", "им":
		return true
	}
	return false
}
