package rules

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The types of entities whose names are inflected.
const (
	person = "person"
	town   = "place"
)

// grammar holds the tables of declension, once a compilation.
type grammar struct {
	person, place, irregular []ending
}

func newGrammar() *grammar {
	all := declensions()
	return &grammar{person: all, place: append(townDeclensions(), all...), irregular: irregular()}
}

// forms returns the ways in which texts write a word of a name: spellings of
// Latin names, case endings of Russian and Ukrainian ones. The word itself
// comes first. Some forms that no one writes are among them; they do no harm,
// `expand` shows them, and `without` strikes them.
func (g *grammar) forms(entityType, word string) []string {
	var made []string
	switch {
	case entityType == person && isLatin(word):
		made = spellings(word)
	case entityType == person && isCyrillic(word):
		made = g.decline(word, g.person)
		if once, ok := undouble(word); ok {
			made = append(append(made, once), g.decline(once, g.person)...)
		}
	case entityType == town && isCyrillic(word):
		made = g.decline(word, g.place)
	case entityType == town && isLatin(word) && endsIn(word, "w", "au") && len(word) >= minBase:
		// German: Kiewer, Moskauer. Of other towns such a form may be an English
		// word: Hamburger.
		made = []string{word + "er"}
	}
	out := []string{word}
	for _, form := range made {
		if !slices.Contains(out, form) {
			out = append(out, form)
		}
	}
	return out
}

// ending says how words that end so are declined: the ending is replaced by
// each of the others.
type ending struct {
	from string
	to   []string
}

// split cuts a line of the tables below.
func split(from, to string) ending { return ending{from, strings.Fields(to)} }

// declensions are the case endings of Russian and Ukrainian, in one table for
// both languages because their alphabets tell them apart where it matters. The
// first line that fits holds. Sources: the declension tables of both languages'
// school grammars; "-" stands for no ending.
func declensions() []ending {
	return []ending{
		split("ский", "ского скому ским ском"),
		split("цкий", "цкого цкому цким цком"),
		split("ський", "ського ському ським ськім"),
		split("цький", "цького цькому цьким цькім"),
		split("ская", "ской скую скою"),
		split("цкая", "цкой цкую цкою"),
		split("ська", "ської ській ську ською"),
		split("цька", "цької цькій цьку цькою"),
		split("рий", "рия рию рием рии рие"),
		split("ый", "ого ому ым ом"),
		split("ой", "ого ому ым ом ою"),
		split("ий", "ия ию ием ии ие ого ому им ом ім его ему ем"),
		split("й", "я ю ем єм и е і єві ї"),
		split("ова", "овой ову овою ової овій ово"),
		split("ева", "евой еву евою евої евій"),
		split("ина", "иной ину иною ине ины ини ині"),
		split("га", "ги гу гой гою ге зі"),
		split("ка", "ки ку кой кою ке ці"),
		split("ха", "хи ху хой хою хе сі"),
		split("а", "ы и е у ой ою ей ею і о"),
		split("ия", "ии ию ией иею"),
		split("ія", "ії ію ією іє"),
		split("я", "и ю е ей ею і ї єю йою"),
		split("ь", "я ю ем е и ью і ем єм еві ю"),
		split("ец", "ца цу цом цем це"),
		split("ець", "ця цю цем цеві ці"),
		split("ое", "ого ому ым ом"),
		split("е", ""),
		split("о", "а у ом ові і ю"),
		split("у", ""), split("ю", ""), split("э", ""), split("є", ""), split("ё", ""),
		split("і", ""), split("ї", ""), split("и", ""), split("ы", ""),
		split("ов", "ова ову овым ове овом ові овим"),
		split("ев", "ева еву евым еве евом еві евим"),
		split("єв", "єва єву євим єві євом єве євові"),
		split("ин", "ина ину иным ине ином ині инові иним"),
		split("ын", "ына ыну ыным ыне ыном"),
		split("ін", "іна іну іним іні іном інові іне"),
		split("їн", "їна їну їним їні їном їнові"),
		split("ів", "іва іву івим іві івом івові"),
		split("", "а у ом ем е ові еві і"),
	}
}

