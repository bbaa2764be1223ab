package scimtest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/scimbridge/scimbridge/scim/schema"
)

// Examples returns the registry of the example schemas in dir, which is
// testdata/schemas as seen from the test, with these indexes and with more schemas
// and resource types as JSON text.
func Examples(t testing.TB, dir string, indexes []string, more ...string) *schema.Registry {
	t.Helper()
	conf := schema.Configuration{Indexes: indexes}
	load := func(name string, text []byte) {
		doc, err := schema.Load(name, text)
		if err != nil {
			t.Fatal(err)
		}
		conf.Schemas = append(conf.Schemas, doc.Schemas...)
		conf.ResourceTypes = append(conf.ResourceTypes, doc.ResourceTypes...)
	}
	for _, name := range []string{"badge.json", "device.json", "resource-types.json"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		load(name, text)
	}
	for _, text := range more {
		load("more.json", []byte(text))
	}
	r, err := conf.Registry()
	if err != nil {
		t.Fatal(err)
	}
	return r
}
