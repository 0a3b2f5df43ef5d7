package rules

// minBase is the least number of bytes that must be left of a word without its
// ending.
const minBase = 4

// endingsOf returns the endings that are taken off the words of a language: in
// German those of the genitive (Putins), of plurals (Waffenruhen) and of what
// comes from a town (Kiewer), in its northern neighbours that of the genitive.
func endingsOf(lang string) []string {
	switch lang {
	case "de":
		return germanEndings
	case "sv", "da", "nb", "no", "nn", "nl":
		return germanEndings[:1]
	}
	return nil
}

var germanEndings = []string{"s", "es", "e", "n", "en", "er"}

// siftEndings sifts the tokens of a language with endings. Any of them may stand
// for its form without one, also behind the first word of a term: so each passes
// that may be a first word.
func (r *reader) siftEndings(f *sieves, endings []string) {
	n := len(r.candidates)
	for field := range fields {
		text := r.texts[field]
		for i := r.firsts[field]; i < r.firsts[field+1]; i++ {
			t := &r.tokens[i]
			passes := f.first.has(t.hash) != 0
			switch {
			case passes:
			case t.end < 0:
				passes = passesWithout(f, r.folded(i), endings)
			case t.end-t.start > minBase && isLast(text[t.end-1]|0x20, endings):
				r.buf = appendLower(r.buf[:0], text[t.start:t.end])
				passes = passesWithout(f, r.buf, endings)
			}
			if passes {
				r.candidates = append(r.candidates, i)
			}
		}
	}
	r.unsorted = r.unsorted || n > 0 && len(r.candidates) > n
}

// isLast says whether one of some endings ends in a letter.
func isLast(c byte, endings []string) bool {
	for _, ending := range endings {
		if ending[len(ending)-1] == c {
			return true
		}
	}
	return false
}

// passesWithout says whether a word passes without one of some endings.
func passesWithout(f *sieves, w []byte, endings []string) bool {
	for _, ending := range endings {
		n := len(w) - len(ending)
		if n < minBase || string(w[n:]) != ending {
			continue
		}
		// Of a base with more letters the word itself has the head.
		if f.first.has(hash(w[:n])) != 0 || f.stemmed && headLen(w) >= n && f.heads.has(hash(w[:n])) != 0 {
			return true
		}
	}
	return false
}
