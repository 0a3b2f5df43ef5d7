package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema up to date, forward only. A schema that is up to
// date is only read: DDL at every start would wait for those who work, and what
// belongs to another program must not even change its journal mode.
func (s *Store) migrate(ctx context.Context, beside bool) error {
	steps, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	have, err := s.schemaVersion(ctx, s.reader)
	switch {
	case err != nil:
		return err
	case have > len(steps):
		return fmt.Errorf("%w: its schema is %d, this one knows %d: install the newer version", ErrNewerSchema, have, len(steps))
	case have == len(steps):
		return nil
	case have == 0 && beside:
		return fmt.Errorf("%w: nothing in it yet, newswatch run makes its tables", ErrNotFound)
	}
	release, err := s.engine.migrating(ctx, beside, have)
	if err != nil {
		return err
	}
	err = s.changeSchema(ctx, steps)
	return errors.Join(err, release())
}

// changeSchema runs the steps that are missing, in one transaction.
func (s *Store) changeSchema(ctx context.Context, steps []string) error {
	return s.tx(ctx, "migrate", func(ctx context.Context, tx *sql.Tx) error {
		if err := s.alone(ctx, tx, migrationLock); err != nil {
			return err
		}
		have, err := s.schemaVersion(ctx, tx) // another may have been faster
		for i := have; err == nil && i < len(steps); i++ {
			err = s.step(ctx, tx, i+1, steps[i])
		}
		return err
	})
}

// step runs one migration.
func (s *Store) step(ctx context.Context, tx *sql.Tx, version int, name string) error {
	text, err := migrations.ReadFile(name)
	if err != nil {
		return err
	}
	if _, err := s.exec(ctx, tx, string(text)); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	_, err = s.exec(ctx, tx, `INSERT INTO schema_version (v, at) VALUES ($1, $2)`, version, ms(s.now()))
	return err
}

// schemaVersion is 0 for an empty database. One with tables but without ours
// belongs to another program.
func (s *Store) schemaVersion(ctx context.Context, c conn) (version int, err error) {
	var ours, all int
	if err := s.one(ctx, c, s.dialect.tables, nil, &ours, &all); err != nil {
		return 0, err
	}
	switch {
	case ours == 0 && all > 0:
		return 0, fmt.Errorf("%w: %s holds the tables of another program, nothing in it was touched", ErrUnwritable, s.engine.place())
	case ours == 0:
		return 0, nil
	}
	err = s.one(ctx, c, `SELECT COALESCE(MAX(v), 0) FROM schema_version`, nil, &version)
	return version, err
}
