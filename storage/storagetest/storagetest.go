// Package storagetest says what a storage.Store must do, in tests: each
// sentence of package storage is proved by one of the suites here, and every
// implementation runs them all with
//
//	storagetest.Run(t, func(t *testing.T, indexes []directory.Index) storage.Store { … })
//
// The suites are split by guarantee: behaviour (users, groups, members,
// resources of configured types, configured indexes, listings, paging, the
// machinery's rows), transactions, concurrency. They use nothing
// but the contract, so that a test that passes on one database means the same
// on the other.
//
// Tests of other packages that need a store take a real one from Open.
package storagetest

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
	"github.com/scimbridge/scimbridge/storage/sqlite"
)

// Open returns an empty database with these indexes, in a directory of the
// test. It is closed when the test ends.
func Open(t testing.TB, indexes ...directory.Index) storage.Store {
	t.Helper()
	s, err := sqlite.Open(context.Background(), sqlite.Options{
		Path: filepath.Join(t.TempDir(), "directory.db"), Indexes: indexes, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatalf("open a database: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close the database: %v", err)
		}
	})
	return s
}

// Run runs all suites. open returns an empty store with the indexes each time,
// and sees to it that it is closed when the test ends.
func Run(t *testing.T, open func(t *testing.T, indexes []directory.Index) storage.Store) {
	for _, suite := range []struct {
		name  string
		tests []test
	}{
		{"Users", userTests},
		{"AppState", appStateTests},
		{"Groups", groupTests},
		{"Members", memberTests},
		{"Resources", resourceTests},
		{"Indexes", indexTests},
		{"Listing", listingTests},
		{"Paging", pagingTests},
		{"Sorting", sortingTests},
		{"Machinery", machineryTests},
		{"Requests", requestTests},
		{"Transactions", transactionTests},
		{"Nested", nestedTests},
		{"Concurrency", concurrencyTests},
	} {
		t.Run(suite.name, func(t *testing.T) {
			for _, test := range suite.tests {
				t.Run(test.name, func(t *testing.T) { test.run(&fixture{T: t, store: open(t, suiteIndexes)}) })
			}
		})
	}
}

// test is one promise and its proof on an empty store.
type test struct {
	name string
	run  func(*fixture)
}
