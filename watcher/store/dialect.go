package store

import (
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// dialect holds all in which one database's SQL differs from another's. The SQL
// of this package is PostgreSQL's, with these fragments in double braces.
type dialect struct {
	text         string // type of an id: compared byte by byte
	blob         string // type of bytes
	withoutRowid string // option of a table that is kept in its primary key
	skipLocked   string // end of a claim: leave out the rows that others claim
	forUpdate    string // end of a query: its rows are ours alone until the transaction ends; "" where one writes at a time
	forShare     string // ... or are changed by nobody
	now          string // the clock of leases in ms, from parameter 1, which Store.clock gives
	least        string // the smaller of its arguments
	greatest     string
	list         func(param int) string // sub-select of a JSON list's texts
	rows         func(param int) string // FROM item whose e.value is each of a JSON list's lists
	tables       string                 // counts our version table and all tables
	size         string                 // bytes of the database
	tidy         string                 // gives freed space back, a little at a time; "" when the database does so itself
	serverNow    string                 // the server's clock in ms; "" where the process's holds
	era          string                 // names the line of commits, see era.go
	boot         string                 // ... and the run of the server
	exclusive    string                 // takes the lock of a number until the transaction ends; "" where one writes at a time
	fill         string                 // option of a table whose rows are updated all the time
	snapshot     *sql.TxOptions         // of a transaction that reads one state of the database
	prepares     bool                   // the driver keeps parsed statements itself
	strict       bool                   // texts must be valid UTF-8 without NUL
}

func (*sqliteEngine) dialect() dialect {
	return dialect{
		text:         "TEXT",
		blob:         "BLOB",
		withoutRowid: "WITHOUT ROWID",
		now:          "$1",
		era:          "''",
		boot:         "''",
		least:        "min",
		greatest:     "max",
		list:         func(p int) string { return fmt.Sprintf("SELECT value FROM json_each($%d)", p) },
		rows:         func(p int) string { return fmt.Sprintf("json_each($%d) AS e", p) },
		tables: `SELECT COALESCE(SUM(CASE WHEN name = 'schema_version' THEN 1 ELSE 0 END), 0), COUNT(*)
			FROM sqlite_master WHERE type = 'table'`,
		size: "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
		tidy: "PRAGMA incremental_vacuum(50)",
	}
}

func (e *postgresEngine) dialect() dialect {
	// That of the statement, not clock_timestamp(): an index can be searched for it.
	const now = `CAST(EXTRACT(EPOCH FROM statement_timestamp()) * 1000 AS BIGINT)`
	// A standby, which has no timeline of its own, is refused for its writes. Some who
	// run servers for others allow no look at the log: a standby that took over is known
	// by its start alone then.
	timeline := `CASE WHEN pg_is_in_recovery() THEN '' ELSE LEFT(pg_walfile_name(pg_current_wal_insert_lsn()), 8) END`
	if e.silent {
		timeline = `''`
	}
	era := `CONCAT(` + timeline + `, ' ', pg_relation_filepath(to_regclass('meta')))`
	return dialect{
		era:        era,
		boot:       "CONCAT(" + era + ", ' ', EXTRACT(EPOCH FROM pg_postmaster_start_time()))",
		text:       `TEXT COLLATE "C"`,
		blob:       "BYTEA",
		skipLocked: "FOR UPDATE SKIP LOCKED",
		forUpdate:  "FOR UPDATE",
		forShare:   "FOR SHARE",
		now:        "COALESCE(NULLIF(CAST($1 AS BIGINT), 0), " + now + ")",
		least:      "LEAST",
		greatest:   "GREATEST",
		list:       func(p int) string { return fmt.Sprintf("SELECT jsonb_array_elements_text(CAST($%d AS JSONB))", p) },
		rows:       func(p int) string { return fmt.Sprintf("jsonb_array_elements(CAST($%d AS JSONB)) AS e(value)", p) },
		tables: `SELECT COALESCE(SUM(CASE WHEN tablename = 'schema_version' THEN 1 ELSE 0 END), 0), COUNT(*)
			FROM pg_tables WHERE schemaname = current_schema()`,
		size:      "SELECT pg_database_size(current_database())",
		serverNow: now,
		exclusive: "SELECT pg_advisory_xact_lock($1)",
		// Leases change rows in place: room in the page keeps that from touching an index.
		fill:     "WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01)",
		snapshot: &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true},
		prepares: true,
		strict:   true,
	}
}

// replacer puts the fragments into a statement.
func (d dialect) replacer() *strings.Replacer {
	pairs := []string{
		"{{text}}", d.text, "{{blob}}", d.blob, "{{without_rowid}}", d.withoutRowid,
		"{{skip_locked}}", d.skipLocked, "{{now}}", d.now, "{{least}}", d.least, "{{greatest}}", d.greatest,
		"{{for_update}}", d.forUpdate, "{{for_share}}", d.forShare, "{{era}}", d.era, "{{boot}}", d.boot, "{{fill}}", d.fill,
	}
	for p := 1; p <= 9; p++ {
		n := strconv.Itoa(p)
		pairs = append(pairs, "{{list "+n+"}}", d.list(p), "{{rows "+n+"}}", d.rows(p))
	}
	return strings.NewReplacer(pairs...)
}

// clean takes out of texts what a strict database refuses. Feeds are cleaned when
// they are read; this is for all other ways by which foreign bytes come.
func (d dialect) clean(args []any) []any {
	if !d.strict {
		return args
	}
	for i, a := range args {
		if text, ok := a.(string); ok && (!utf8.ValidString(text) || strings.Contains(text, "\x00")) {
			args[i] = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "")
		}
	}
	return args
}
