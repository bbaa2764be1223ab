package directory_test

import (
	"strings"
	"testing"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// What SCIM stores of a user is what a Profile writes, attribute by attribute
// and in the same order: an application that changes one attribute must lose no
// other, and one that changes none must change nothing.
func TestProfileKnowsEverySCIMAttribute(t *testing.T) {
	user := schema.User()
	kept := func(a *schema.Attribute) bool {
		switch a.Path {
		case "active", "groups", "password", "externalId":
			return a.Schema != directory.UserSchema
		}
		return a.Mutability != schema.ReadOnly
	}
	var members []string
	for _, a := range user.Core.Attributes {
		if kept(a) {
			members = append(members, sample(a, kept))
		}
	}
	for _, e := range user.Extensions {
		var attributes []string
		for _, a := range e.Attributes {
			if kept(a) {
				attributes = append(attributes, sample(a, kept))
			}
		}
		members = append(members, `"`+e.URN+`":{`+strings.Join(attributes, ",")+`}`)
	}
	doc := directory.Document("{" + strings.Join(members, ",") + "}")
	p, err := doc.Profile()
	if err != nil {
		t.Fatal(err)
	}
	back, err := p.Document()
	if err != nil {
		t.Fatal(err)
	}
	if string(back) != string(doc) {
		t.Errorf("a document with every attribute\n%s\nreads and writes as\n%s", doc, back)
	}
}

// sample is a member of a JSON object: the attribute with some value.
func sample(a *schema.Attribute, kept func(*schema.Attribute) bool) string {
	value := `"x"`
	switch a.Type {
	case schema.Boolean:
		value = "false"
	case schema.Complex:
		var subs []string
		for _, s := range a.Sub {
			if kept(s) {
				subs = append(subs, sample(s, kept))
			}
		}
		value = "{" + strings.Join(subs, ",") + "}"
	}
	if a.Multi {
		value = "[" + value + "]"
	}
	return `"` + a.Name + `":` + value
}
