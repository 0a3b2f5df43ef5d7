package rules

import (
	"strings"
	"unicode/utf8"

	"newswatch/news"
)

// isJunior says whether Jr. follows a name: that is the son.
func (s *scratch) isJunior(at span) bool {
	r := &s.reader
	if int(at.end) >= len(r.tokens) || r.fieldOf(at.end) != s.field(at) || int(r.tokens[at.end].start)-r.end(at.end-1) > 3 {
		return false
	}
	switch string(r.folded(at.end)) {
	case "jr", "junior", "младший", "младшего", "младшему", "младшим", "молодший", "молодшого", "молодшому", "молодшим":
		return true
	}
	return false
}

// isOther says whether a surname stands with the given name, the initials or the
// title of somebody else.
func (s *scratch) isOther(e *entity, at span) bool {
	if i := at.start - 1; i >= 0 {
		if s.besides(i, at.start) {
			if from := s.initials(at.start); from < at.start {
				return s.isOtherInitialed(e, from)
			}
			if g, ok := s.givenName(i); ok {
				return !e.own[g] && !s.isCouple(e, i) && !s.isAlone(e, i)
			}
			if s.isOtherMiddle(e, i) {
				return true
			}
		}
		if s.isOtherTitle(e, at.start) {
			return true
		}
	}
	own, formal := s.formalName(e, at)
	return formal && !own
}

// isOtherInitialed says whether the initials from the given token on are somebody
// else's: by the given name before them, or by the first of them.
func (s *scratch) isOtherInitialed(e *entity, from int32) bool {
	if from > 0 && s.besides(from-1, from) {
		if g, ok := s.givenName(from - 1); ok {
			return !e.own[g]
		}
	}
	return e.Needs != nil && s.isOtherInitial(e, from)
}

// maxInitials is the most initials that a surname has.
const maxInitials = 3

// initials returns where the initials in front of token i begin; i without any.
func (s *scratch) initials(i int32) int32 {
	from := i
	for from > 0 && i-from < maxInitials && s.besides(from-1, from) && s.isInitial(from-1) {
		from--
	}
	return from
}

// isInitial says whether a token is one initial or several with their dots, not
// the name of a country. Without a dot it is a capital that is no word.
func (s *scratch) isInitial(i int32) bool {
	if !s.reader.is(i, initial) {
		return false
	}
	if w := s.written(i); !s.hasDot(i) && !(len(w) == 1 && 'A' <= w[0] && w[0] <= 'Z' && !strings.Contains("AEIOY", w)) {
		return false
	}
	switch w := s.reader.folded(i); string(w) {
	case "us", "usa", "uk", "eu", "un", "uae", "dc":
		return false
	default:
		return utf8.RuneCount(w) <= maxInitials
	}
}

// isCouple says whether a person's own given name stands before the one at token
// i, with or without an "and": Donald John, Donald and Melania.
func (s *scratch) isCouple(e *entity, i int32) bool {
	if i < 1 || !s.besides(i-1, i) {
		return false
	}
	first := i - 1
	if s.isAnd(first) && s.besides(first-1, first) {
		first--
	}
	g, ok := s.givenName(first)
	return ok && e.own[g]
}

// isAnd says whether a token that is not the first one joins two names.
func (s *scratch) isAnd(i int32) bool {
	if i < 1 {
		return false
	}
	switch string(s.reader.folded(i)) {
	case "and", "und", "et", "y", "e", "и", "та", "і", "й":
		return true
	}
	return false
}

// isOtherMiddle says whether token i is what stands between another's given name
// and the surname: a patronymic, or, if the person has namesakes, any word of a
// body with a capital: Ella Eaton Odintsov.
func (s *scratch) isOtherMiddle(e *entity, i int32) bool {
	if i < 1 || !s.besides(i-1, i) {
		return false
	}
	patronymic := isPatronymic(string(s.reader.folded(i)))
	isMiddle := e.Needs != nil && fields[s.reader.fieldOf(i)] == news.Body && isUpperFirst(s.written(i)) && s.letters(i) == mixed
	if !patronymic && !isMiddle {
		return false
	}
	if g, ok := s.givenName(i - 1); ok {
		return !e.own[g]
	}
	return patronymic && e.Needs != nil && isUpperFirst(s.written(i-1))
}

// isAlone says whether the given name at token i has no surname, by the word
// before it: a town's (San Diego), a king's, a pope's. A person who has namesakes
// is not given the benefit of it: there may be a Saint Fyodor Odintsov.
func (s *scratch) isAlone(e *entity, i int32) bool {
	if e.Needs != nil || i < 1 || !s.reader.is(i, linked) {
		return false
	}
	switch string(s.reader.folded(i - 1)) {
	case "san", "santa", "saint", "st", "sao", "camp", "fort", "port", "lake", "mount", "mt",
		"king", "queen", "prince", "princess", "pope", "король", "королева", "принц", "папа":
		return true
	}
	return false
}

// isOtherTitle says whether the word before token i is the title of a woman, and
// the person is a man, or the other way round. "Mr and Mrs" are both.
func (s *scratch) isOtherTitle(e *entity, i int32) bool {
	if e.sex != man && e.sex != woman || !s.follows(i) {
		return false
	}
	from, who := s.title(i)
	if who == unknownSex || who == e.sex {
		return false
	}
	if s.isAnd(from-1) && s.follows(from) && s.follows(from-1) {
		_, first := s.title(from - 1)
		isMonsieur := e.sex == man && s.written(from-2) == "M"
		return first != e.sex && !isMonsieur
	}
	return true
}

