// Command train fits the trees.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"newswatch/watcher/story"
)

var streams = []string{"og2021", "uci2014", "allsides2021", "allsides_excerpt", "ecbplus", "basil"}

type trainer struct {
	dir       string
	sets      map[string][]row
	couples   map[string][]pair
	join      settings
	merge     settings
	rounds    int
	seeds     int
	byteAt    int
	threshold float64
}

func main() {
	dir := flag.String("data", "../shared/corpus/stories", "folder")
	cv := flag.Bool("cv", false, "two-fold")
	leave := flag.String("leave", "", "sets not to train on")
	out := flag.String("out", "", "model")
	t := &trainer{sets: map[string][]row{}, couples: map[string][]pair{}}
	flag.IntVar(&t.join.Trees, "trees", 120, "")
	flag.IntVar(&t.join.Depth, "depth", 5, "")
	flag.Float64Var(&t.join.Rate, "rate", 0.15, "")
	flag.Float64Var(&t.join.Ridge, "ridge", 3, "")
	flag.Float64Var(&t.join.Sample, "sample", 0.6, "")
	flag.IntVar(&t.rounds, "rounds", 2, "")
	flag.Float64Var(&t.threshold, "threshold", 0.55, "")
	flag.IntVar(&t.seeds, "seeds", 1, "")
	flag.Parse()
	t.dir = *dir
	t.merge = settings{Trees: 60, Depth: 4, Rate: 0.15, Ridge: 3, Sample: 0.7}
	for _, name := range streams {
		all, err := read[row](*dir, name)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		t.sets[name] = all
	}
	t.sets["desk"], _ = readPlain[row]("watcher/story/testdata/desk.jsonl")
	for _, name := range []string{"pairs_semeval22", "pairs_telegram", "pairs_sts_headlines"} {
		t.couples[name], _ = read[pair](*dir, name)
	}
	_, t.join.Rises = story.JoinFeatures()
	_, t.merge.Rises = story.MergeFeatures()
	if *cv {
		t.crossValidate(strings.Split(*leave, ","))
		return
	}
	m := t.train(-1, strings.Split(*leave, ","))
	raw, _ := json.Marshal(m)
	os.WriteFile(*out, raw, 0o644)
}

func (t *trainer) crossValidate(leave []string) {
	tallies := map[string]*tally{}
	for _, s := range streams {
		tallies[s] = &tally{}
	}
	for k := range 2 * t.seeds {
		f := k % 2
		t.byteAt = 1 + k/2
		m := t.train(f, leave)
		var wg sync.WaitGroup
		for _, s := range streams {
			wg.Go(func() { t.score(m, s, 1-f, tallies[s]) })
		}
		wg.Wait()
	}
	mean := 0.0
	for _, s := range streams {
		fig := tallies[s].figures()
		fmt.Printf("%-18s pair %.3f b3 %.3f  p %.3f r %.3f  clusters/story %.2f mixed %.3f\n", s, fig.pair, fig.bcubed, fig.p, fig.r, tallies[s].spread(), tallies[s].mixedShare())
		mean += fig.pair + fig.bcubed
	}
	fmt.Printf("mean %.4f\n", mean/12)
}

