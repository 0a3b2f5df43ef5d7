package bench

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// table is what to draw from, by frequency.
type table struct {
	parts []string
	upTo  []int // sums of the frequencies
}

// newTable reads parts that each end in their frequency. A low line stands for
// a space, and ∅ for nothing.
func newTable(s string) table {
	var t table
	sum := 0
	for _, f := range strings.Fields(s) {
		part := strings.TrimRight(f, "0123456789")
		n, err := strconv.Atoi(f[len(part):])
		if err != nil {
			panic(err)
		}
		sum += n
		t.parts = append(t.parts, strings.NewReplacer("_", " ", "∅", "").Replace(part))
		t.upTo = append(t.upTo, sum)
	}
	return t
}

func (t table) draw(r *rand.Rand) string {
	i, found := slices.BinarySearch(t.upTo, r.IntN(t.upTo[len(t.upTo)-1]))
	if found {
		i++
	}
	return t.parts[i]
}

// language is how words are spelled: an onset, a nucleus, as often as there are
// more syllables consonants and a nucleus again, a coda and an ending.
type language struct {
	onset, nucleus, middle table
	coda, last             table // last is the nucleus of a word without coda
	ending                 table
	vowels                 string
	more                   int   // of 100 words the ones that have one more syllable
	surname                table // how surnames end
	cases                  map[string]table
}

func (l *language) stem(r *rand.Rand, syllables int) string {
	var b strings.Builder
	b.WriteString(l.onset.draw(r))
	for range syllables - 1 {
		b.WriteString(l.nucleus.draw(r))
		b.WriteString(l.middle.draw(r))
	}
	if coda := l.coda.draw(r); coda != "" {
		return b.String() + l.nucleus.draw(r) + coda
	}
	return b.String() + l.last.draw(r)
}

// with puts an ending to a stem, in place of its last vowel if both have one.
func (l *language) with(stem, ending string) string {
	if ending != "" && strings.ContainsAny(ending[:len(string([]rune(ending)[:1]))], l.vowels) {
		stem = strings.TrimRight(stem, l.vowels)
	}
	return stem + ending
}

// vocabulary adds n words to the most common ones. The more frequent come first
// and are shorter; up to four are of the same stem.
func (l *language) vocabulary(r *rand.Rand, n int, common []string) []string {
	type ranked struct {
		word string
		rank float64
	}
	seen := map[string]bool{}
	for _, w := range common {
		seen[w] = true
	}
	var all []ranked
	for len(all) < n {
		syllables := 1
		for p := l.more + 30*len(all)/n; syllables < 5 && r.IntN(100) < p; p -= 12 {
			syllables++
		}
		stem := l.stem(r, syllables)
		for range 1 + r.IntN(4) {
			w := l.with(stem, l.ending.draw(r))
			if len([]rune(w)) < 3 || seen[w] {
				continue
			}
			seen[w] = true
			all = append(all, ranked{w, float64(len(all)+50) * (0.4 + 1.2*r.Float64())})
		}
	}
	slices.SortFunc(all, func(a, b ranked) int { return cmp.Compare(a.rank, b.rank) })
	words := slices.Clone(common)
	for _, w := range all[:n] {
		words = append(words, w.word)
	}
	return words
}

// word makes a word that may or may not stand in a text.
func (l *language) word(r *rand.Rand) string {
	for {
		if w := l.with(l.stem(r, 1+r.IntN(3)), l.ending.draw(r)); len(w) > 4 {
			return w
		}
	}
}

