package rules

import (
	"fmt"
	"strings"
)

// codeCycle is also the engine's word for it: the loader, which can show the
// place, speaks first.
const codeCycle = "topic-cycle"

// cycles reports topics and entities that come to stand for themselves: topics
// through the topics in their lists, entities through what their surnames need.
func (l *loader) cycles(file *File) {
	c := &cycleFinder{loader: l, terms: map[string][]Term{}, depth: map[string]int{}}
	for i := range file.Entities {
		if e := &file.Entities[i]; e.Needs != nil {
			c.terms["entity:"+e.ID] = e.Needs.Any
		}
	}
	for i := range file.Topics {
		c.terms["topic:"+file.Topics[i].ID] = file.Topics[i].Any
	}
	for i := range file.Topics {
		c.visit("topic:" + file.Topics[i].ID)
	}
	for i := range file.Entities {
		c.visit("entity:" + file.Entities[i].ID)
	}
}

// cycleFinder walks along the references in depth: one that leads back to where
// the walk came through closes a cycle.
type cycleFinder struct {
	*loader
	terms map[string][]Term // by reference
	depth map[string]int    // where it stands on the path, from 1; below 0 when it is done
	path  []string
}

func (c *cycleFinder) visit(at string) {
	if c.depth[at] != 0 || c.terms[at] == nil {
		return
	}
	c.path = append(c.path, at)
	c.depth[at] = len(c.path)
	for _, t := range c.terms[at] {
		if !isReference(t) || isMutual(at, t.Text) {
			continue
		}
		if d := c.depth[t.Text]; d > 0 {
			c.report(Finding{Pos: t.Pos, Severity: SeverityError, Code: codeCycle, Message: circle(c.path[d-1:])})
			continue
		}
		c.visit(t.Text)
	}
	c.path = c.path[:len(c.path)-1]
	c.depth[at] = -1
}

// isMutual says whether two entities may each need the other: a name is company
// for another's surname without needs of its own.
func isMutual(a, b string) bool {
	return a != b && strings.HasPrefix(a, "entity:") && strings.HasPrefix(b, "entity:")
}

// circle says how the last of a path leads back to its first.
func circle(path []string) string {
	const most = 8 // references that are named
	first := path[0]
	kind, id, _ := strings.Cut(first, ":")
	if len(path) == 1 {
		if kind == "entity" {
			return fmt.Sprintf("entity %s needs itself; a full name is enough for its surnames anyway", id)
		}
		return fmt.Sprintf("topic %s contains itself", id)
	}
	verb := "contain"
	for _, ref := range path {
		if strings.HasPrefix(ref, "entity:") {
			verb = "need"
		}
	}
	if len(path) > most {
		path = append(append([]string{}, path[:most/2]...), append([]string{fmt.Sprintf("%d more", len(path)-most)}, path[len(path)-most/2:]...)...)
	}
	return fmt.Sprintf("these %s each other: %s > %s", verb, strings.Join(path, " > "), first)
}
