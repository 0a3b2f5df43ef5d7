package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"
)

// table is a table as the database itself describes it, for what concerns all of
// them whatever they are for.
type table struct {
	name    string
	columns []column
}

type column struct {
	name string
	kind kind
}

// kind is what a column's values are, on every database.
type kind byte

const (
	textKind  kind = 't' // string
	intKind   kind = 'i' // int64
	floatKind kind = 'f' // float64
	blobKind  kind = 'b' // []byte
)

// kindOf reads a type as a database names it.
func kindOf(declared string) (kind, error) {
	switch strings.ToUpper(declared) {
	case "TEXT":
		return textKind, nil
	case "BIGINT":
		return intKind, nil
	case "DOUBLE PRECISION":
		return floatKind, nil
	case "BLOB", "BYTEA":
		return blobKind, nil
	}
	return 0, fmt.Errorf("a column of type %s: none of ours is", declared)
}

// versionTable says of which version a schema is.
const versionTable = "schema_version"

// tables are those of the schema, by name, without the one of its version.
func (s *Store) tables(ctx context.Context, c conn) (list []table, err error) {
	err = s.query(ctx, c, func(r *sql.Rows) error {
		var name, declared string
		var col column
		if err := r.Scan(&name, &col.name, &declared); err != nil || name == versionTable {
			return err
		}
		if !plainName(name) || !plainName(col.name) { // they become parts of statements
			return fmt.Errorf("a table or column is called %.40q: none of ours is", name+"."+col.name)
		}
		if col.kind, err = kindOf(declared); err != nil {
			return fmt.Errorf("%s.%s: %w", name, col.name, err)
		}
		if len(list) == 0 || list[len(list)-1].name != name {
			list = append(list, table{name: name})
		}
		t := &list[len(list)-1]
		t.columns = append(t.columns, col)
		return nil
	}, s.dialect.columns)
	slices.SortFunc(list, func(a, b table) int { return strings.Compare(a.name, b.name) })
	return list, err
}

// plainName says of a name that it needs no quotes.
func plainName(name string) bool {
	return strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_0123456789") == ""
}

// sameTables compares two schemas of one version, in which columns may stand in
// another order.
func sameTables(a, b []table) error {
	if x, y := describe(a), describe(b); x != y {
		return fmt.Errorf("the schemas differ although their versions do not: somebody changed one by hand: %s; %s", x, y)
	}
	return nil
}

func describe(tables []table) string {
	var list []string
	for _, t := range tables {
		for _, c := range t.columns {
			list = append(list, fmt.Sprintf("%s.%s %c", t.name, c.name, c.kind))
		}
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}

// index is an index that no key makes, and the statement that makes it.
type index struct{ name, made string }

func (s *Store) indexes(ctx context.Context, c conn) (list []index, err error) {
	err = s.query(ctx, c, func(r *sql.Rows) error {
		var x index
		err := r.Scan(&x.name, &x.made)
		list = append(list, x)
		return err
	}, s.dialect.indexes)
	return list, err
}

func (t table) names() []string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = c.name
	}
	return names
}

// selected is the statement that reads all rows.
func (t table) selected() string {
	return "SELECT " + strings.Join(t.names(), ", ") + " FROM " + t.name
}

// voidLease takes the lease out of the row of a unit of work: whoever held it does
// not work here.
func (t table) voidLease(row []any) {
	for i, c := range t.columns {
		switch c.name {
		case "lease_until":
			row[i] = int64(0)
		case "lease_token":
			row[i] = ""
		}
	}
}

// rowReader reads rows as values of their columns' kinds, or nil.
type rowReader struct {
	table
	rows *sql.Rows
	into []any // pointers into row
	row  []any
	err  error // why no more came
}

func newRowReader(t table, rows *sql.Rows) *rowReader {
	r := &rowReader{table: t, rows: rows, into: make([]any, len(t.columns)), row: make([]any, len(t.columns))}
	for i := range r.row {
		r.into[i] = &r.row[i]
	}
	return r
}

// next gives the next row, which holds until the one after it; nil at the end.
func (r *rowReader) next() ([]any, error) {
	if !r.rows.Next() {
		r.err = r.rows.Err()
		return nil, r.err
	}
	if r.err = r.rows.Scan(r.into...); r.err != nil {
		return nil, r.err
	}
	for i, v := range r.row {
		var ok bool
		if r.row[i], ok = r.columns[i].kind.value(v); !ok {
			r.err = fmt.Errorf("column %s holds %T %.40v", r.columns[i].name, v, v)
			return nil, r.err
		}
	}
	return r.row, nil
}

// value is one as any database would give it: SQLite may store an integral number
// as an integer, and empty bytes come as none.
func (k kind) value(v any) (_ any, ok bool) {
	switch v := v.(type) {
	case nil:
		return nil, true
	case string:
		if k == blobKind {
			return []byte(v), true
		}
		return v, k == textKind
	case []byte:
		if k == textKind {
			return string(v), true
		}
		if v == nil {
			v = []byte{}
		}
		return v, k == blobKind
	case int64:
		if k == floatKind {
			return float64(v), true
		}
		return v, k == intKind
	case float64:
		return v + 0, k == floatKind // SQLite knows no negative zero
	}
	return nil, false
}

// cleanRow takes out of texts what a strict database refuses, and says how many it
// changed.
func (d dialect) cleanRow(row []any) (changed int64) {
	if !d.strict {
		return 0
	}
	for i, v := range row {
		if text, ok := v.(string); ok && !acceptable(text) {
			row[i] = cleaned(text)
			changed++
		}
	}
	return changed
}

// acceptable says whether a strict database takes a text.
func acceptable(text string) bool { return utf8.ValidString(text) && !strings.Contains(text, "\x00") }

func cleaned(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "")
}

// digest is the sum, modulo 2^256, of the SHA-256 of rows: the same in whatever
// order they come.
type digest struct {
	rows int64
	sum  [4]uint64
	buf  []byte
}

// add takes a row in: each value with its kind and, where that varies, its length.
func (d *digest) add(row []any) {
	b := d.buf[:0]
	for _, v := range row {
		switch v := v.(type) {
		case nil:
			b = append(b, 'n')
		case string:
			b = append(binary.BigEndian.AppendUint64(append(b, byte(textKind)), uint64(len(v))), v...)
		case []byte:
			b = append(binary.BigEndian.AppendUint64(append(b, byte(blobKind)), uint64(len(v))), v...)
		case int64:
			b = binary.BigEndian.AppendUint64(append(b, byte(intKind)), uint64(v))
		case float64:
			b = binary.BigEndian.AppendUint64(append(b, byte(floatKind)), math.Float64bits(v))
		}
	}
	d.buf = b
	one := sha256.Sum256(b)
	var carry uint64
	for i := range d.sum {
		d.sum[i], carry = bits.Add64(d.sum[i], binary.LittleEndian.Uint64(one[8*i:]), carry)
	}
	d.rows++
}

// String is the digest in 64 hexadecimal digits.
func (d *digest) String() string {
	var b []byte
	for _, n := range d.sum {
		b = binary.LittleEndian.AppendUint64(b, n)
	}
	return hex.EncodeToString(b)
}
