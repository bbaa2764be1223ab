package resource_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/scimbridge/scimbridge/scim/resource"
)

// user is what a large identity provider posts for one user, 1.2 KB.
const user = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],` +
	`"externalId":"0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef","userName":"Test_User_ab6490ee-1e48-479e-a20b-2d77186b5dd1@contoso.example","active":true,` +
	`"displayName":"Barbara Jensen","title":"Vice President","preferredLanguage":"en-US","locale":"en-US","timezone":"Europe/Berlin",` +
	`"name":{"formatted":"Barbara J Jensen","familyName":"Jensen","givenName":"Barbara","middleName":"Jane"},` +
	`"emails":[{"primary":true,"type":"work","value":"bjensen@contoso.example"},{"type":"home","value":"babs@jensen.example"}],` +
	`"phoneNumbers":[{"type":"work","value":"+1-201-555-0123"},{"type":"mobile","value":"+1-201-555-0124"}],` +
	`"addresses":[{"type":"work","streetAddress":"100 Universal City Plaza","locality":"Hollywood","region":"CA","postalCode":"91608","country":"US"}],` +
	`"roles":[{"primary":false,"type":"WindowsAzureActiveDirectoryRole","display":"User","value":"User"}],` +
	`"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"701984","costCenter":"4130","organization":"Universal Studios",` +
	`"division":"Theme Park","department":"Tour Operations","manager":{"value":"26118915-6090-4610-87e4-49d8ca9f808d"}}}`

func BenchmarkDecode(b *testing.B) {
	b.SetBytes(int64(len(user)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := resource.Decode([]byte(user), resource.Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}

// The same work by the standard library, for comparison; it checks less.
func BenchmarkDecodeEncodingJSON(b *testing.B) {
	b.SetBytes(int64(len(user)))
	b.ReportAllocs()
	for b.Loop() {
		var v any
		if err := json.Unmarshal([]byte(user), &v); err != nil {
			b.Fatal(err)
		}
	}
}

// Refusing hostile input takes time in proportion to its length (T-37, T-38):
// the rate is the same for each size.
func BenchmarkDecodeHostile(b *testing.B) {
	for _, c := range []struct{ name, begin, repeat string }{
		{"newlines", `{"a":"`, "\n"},
		{"backslashes", `{"a":"`, `\\`},
		{"quotes", `{"a":"`, `\"`},
		{"spaces", `{"a":`, " "},
		{"name", `{"`, "k"},
		{"brackets", "", "["},
		{"elements", "[", "{},"},
		{"members", "[", `{"a":1},`},
	} {
		for _, size := range []int{64 << 10, 1 << 20} {
			b.Run(fmt.Sprintf("%s/%dKiB", c.name, size>>10), func(b *testing.B) {
				in := []byte(c.begin + strings.Repeat(c.repeat, size/len(c.repeat)))
				b.SetBytes(int64(len(in)))
				b.ReportAllocs()
				for b.Loop() {
					if _, err := resource.Decode(in, resource.Limits{}); err == nil {
						b.Fatal("accepted")
					}
				}
			})
		}
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	v, err := resource.Decode([]byte(user), resource.Limits{})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(user)))
	b.ReportAllocs()
	buf := make([]byte, 0, 2*len(user))
	for b.Loop() {
		buf = v.AppendJSON(buf[:0])
	}
}
