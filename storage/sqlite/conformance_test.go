package sqlite_test

import (
	"testing"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
	"github.com/scimbridge/scimbridge/storage/storagetest"
)

func TestConformance(t *testing.T) {
	storagetest.Run(t, func(t *testing.T, indexes []directory.Index) storage.Store {
		return storagetest.Open(t, indexes...)
	})
}