// Numbers are shares of a thousand of the words of English news.
var english = &language{
	onset: newTable(`∅219 c75 r74 d63 s49 m43 p40 b35 f35 l34 h32 pr30 t27 w22 n17 st16 v15 tr14 g13 sh11
		ch10 sp9 cr9 cl8 gr7 br7 str7 pl6 bl6 th6 fl5 fr5 j5 dr5 sl5 qu4 k4 sc3 ph2 thr2 sw2 wh2 sm2 wr2
		scr2 sk2 kn1 gl1 spr1 tw1 sch1 sn1 z1`),
	nucleus: newTable(`e227 i202 a201 o157 u78 ea23 ou18 ai13 io12 oo7 ee7 ie7 ia7 y6 au5 oa4 ua4 oi4 ui4 ei3
		ue3 eo2 eu1 é2 ü1 ö1 á1`),
	middle: newTable(`t74 r62 n58 l53 v46 c44 m39 s38 d31 g24 nt23 p22 nc18 f17 nd17 b15 ss15 st15 ns14 ll11
		rr11 ct10 bl10 rt9 mp8 cc7 sp7 k7 mm7 ff6 nf6 z6 rg6 ntr5 rm5 x5 nv5 rs5 tt5 pp5 mpl5 w5 th4 xp4
		rc4 str4 gr4 ng4 sc4 rn4 gn4 rv3 rd3 qu3 nn3 h3 tr3 mb3 nst3 pl3 lt3 pr3 cr3 ck3 dv3 cl2 pt2 ch2
		ppr2 j2 xpl2 rf2 rp2 ph2 mpr2 rl2 bs2 dm2 ncl2 ppl2 rb2 sh2`),
	coda: newTable(`∅245 r67 n67 t63 l42 nt35 st30 c30 s27 d26 nd22 m18 ct17 p17 ck14 v13 ng13 w12 ll12 rt11
		k10 sh10 nc9 rd9 g8 rn7 rm7 ss7 ght6 tt6 ld6 th6 pp6 z6 ch5 rk5 lt4 wn4 nk4 b4 pt4 mp4 gn3 nn3 f3
		ft3 ff3 tch3`),
	last: newTable(`e577 i140 a120 u41 o22 ay19 y17 ee14 ue12 ia8 oy8 ea4 ey3 io3`),
	ending: newTable(`∅330 s160 ed105 ing88 y40 es40 er39 ly29 ation14 tion8 al20 ers18 an10 ent12 en8 ate10
		ic9 ity8 ive8 or7 ment6 ous6 able6 ist4 ant4 ance4 ism3 ness3`),
	vowels: "aeiouy",
	more:   40,
	surname: newTable(`∅400 er80 s70 son60 man40 ton40 ez30 in30 ley30 en30 a30 i25 o25 ov20 sky10 é6 ić8 ão6
		ñez6 ün6 és6 ová6 ström4 ček4 łowski4 oğlu4 ço4 ère6 ía6 ón6 øy2 åker2 ýn2 ža2 ši2 ês3 öm4 äin4 înt2 ûl1`),
}

// Numbers are shares of a thousand of the words of Russian news.
var russian = &language{
	onset: newTable(`∅176 п107 пр73 с56 в55 р54 н54 д44 к40 з36 м36 б24 т18 г16 л14 ст14 ж12 ч12 ф11 тр10 сл9
		гр8 св7 вр5 стр5 см5 сп5 пл5 кр5 ц4 кл4 сн4 х4 гл3 ск3 дв3 ср3 бл3 ш3`),
	nucleus: newTable(`о269 е215 а190 и163 у60 ы25 я13 ио6 ю5 ае5 иа5 э5 ие4`),
	middle: newTable(`н67 в65 р64 л62 т60 д49 м32 ч31 ст29 б25 з23 к23 ж19 г19 п19 с18 ц17 ш11 щ11 вл10 льн10
		ф8 нн8 пр7 бл7 сп6 стр6 х6 чн5 тр5 кт5 нт5 жд5 бр5 зр5 сн5 дн5 сл5 пл5 бщ4 тн4 рт4 гр4 нф4 ск4 рн4
		ств4`),
	coda: newTable(`т64 н157 м49 л84 р64 к61 в28 д34 нн21 с21 х19 ц16 льн16 ст25 нт11 з15 г19 ль8 ч8 ск17 вн7
		ж6 чн6 дн5 кт5 рт5 б5 ств15`),
	last: newTable(`е314 о177 а152 и49`),
	ending: newTable(`∅100 и99 а98 ы39 ся15 ть36 ой34 ом28 ия27 ов24 ого24 ие23 ет18 ая15 ый13 ил8 у30 е40 ам8
		ами9 ах10 ых15 ым9 ому8 ую9 ал8 ала6 али9 ют7 ости6 ение9 ения9`),
	vowels:  "аеиоуыэюя",
	more:    65,
	surname: newTable(`ов40 ев20 ин20 ский12 енко8`),
	cases: map[string]table{
		"в": newTable(`∅55 а20 у8 ым10 е7`),
		"н": newTable(`∅55 а20 у8 ым10 е7`),
		"й": newTable(`∅100`),
		"о": newTable(`∅100`),
	},
}
