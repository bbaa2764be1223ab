package schema_test

import (
	"testing"

	"github.com/scimbridge/scimbridge/scim/schema"
)

func TestBuiltin(t *testing.T) {
	r, err := schema.NewRegistry()
	if err != nil {
		t.Fatal(err)
	}
	if got := string(r.SchemaList("https://x")); len(got) < 1000 {
		t.Fatal(got)
	}
	if schema.User().Attribute("", "USERNAME").Name != "userName" {
		t.Fatal("userName")
	}
}
