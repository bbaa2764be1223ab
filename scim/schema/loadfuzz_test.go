package schema_test

import (
	"errors"
	"testing"

	"github.com/scimbridge/scimbridge/scim/schema"
)

// FuzzLoad: whatever a file holds, it is refused with the place of what is wrong
// or it can be used, and what is then published can be loaded again.
func FuzzLoad(f *testing.F) {
	for _, text := range []string{
		`{"schemas":["` + schema.SchemaURN + `"],"id":"urn:example:a","name":"A","attributes":[{"name":"a","type":"string","multiValued":false,"required":false,"caseExact":true,"mutability":"readWrite","returned":"default","uniqueness":"server"}]}`,
		`[{"schemas":["` + schema.ResourceTypeURN + `"],"name":"Device","endpoint":"/Devices","schema":"urn:example:a","schemaExtensions":[{"schema":"urn:example:b","required":true}]}]`,
		`{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"Resources":[]}`,
		`{"schemas":["` + schema.SchemaURN + `"],"id":"urn:example:a","name":"A","attributes":[{"name":"c","type":"complex","multiValued":true,"subAttributes":[{"name":"value","type":"dateTime"}]}]}`,
		`{"schemas":["` + schema.SchemaURN + `"],"id":"urn:example:a","attributes":[{"name":"$ref","type":"reference","referenceTypes":["User"]},{"name":"$REF","type":"binary"}]}`,
		`null`, `[]`, `{`, `{"schemas":[]}`, `[[[]]]`, `{"schemas":["` + schema.SchemaURN + `"],"id":5,"attributes":{}}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		doc, err := schema.Load("f.json", text)
		if err != nil {
			var place *schema.FileError
			if !errors.As(err, &place) {
				t.Fatalf("%s: %v says no place", text, err)
			}
			return
		}
		registry, err := schema.Configuration{Schemas: doc.Schemas, ResourceTypes: doc.ResourceTypes}.Registry()
		if err != nil {
			return
		}
		for _, s := range doc.Schemas {
			published, ok := registry.SchemaDocument(s.URN, "https://bridge.example/scim/v2")
			if !ok {
				continue // one that no resource type has
			}
			if _, err := schema.Load("g.json", published); err != nil {
				t.Fatalf("%s: published as %s, which is refused: %v", text, published, err)
			}
		}
	})
}
