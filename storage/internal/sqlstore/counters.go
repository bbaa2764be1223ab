package sqlstore

import (
	"fmt"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
)

// Names of the rows in the table counters. Those of the states are totals, the
// last is the highest number that was ever handed out.
const (
	counterGroups   = "groups"
	counterUniphore = "uniphore id"
)

func stateCounter(s directory.State) string { return "users " + s.String() }

// count moves a total.
func (s *Session) count(tenant directory.TenantID, name string, by int64) error {
	err := s.exec(`INSERT INTO counters (tenant, name, n) VALUES ($1, $2, $3)
		ON CONFLICT (tenant, name) DO UPDATE SET n = counters.n + excluded.n`, int64(tenant), name, by)
	if err != nil {
		return fmt.Errorf("count %s: %w", name, err)
	}
	return nil
}

// nextNumber returns the next number of a sequence, from 1 on.
func (s *Session) nextNumber(tenant directory.TenantID, name string) (int64, error) {
	n, err := s.number(`INSERT INTO counters (tenant, name, n) VALUES ($1, $2, 1)
		ON CONFLICT (tenant, name) DO UPDATE SET n = counters.n + 1 RETURNING n`, int64(tenant), name)
	if err != nil {
		return 0, fmt.Errorf("next %s: %w", name, err)
	}
	return n, nil
}

// reserveNumber makes the sequence go on behind n.
func (s *Session) reserveNumber(tenant directory.TenantID, name string, n int64) error {
	err := s.exec(`INSERT INTO counters (tenant, name, n) VALUES ($1, $2, $3)
		ON CONFLICT (tenant, name) DO UPDATE SET n = excluded.n WHERE counters.n < excluded.n`, int64(tenant), name, n)
	if err != nil {
		return fmt.Errorf("reserve %s: %w", name, err)
	}
	return nil
}

// total adds up counters of one tenant.
func (s *Session) total(tenant directory.TenantID, names ...string) (int64, error) {
	var sum int64
	for _, name := range names {
		n, err := s.number(`SELECT n FROM counters WHERE tenant = $1 AND name = $2`, int64(tenant), name)
		if err != nil {
			return 0, fmt.Errorf("read counter %s: %w", name, err)
		}
		sum += n
	}
	return sum, nil
}

// Counts implements storage.Reader.
func (s *Session) Counts() (storage.Counts, error) {
	c := storage.Counts{Users: map[directory.State]int64{}}
	states := map[string]directory.State{}
	for st := directory.Active; st < directory.Purged; st++ {
		states[stateCounter(st)] = st
	}
	for row, err := range s.c.Query(`SELECT name, sum(n) FROM counters GROUP BY name`) {
		if err != nil {
			return c, fmt.Errorf("read counters: %w", err)
		}
		name, n := row.Text(0), row.Int(1)
		if st, ok := states[name]; ok {
			c.Users[st] = n
		} else if name == counterGroups {
			c.Groups = n
		}
	}
	// Entries are numbered from 1 and never removed, so the newest one's number
	// says how many there are without counting millions at every scrape.
	n, err := s.number(`SELECT coalesce(max(seq), 0) FROM journal`)
	if err != nil {
		return c, fmt.Errorf("count the journal: %w", err)
	}
	c.JournalEntries = n
	return c, nil
}
