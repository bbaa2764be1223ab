package schema_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/scimbridge/scimbridge/scim/schema"
)

const body = `{"schemas":[` + core + `,` + enterprise + `],` +
	`"externalId":"0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef","userName":"Test_User_ab6490ee-1e48-479e-a20b-2d77186b5dd1@contoso.example","active":true,` +
	`"displayName":"Barbara Jensen","title":"Vice President","preferredLanguage":"en-US","locale":"en-US","timezone":"Europe/Berlin",` +
	`"name":{"formatted":"Barbara J Jensen","familyName":"Jensen","givenName":"Barbara","middleName":"Jane"},` +
	`"emails":[{"primary":true,"type":"work","value":"bjensen@contoso.example"},{"type":"home","value":"babs@jensen.example"}],` +
	`"phoneNumbers":[{"type":"work","value":"+1-201-555-0123"},{"type":"mobile","value":"+1-201-555-0124"}],` +
	`"addresses":[{"type":"work","streetAddress":"100 Universal City Plaza","locality":"Hollywood","region":"CA","postalCode":"91608","country":"US"}],` +
	`"roles":[{"primary":false,"type":"WindowsAzureActiveDirectoryRole","display":"User","value":"User"}],` +
	enterprise + `:{"employeeNumber":"701984","costCenter":"4130","organization":"Universal Studios",` +
	`"division":"Theme Park","department":"Tour Operations","manager":{"value":"26118915-6090-4610-87e4-49d8ca9f808d"}}}`

func BenchmarkNormalizeUser(b *testing.B) {
	for _, strict := range []bool{false, true} {
		b.Run(fmt.Sprintf("strict=%v", strict), func(b *testing.B) {
			in := decode(b, body)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := schema.User().Normalize(in, schema.Options{Strict: strict}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkNormalizeMembers(b *testing.B) {
	for _, n := range []int{10, 1000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var text strings.Builder
			for i := range n {
				fmt.Fprintf(&text, `,{"value":"0198a1b2-0000-7000-8000-%012d"}`, i)
			}
			in := decode(b, `{"displayName":"G","members":[`+text.String()[1:]+`]}`)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := schema.Group().Normalize(in, schema.Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkSchemaDocument(b *testing.B) {
	r := registry(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := r.SchemaDocument("urn:ietf:params:scim:schemas:core:2.0:User", base); !ok {
			b.Fatal("not found")
		}
	}
}
