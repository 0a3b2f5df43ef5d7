package article

import (
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// A page is a stream when it has so many posts, and none has most of the words.
const (
	leastPosts = 3
	postPart   = 0.6
)

// stream finds what holds the posts of a live blog or ticker: readability looks
// for one article and would take one post for it. It returns nil for other
// pages, also those on which teasers stand beside one article.
func (p *pruner) stream(doc *html.Node) *html.Node {
	var main *html.Node
	var posts []*html.Node
	most, sum := 0, 0
	for n := range doc.Descendants() {
		switch n.DataAtom {
		case atom.Main:
			main = n
		case atom.Article:
			if len(posts) > 0 && within(n, posts[len(posts)-1]) || p.isComment(n) {
				continue
			}
			if holds(n, atom.H1) {
				return nil
			}
			posts = append(posts, n)
			words := p.words[n].free()
			most, sum = max(most, words), sum+words
		}
	}
	if len(posts) < leastPosts || float64(most) > postPart*float64(sum) {
		return nil
	}
	if main != nil && within(posts[0], main) {
		return main
	}
	return posts[0].Parent
}

// isComment goes by the name of an element or of what it stands in.
func (p *pruner) isComment(n *html.Node) bool {
	for ; n != nil; n = n.Parent {
		for _, part := range nameParts(attr(n, "class") + " " + attr(n, "id")) {
			if part == "comment" || part == "comments" {
				return true
			}
		}
	}
	return false
}

// holds says that an element of a kind stands in another.
func holds(n *html.Node, kind atom.Atom) bool {
	for d := range n.Descendants() {
		if d.DataAtom == kind {
			return true
		}
	}
	return false
}
