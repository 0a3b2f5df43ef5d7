package store

import (
	"fmt"
	"strconv"
	"strings"
)

// dialect holds all in which one database's SQL differs from another's. The SQL
// of this package is PostgreSQL's, with these fragments in double braces.
type dialect struct {
	text         string // type of an id: compared byte by byte
	blob         string // type of bytes
	withoutRowid string // option of a table that is kept in its primary key
	skipLocked   string // end of a claim: leave out the rows that others claim
	now          string // the clock of leases in ms, from parameter 1, which Store.clock gives
	least        string // the smaller of its arguments
	greatest     string
	list         func(param int) string // sub-select of a JSON list's texts
	rows         func(param int) string // FROM item whose e.value is each of a JSON list's lists
	tables       string                 // counts our version table and all tables
	size         string                 // bytes of the database
	tidy         string                 // gives freed space back, a little at a time; "" when the database does so itself
}

func sqliteDialect() dialect {
	return dialect{
		text:         "TEXT",
		blob:         "BLOB",
		withoutRowid: "WITHOUT ROWID",
		now:          "$1",
		least:        "min",
		greatest:     "max",
		list:         func(p int) string { return fmt.Sprintf("SELECT value FROM json_each($%d)", p) },
		rows:         func(p int) string { return fmt.Sprintf("json_each($%d) AS e", p) },
		tables: `SELECT COALESCE(SUM(CASE WHEN name = 'schema_version' THEN 1 ELSE 0 END), 0), COUNT(*)
			FROM sqlite_master WHERE type = 'table'`,
		size: "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
		tidy: "PRAGMA incremental_vacuum(1000)",
	}
}

// replacer puts the fragments into a statement.
func (d dialect) replacer() *strings.Replacer {
	pairs := []string{
		"{{text}}", d.text, "{{blob}}", d.blob, "{{without_rowid}}", d.withoutRowid,
		"{{skip_locked}}", d.skipLocked, "{{now}}", d.now, "{{least}}", d.least, "{{greatest}}", d.greatest,
	}
	for p := 1; p <= 9; p++ {
		n := strconv.Itoa(p)
		pairs = append(pairs, "{{list "+n+"}}", d.list(p), "{{rows "+n+"}}", d.rows(p))
	}
	return strings.NewReplacer(pairs...)
}
