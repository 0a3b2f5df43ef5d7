// Command train fits the trees by which newswatch tells stories apart, and says how
// good they are. It stands beside the pipeline: what it writes is built into
// watcher/story.
//
//	go run ./watcher/story/train -data DIR -cv
//	go run ./watcher/story/train -data DIR -out watcher/story/model.json -folds watcher/story/testdata
//
// DIR holds the labelled sets as JSON lines, packed with gzip or not. The same sets
// give the same model.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"newswatch/watcher/story"
	"newswatch/watcher/story/score"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "train:", err)
		os.Exit(1)
	}
}

func run() error {
	data := flag.String("data", "", "folder with the labelled sets")
	own := flag.String("own", "watcher/story/testdata", "folder with the repository's labelled sets")
	research := flag.Bool("research", false, "fit on all sets, also on those whose terms keep their weights out of the binary")
	cv := flag.Bool("cv", false, "print what models reach on the half of the stories that they have not seen")
	out := flag.String("out", "", "file to write the model of all stories to")
	folds := flag.String("folds", "", "folder to write the models of each half of the stories to")
	flag.Parse()
	if *data == "" || !*cv && *out == "" && *folds == "" {
		flag.Usage()
		return errors.New("say where the -data is, and ask for -cv, -out or -folds")
	}
	t, err := newTrainer(*data, *own, *research)
	if err != nil {
		return err
	}
	if *cv || *folds != "" {
		if err := t.halves(*folds); err != nil {
			return err
		}
	}
	if *out != "" {
		m, err := t.train(all)
		if err != nil {
			return err
		}
		return write(*out, m)
	}
	return nil
}

// halves fits a model on each half of the stories, and scores it on the other.
func (t *trainer) halves(folder string) error {
	tallies := make([]score.Tally, len(t.streams))
	for fold := range 2 {
		m, err := t.train(fold)
		if err != nil {
			return err
		}
		if folder != "" {
			if err := write(filepath.Join(folder, fmt.Sprintf("fold%d.json", fold)), m); err != nil {
				return err
			}
		}
		parallel(len(t.streams), func(i int) {
			tallies[i].Add(group(m, half(t.streams[i].rows, 1-fold)))
		})
	}
	fmt.Printf("%-18s %8s %8s %8s %8s\n", "stories not seen", "pair F1", "B3 F1", "spread", "mixed")
	mean, n := 0.0, 0
	for i, s := range t.streams {
		f := tallies[i].Figures()
		fmt.Printf("%-18s %8.3f %8.3f %8.2f %8.3f\n", s.name, f.Pair, f.BCubed, f.Spread, f.Mixed)
		if !s.ours {
			mean, n = mean+f.Pair+f.BCubed, n+2
		}
	}
	fmt.Printf("mean of %d figures  %.4f\n", n, mean/float64(n))
	return nil
}

// group places a stream.
func group(m *story.Model, stream []row) []score.Row {
	g := story.New(story.Config{Model: m})
	into := map[string]string{}
	var ids []string
	for _, r := range stream {
		p := g.Add(r.item(), nil)
		for _, one := range p.Merged {
			into[one.From] = one.Into
		}
		ids = append(ids, p.StoryID)
	}
	placed := make([]score.Row, len(stream))
	for i, id := range score.Settled(ids, into) {
		placed[i] = score.Row{Lang: stream[i].Lang, Gold: stream[i].Story, Predicted: id}
	}
	return placed
}

func write(path string, m *story.Model) error {
	raw, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encode model: %w", err)
	}
	if _, err := story.ReadModel(raw); err != nil {
		return fmt.Errorf("what was fitted cannot be used: %w", err)
	}
	return os.WriteFile(path, append(raw, '\n'), 0o644)
}
