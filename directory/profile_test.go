package directory

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// full is a document with every kind of attribute, in canonical order.
const full = `{"userName":"johnny.kingston@example.com","name":{"formatted":"Johnny Kingston","familyName":"Kingston","givenName":"Johnny"},` +
	`"displayName":"Johnny <Kingston> & Co","preferredLanguage":"en-US",` +
	`"emails":[{"value":"johnny.kingston@example.com","type":"work","primary":true},{"value":"j@example.net","type":"home","primary":false}],` +
	`"phoneNumbers":[{"value":"+11235556799","type":"mobile"}],"addresses":[{"locality":"Wien","country":"AT","primary":true}],` +
	`"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"701984","organization":"221 org","manager":{"value":"x"}},` +
	`"urn:scimbridge:params:scim:schemas:extension:bridge:2.0:User":{"locked":false,"uniphore":{"clientId":"2e37fa2c"}}}`

// Two documents are the same state exactly when their bytes are equal, so what
// Go reads and writes back unchanged must be the same bytes.
func TestProfileKeepsTheDocumentsBytes(t *testing.T) {
	for _, doc := range []string{
		`{}`,
		`{"userName":"a"}`,
		full,
		`{"userName":"a","urn:example:1":{"x":[1,2.50,"<&>"]},"urn:example:2":{"y":true}}`,
		`{"urn:example:1":{"x":1}}`,
		strings.TrimSuffix(full, "}") + `,"urn:example:hr":{"badge":"7"}}`,
		`{"userName":"urn:not:an:extension"}`,
	} {
		p, err := Document(doc).Profile()
		if err != nil {
			t.Fatalf("%s: %v", doc, err)
		}
		got, err := p.Document()
		if err != nil {
			t.Fatalf("%s: %v", doc, err)
		}
		if string(got) != doc {
			t.Errorf("read and written back:\n got %s\nwant %s", got, doc)
		}
	}
}

func TestProfileCollectsConfiguredExtensionsOnly(t *testing.T) {
	p, err := Document(strings.TrimSuffix(full, "}") + `,"urn:example:hr":{"badge":"7"}}`).Profile()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]json.RawMessage{"urn:example:hr": json.RawMessage(`{"badge":"7"}`)}, p.Extensions); diff != "" {
		t.Errorf("extensions (-want +got):\n%s", diff)
	}
	if p.Enterprise == nil || p.Enterprise.EmployeeNumber != "701984" || p.Bridge == nil || p.Bridge.Locked == nil {
		t.Errorf("the two typed extensions are not in their fields: %+v %+v", p.Enterprise, p.Bridge)
	}
	if p, err = Document(full).Profile(); err != nil || p.Extensions != nil {
		t.Errorf("without a configured extension: %v, %v", p.Extensions, err)
	}
}

func TestOrganizationOfDamagedDocument(t *testing.T) {
	for _, doc := range []string{`{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"organization":1}}`, `{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{`} {
		if _, err := Document(doc).Organization(); err == nil {
			t.Errorf("%s: no error", doc)
		}
	}
}

func TestProfileOfDamagedDocument(t *testing.T) {
	for _, doc := range []string{`{"userName":1}`, `{"userName":"a"`, `[]`, `{"userName":"a"}x`} {
		if _, err := Document(doc).Profile(); err == nil || !strings.Contains(err.Error(), "decode user document") {
			t.Errorf("%s: error %v", doc, err)
		}
	}
	if p, err := Document(nil).Profile(); err != nil || p.UserName != "" {
		t.Errorf("no document: %v, %v", p, err)
	}
}

// Whatever a profile holds, its document reads back as the same profile, and
// Organization agrees with it.
func TestProfileRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SampledFrom([]string{"", "a", "Ä<&>\u2028", "urn:x:y", `"organization":`, `\"urn:`, `"` + EnterpriseSchema + `":{"organization":"x"}`})
		p := Profile{UserName: text.Draw(t, "userName"), DisplayName: text.Draw(t, "displayName")}
		if rapid.Bool().Draw(t, "enterprise") {
			p.Enterprise = &Enterprise{Organization: text.Draw(t, "organization"), Department: text.Draw(t, "department")}
		}
		if rapid.Bool().Draw(t, "bridge") {
			p.Bridge = &Bridge{Uniphore: &UniphoreAttributes{UserName: text.Draw(t, "username")}}
		}
		for _, urn := range rapid.SliceOfDistinct(rapid.SampledFrom([]string{"urn:a", "urn:b", UserSchema}), rapid.ID).Draw(t, "urns") {
			if p.Extensions == nil {
				p.Extensions = map[string]json.RawMessage{}
			}
			p.Extensions[urn] = json.RawMessage(`{"organization":"not this one"}`)
		}
		doc, err := p.Document()
		if err != nil {
			t.Fatal(err)
		}
		back, err := doc.Profile()
		if err != nil {
			t.Fatalf("%s: %v", doc, err)
		}
		if diff := cmp.Diff(p, back); diff != "" {
			t.Fatalf("%s (-want +got):\n%s", doc, diff)
		}
		want := ""
		if p.Enterprise != nil {
			want = p.Enterprise.Organization
		}
		if got, err := doc.Organization(); err != nil || got != want {
			t.Fatalf("organization of %s: %q, %v; want %q", doc, got, err, want)
		}
	})
}

// covers: documented-apis 5 (emails: work, then primary, then first)
func TestEmail(t *testing.T) {
	yes, no := true, false
	for _, c := range []struct {
		emails []Plural
		want   string
	}{
		{nil, ""},
		{[]Plural{{Type: "work"}}, ""},
		{[]Plural{{Value: "first"}, {Value: "second"}}, "first"},
		{[]Plural{{Value: "first", Primary: &no}, {Value: "second", Primary: &yes}, {Value: "third", Primary: &yes}}, "second"},
		{[]Plural{{Value: "first", Primary: &yes}, {Value: "second", Type: "Work"}, {Value: "third", Type: "work"}}, "second"},
		{[]Plural{{Type: "work"}, {Value: "home", Type: "home"}}, "home"},
		{[]Plural{{Value: "first", Type: "work"}, {Value: "second", Type: "WORK", Primary: &yes}}, "second"},
		{[]Plural{{Primary: &yes}, {Value: "first"}, {Value: "second", Primary: &yes}}, "second"},
	} {
		p := Profile{Emails: c.emails}
		if got := p.Email(); got != c.want {
			t.Errorf("Email of %+v = %q, want %q", c.emails, got, c.want)
		}
	}
}

func BenchmarkProfile(b *testing.B) {
	for name, doc := range map[string]string{
		"typed":     full,
		"extension": strings.TrimSuffix(full, "}") + `,"urn:example:hr":{"badge":"7"}}`,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Document(doc).Profile(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkOrganization(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Document(full).Organization(); err != nil {
			b.Fatal(err)
		}
	}
}