// follows says whether a token stands right behind another, or behind its dot.
func (s *scratch) follows(i int32) bool {
	if i < 1 {
		return false
	}
	r := &s.reader
	return r.is(i, linked) && int(r.tokens[i].start)-r.end(i-1) <= 3
}

// title returns where the title in front of token i begins, and whose it is.
// One in Latin letters has a capital, unless nothing has, and no more of them,
// unless all have: "MS" is a state.
func (s *scratch) title(i int32) (from int32, who sex) {
	from = i - 1
	if s.reader.is(from, joined) && from > 0 { // г-жа
		from--
	}
	who = titled(string(s.reader.whole(from, i-1)))
	if who == unknownSex || !s.reader.is(i-1, asciiOnly) {
		return from, who
	}
	w, letters := s.written(i-1), s.letters(i)
	isTitle := isUpperFirst(w) && (w != strings.ToUpper(w) || letters == loud) || letters == quiet
	if !isTitle {
		return from, unknownSex
	}
	return from, who
}

// isFull says whether a surname stands with a given name of the person's own:
// before it, with an initial or another name between them (Yuri Viktorovich,
// Keith R.), or behind it in a list's order.
func (s *scratch) isFull(e *entity, at span) bool {
	for i := at.start - 1; i >= max(0, at.start-2) && s.besides(i, i+1); i-- {
		if g, ok := s.givenName(i); ok {
			return e.own[g]
		}
		if !isUpperFirst(s.written(i)) {
			return false
		}
	}
	own, formal := s.formalName(e, at)
	return formal && own && !s.isInitial(at.end)
}

// formalName reads what Russian and Ukrainian lists write behind a surname:
// initials, or a given name and a patronymic. It says whether they are the
// person's own, and whether there are any.
func (s *scratch) formalName(e *entity, at span) (own, formal bool) {
	i := at.end
	if int(i) >= len(s.reader.tokens) || !s.besides(i-1, i) || !isCyrillic(s.written(i-1)) || s.endsLine(i-1) {
		return false, false
	}
	if s.isInitial(i) {
		return !s.isOtherInitial(e, i), s.hasDot(i) && !s.isOfNext(i)
	}
	if int(i)+1 >= len(s.reader.tokens) || !s.besides(i, i+1) || !isPatronymic(string(s.reader.folded(i+1))) {
		return false, false
	}
	g, ok := s.givenName(i)
	return ok && e.own[g], ok
}

// isOfNext says whether initials from a token on belong to the name behind them:
// "the call of Trump to V. Putin", in a language without the "to".
func (s *scratch) isOfNext(i int32) bool {
	for int(i)+1 < len(s.reader.tokens) && s.reader.is(i+1, linked) {
		if i++; !s.isInitial(i) {
			return isUpperFirst(s.written(i))
		}
	}
	return false
}

// isPatronymic knows folded patronymics by what they end in, the Cyrillic ones in
// all cases.
func isPatronymic(w string) bool {
	if endsIn(w, "ovich", "evich", "ovych", "yovych", "ovna", "evna", "ivna", "yich") {
		return true
	}
	for _, ending := range [...]string{"ем", "еві", "а", "у", "е", "і", ""} {
		if stem, ok := strings.CutSuffix(w, ending); ok && endsIn(stem, "ович", "евич", "йович", "ьич", "мич") {
			return true
		}
	}
	for _, ending := range [...]string{"а", "ы", "е", "у", "ой", "ою", "и", "і"} {
		if stem, ok := strings.CutSuffix(w, ending); ok && endsIn(stem, "овн", "евн", "ичн", "івн", "ївн") {
			return true
		}
	}
	return false
}

// besides says that only white space, or the dot of an initial, is between two
// tokens.
func (s *scratch) besides(i, j int32) bool {
	r := &s.reader
	return r.is(j, linked) && (r.is(j, spaced) || r.is(i, initial) && int(r.tokens[j].start)-r.end(i) <= 2)
}

// givenName returns the group of a token that is a given name: known, and
// written with a capital unless nothing is.
func (s *scratch) givenName(i int32) (int32, bool) {
	g, ok := s.rs.names[string(s.reader.folded(i))]
	return g, ok && (isUpperFirst(s.written(i)) || s.letters(i) == quiet)
}

// hasDot says whether a full stop follows a token.
func (s *scratch) hasDot(i int32) bool { return strings.HasPrefix(s.behind(i), ".") }

// endsLine says whether a token is the last one of its line.
func (s *scratch) endsLine(i int32) bool {
	rest := strings.TrimLeft(s.behind(i), " \u00a0")
	return rest == "" || rest[0] == '\n'
}

// behind returns the text behind a token.
func (s *scratch) behind(i int32) string {
	return s.reader.texts[s.reader.fieldOf(i)][s.reader.end(i):]
}

// isOtherInitial says whether an initial with a dot is none of a person's own,
// as far as these are known in its alphabet.
func (s *scratch) isOtherInitial(e *entity, i int32) bool {
	if !s.hasDot(i) {
		return false
	}
	if w := s.written(i); !isUpperFirst(w) || w == "M" { // M. is Monsieur
		return false
	}
	r, _ := utf8.DecodeRune(s.reader.folded(i))
	known := false
	for _, own := range e.initials {
		if own == r {
			return false
		}
		known = known || isCyrillic(string(own)) == isCyrillic(string(r)) && isLatin(string(own)) == isLatin(string(r))
	}
	return known
}
