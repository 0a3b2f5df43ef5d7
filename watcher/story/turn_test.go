package story_test

import (
	"slices"
	"testing"
)

// developed are the reasons for which a story of these reports rose, each headline
// and first sentences of another outlet, ten minutes apart.
func developed(lang string, reports ...[2]string) (reasons []string) {
	var rows []row
	for i, r := range reports {
		rows = append(rows, in(lang, report(string(rune('A'+i)), float64(i)/6, r[0], r[1])))
	}
	for _, d := range tellAll(plain(), rows).Developments {
		reasons = append(reasons, d.Reason)
	}
	return reasons
}

// TestTollsAndCorrections holds that a toll is read however far from it its number
// stands, and that a lower number is told when it says that it is a correction.
func TestTollsAndCorrections(t *testing.T) {
	t.Parallel()
	aground := [2]string{"Ferry runs aground off Lemba with 40 aboard", "The ferry Quill ran aground off Lemba on Thursday. Two people were injured."}
	mine := [2]string{"Fire at Varn mine: seven killed", "Seven miners were killed in a fire at the Varn mine, police said."}
	for name, c := range map[string]struct {
		lang    string
		reports [][2]string
		want    []string
	}{
		"first deaths":     {"en", [][2]string{aground, {"Death toll in Lemba ferry accident rises to three", "Three people have died after the ferry Quill ran aground off Lemba."}}, []string{"death toll now 3"}},
		"across an and":    {"en", [][2]string{aground, {"Death toll in Lemba ferry accident and rescue stands at at least 12", ""}}, []string{"death toll now 12"}},
		"injured":          {"en", [][2]string{aground, {"Number of injured in the Lemba ferry accident off Osten climbs to nine", ""}}, []string{"injured now 9, was 2"}},
		"old toll":         {"en", [][2]string{aground, {"Toll in the accident of the ferry Quill rises from two", ""}}, nil},
		"another year":     {"en", [][2]string{aground, {"Toll of the great ferry disaster of 1971 set to 300", ""}}, nil},
		"another sentence": {"en", [][2]string{aground, {"No word on toll. Owner of the ferry Quill raises reward to 500", ""}}, nil},
		"German toll":      {"de", [][2]string{{"Fähre vor Lemba auf Grund", ""}, {"Zahl der Toten nach dem Unglück der Fähre vor Lemba steigt auf drei", ""}}, []string{"death toll now 3"}},
		"Spanish toll":     {"es", [][2]string{{"Encalla un ferry en Lemba", ""}, {"El número de muertos en el accidente del ferry de Lemba sube a tres", ""}}, []string{"death toll now 3"}},
		"French toll":      {"fr", [][2]string{{"Un ferry s'échoue à Lemba", ""}, {"Le bilan de l'accident du ferry de Lemba passe à trois", ""}}, []string{"death toll now 3"}},
		"Portuguese toll":  {"pt", [][2]string{{"Balsa encalha em Lemba", ""}, {"Número de mortos no acidente da balsa de Lemba sobe para três", ""}}, []string{"death toll now 3"}},
		"Russian toll":     {"ru", [][2]string{{"Паром сел на мель у Лембы", ""}, {"Число погибших при крушении парома у Лембы выросло до трех", ""}}, []string{"death toll now 3"}},
		"Ukrainian toll":   {"uk", [][2]string{{"Пором сів на мілину біля Лемби", ""}, {"Кількість загиблих в аварії порома біля Лемби зросла до трьох", ""}}, []string{"death toll now 3"}},

		"lowered":               {"en", [][2]string{mine, {"Varn mine fire: police lower death toll to six", ""}}, []string{"death toll now 6, corrected from 7"}},
		"lowered, from":         {"en", [][2]string{mine, {"Varn mine fire toll lowered from seven to six", ""}}, []string{"death toll now 6, corrected from 7"}},
		"not seven":             {"en", [][2]string{mine, {"Six died in Varn mine fire, not seven", ""}}, []string{"death toll now 6, corrected from 7"}},
		"in the first sentence": {"en", [][2]string{mine, {"Six dead at Varn mine", "Six people were killed, not seven, police said, correcting themselves."}}, []string{"death toll now 6, corrected from 7"}},
		"only older":            {"en", [][2]string{mine, {"Six dead at Varn mine", "Six people were killed in a fire at the Varn mine."}}, nil},
		"lower, of a deck":      {"en", [][2]string{mine, {"Two killed on lower level of Varn mine", ""}}, nil},
		"may be lowered":        {"en", [][2]string{mine, {"Police may not have lowered toll; six dead at Varn mine", ""}}, nil},
		"corrected twice":       {"en", [][2]string{mine, {"Police lower Varn mine death toll to six", ""}, {"Varn mine: toll lowered to six", ""}}, []string{"death toll now 6, corrected from 7"}},
		"the old one again":     {"en", [][2]string{mine, {"Police lower Varn mine death toll to six", ""}, {"Seven killed at Varn mine", ""}}, []string{"death toll now 6, corrected from 7"}},
		"rises from the corrected one": {
			"en", [][2]string{mine, {"Police lower Varn mine death toll to six", ""}, {"Seven killed at Varn mine", ""}, {"Varn mine: death toll rises to 12", ""}},
			[]string{"death toll now 6, corrected from 7", "death toll now 12, was 6"},
		},
		"German correction":     {"de", [][2]string{{"Sieben Tote nach Brand", ""}, {"Polizei korrigiert Zahl der Toten auf sechs", ""}}, []string{"death toll now 6, corrected from 7"}},
		"Spanish correction":    {"es", [][2]string{{"Siete muertos en un incendio", ""}, {"La policía rebaja a seis los muertos en el incendio", ""}}, []string{"death toll now 6, corrected from 7"}},
		"French correction":     {"fr", [][2]string{{"Sept morts dans un incendie", ""}, {"Incendie : six morts et pas sept", ""}}, []string{"death toll now 6, corrected from 7"}},
		"Portuguese correction": {"pt", [][2]string{{"Sete mortos em incêndio", ""}, {"Polícia corrige para seis os mortos no incêndio", ""}}, []string{"death toll now 6, corrected from 7"}},
		"Russian correction":    {"ru", [][2]string{{"Семь человек погибли при пожаре", ""}, {"Погибли шесть человек, а не семь", ""}}, []string{"death toll now 6, corrected from 7"}},
		"Ukrainian correction":  {"uk", [][2]string{{"Сім людей загинули під час пожежі", ""}, {"Загинули шість людей, а не сім", ""}}, []string{"death toll now 6, corrected from 7"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := developed(c.lang, c.reports...); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestTurns holds that talks which fail are news in plain words of many kinds, and
// that what fails or collapses elsewhere is no turn of talks.
func TestTurns(t *testing.T) {
	t.Parallel()
	openings := map[string]string{
		"en": "Marlow arrives in Sarriko for talks with Osten", "de": "Marlow trifft zu Gesprächen in Sarriko ein", "es": "Marlow llega a Sarriko para las conversaciones",
		"fr": "Marlow arrive à Sarriko pour des négociations", "pt": "Marlow chega a Sarriko para as negociações",
		"ru": "Марлоу прибыл на переговоры в Саррико", "uk": "Марлоу прибув на переговори до Сарріко",
	}
	for headline, c := range map[string]struct{ lang, want string }{
		"Marlow's talks with Osten in Sarriko collapse":           {"en", "now: broken off"},
		"Sarriko talks break down after an hour":                  {"en", "now: broken off"},
		"Talks between Marlow and Osten fail":                     {"en", "now: broken off"},
		"Marlow walks out of Sarriko talks":                       {"en", "now: broken off"},
		"Sarriko talks end without result":                        {"en", "now: broken off"},
		"Talks on the Varn valley stall":                          {"en", "now: stalled"},
		"Talks in Sarriko suspended":                              {"en", "now: suspended"},
		"Talks in Sarriko on brink of collapse":                   {"en", ""},
		"Marlow to leave Sarriko if talks fail":                   {"en", ""},
		"Talks in Sarriko may collapse":                           {"en", ""},
		"Will the talks in Sarriko collapse?":                     {"en", ""},
		"Hotel roof in Sarriko collapses":                         {"en", ""},
		"Engine of envoy's plane fails":                           {"en", ""},
		"Gespräche in Sarriko gescheitert":                        {"de", "now: broken off"},
		"Verhandlungen stocken":                                   {"de", "now: stalled"},
		"Gespräche in Sarriko drohen zu platzen, wenn Osten geht": {"de", ""},
		"Fracasan las conversaciones de Sarriko":                  {"es", "now: broken off"},
		"Les négociations de Sarriko échouent":                    {"fr", "now: broken off"},
		"Negociações de Sarriko fracassam":                        {"pt", "now: broken off"},
		"Переговоры в Саррико сорваны":                            {"ru", "now: broken off"},
		"Переговори в Сарріко провалилися":                        {"uk", "now: broken off"},
	} {
		t.Run(headline, func(t *testing.T) {
			t.Parallel()
			var want []string
			if c.want != "" {
				want = []string{c.want}
			}
			if got := developed(c.lang, [2]string{openings[c.lang], ""}, [2]string{headline, ""}); !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}
