package store_test

import (
	"database/sql"
	"regexp"
	"strings"
	"testing"

	"newswatch/watcher/store"
	"newswatch/watcher/store/pgtest"
)

// pgScan is a read of a whole table that grows.
var pgScan = regexp.MustCompile(`Seq Scan on (feeds|hosts|seen|items|hits|stories|developments|told|deliveries)\b`)

// byParameter are statements whose plan depends on what they are given: PostgreSQL
// plans them each time anew, and a plan for any parameter says nothing of them.
var byParameter = regexp.MustCompile(`^(set back .*|untold stories|followed stories|story heads)$`)

// PostgreSQL's planner goes by what is in the tables, so they hold something, and it
// knows no parameter, as of a statement that is kept.
func TestHotQueriesScanNoTableOnPostgres(t *testing.T) {
	s, err := store.Open(t.Context(), store.Options{URL: pgtest.Start(t).Empty(t)})
	must(t, err)
	defer s.Close()
	conn, err := s.Writer().Conn(t.Context())
	must(t, err)
	defer conn.Close()
	for _, query := range append(filledPostgres(), `SET plan_cache_mode = force_generic_plan`) {
		_, err := conn.ExecContext(t.Context(), query)
		must(t, err)
	}
	for name, query := range store.HotQueries() {
		if byParameter.MatchString(name) {
			continue
		}
		plan, err := pgPlan(t, conn, s.Text(query))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if scan := pgScan.FindString(plan); scan != "" {
			t.Errorf("%s: %s\n%s", name, scan, plan)
		}
	}
}

// pgPlan is the plan of a statement whatever its parameters are.
func pgPlan(t *testing.T, conn *sql.Conn, query string) (string, error) {
	t.Helper()
	if _, err := conn.ExecContext(t.Context(), `PREPARE hot AS `+query); err != nil {
		return "", err
	}
	defer conn.ExecContext(t.Context(), `DEALLOCATE hot`)
	var call string // all parameters are far ahead, or a list of it
	must(t, conn.QueryRowContext(t.Context(), `SELECT COALESCE('(' || string_agg(
			CASE t::text WHEN 'jsonb' THEN '''["1"]''' WHEN 'integer' THEN '1' ELSE '''9000000000000''' END, ', ') || ')', '')
		FROM pg_prepared_statements p LEFT JOIN LATERAL unnest(p.parameter_types) t ON true WHERE p.name = 'hot' AND t IS NOT NULL`).Scan(&call))
	rows, err := conn.QueryContext(t.Context(), `EXPLAIN EXECUTE hot`+call)
	must(t, err)
	defer rows.Close()
	var lines []string
	for rows.Next() {
		var line string
		must(t, rows.Scan(&line))
		lines = append(lines, line)
	}
	must(t, rows.Err())
	return strings.Join(lines, "\n"), nil
}

// filledPostgres makes a state of 20,000 items, of 20,000 feeds, of which a tenth are in stories.
func filledPostgres() []string {
	return []string{
		`INSERT INTO feeds (id, host, url, next_at) SELECT 'f' || n, 'h' || n % 6000, 'u', n FROM generate_series(1, 20000) n`,
		`INSERT INTO hosts (key, next_at) SELECT 'h' || n, n FROM generate_series(0, 5999) n`,
		`INSERT INTO items (id, feed_id, feed_name, publisher, weight, keys, url, title, author, categories, lang, published, dated,
				fetched, baseline, revision, hits, story_id, place, body)
			SELECT 'i' || n, 'f' || n, 'n', 'p', 0, '[]', 'u', 't', '', '[]', 'en', n, 1, n, 0, 'r', CASE WHEN n % 10 = 0 THEN 1 ELSE 0 END,
				CASE WHEN n % 10 = 0 THEN 's' || n / 40 ELSE '' END, CASE WHEN n % 10 = 0 THEN n ELSE 0 END, repeat('b', 455) FROM generate_series(1, 20000) n`,
		`INSERT INTO seen SELECT 'f' || n % 20000, 'k' || n, 'i' || n, n FROM generate_series(1, 40000) n`,
		`INSERT INTO hits SELECT id, 'r', 50, 0, '[]', repeat('e', 400) FROM items`,
		`INSERT INTO stories (id, version, phase, first_at, last_at, lead_id, changed)
			SELECT 's' || n, 4, 'new', n, n, 'i' || n * 40, n FROM generate_series(0, 10000) n`,
		`INSERT INTO developments (story_id, version, at, item_id, reason)
			SELECT 's' || n, v, n, 'i' || n, 'r' FROM generate_series(0, 10000) n, generate_series(1, 4) v`,
		`INSERT INTO told SELECT 'p', 's' || n, 1, 1, 1, 50, 1, 'd', 0 FROM generate_series(1, 9900) n`,
		`INSERT INTO deliveries (id, part, parts, plan_id, kind, slot, destination, reply_to, broadcast, stories, state, not_before, created_at, payload)
			SELECT 'd' || n, 1, 1, 'p', CASE WHEN n % 3 = 0 THEN 'digest' ELSE 'alert' END, 's', 'slack:desk', '', 0, '[]',
				CASE WHEN n > 9990 THEN 'pending' ELSE 'sent' END, n, n, '' FROM generate_series(1, 10000) n`,
		`VACUUM ANALYZE`,
	}
}
