package store

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"slices"
)

// Writer gives tests the connection that writes.
func (s *Store) Writer() *sql.DB { return s.writer }

// Reader gives tests the connections that read.
func (s *Store) Reader() *sql.DB { return s.reader }

// HotQueries are those that run all the time, over tables that grow all the time.
func HotQueries() map[string]string {
	queries := map[string]string{
		"due feeds":         dueFeedsQuery,
		"known items":       knownQuery,
		"ungrouped items":   `SELECT ` + itemColumns + fromUngrouped,
		"ungrouped hits":    hitsQuery(`SELECT i.id` + fromUngrouped),
		"edited stories":    editedQuery,
		"first placed item": firstPlaceQuery,
		"placed items":      placedQuery,
		"story heads":       headsQuery,
		"story members":     membersQuery,
		"story hits":        hitsQuery(memberIDs),
		"latest stories":    latestQuery,
		"untold stories":    untoldQuery,
		"moved items":       movedQuery,
		"deliverable":       deliverableQuery,
		"followed stories":  followedQuery,
		"next deliverable":  workableAtQuery,
		"newest":            newestQuery,
		"newest in a state": newestInQuery,
		"newest digest":     newestDigestQuery,
		"open deliveries":   openQuery,
		"settled":           settledQuery,
		"lively stories":    livelyQuery,
		"newest report":     newestReportQuery,
	}
	for _, c := range append(written(), waiting()...) {
		if large := []string{"items", "deliveries", "stories", "seen"}; slices.Contains(large, c.table) {
			queries["set back "+c.table+"."+c.column] = setBackQuery(c.table, c.column)
		}
	}
	for _, u := range units() {
		for name, query := range map[string]string{"claim ": claimQuery, "next free ": nextFreeQuery, "next leased ": nextLeasedQuery} {
			queries[name+string(u)], _ = on(u, query)
		}
	}
	return queries
}

// QueryPlan is how the database would run a statement.
func (s *Store) QueryPlan(ctx context.Context, query string) (steps []string, err error) {
	err = s.query(ctx, s.writer, func(r *sql.Rows) error {
		var id, parent, unused int
		var step string
		err := r.Scan(&id, &parent, &unused, &step)
		steps = append(steps, step)
		return err
	}, `EXPLAIN QUERY PLAN `+query, 1, 1, 1, 1, 1, 1)
	return steps, err
}

// SchemaVersion is that of this program.
func SchemaVersion() int { return len(steps()) }

// SchemaUpTo are the statements that make the schema of an older version.
func SchemaUpTo(version int) (statements []string) {
	for i, name := range steps()[:version] {
		text, err := migrations.ReadFile(name)
		if err != nil {
			panic(err)
		}
		statements = append(statements, (*sqliteEngine)(nil).dialect().replacer().Replace(string(text)),
			fmt.Sprintf("INSERT INTO schema_version VALUES (%d, 0)", i+1))
	}
	return statements
}

func steps() []string {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		panic(err)
	}
	return names
}
