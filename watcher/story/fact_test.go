package story_test

import (
	"testing"
	"time"

	"newswatch/news"
)

// report makes a row of an outlet, some hours after the first.
func report(outlet string, hours float64, title, text string) row {
	at := noon.Add(time.Duration(hours * float64(time.Hour)))
	return row{ID: outlet + at.Format("15:04"), Source: outlet, Lang: "en", Title: title, Text: text, Time: at.Format(time.RFC3339)}
}

func TestNewFacts(t *testing.T) {
	t.Parallel()
	ferry := report("Wire", 0, "Ferry capsizes off Lemba, 8 dead", "A ferry capsized off the island of Lemba on Tuesday, killing at least eight people.")
	talks := report("Wire", 0, "Marlow and Osten open talks on the Varn valley", "Delegations of Marlow and Osten sat down in Sarriko to talk about the Varn valley.")
	for name, c := range map[string]struct {
		told []row
		next row
		want string
	}{
		"count rises":            {[]row{ferry}, report("Post", 1, "Lemba ferry: death toll rises to 12", ""), "death toll now 12, was 8"},
		"count in words":         {[]row{ferry}, report("Post", 1, "Twelve dead in Lemba ferry disaster", ""), "death toll now 12, was 8"},
		"same count in words":    {[]row{ferry}, report("Post", 1, "Eight people killed as ferry capsizes", ""), ""},
		"count falls":            {[]row{ferry}, report("Post", 1, "Ferry sinks off Lemba, killing six", ""), ""},
		"old count beside":       {[]row{ferry}, report("Post", 1, "Lemba ferry toll up to 14 from 8", ""), "death toll now 14, was 8"},
		"another kind":           {[]row{ferry}, report("Post", 1, "Lemba ferry: eight dead and 30 injured", ""), "injured now 30"},
		"feared":                 {[]row{ferry}, report("Post", 1, "Up to 90 feared dead in ferry disaster", ""), ""},
		"of another year":        {[]row{ferry}, report("Post", 1, "Lemba remembers 300 killed in 2019", ""), ""},
		"an age":                 {[]row{ferry}, report("Post", 1, "Ferry captain dies at 61", ""), ""},
		"in the text, at once":   {[]row{ferry}, report("Post", 1, "Divers search Lemba wreck", "Divers found more bodies, and 12 people are now dead."), ""},
		"first sentence, later":  {[]row{ferry}, report("Post", 5, "Divers search Lemba wreck", "Twelve people are now dead, the coast guard said."), "death toll now 12, was 8"},
		"background, later":      {[]row{ferry}, report("Post", 5, "Divers search Lemba wreck", "A storm killed 900 people here before."), ""},
		"two outlets, later":     {[]row{talks, report("Post", 4, "Shots at the Varn", "Three soldiers were killed at the river.")}, report("Review", 5, "River quiet again", "At least three killed at the Varn, say both sides."), "death toll now 3"},
		"rounded":                {[]row{report("Wire", 0, "Floods displace 193,812 in Osten", "")}, report("Post", 1, "194K displaced by floods in Osten", ""), ""},
		"spaced thousands":       {[]row{ferry}, report("Post", 1, "Ferry riots: 2 200 arrested", ""), "arrested now 2,200"},
		"event":                  {[]row{talks}, report("Post", 1, "Marlow and Osten sign truce", ""), "now: signed"},
		"event to come":          {[]row{talks}, report("Post", 1, "Marlow and Osten to sign truce", ""), ""},
		"event that may come":    {[]row{talks}, report("Post", 1, "Truce may soon be signed", ""), ""},
		"event that did not":     {[]row{talks}, report("Post", 1, "Truce not yet signed", ""), ""},
		"event in question":      {[]row{talks}, report("Post", 1, "Marlow signs truce?", ""), ""},
		"no event":               {[]row{talks}, report("Post", 1, "Signs of hope in Varn talks", ""), ""},
		"event was told":         {[]row{talks, report("Post", 1, "Marlow and Osten sign truce", "")}, report("Review", 2, "Truce signed in Sarriko", ""), ""},
		"event was mentioned":    {[]row{report("Wire", 0, "Mayor in custody", "The arrest was made at dawn.")}, report("Post", 1, "Mayor of Sarriko arrested", ""), ""},
		"synonym":                {[]row{report("Wire", 0, "Conductor dies in fire", "")}, report("Post", 1, "Fire kills conductor", ""), ""},
		"count says it":          {[]row{talks}, report("Post", 1, "Two killed at the Varn", ""), "death toll now 2"},
		"two facts":              {[]row{talks}, report("Post", 1, "Osten rejects plan; mediator resigns", ""), "now: rejected; now: resigned"},
		"sum":                    {[]row{talks}, report("Post", 1, "Marlow offers $1.5bn for the Varn valley", ""), "now: $1.5bn"},
		"same sum":               {[]row{report("Wire", 0, "Offer of 1.5 billion dollars", "")}, report("Post", 1, "Marlow offers $1.5bn", ""), ""},
		"a fee":                  {[]row{talks}, report("Post", 1, "Visitors pay $25 to watch", ""), ""},
		"a day to come":          {[]row{talks}, report("Post", 1, "Varn vote set for 20 June", ""), "date: 20 June"},
		"a day gone by":          {[]row{talks}, report("Post", 1, "What was said on 3 March", ""), ""},
		"German count":           {[]row{in("de", report("Wire", 0, "Brand in Sarriko", ""))}, in("de", report("Post", 1, "Zwölf Tote nach Brand", "")), "death toll now 12"},
		"German event":           {[]row{in("de", report("Wire", 0, "Gespräche über das Tal", ""))}, in("de", report("Post", 1, "Vertrag unterzeichnet", "")), "now: signed"},
		"German event to come":   {[]row{in("de", report("Wire", 0, "Gespräche über das Tal", ""))}, in("de", report("Post", 1, "Vertrag soll unterzeichnet werden", "")), ""},
		"Spanish count":          {[]row{in("es", report("Wire", 0, "Incendio en Sarriko", ""))}, in("es", report("Post", 1, "Doce muertos en un incendio", "")), "death toll now 12"},
		"French event":           {[]row{in("fr", report("Wire", 0, "Le ministre sous pression", ""))}, in("fr", report("Post", 1, "Le ministre démissionne", "")), "now: resigned"},
		"Russian count":          {[]row{in("ru", report("Wire", 0, "Пожар в Саррико", ""))}, in("ru", report("Post", 1, "Двенадцать человек погибли в Саррико", "")), "death toll now 12"},
		"Ukrainian event":        {[]row{in("uk", report("Wire", 0, "Переговори про долину", ""))}, in("uk", report("Post", 1, "Сторони підписали угоду", "")), "now: signed"},
		"Portuguese event":       {[]row{in("pt", report("Wire", 0, "Senado debate a lei", ""))}, in("pt", report("Post", 1, "Senado aprova a lei", "")), "now: approved"},
		"after days":             {[]row{talks}, report("Post", 90, "What Marlow asked of Osten", "Marlow wanted the whole valley."), "in the news again after 4 days"},
		"late with the old text": {[]row{talks}, report("Post", 90, "Marlow and Osten open talks on the Varn valley", talks.Text), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &news.Story{FirstAt: noon}
			for _, r := range c.told {
				s.Members = append(s.Members, news.Member{Item: r.item()})
			}
			if name != "two outlets, later" { // all others were told
				n := len(s.Members) - 1
				s.Developments = []news.Development{{ItemID: s.Members[n].Item.ID, At: noon.Add(-2 * time.Hour)}}
			}
			if got, _ := plain().Develop(s, news.Member{Item: c.next.item()}); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func in(lang string, r row) row {
	r.Lang = lang
	return r
}

// TestCreepingCount holds that a count which creeps on is not told each time.
func TestCreepingCount(t *testing.T) {
	t.Parallel()
	s := tellAll(plain(), []row{
		report("A", 0, "Blast in Sarriko", ""),
		report("B", 0.1, "Blast in Sarriko: 10 dead", ""),
		report("C", 0.3, "Blast in Sarriko: 11 dead", ""),
		report("D", 0.5, "Blast in Sarriko: 12 dead", ""),
		report("E", 0.7, "Blast in Sarriko: 25 dead", ""),
		report("F", 2.5, "Blast in Sarriko: 26 dead", ""),
	})
	var got []string
	for _, d := range s.Developments {
		got = append(got, d.Reason)
	}
	want := []string{"death toll now 10", "death toll now 25, was 10", "death toll now 26, was 25"}
	if len(got) != len(want) || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
		t.Errorf("got %q, want %q", got, want)
	}
}
