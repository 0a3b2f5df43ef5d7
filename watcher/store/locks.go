package store

import (
	"context"
	"database/sql"

	"newswatch/news"
)

// On SQLite one transaction writes at a time. On PostgreSQL they run side by side at
// READ COMMITTED: each statement sees what was committed when it began, so what one
// statement reads may be out of date when the next one writes. Where that matters
// the row is locked first that stands for it:
//
//   - the desk for stories: who changes them, marks them as edited, or forgets them
//     has the row alone, who tells them shares it with others who do;
//   - a destination for its deliveries;
//   - a plan for what readers said, and a host for its feeds.
//
// A row of a unit that is locked cannot be claimed. All take their locks in one
// order, so that they do not wait for each other in a ring: advisory locks, hosts,
// feeds, the desk, plans, destinations, deliveries, all else; rows of one table by
// their keys. A ring that comes about all the same is broken up by the server, and
// the transaction that it chose runs again (Store.tx).

// lockDesk waits until nobody else changes, forgets or tells stories, and keeps them
// from it until the transaction ends.
func (s *Store) lockDesk(ctx context.Context, tx *sql.Tx) error {
	return s.lock(ctx, tx, `SELECT key FROM desk WHERE key = $1 {{for_update}}`, deskKey)
}

// shareDesk waits until nobody changes or forgets stories, and keeps everybody from
// it until the transaction ends.
func (s *Store) shareDesk(ctx context.Context, tx *sql.Tx) error {
	return s.lock(ctx, tx, `SELECT key FROM desk WHERE key = $1 {{for_share}}`, deskKey)
}

// lockPlans keeps plans from others until the transaction ends.
func (s *Store) lockPlans(ctx context.Context, tx *sql.Tx) error {
	return s.lock(ctx, tx, `SELECT key FROM plans ORDER BY key {{for_update}}`)
}

// lockAllDestinations keeps all destinations, and the deliveries to them, from others
// until the transaction ends.
func (s *Store) lockAllDestinations(ctx context.Context, tx *sql.Tx) error {
	return s.lock(ctx, tx, `SELECT key FROM destinations ORDER BY key {{for_update}}`)
}

// syncing lets one replica at a time take its rule file over. The last one has the
// last word, where files differ.
func (s *Store) syncing(ctx context.Context, tx *sql.Tx, lock func(context.Context, *sql.Tx) error) error {
	if err := s.alone(ctx, tx, syncLock); err != nil {
		return err
	}
	return lock(ctx, tx)
}

// lockHosts keeps hosts from others until the transaction ends.
func (s *Store) lockHosts(ctx context.Context, tx *sql.Tx, keys []string) error {
	return s.lock(ctx, tx, `SELECT key FROM hosts WHERE key IN ({{list 1}}) ORDER BY key {{for_update}}`, list(keys))
}

// lockDestinations keeps destinations, and the deliveries to them, from others until
// the transaction ends.
func (s *Store) lockDestinations(ctx context.Context, tx *sql.Tx, keys ...string) error {
	return s.lock(ctx, tx, `SELECT key FROM destinations WHERE key IN ({{list 1}}) ORDER BY key {{for_update}}`, list(keys))
}

// lockDestinationsOf is lockDestinations for those of some deliveries.
func (s *Store) lockDestinationsOf(ctx context.Context, tx *sql.Tx, deliveries string, args ...any) error {
	return s.lock(ctx, tx, `SELECT key FROM destinations WHERE key IN (SELECT destination FROM deliveries WHERE `+deliveries+`) ORDER BY key {{for_update}}`, args...)
}

func (s *Store) lock(ctx context.Context, tx *sql.Tx, query string, args ...any) error {
	if s.dialect.forUpdate == "" {
		return nil // nobody else writes
	}
	_, err := s.texts(ctx, tx, query, args...)
	return err
}

// destinationsOf are where deliveries go.
func destinationsOf(deliveries []news.Delivery) []string {
	keys := make([]string, len(deliveries))
	for i, d := range deliveries {
		keys[i] = d.Destination
	}
	return keys
}
