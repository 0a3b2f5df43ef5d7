package store

import (
	"context"
	"database/sql"
	"sync"
)

// maxPrepared bounds the statements that are kept; ours are fewer.
const maxPrepared = 256

// prepared keeps parsed statements, for parsing one takes longer than running
// it. The connection that writes is taken while a transaction runs, so what is
// met there for the first time is parsed when the transaction is over.
type prepared struct {
	mu      sync.RWMutex
	stmts   map[preparedKey]*sql.Stmt
	missing map[string]bool // met in a write transaction
	texts   sync.Map        // of statements, with the fragments in their places
}

type preparedKey struct {
	db    *sql.DB
	query string
}

func newPrepared() *prepared {
	return &prepared{stmts: map[preparedKey]*sql.Stmt{}, missing: map[string]bool{}}
}

// runner runs one statement.
type runner interface {
	ExecContext(ctx context.Context, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, args ...any) (*sql.Rows, error)
}

// plain is a statement that is parsed each time.
type plain struct {
	conn
	text string
}

func (p plain) ExecContext(ctx context.Context, args ...any) (sql.Result, error) {
	return p.conn.ExecContext(ctx, p.text, args...)
}

func (p plain) QueryContext(ctx context.Context, args ...any) (*sql.Rows, error) {
	return p.conn.QueryContext(ctx, p.text, args...)
}

// statement is a query that is ready to run on c. In snapshots, which are rare,
// it is parsed each time.
func (s *Store) statement(ctx context.Context, c conn, query string) (runner, error) {
	if s.dialect.prepares {
		return plain{c, s.text(query)}, nil
	}
	key := preparedKey{query: query}
	tx, inTx := c.(*sql.Tx)
	switch on := c.(type) {
	case *sql.Tx:
		key.db = s.writer
	case *sql.DB:
		key.db = on
	default:
		return plain{c, s.text(query)}, nil
	}
	p := s.prepared
	p.mu.RLock()
	stmt, full := p.stmts[key], len(p.stmts) >= maxPrepared
	p.mu.RUnlock()
	switch {
	case stmt != nil && inTx:
		return tx.StmtContext(ctx, stmt), nil
	case stmt != nil:
		return stmt, nil
	case full:
	case inTx:
		p.mu.Lock()
		p.missing[query] = true
		p.mu.Unlock()
	default:
		return p.add(ctx, key, s.text(query))
	}
	return plain{c, s.text(query)}, nil
}

// text is a statement as this database reads it.
func (s *Store) text(query string) string {
	if text, known := s.prepared.texts.Load(query); known {
		return text.(string)
	}
	text := s.fragments.Replace(query)
	s.prepared.texts.Store(query, text)
	return text
}

func (p *prepared) add(ctx context.Context, key preparedKey, text string) (*sql.Stmt, error) {
	stmt, err := key.db.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if other := p.stmts[key]; other != nil {
		return other, stmt.Close()
	}
	p.stmts[key] = stmt
	return stmt, nil
}

// prepareMissing parses what the last transactions met for the first time. What
// cannot be parsed, such as several statements in one, stays as it is.
func (s *Store) prepareMissing(ctx context.Context) {
	p := s.prepared
	p.mu.Lock()
	var queries map[string]bool // never the one that others write to
	if len(p.missing) > 0 {
		queries, p.missing = p.missing, map[string]bool{}
	}
	p.mu.Unlock()
	for query := range queries {
		_, _ = p.add(ctx, preparedKey{s.writer, query}, s.text(query))
	}
}
