package schema_test

import (
	"testing"

	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// FuzzNormalize: whatever decodes is refused with a SCIM error or has a normal
// form that is its own normal form, the same in both modes.
//
// covers: T-23
func FuzzNormalize(f *testing.F) {
	f.Add([]byte(body), false)
	f.Add([]byte(`{"displayName":"G","members":["u1",{"value":"u1","$ref":null},{}]}`), true)
	f.Add([]byte(user(`"active":"True","name.givenName":"G","emails":{"value":1},`+enterprise+`:{"manager":"m"}`)), false)
	f.Add([]byte(user(`"__proto__":{"a":1},"roles":["a","A",["x"]],"x509Certificates":"AA","addresses":[{"country":"USA","primary":"true"}]`)), false)
	f.Add([]byte(user(`"roles":[{"value":"{\"value\":\"{\\\"value\\\":1}\",\"displayName\":\"D\"}"}],"name":"{\"givenName\":\"G\"}",`+enterprise+`:{"manager":{"$ref":"../Users/9"}}`)), false)
	f.Fuzz(func(t *testing.T, in []byte, group bool) {
		o, err := resource.DecodeObject(in, resource.Limits{})
		if err != nil {
			t.Skip(err)
		}
		typ := schema.User()
		if group {
			typ = schema.Group()
		}
		before := o.String()
		out, err := typ.Normalize(o, schema.Options{})
		if after := o.String(); after != before {
			t.Fatalf("the input was changed from %s to %s", before, after)
		}
		strict, errStrict := typ.Normalize(o, schema.Options{Strict: true})
		if errStrict == nil && (err != nil || strict.String() != out.String()) {
			t.Fatalf("%s\ntolerant %v, %v\nstrict %v", in, out, err, strict)
		}
		if err != nil {
			if e, ok := fault.As(err); !ok || e.ScimType != "invalidValue" && e.ScimType != "invalidSyntax" || len(e.Detail) > 1000 {
				t.Fatalf("%s: error %v", in, err)
			}
			return
		}
		again, err := typ.Normalize(out, schema.Options{})
		if err != nil || again.String() != out.String() {
			t.Fatalf("%s\nnormal form %s\nnormalized  %v, %v", in, out, again, err)
		}
	})
}