// townDeclensions go before declensions for places: adjectives of a place agree
// with what they stand at, and some towns are plural. Who lives in a place is
// said with the stem of its adjective: крымский, крымчане.
func townDeclensions() []ending {
	adjective := "ого ому им ом ая ой ую ою ое ие их ими"
	people := " чане чан чанам чанами чанах чанин чанина чанину чанином чанине чанка чанки чанке чанку чанкой чанок чанкам чанками чанках"
	peopleUk := " чани чан чанам чанами чанах чанин чанина чанину чанином чанинові чанці чанка чанки чанку чанкою чанок"
	return []ending{
		split("ский", prefixed("ск", adjective)+people),
		split("цкий", prefixed("цк", adjective)),
		split("ський", prefixed("ськ", "ого ому им ім а ої ій у ою е і их ими")+peopleUk),
		split("цький", prefixed("цьк", "ого ому им ім а ої ій у ою е і их ими")),
		split("їв", "єва єву євом єві"),
		split("ів", "ова ову овом ові"),
		split("ы", "- ам ами ах ов"),
		split("и", "- ам ами ах ів ям ями ях ей"),
		split("ов", "ова ову овом ове ові"),
		split("ев", "ева еву евом еве еві"),
		split("ин", "ина ину ином ине ині"),
		split("ін", "іна іну іном іні"),
	}
}

func prefixed(prefix, endings string) string {
	var out []string
	for _, e := range strings.Fields(endings) {
		out = append(out, prefix+e)
	}
	return strings.Join(out, " ")
}

// irregular are stems that change in a way of their own.
func irregular() []ending {
	return []ending{
		split("Павел", "Павла Павлу Павлом Павле"),
		split("Лев", "Льва Льву Львом Льве"),
		split("Ігор", "Ігоря Ігорю Ігорем Ігореві Ігорі"),
	}
}

// decline returns the case forms of a Cyrillic word by a table, without the word
// itself.
func (g *grammar) decline(word string, table []ending) []string {
	if word == strings.ToUpper(word) {
		return nil
	}
	for _, e := range g.irregular {
		if word == e.from {
			return e.to
		}
	}
	for _, e := range table {
		stem, ok := strings.CutSuffix(word, e.from)
		if !ok || utf8.RuneCountInString(stem) < 2 {
			continue
		}
		out := make([]string, 0, len(e.to))
		for _, to := range e.to {
			out = append(out, stem+strings.TrimPrefix(to, "-"))
		}
		return out
	}
	return nil
}

// spellings returns other Latin spellings of a Slavic name, without the word
// itself: -sky in eight ways, -iev in three, a doubled last letter once.
func spellings(word string) []string {
	low := strings.ToLower(word)
	switch {
	case len(low) < 5:
		return nil
	case endsIn(low, "yy", "iy", "yi", "ii", "ij", "yj", "i", "y"):
		return respell(word, low)
	case endsIn(low, "iyev"):
		return alternatives(word, 4, "iev", "yev", "iyev")
	case endsIn(low, "iev", "yev"):
		return alternatives(word, 3, "iev", "yev", "iyev")
	case endsIn(low, "eev"):
		return alternatives(word, 3, "eyev")
	}
	if once, ok := undouble(word); ok {
		return []string{once}
	}
	return nil
}

// undouble writes a doubled last consonant once, as who knows a foreign name by
// ear does: Witkof, Уиткоф. A double l or s is too common for that.
func undouble(word string) (string, bool) {
	r := []rune(word)
	n := len(r)
	if n < 6 || r[n-1] != r[n-2] || strings.ContainsRune("aeioulsаеиоуыэюялсії", unicode.ToLower(r[n-1])) {
		return "", false
	}
	return string(r[:n-1]), true
}

// respell handles the vowels behind -sk and -zk.
func respell(word, low string) []string {
	stem := strings.TrimRight(low, "iyj")
	if !endsIn(stem, "sk", "zk") {
		return nil
	}
	return alternatives(word, len(low)-len(stem), "y", "yy", "iy", "yi", "i", "ii", "ij", "yj")
}

// alternatives replaces the last n bytes of a word by each ending, in capitals
// where the word is.
func alternatives(word string, n int, endings ...string) []string {
	out := make([]string, 0, len(endings))
	stem := word[:len(word)-n]
	for _, e := range endings {
		if word == strings.ToUpper(word) {
			e = strings.ToUpper(e)
		}
		out = append(out, stem+e)
	}
	return out
}

func endsIn(word string, endings ...string) bool {
	return slices.ContainsFunc(endings, func(e string) bool { return strings.HasSuffix(word, e) })
}
