package rules

import (
	"slices"
	"strings"
	"sync"
)

// givenNames maps folded given names, in all cases, to their group: the
// spellings and national forms of one name.
type givenNames map[string]int32

// nameGroups are the lists of given names; groups count through all of them.
var nameGroups = slices.Concat(strings.Split(mensNames, ","), strings.Split(womensNames, ","), strings.Split(eitherNames, ","))

// sharedNames are the given names of all rulesets, which never change.
var sharedNames = sync.OnceValue(func() givenNames { return newGivenNames(sharedFolder(), newGrammar()) })

func newGivenNames(f *folder, words *grammar) givenNames {
	g := make(givenNames, 8*len(nameGroups))
	for i, spelled := range nameGroups {
		for _, name := range strings.Fields(spelled) {
			g.add(f, name, int32(i))
			if isCyrillic(name) {
				for _, form := range words.decline(name, words.person) {
					g.add(f, form, int32(i))
				}
			}
		}
	}
	return g
}

func (g givenNames) add(f *folder, name string, group int32) {
	key := f.foldWord(name)
	if _, taken := g[key]; !taken {
		g[key] = group
	}
}

// variants adds to the forms of a given name the other spellings of its group
// in the same alphabet.
func (g givenNames) variants(f *folder, forms []string) []string {
	group, ok := g[f.foldWord(forms[0])]
	if !ok {
		return forms
	}
	for _, name := range strings.Fields(nameGroups[group]) {
		if isLatin(name) && isLatin(forms[0]) && !slices.Contains(forms, name) {
			forms = append(forms, name)
		}
	}
	return forms
}

// nicknames are short for given names of more than one group.
var nicknames = []struct {
	short string
	names []string
}{
	{"alex", []string{"alexander", "alexei", "alexandra"}},
	{"samuel", []string{"samantha"}}, // as Sam
}

// bearers returns the group of a given name, and those of what it is called in
// short.
func (g givenNames) bearers(group int32) []int32 {
	out := []int32{group}
	for _, n := range nicknames {
		if slices.ContainsFunc(n.names, func(name string) bool { return g[name] == group }) {
			out = append(out, g[n.short])
		}
	}
	return out
}

// sex is what a given name or a title tells of its bearer. A person whose names
// tell both is nothing of the two.
type sex uint8

const (
	unknownSex sex = 0
	man        sex = 1 << iota
	woman
)

// sexOf says who bears the names of a group.
func sexOf(group int32) sex {
	men, women := int32(strings.Count(mensNames, ",")+1), int32(strings.Count(womensNames, ",")+1)
	switch {
	case group < men:
		return man
	case group < men+women:
		return woman
	}
	return unknownSex
}

// titled says whose title a folded word is. M. is Monsieur, but also an initial.
func titled(word string) sex {
	switch word {
	case "mr", "mister", "sir", "lord", "herr", "herrn", "monsieur", "senor", "signor", "pan", "господин",
		"господина", "господину", "господином", "гн", "гна", "гну", "пан", "пана", "панові", "паном":
		return man
	case "mrs", "ms", "miss", "lady", "madam", "madame", "frau", "mme", "mlle", "mademoiselle", "senora",
		"senorita", "sra", "srta", "signora", "pani", "госпожа", "госпожи", "госпоже", "госпожу", "госпожой",
		"гжа", "гжи", "гже", "гжу", "гжой", "пані":
		return woman
	}
	return unknownSex
}
