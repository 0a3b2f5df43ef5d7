package rules

import (
	"slices"
	"strings"
)

// givenNames maps folded given names, in all cases, to their group: the
// spellings and national forms of one name.
type givenNames map[string]int32

func newGivenNames(f *folder, words *grammar) givenNames {
	g := givenNames{}
	for i, spelled := range strings.Split(nameGroups, ",") {
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
	for _, name := range strings.Fields(strings.Split(nameGroups, ",")[group]) {
		if isLatin(name) && isLatin(forms[0]) && !slices.Contains(forms, name) {
			forms = append(forms, name)
		}
	}
	return forms
}
