package wording

import "newswatch/news"

// Piece is a stretch of a quote: what a rule matched, or what stands between.
type Piece struct {
	Text  string // made fit for a line
	Match bool
}

// Pieces cuts a quote where its marks begin and end, to at most so many characters.
// Two neighbours are never of one kind, and none is empty.
func Pieces(q news.Quote, limit int) []Piece {
	var list []Piece
	add := func(from, to int, match bool) {
		s := Clip(Fragment(q.Text[from:to]), limit)
		limit -= len([]rune(s))
		last := len(list) - 1
		switch {
		case s == "":
		case last >= 0 && list[last].Match == match:
			list[last].Text += s
		default:
			list = append(list, Piece{s, match})
		}
	}
	end := 0
	for _, m := range q.Marks {
		if m[0] < end || m[1] <= m[0] || m[1] > len(q.Text) {
			continue
		}
		add(end, m[0], false)
		add(m[0], m[1], true)
		end = m[1]
	}
	add(end, len(q.Text), false)
	return list
}
