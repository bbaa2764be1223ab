package schema_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// A file with one attribute in a schema of its own, from its fourth line on.
func fileOf(attribute string) string {
	return "{\"id\":\"urn:example:thing\",\n\"name\":\"Thing\",\n\"attributes\":[\n" + attribute + "\n]}"
}

// many are the definitions of n attributes.
func many(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, ",\n{\"name\":\"a%d\"}", i)
	}
	return b.String()[2:]
}

// What is wrong is refused with its place and what would be right.
//
// covers: R-7643-2.1-03, R-7643-2.3-01, R-7643-2.3.8-02, R-7643-2.4-01
func TestLoadRefuses(t *testing.T) {
	multi := func(sub string) string {
		return fileOf(`{"name":"c","type":"complex","multiValued":true,"subAttributes":[` + "\n" + sub + `]}`)
	}
	own := func(urn string) string { return strings.ReplaceAll(fileOf(`{"name":"a"}`), "urn:example:thing", urn) }
	deviceType := `{"name":"Device","endpoint":"/Devices","schema":"urn:example:thing"`
	for name, c := range map[string]struct{ text, want string }{
		"nothing":                      {" \n", "1:1: the file is empty"},
		"no JSON":                      {"{\n \"id\": x}", "2:8: this is not JSON"},
		"cut off":                      {"{\"id\":", "this is not JSON"},
		"two values":                   {fileOf(`{"name":"a"}`) + " {}", "there is more behind the end"},
		"a name twice":                 {"{\"id\":\"urn:x:y\",\n\"id\":\"urn:x:z\"}", `2:1: the name "id" stands twice in one object`},
		"too deep":                     {strings.Repeat("[", 40) + strings.Repeat("]", 40), "nested deeper"},
		"a string":                     {`"schema"`, "1:1: want a schema or a resource type, which is an object, not a string"},
		"something else":               {`{"userName":"ada"}`, "this is neither a schema"},
		"another schema":               {`{"schemas":["urn:x:y"]}`, `1:12: schemas: want ["urn:ietf:params:scim:schemas:core:2.0:Schema"] or`},
		"half a list":                  {`{"Resources":[],"totalResults":3}`, "the list says that there are 3 and holds 0"},
		"no list":                      {`{"Resources":{}}`, "Resources: want an array"},
		"unknown key":                  {fileOf(`{"name":"a","requierd":true}`), `4:13: "requierd" is no key of the attribute a; it has name, type`},
		"key in another case":          {fileOf(`{"name":"a","multivalued":true}`), `4:13: "multivalued" is no key of the attribute a; write multiValued`},
		"unknown key of a schema":      {`{"id":"urn:x:y","nmae":"x","attributes":[{"name":"a"}]}`, `"nmae" is no key of a schema`},
		"no name":                      {`{"id":"urn:x:y","attributes":[{"name":"a"}]}`, "1:1: name is missing"},
		"no attributes":                {`{"id":"urn:x:y","name":"x","attributes":[]}`, "1:41: attributes: a schema must have at least one"},
		"attributes as an object":      {`{"id":"urn:x:y","name":"x","attributes":{}}`, "attributes: want an array of attributes, not an object"},
		"an attribute without a name":  {fileOf(`{"type":"string"}`), "4:1: name is missing"},
		"a string for a flag":          {fileOf(`{"name":"a","required":"true"}`), "4:24: required: want true or false, not a string"},
		"a number for a word":          {fileOf(`{"name":"a","type":1}`), "4:20: type: want a string, not a number"},
		"canonical values of numbers":  {fileOf(`{"name":"a","canonicalValues":[1]}`), "4:32: canonicalValues[0]: want a string that is not empty, not a number"},
		"name with a digit first":      {fileOf(`{"name":"1x"}`), `4:9: schema urn:example:thing: attribute "1x": a name is a letter followed by`},
		"name with a blank":            {fileOf(`{"name":"a b"}`), `4:9: schema urn:example:thing: attribute "a b": a name is`},
		"type money":                   {fileOf(`{"name":"a","type":"money"}`), `4:20: schema urn:example:thing: attribute a: type "money" is unknown; it must be one of string, boolean, decimal`},
		"mutability":                   {fileOf("{\"name\":\"a\",\n\"mutability\":\"never\"}"), `5:14: schema urn:example:thing: attribute a: mutability "never" is unknown`},
		"the same name in other case":  {fileOf(`{"name":"a"},{"name":"A"}`), "4:22: schema urn:example:thing: attribute A: the name is defined twice"},
		"complex in complex":           {multi(`{"name":"d","type":"complex","subAttributes":[{"name":"e"}]}`), "5:9: schema urn:example:thing: attribute c.d: a complex attribute must not be inside another"},
		"primary as a string":          {multi(`{"name":"primary","type":"string"}`), "5:26: schema urn:example:thing: attribute c.primary: the sub-attribute primary of a multi-valued attribute must be a boolean"},
		"the same schema twice":        {"[" + fileOf(`{"name":"a"}`) + "," + fileOf(`{"name":"a"}`) + "]", "schema urn:example:thing is defined twice"},
		"no URN":                       {`{"id":"thing","name":"x","attributes":[{"name":"a"}]}`, `1:7: schema "thing": the URI of a schema must have the form urn:`},
		"a built-in schema":            {own(directory.EnterpriseSchema), "1:7: schema " + directory.EnterpriseSchema + " is built in; leave it out"},
		"one of the discovery":         {own(schema.SchemaURN), "is built in; leave it out"},
		"a built-in one in capitals":   {own("urn:IETF:params:scim:schemas:core:2.0:USER"), "is built in; leave it out"},
		"a name of SCIM 1.1":           {own("urn:scim:schemas:core:1.0"), "older clients send urn:ietf:params:scim:schemas:core:2.0:"},
		"a message":                    {own("urn:ietf:params:scim:api:messages:2.0:PatchOp"), "begin with urn:ietf:params:scim:api: name SCIM's messages"},
		"required and readOnly":        {fileOf(`{"name":"a","required":true,"mutability":"readOnly"}`), "attribute a: an attribute that is required must not be readOnly"},
		"a required readOnly part":     {fileOf(`{"name":"a","type":"complex","subAttributes":[{"name":"b","required":true,"mutability":"readOnly"}]}`), "attribute a.b: an attribute that is required must not be readOnly"},
		"a long name":                  {fileOf(`{"name":"` + strings.Repeat("a", 256) + `"}`), "a name can have 255 characters at most"},
		"attributes without a name":    {fileOf(`{"nam":"a"}`), `"nam" is no key of an attribute; it has name, type`},
		"parts without a name":         {fileOf(`{"name":"a","type":"complex","subAttributes":[{"nam":"a"}]}`), `"nam" is no key of a sub-attribute of a; it has name, type`},
		"too many attributes":          {fileOf(many(1001)), "attributes: a schema can have 1000 attributes at most, sub-attributes included"},
		"too many parts":               {fileOf(`{"name":"x","type":"complex","subAttributes":[` + many(600) + `]},{"name":"y","type":"complex","subAttributes":[` + many(600) + `]}`), "y.subAttributes: a schema can have 1000 attributes at most"},
		"a hundred thousand":           {fileOf(many(100_000)), "a schema can have 1000 attributes at most"},
		"another id of a type":         {deviceType + `,"id":"device"}`, `1:74: id: "device" must be the same as the name`},
		"unknown key of a type":        {deviceType + `,"extensions":[]}`, `"extensions" is no key of a resource type`},
		"unknown key of an extension":  {deviceType + `,"schemaExtensions":[{"schema":"urn:x:y","must":true}]}`, `"must" is no key of an extension of a resource type`},
		"an extension by its URN only": {deviceType + `,"schemaExtensions":["urn:x:y"]}`, "schemaExtensions[0]: want an object with schema and required, not a string"},
		"the same type twice":          {"[" + deviceType + "}," + deviceType + "}]", "resource type Device is defined twice"},
	} {
		_, err := schema.Load("f.json", []byte(c.text))
		var file *schema.FileError
		if !errors.As(err, &file) || !strings.Contains(err.Error(), "f.json:") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	_, err := schema.Load("f.json", []byte(fileOf("{\"name\":\"a\",\"type\":7},\n{\"name\":\"b\",\"required\":7}")))
	if err == nil || strings.Count(err.Error(), "f.json:") != 2 || strings.Index(err.Error(), "f.json:4") > strings.Index(err.Error(), "f.json:5") {
		t.Errorf("two mistakes: %v", err)
	}
	for name, text := range map[string]string{
		"as many as there can be": fileOf(many(1000)), "a name as long as can be": fileOf(`{"name":"` + strings.Repeat("a", 255) + `"}`),
		"a part of what nobody sends": fileOf(`{"name":"a","type":"complex","mutability":"readOnly","subAttributes":[{"name":"b","required":true,"mutability":"readOnly"}]}`),
	} {
		if _, err := schema.Load("f.json", []byte(text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := schema.Load("f.json", []byte(multi(`{"name":"$ref","type":"reference","referenceTypes":["uri"]}`))); err != nil {
		t.Errorf("$ref: %v", err)
	}
}

// What is right in itself and wrong beside the rest.
//
// covers: R-7643-6-01, R-7643-2.3.8-02
func TestConfigurationRefuses(t *testing.T) {
	thing := func(attributes string) string {
		return `{"id":"urn:example:thing","name":"Thing","attributes":[` + attributes + `]}`
	}
	typ := func(name, endpoint, schemaURN, more string) string {
		return `{"name":"` + name + `","endpoint":"` + endpoint + `","schema":"` + schemaURN + `"` + more + `}`
	}
	const mine = "urn:example:thing"
	simple := thing(`{"name":"a"}`)
	for name, c := range map[string]struct {
		text    string
		indexes []string
		want    string
	}{
		"used by nothing":               {simple, nil, "f.json:1:8: schema urn:example:thing is used by no resource type"},
		"no such schema":                {typ("Thing", "/Things", "urn:example:nothing", ""), nil, `there is no schema "urn:example:nothing" among the configured ones`},
		"a built-in schema as the base": {typ("Thing", "/Things", directory.UserSchema, ""), nil, "is a built-in schema; a configured type needs a base schema of its own"},
		"no such extension":             {simple + "," + typ("Thing", "/Things", mine, `,"schemaExtensions":[{"schema":"urn:x:y"}]`), nil, `there is no schema "urn:x:y" that could be an extension`},
		"itself as an extension":        {simple + "," + typ("Thing", "/Things", mine, `,"schemaExtensions":[{"schema":"`+mine+`"}]`), nil, "base schema of one resource type and an extension"},
		"an extension twice":            {simple + "," + typ("User", "/Users", directory.UserSchema, `,"schemaExtensions":[{"schema":"`+mine+`"},{"schema":"`+mine+`"}]`), nil, "is listed twice"},
		"two segments":                  {simple + "," + typ("Thing", "/a/b", mine, ""), nil, "must be one segment"},
		"an endpoint of SCIM":           {simple + "," + typ("Thing", "/schemas", mine, ""), nil, "is one of SCIM's own"},
		"the endpoint of users":         {simple + "," + typ("Thing", "Users", mine, ""), nil, "is one of SCIM's own"},
		"the base itself":               {simple + "," + typ("Thing", "/v2", mine, ""), nil, "is one of SCIM's own"},
		"a search":                      {simple + "," + typ("Thing", "/.search", mine, ""), nil, "must be one segment"},
		"a name with a blank":           {simple + "," + typ("My Thing", "/Things", mine, ""), nil, `resource type "My Thing": a name is a letter followed by`},
		"a name of SCIM":                {simple + "," + typ("schema", "/Things", mine, ""), nil, "the name is SCIM's own"},
		"an endpoint twice":             {simple + "," + typ("Thing", "/Things", mine, "") + "," + typ("Other", "/things", mine, ""), nil, "the endpoint /Things is that of Other"},
		"another endpoint for users":    {simple + "," + typ("User", "/People", directory.UserSchema, ""), nil, "its endpoint is /Users"},
		"another schema for users":      {simple + "," + typ("User", "/Users", mine, ""), nil, "is built in; its schema is"},
		"users in another case":         {simple + "," + typ("user", "/Users", directory.UserSchema, ""), nil, "is built in and spelled User"},
		"a common attribute":            {thing(`{"name":"externalid"}`) + "," + typ("Thing", "/Things", mine, ""), nil, "attribute externalid: every resource has it already"},
		"a reference to nothing":        {thing(`{"name":"a","type":"reference","referenceTypes":["Ting"]}`) + "," + typ("Thing", "/Things", mine, ""), nil, `"Ting" is no resource type`},
		"a unique complex":              {thing(`{"name":"a","type":"complex","uniqueness":"server","subAttributes":[{"name":"b"}]}`) + "," + typ("Thing", "/Things", mine, ""), nil, "a complex value can not be unique"},
		"an index of nothing":           {simple + "," + typ("Thing", "/Things", mine, ""), []string{"Thing:b"}, `index "Thing:b": there is no such attribute`},
		"an index of a complex":         {thing(`{"name":"a","type":"complex","subAttributes":[{"name":"b"}]}`) + "," + typ("Thing", "/Things", mine, ""), []string{"Thing:a"}, "is complex; name one of its sub-attributes, such as a.b"},
		"an index that is there":        {"", []string{"User:userName"}, "always has an index"},
		"an index of a password":        {"", []string{"User:password"}, "can not have an index"},
		"an index of members":           {"", []string{"Group:members.type"}, "can not have an index"},
	} {
		doc, err := schema.Load("f.json", []byte("["+c.text+"]"))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, err := (schema.Configuration{Schemas: doc.Schemas, ResourceTypes: doc.ResourceTypes, Indexes: c.indexes}).Registry(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		} else if c.text != "" && c.indexes == nil && !strings.Contains(err.Error(), "f.json:") {
			t.Errorf("%s: without its place: %v", name, err)
		}
	}
}

// The examples are what the documentation says of them, and indexes are named
// in either form.
func TestExamples(t *testing.T) {
	var conf schema.Configuration
	for _, name := range []string{"resource-types.json", "device.json", "badge.json"} { // in any order
		path := filepath.Join("..", "..", "testdata", "schemas", name)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := schema.Load(path, text)
		if err != nil {
			t.Fatal(err)
		}
		conf.Schemas = append(conf.Schemas, doc.Schemas...)
		conf.ResourceTypes = append(conf.ResourceTypes, doc.ResourceTypes...)
	}
	const badge, device = "urn:example:params:scim:schemas:extension:badge:2.0:User", "urn:example:params:scim:schemas:core:2.0:Device"
	conf.Indexes = []string{"device:MODEL", badge + ":color", device + ":owner.value", "User:title", "Device:addresses.value"}
	r, err := conf.Registry()
	if err != nil {
		t.Fatal(err)
	}
	want := []directory.Index{
		{Type: "User", Attribute: "title", Path: []string{"title"}, Fold: true},
		{Type: "User", Attribute: badge + ":number", Path: []string{badge, "number"}, Unique: true},
		{Type: "User", Attribute: badge + ":color", Path: []string{badge, "color"}, Fold: true},
		{Type: "Device", Attribute: "serialNumber", Path: []string{"serialNumber"}, Fold: true, Unique: true},
		{Type: "Device", Attribute: "model", Path: []string{"model"}, Fold: true},
		{Type: "Device", Attribute: "owner.value", Path: []string{"owner", "value"}},
		{Type: "Device", Attribute: "addresses.value", Path: []string{"addresses", "value"}, Fold: true},
	}
	if diff := cmp.Diff(want, r.Indexes()); diff != "" {
		t.Errorf("indexes (-want +got):\n%s", diff)
	}
	d := r.Type("device")
	if d == nil || !d.Configured() || d.Endpoint != "/Devices" || r.Type("User").Configured() || r.Schema(badge) == nil || !r.Schema(badge).Configured() {
		t.Errorf("%+v", d)
	}
	if _, ok := d.Index(d.Core.Attribute("ports")); ok {
		t.Error("ports is indexed")
	}
}

// A schema that is published can be loaded again, and is the same: whatever is
// configured is what /Schemas and /ResourceTypes say.
func TestWhatIsPublishedCanBeLoaded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		core, extension := drawSchema(t, "urn:example:thing", "Thing"), drawSchema(t, "urn:example:more", "More")
		conf := schema.Configuration{
			Schemas: []schema.Definition{core, extension},
			ResourceTypes: []schema.ResourceTypeDefinition{
				{Name: "Thing", Endpoint: "Things", Description: rapid.String().Draw(t, "description"), Schema: core.URN,
					Extensions: []schema.ExtensionReference{{Schema: extension.URN, Required: rapid.Bool().Draw(t, "required")}}},
				{Name: "Group", Schema: directory.GroupSchema, Endpoint: "/Groups", Extensions: []schema.ExtensionReference{{Schema: extension.URN}}},
			},
		}
		first, err := conf.Registry()
		if err != nil {
			t.Fatal(err)
		}
		const base = "https://bridge.example/scim/v2"
		var docs []string
		for _, urn := range []string{core.URN, extension.URN} {
			doc, _ := first.SchemaDocument(urn, base)
			docs = append(docs, string(doc))
		}
		for _, name := range []string{"Thing", "Group"} {
			doc, _ := first.ResourceTypeDocument(name, base)
			docs = append(docs, string(doc))
		}
		loaded, err := schema.Load("f.json", []byte("["+strings.Join(docs, ",\n")+"]"))
		if err != nil {
			t.Fatal(err)
		}
		second, err := schema.Configuration{Schemas: loaded.Schemas, ResourceTypes: loaded.ResourceTypes}.Registry()
		if err != nil {
			t.Fatal(err)
		}
		for _, list := range []func(*schema.Registry) []byte{
			func(r *schema.Registry) []byte { return r.SchemaList(base) },
			func(r *schema.Registry) []byte { return r.ResourceTypeList(base) },
		} {
			if diff := cmp.Diff(string(list(first)), string(list(second))); diff != "" {
				t.Fatalf("published (-) and published again (+):\n%s", diff)
			}
		}
		if diff := cmp.Diff(first.Indexes(), second.Indexes(), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("indexes (-first +second):\n%s", diff)
		}
	})
}

// drawSchema draws a schema that can be compiled.
func drawSchema(t *rapid.T, urn, name string) schema.Definition {
	names := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-zA-Z][a-zA-Z0-9_$-]{0,6}`), 1, 5, strings.ToLower).Filter(func(names []string) bool {
		for _, n := range names { // those that every resource has
			for _, taken := range []string{"id", "schemas", "meta", "externalid"} {
				if strings.EqualFold(n, taken) {
					return false
				}
			}
		}
		return true
	})
	d := schema.Definition{URN: urn, Name: name, Description: rapid.String().Draw(t, "description")}
	for _, n := range names.Draw(t, "names") {
		a := drawAttribute(t, n, rapid.Bool().Draw(t, "complex"))
		d.Attributes = append(d.Attributes, a)
	}
	return d
}

func drawAttribute(t *rapid.T, name string, complex bool) schema.AttributeDefinition {
	a := schema.AttributeDefinition{
		Name: name, Description: rapid.SampledFrom([]string{"", "ä \"quoted\" \\ text"}).Draw(t, "description"),
		MultiValued: rapid.Bool().Draw(t, "multi"),
		Mutability:  rapid.SampledFrom([]string{"", "readWrite", "readOnly", "immutable", "writeOnly"}).Draw(t, "mutability"),
	}
	if a.Mutability != "readOnly" {
		a.Required = rapid.Bool().Draw(t, "required")
	}
	if a.Mutability != "writeOnly" {
		a.Returned = rapid.SampledFrom([]string{"", "always", "never", "default", "request"}).Draw(t, "returned")
	}
	if complex {
		a.Type = "complex"
		for _, n := range rapid.SliceOfNDistinct(rapid.StringMatching(`x[a-z]{1,4}`), 1, 4, strings.ToLower).Draw(t, "parts") {
			a.SubAttributes = append(a.SubAttributes, drawAttribute(t, n, false))
		}
		return a
	}
	a.Type = rapid.SampledFrom([]string{"", "string", "boolean", "decimal", "integer", "dateTime", "binary", "reference"}).Draw(t, "type")
	a.CaseExact = rapid.Bool().Draw(t, "caseExact")
	a.Uniqueness = rapid.SampledFrom([]string{"", "none", "server", "global"}).Draw(t, "uniqueness")
	switch a.Type {
	case "", "string":
		a.CanonicalValues = rapid.SliceOfN(rapid.SampledFrom([]string{"a", "B c"}), 0, 2).Draw(t, "canonical")
	case "reference":
		a.ReferenceTypes = []string{rapid.SampledFrom([]string{"User", "Thing", "external", "uri"}).Draw(t, "references")}
	}
	return a
}
