package store_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"newswatch/watcher/store"
)

// harmless are scans of what a statement made itself, of what readers follow, and of indexes that hold
// only rows that are to be worked on, or are read in their order up to a limit.
var harmless = regexp.MustCompile(`^SCAN (json_each|e |f$|s$|due|CONSTANT ROW)` +
	`|USING (COVERING )?INDEX (items_work|stories_edited|stories_living|deliveries_created|deliveries_digests|hosts_next|desk_next|plans_next|destinations_next)`)

func TestHotQueriesScanNoTable(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "n.db"))
	right := map[string]string{ // where a wrong index would be as bad as none
		"first placed item": "USING COVERING INDEX items_placed (fetched>",
		"untold stories":    "USING INDEX stories_changed (changed>",
		"ungrouped items":   "USING INDEX items_work",
		"deliverable":       "USING INDEX deliveries_open (destination=?",
		"next deliverable":  "USING COVERING INDEX deliveries_open (destination=?",
		"newest digest":     "USING INDEX deliveries_digests",
		"open deliveries":   "USING INDEX deliveries_state (state=?",
		"settled":           "USING COVERING INDEX deliveries_state (state=?",
		"lively stories":    "USING COVERING INDEX stories_living (last_at>?",
		"newest report":     "USING INDEX items_story (story_id=?",
		"newest in a state": "USING INDEX deliveries_state (state=?",
	}
	scan := regexp.MustCompile(`^SCAN `)
	for name, query := range store.HotQueries() {
		steps, err := s.QueryPlan(t.Context(), query)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if want := right[name]; !strings.Contains(strings.Join(steps, "\n"), want) {
			t.Errorf("%s: got plan %q, want one with %q", name, steps, want)
		}
		for _, step := range steps {
			if scan.MatchString(step) && !harmless.MatchString(step) {
				t.Errorf("%s: %s", name, step)
			}
		}
	}
}
