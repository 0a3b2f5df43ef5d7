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

// nicknames are short for given names of other groups. Short forms of one name
// alone that no other name has stand in its own group.
var nicknames = []struct {
	short string
	names []string
}{
	{"alex", []string{"alexander", "alexei", "alexandra"}},
	{"samuel", []string{"samantha"}}, // as Sam
	{"tom", []string{"thomas"}}, {"tommy", []string{"thomas"}},
	{"bob", []string{"robert", "roberto"}}, {"billy", []string{"william"}}, {"willie", []string{"william"}},
	{"jim", []string{"james"}}, {"joe", []string{"joseph", "jose"}}, {"mike", []string{"michael"}},
	{"dan", []string{"daniel"}}, {"danny", []string{"daniel"}}, {"pete", []string{"peter"}},
	{"rick", []string{"richard", "ricardo", "eric"}}, {"greg", []string{"gregory"}},
	{"jack", []string{"john"}}, {"johnny", []string{"john"}}, {"jake", []string{"jacob"}},
	{"jerry", []string{"gerald", "jerome", "jeremy"}}, {"ted", []string{"theodore", "edward"}},
	{"theodor", []string{"theodore"}}, {"rudy", []string{"rudolf"}}, {"harry", []string{"harold", "henry"}},
	{"tony", []string{"anthony"}}, {"vince", []string{"vincent"}}, {"frank", []string{"francisco"}},
	{"jon", []string{"jonathan"}}, {"leo", []string{"leopold"}}, {"mathew", []string{"matthew"}},
	{"marc", []string{"marcus", "marcel"}}, {"wilhelm", []string{"william"}}, {"johann", []string{"john"}},
	{"beth", []string{"elizabeth"}}, {"betty", []string{"elizabeth"}}, {"liz", []string{"elizabeth"}},
	{"kate", []string{"catherine", "kathryn", "kathleen"}}, {"katie", []string{"catherine", "kathryn", "kathleen"}},
	{"kathy", []string{"catherine", "kathryn", "kathleen"}}, {"kathryn", []string{"catherine"}},
	{"katja", []string{"catherine"}}, {"katarzyna", []string{"catherine"}},
	{"peggy", []string{"margaret"}}, {"cindy", []string{"cynthia"}}, {"ann", []string{"anna"}},
	{"natasha", []string{"natalia"}}, {"tanya", []string{"tatiana"}}, {"lena", []string{"elena"}},
	{"lara", []string{"larisa"}}, {"sonia", []string{"sophia"}}, {"sofya", []string{"sophia"}},
	{"jenny", []string{"jennifer"}}, {"christine", []string{"christina"}},
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

// titled says whose title a folded word is. M. is Monsieur, but also an initial; "Miss" is
// a verb in headlines.
func titled(word string) sex {
	switch word {
	case "mr", "mister", "sir", "lord", "herr", "herrn", "monsieur", "senor", "signor", "pan", "господин",
		"господина", "господину", "господином", "гн", "гна", "гну", "пан", "пана", "панові", "паном":
		return man
	case "mrs", "ms", "lady", "madam", "madame", "frau", "mme", "mlle", "mademoiselle", "senora",
		"senorita", "sra", "srta", "signora", "pani", "госпожа", "госпожи", "госпоже", "госпожу", "госпожой",
		"гжа", "гжи", "гже", "гжу", "гжой", "пані":
		return woman
	}
	return unknownSex
}
