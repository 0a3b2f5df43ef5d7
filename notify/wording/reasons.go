package wording

import (
	"slices"
	"strconv"
	"strings"

	"newswatch/news"
)

const (
	nowMark     = " now "
	wasMark     = ", was "
	outletsMark = " more outlet"
	newMark     = "new: "
)

// Reasons are what developed since a story was last told, each once: what rose
// twice is told from its first number to its last, and outlets are counted
// together.
func Reasons(e news.Entry) []string {
	var list []string
	outlets, calls := 0, 0
	for _, joined := range e.Reasons {
		for r := range strings.SplitSeq(joined, "; ") {
			r = Line(r)
			if n, ok := moreOutlets(r); ok {
				outlets, calls = outlets+n, calls+1
			}
			switch same := slices.IndexFunc(list, func(o string) bool { return sameSubject(o, r) }); {
			case r == "":
			case same < 0:
				list = append(list, r)
			default:
				list[same] = grewFurther(list[same], r)
			}
		}
	}
	if calls > 1 {
		at := slices.IndexFunc(list, func(r string) bool { _, ok := moreOutlets(r); return ok })
		list[at] = Number(outlets) + " more outlets"
	}
	return list
}

// sameSubject says whether two reasons tell of one thing, which the later knows
// better.
func sameSubject(a, b string) bool {
	if a == b {
		return true
	}
	if strings.HasPrefix(a, newMark) && strings.HasPrefix(b, newMark) {
		return true
	}
	subject, _, counts := strings.Cut(a, nowMark)
	other, _, also := strings.Cut(b, nowMark)
	if counts && also {
		return subject == other
	}
	_, ok := moreOutlets(a)
	_, okB := moreOutlets(b)
	return ok && okB
}

// grewFurther is the later reason, with the number from which the earlier one rose,
// or the names of both.
func grewFurther(earlier, later string) string {
	if names, ok := strings.CutPrefix(later, newMark); ok && earlier != later {
		return earlier + ", " + names
	}
	head, _, again := strings.Cut(later, wasMark)
	if !again {
		return later
	}
	if _, was, ok := strings.Cut(earlier, wasMark); ok {
		return head + wasMark + was
	}
	return head
}

func moreOutlets(reason string) (int, bool) {
	head, _, ok := strings.Cut(reason, outletsMark)
	n, err := strconv.Atoi(head)
	return n, ok && err == nil
}
