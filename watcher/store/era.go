package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"newswatch/news"
)

// A database can come to lack what was committed: a standby takes over that had not
// received the last transactions, or a backup is restored under running replicas.
// What they know then is of a state that never was, and what they sent the state does
// not know. So each claim asks which database it is on:
//
//   - the era is the line of commits: PostgreSQL's timeline, which a promotion and a
//     restore to a moment begin anew, and the files of our tables, which a restored dump
//     makes anew. No commit under a lease passes from one era into the next, see fence.
//   - the boot is the era and the start of the server, which is lost with whatever a
//     server that broke down had not written. What a process remembers holds for one.
//
// An ordinary user may ask for both, and a pooler that gives each transaction another
// connection does not matter. On SQLite there is one era: the lock on the file is held
// as long as the process runs.

// eraKey is the note of the era, and of when it was first seen to be another one.
const eraKey = "era"

// era is what is known of the database.
type era struct {
	id, boot string
	since    time.Time // when it was first seen to be another one than before, by anybody; zero: never
}

// enter compares the era that a claim met with the one that is known, and gives it.
func (s *Store) enterEra(ctx context.Context, tx *sql.Tx, met era) (era, error) {
	s.mu.Lock()
	known := s.era
	s.mu.Unlock()
	if known.id == met.id {
		met.since = known.since
		return met, nil
	}
	if err := s.alone(ctx, tx, eraLock); err != nil {
		return met, err
	}
	var noted string
	err := s.one(ctx, tx, `SELECT v FROM meta WHERE k = $1`, []any{eraKey}, &noted)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return met, err
	}
	id, since, _ := strings.Cut(noted, "\n")
	if id == met.id {
		n, err := strconv.ParseInt(since, 10, 64)
		met.since = timeOf(n)
		return met, err
	}
	if noted != "" {
		met.since = s.now()
	}
	return met, s.setMeta(ctx, tx, eraKey, fmt.Sprintf("%s\n%d", met.id, ms(met.since)))
}

// entered keeps what was met, once that is committed. What was remembered of another
// boot is forgotten.
func (s *Store) entered(met era) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.era.boot != met.boot {
		clear(s.looked)
	}
	if s.era.id != "" && s.era.id != met.id {
		s.log.Warn("the database is another one, or was taken back: what it lacks is looked for before anything is sent",
			"database", s.engine.place(), "was", s.era.id, "is", met.id)
	}
	s.era = met
}

func (e era) lease(l news.Lease) news.Lease {
	l.Era, l.Boot, l.EraSince = e.id, e.boot, e.since
	return l
}