func (t *trainer) score(m *story.Model, set string, f int, into *tally) {
	all := half(t.sets[set], f, t.byteAt)
	g := story.New(story.Config{Model: m, Threshold: t.threshold})
	final := map[string]string{}
	predicted := make([]string, len(all))
	for i, r := range all {
		p := g.Add(r.item(), nil)
		predicted[i] = p.StoryID
		for _, mg := range p.Merged {
			final[mg.From] = mg.Into
		}
	}
	for i := range predicted {
		for final[predicted[i]] != "" {
			predicted[i] = final[predicted[i]]
		}
	}
	if set == os.Getenv("SHOW") {
		by := map[string][]int{}
		for i := range all {
			by[predicted[i]] = append(by[predicted[i]], i)
		}
		hist := map[int]int{}
		for _, v := range by {
			hist[len(v)]++
		}
		fmt.Println(hist)
		shown := 0
		for _, v := range by {
			gold := map[string]bool{}
			for _, i := range v {
				gold[all[i].Story] = true
			}
			if len(gold) > 3 && shown < 8 {
				shown++
				fmt.Println("---", len(v), len(gold))
				for _, i := range v {
					fmt.Println("   ", all[i].Story, all[i].Title)
				}
			}
		}
	}
	byLang := map[string][2][]string{}
	for i, r := range all {
		x := byLang[r.Lang]
		byLang[r.Lang] = [2][]string{append(x[0], r.Story), append(x[1], predicted[i])}
	}
	for l, x := range byLang {
		into.add(x[0], x[1])
		if set == "og2021" {
			var one tally
			one.add(x[0], x[1])
			fmt.Printf("  %s %.3f %.3f;", l, one.figures().pair, one.figures().bcubed)
		}
	}
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

func (t *trainer) train(f int, leave []string) *story.Model {
	start := time.Now()
	jn, _ := story.JoinFeatures()
	mn, _ := story.MergeFeatures()
	m := &story.Model{Join: story.Forest{Features: jn, Bias: -20}, Merge: story.Forest{Features: mn, Bias: -20}}
	join, merge := &rows{}, &rows{}
	for _, name := range []string{"pairs_semeval22", "pairs_telegram", "pairs_sts_headlines"} {
		if !contains(leave, name) {
			p := &rows{}
			for _, c := range t.couples[name] {
				if f < 0 || fold(c.A.ID+c.B.ID, t.byteAt) == f {
					g := story.New(story.Config{Model: m})
					b := c.B.item()
					b.ID = "b"
					g.Restore(b, nil, "s", "")
					cand, _ := g.Trace(c.A.item(), nil)
					for _, x := range cand {
						p.add(x.Features, c.Same == 1, 1)
					}
				}
			}
			normalise(p)
			scale(p, 0.4)
			join.join(p)
		}
	}
	for round := range t.rounds + 1 {
		var mu sync.Mutex
		all := variants()
		parts := make([][2]*rows, len(all))
		var wg sync.WaitGroup
		for i, v := range all {
			if contains(leave, v.set) {
				continue
			}
			wg.Go(func() {
				j, b := t.play(m, v.change(half(t.sets[v.set], f, t.byteAt)), round == 0)
				scale(j, v.weight)
				scale(b, v.weight)
				mu.Lock()
				parts[i] = [2]*rows{j, b}
				mu.Unlock()
			})
		}
		wg.Wait()
		for _, p := range parts {
			if p[0] != nil {
				join.join(p[0])
				merge.join(p[1])
			}
		}
		m.Join = fit(join, jn, t.join)
		if round > 0 && len(merge.label) > 0 {
			m.Merge = fit(merge, mn, t.merge)
		}
		fmt.Fprintf(os.Stderr, "fold %d round %d: %d rows, %d merges, %v\n", f, round, len(join.label), len(merge.label), time.Since(start).Round(time.Second))
	}
	return m
}

// play lets a grouper see a stream.
func (t *trainer) play(m *story.Model, all []row, gold bool) (*rows, *rows) {
	g := story.New(story.Config{Model: m, Threshold: t.threshold})
	join, merge := &rows{}, &rows{}
	counts := map[string]map[string]int{} // cluster -> gold -> n
	size := map[string]int{}
	found, there := 0, 0
	majority := func(cluster string) string {
		best, n := "", 0
		for k, v := range counts[cluster] {
			if v > n || v == n && k < best {
				best, n = k, v
			}
		}
		return best
	}
	for _, r := range all {
		it := r.item()
		candidates, bridges := g.Trace(it, nil)
		if gold && counts[r.Story] != nil {
			there++
			for _, c := range candidates {
				if c.StoryID == r.Story {
					found++
				}
			}
		}
		for _, c := range candidates {
			join.add(c.Features, majority(c.StoryID) == r.Story, 1)
		}
		for _, b := range bridges {
			merge.add(b.Features, majority(b.Into) == majority(b.From), 1)
		}
		id := r.Story
		if gold {
			g.Restore(it, nil, id, "")
		} else {
			p := g.Add(it, nil)
			id = p.StoryID
			for _, mg := range p.Merged {
				if counts[mg.Into] == nil {
					counts[mg.Into] = map[string]int{}
				}
				for k, v := range counts[mg.From] {
					counts[mg.Into][k] += v
				}
				delete(counts, mg.From)
			}
		}
		if counts[id] == nil {
			counts[id] = map[string]int{}
		}
		counts[id][r.Story]++
		size[id]++
	}
	normalise(join)
	normalise(merge)
	return join, merge
}

// normalise gives a set of rows the same weight as any other.
func normalise(r *rows) {
	sum := 0.0
	for _, w := range r.weight {
		sum += w
	}
	for i := range r.weight {
		r.weight[i] *= 10_000 / sum
	}
}

func scale(r *rows, by float64) {
	for i := range r.weight {
		r.weight[i] *= by
	}
}
