package storagetest_test

import (
	"context"
	"testing"

	"github.com/scimbridge/scimbridge/storage"
	"github.com/scimbridge/scimbridge/storage/storagetest"
)

func TestOpenGivesAnEmptyStoreEachTime(t *testing.T) {
	for range 2 {
		err := storagetest.Open(t).Update(context.Background(), func(tx storage.Tx) error {
			ts, err := tx.Tenants()
			if err == nil && len(ts) != 0 {
				t.Errorf("the store has tenants %v", ts)
			}
			return tx.PutTenant(&storage.Tenant{Name: "default"})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
