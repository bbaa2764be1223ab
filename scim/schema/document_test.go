package schema_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/scim/schema"
)

const base = "https://bridge.example/scim/v2"

// unmarshal reads a document that must also be acceptable to our decoder.
func unmarshal(t *testing.T, text []byte) map[string]any {
	t.Helper()
	decode(t, string(text))
	var m map[string]any
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return m
}

// covers: R-7643-2.1-02, R-7643-7-01, R-7643-7-02
func TestSchemaDocuments(t *testing.T) {
	r := registry(t)
	types := []any{"string", "boolean", "decimal", "integer", "dateTime", "binary", "reference", "complex"}
	var attributes func(t *testing.T, path string, list any)
	attributes = func(t *testing.T, path string, list any) {
		for _, e := range list.([]any) {
			a := e.(map[string]any)
			name := path + a["name"].(string)
			for member, values := range map[string][]any{
				"type": types, "mutability": {"readOnly", "readWrite", "immutable", "writeOnly"},
				"returned": {"always", "never", "default", "request"}, "uniqueness": {"none", "server", "global"},
				"multiValued": {true, false}, "required": {true, false}, "caseExact": {true, false},
			} {
				if !slices.Contains(values, a[member]) {
					t.Errorf("%s: %s is %v", name, member, a[member])
				}
			}
			if a["description"] == "" || a["description"] == nil {
				t.Errorf("%s has no description", name)
			}
			subs, complex := a["subAttributes"].([]any)
			if complex != (a["type"] == "complex") || complex && len(subs) == 0 {
				t.Errorf("%s: type %v with %d subAttributes", name, a["type"], len(subs))
			}
			if refs, ok := a["referenceTypes"].([]any); ok != (a["type"] == "reference") || ok && len(refs) == 0 {
				t.Errorf("%s: type %v with referenceTypes %v", name, a["type"], a["referenceTypes"])
			}
			if complex {
				attributes(t, name+".", a["subAttributes"])
			}
		}
	}
	want := []string{directory.UserSchema, directory.GroupSchema, directory.EnterpriseSchema, directory.BridgeSchema,
		schema.ServiceProviderConfigURN, schema.ResourceTypeURN, schema.SchemaURN}
	list := unmarshal(t, r.SchemaList(base))
	if list["totalResults"] != float64(len(want)) || list["itemsPerPage"] != float64(len(want)) || list["startIndex"] != 1.0 {
		t.Errorf("list: %v of %v from %v", list["itemsPerPage"], list["totalResults"], list["startIndex"])
	}
	if got := list["schemas"].([]any); len(got) != 1 || got[0] != "urn:ietf:params:scim:api:messages:2.0:ListResponse" {
		t.Errorf("list: schemas %v", got)
	}
	for i, urn := range want {
		t.Run(urn, func(t *testing.T) {
			text, ok := r.SchemaDocument(strings.ToUpper(urn), base+"/")
			if !ok {
				t.Fatal("not found")
			}
			doc := unmarshal(t, text)
			if doc["id"] != urn || doc["name"] == "" || doc["description"] == "" {
				t.Errorf("id %v, name %v, description %v", doc["id"], doc["name"], doc["description"])
			}
			if got := doc["schemas"].([]any); len(got) != 1 || got[0] != schema.SchemaURN {
				t.Errorf("schemas %v", got)
			}
			meta := doc["meta"].(map[string]any)
			if meta["resourceType"] != "Schema" || meta["location"] != base+"/Schemas/"+urn {
				t.Errorf("meta %v", meta)
			}
			attributes(t, "", doc["attributes"])
			element, err := json.Marshal(list["Resources"].([]any)[i])
			if err != nil {
				t.Fatal(err)
			}
			if single, _ := json.Marshal(doc); string(single) != string(element) {
				t.Error("the list shows it differently")
			}
		})
	}
	for _, urn := range []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp", "User", "", "urn:ietf:params:scim:schemas:common"} {
		if doc, ok := r.SchemaDocument(urn, base); ok {
			t.Errorf("%q: %s", urn, doc)
		}
	}
}

// covers: R-7643-6-01, R-7643-4.2-01
func TestResourceTypeDocuments(t *testing.T) {
	required := staff(attr{Name: "badge"})
	required.Required = true
	other := staff(attr{Name: "x"})
	other.Schema.URN = "urn:aa:b"
	r := registry(t, required, other)
	text, ok := r.ResourceTypeDocument("user", base)
	want := `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],"id":"User","name":"User","description":"User Account","endpoint":"/Users",` +
		`"schema":` + core + `,"schemaExtensions":[{"schema":` + enterprise + `,"required":false},{"schema":` + bridge + `,"required":false},` +
		`{"schema":"urn:aa:b","required":false},{"schema":"` + urn + `","required":true}],` +
		`"meta":{"resourceType":"ResourceType","location":"https://bridge.example/scim/v2/ResourceTypes/User"}}`
	if !ok || string(text) != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
	if _, ok := r.ResourceTypeDocument("Users", base); ok {
		t.Error("Users is no resource type")
	}
	list := unmarshal(t, r.ResourceTypeList(base))
	resources := list["Resources"].([]any)
	if list["totalResults"] != 2.0 || len(resources) != 2 {
		t.Fatalf("list %v", list)
	}
	// Every URI of a resource type is the id of a published schema.
	var published []string
	for _, s := range unmarshal(t, r.SchemaList(base))["Resources"].([]any) {
		published = append(published, s.(map[string]any)["id"].(string))
	}
	for _, e := range resources {
		rt := e.(map[string]any)
		uris := []any{rt["schema"]}
		if exts, ok := rt["schemaExtensions"].([]any); ok {
			for _, x := range exts {
				uris = append(uris, x.(map[string]any)["schema"])
			}
		}
		for _, u := range uris {
			if !slices.Contains(published, u.(string)) {
				t.Errorf("%s: %s is not published", rt["name"], u)
			}
		}
	}
}
