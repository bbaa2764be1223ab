package conformance

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"maps"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"time"
)

var (
	attributeName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9$_-]*$`)
	dateTime      = regexp.MustCompile(`^-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$`)
	dataTypes     = []string{"string", "boolean", "decimal", "integer", "dateTime", "binary", "reference", "complex"}
)

// Names and data types (RFC 7643 sections 2.1 to 2.3).
var typeChecks = []check{
	{id: "R-7643-2.1-01", run: func(p *probe) {
		name := p.j.name("case")
		b := p.userBody(attrs{"userName": nil, "USERNAME": name, "displayname": "Cora", "NAME": attrs{"FAMILYNAME": "Form", "givenname": "Cora"}})
		a := p.post("Users", b).want(201)
		p.get(where(a)).want(200).is(name, "userName").is("Cora", "displayName").is("Form", "name", "familyName")
		a = p.list("Users", "filter", `uSERnAME eq "`+name+`"`, "attributes", "DISPLAYNAME")
		a.is("Cora", "Resources", 0, "displayName")
	}},
	{id: "R-7643-2.1-03", run: func(p *probe) {
		p.everyAttribute(func(way string, d any) {
			if name := text(at(d, "name")); name != "$ref" && !attributeName.MatchString(name) {
				p.fail("the published attribute %s has the name %q", way, name)
			}
		})
	}},
	{id: "R-7643-2.3-01", run: func(p *probe) {
		p.everyAttribute(func(way string, d any) {
			if t := at(d, "type"); t != nil && !slices.Contains(dataTypes, text(t)) {
				p.fail("the published attribute %s has the type %s", way, show(t))
			}
		})
	}},
	{id: "R-7643-2.3.1-01", run: func(p *probe) {
		for _, s := range []string{"Grüße 😀👩‍🚀", "e\u0301 and \u00e9", "שלום עליכם", `quote " slash / back \ tab	`} {
			a := p.user(attrs{"displayName": s})
			p.get(where(a)).want(200).is(s, "displayName")
		}
		p.reading(func() { // a reader of JSON may also put U+FFFD in the place of what is no UTF-8
			p.post("Users", `{"schemas":["`+userURN+`"],"userName":"`+p.j.name("utf")+`","displayName":"`+"\xff\xfe"+`"}`).fails(400, "invalidSyntax")
		})
	}},
	{id: "R-7643-2.3.1-02", run: func(p *probe) {
		a := p.post("Users", p.userBody(attrs{"emails": []attrs{{"value": "a@example.com", "type": "carrier-pigeon"}}}))
		if a.status == 201 {
			p.get(where(a)).want(200).is("carrier-pigeon", "emails", 0, "type")
			return
		}
		a.fails(400, "invalidValue")
	}},
	{id: "R-7643-2.3.2-01", strict: true, run: func(p *probe) {
		for _, v := range []any{"true", "False", 1, []bool{true}} {
			p.post("Users", p.userBody(attrs{"active": v})).fails(400, "invalidValue")
		}
	}},
	{id: "R-7643-2.3.2-01", name: "answers", run: func(p *probe) {
		a := p.user(attrs{"active": false, "emails": []attrs{{"value": "a@example.com", "primary": true}}})
		if a.at("active") != false || a.at("emails", 0, "primary") != true {
			a.fail("active or primary is no boolean literal")
		}
	}},
	{id: "R-7643-2.3.3-01", run: func(p *probe) {
		d := p.find("type", "decimal", "multiValued", false, "mutability", "readWrite", "returned", "default")
		r := p.get(where(p.make(d, p.having(d, 1)))).want(200)
		if s := show(r.at(d.of()...)); !regexp.MustCompile(`^-?\d+\.\d+([eE][+-]?\d+)?$`).MatchString(s) {
			r.fail("%s is emitted as %s, without a digit on each side of a point", d.name, s)
		}
		p.findsThis(true, d.kind, d.path()+" eq 1.0", r)
		p.findsThis(true, d.kind, d.path()+" eq 1", r)
		p.findsThis(false, d.kind, d.path()+" gt 1", r)
	}},
	{id: "R-7643-2.3.4-01", run: func(p *probe) {
		d := p.find("type", "integer", "multiValued", false, "mutability", "readWrite", "returned", "default")
		r := p.make(d, p.having(d, 10)).is("10", d.of()...)
		p.findsThis(true, d.kind, d.path()+" gt 9", r)
		for _, number := range []string{"3.5", "1e3"} {
			body := strings.Replace(string(encode(p.having(d, "NUMBER"))), `"NUMBER"`, number, 1)
			p.post(d.kind.endpoint, body).fails(400, "invalidValue")
		}
	}},
	{id: "R-7643-2.3.5-01", name: "attributes", run: func(p *probe) {
		d := p.find("type", "dateTime", "multiValued", false, "mutability", "readWrite", "returned", "default")
		for _, s := range []string{"2024-05-06T07:08:09Z", "2024-05-06T07:08:09.25+02:00"} {
			p.findsThis(true, d.kind, d.path()+` eq "`+s+`"`, p.make(d, p.having(d, s)))
		}
		for _, s := range []string{"2024-01-01", "07:08:09", "yesterday"} {
			p.post(d.kind.endpoint, p.having(d, s)).fails(400, "invalidValue")
		}
	}},
	{id: "R-7643-2.3.5-01", run: func(p *probe) {
		a := p.user(nil)
		for _, name := range []string{"created", "lastModified"} {
			if s := text(a.at("meta", name)); !dateTime.MatchString(s) {
				a.fail("meta.%s %q is no dateTime with date and time", name, s)
			}
		}
		for _, s := range []string{"2024-01-01T00:00:00Z", "2024-01-01T00:00:00.25+02:00"} {
			if f := p.mine(`meta.created gt "` + s + `"`); p.get("Users?" + query("filter", f)).ok() {
				p.finds(`meta.created gt "`+s+`"`, a.id())
			}
		}
		p.reading(func() {
			p.get("Users?"+query("filter", `meta.created gt "2024-01-01"`)).fails(400, "invalidFilter", "invalidValue")
		})
	}},
	{id: "R-7643-2.3.6-01", run: func(p *probe) {
		padded := ""
		for !strings.HasSuffix(padded, "=") { // the length of a signature is chance
			padded = base64.StdEncoding.EncodeToString(p.certificate())
		}
		p.user(attrs{"x509Certificates": []attrs{{"value": padded}}}).has("x509Certificates", 0, "value")
		p.user(attrs{"x509Certificates": []attrs{{"value": strings.TrimRight(padded, "=")}}})
		p.post("Users", p.userBody(attrs{"x509Certificates": []attrs{{"value": "!!"}}})).fails(400, "invalidValue")
	}},
	{id: "R-7643-2.3.7-01", run: func(p *probe) {
		p.user(attrs{"profileUrl": "https://example.com/cora"}).is("https://example.com/cora", "profileUrl")
		p.post("Users", p.userBody(attrs{"profileUrl": "not a url"})).fails(400, "invalidValue")
	}},
	{id: "R-7643-2.3.7-02", needs: []feature{groups}, run: func(p *probe) {
		u := p.user(nil)
		for _, ref := range []string{"Users/" + u.id(), text(u.at("meta", "location")), strings.Replace(text(u.at("meta", "location")), "/v2/", "/", 1)} {
			g := p.post("Groups", p.groupBody(attrs{"members": []attrs{{"value": u.id(), "$ref": ref}}})).want(201)
			p.get(where(g)).want(200).is(u.id(), "members", 0, "value")
		}
	}},
	{id: "R-7643-2.3.7-03", needs: []feature{groups}, run: func(p *probe) {
		u := p.user(nil)
		g := p.get(where(p.group(u.id()))).want(200)
		member := text(g.at("members", 0, "$ref"))
		if member != "" {
			p.follow(member).want(200).is(u.id(), "id")
		}
		u = p.get(where(u)).want(200)
		group := text(u.at("groups", 0, "$ref"))
		if group != "" {
			p.follow(group).want(200).is(g.id(), "id")
		}
		if member == "" && group == "" {
			p.skip("this server returns no $ref of users and groups, which the RFC allows")
		}
	}},
	{id: "R-7643-2.3.7-04", strict: true, needs: []feature{groups, patch}, run: func(p *probe) {
		u := p.user(nil)
		g := p.group()
		a := p.patch(where(g), op{"add", "members", memberList(u.id(), p.j.name("unknown"))})
		if a.ok() {
			p.skip("this server does not enforce that members exist, which the RFC allows")
		}
		a.fails(400, "invalidValue")
		p.get(where(g)).want(200).lacks("members")
	}},
	{id: "R-7643-2.3.7-05", run: func(p *probe) {
		a := p.user(attrs{"profileUrl": "https://example.com/Cora"})
		p.finds(`profileUrl eq "https://example.com/Cora"`, a.id())
		p.finds(`profileUrl eq "https://example.com/cora"`)
	}},
	{id: "R-7643-2.3.8-01", run: func(p *probe) {
		u := p.user(nil)
		b := p.userBody(attrs{"userName": u.at("userName"), "title": "T", "name": attrs{"givenName": "A", "familyName": "B", "middleName": "C"}, "nickName": "N"})
		first := p.put(where(u), ordered(b, false)).want(200)
		same(p.put(where(u), ordered(b, true)).want(200), first)
	}},
	{id: "R-7643-2.3.8-02", run: func(p *probe) {
		for urn, s := range p.j.schemas {
			for _, d := range list(at(s, "attributes")) {
				for _, sub := range list(at(d, "subAttributes")) {
					if at(sub, "type") == "complex" && urn != schemaURN {
						p.fail("%s: %s.%s is complex in complex", urn, at(d, "name"), at(sub, "name"))
					}
				}
			}
		}
	}},
}

// ordered is JSON with the members of every object in one order or the other.
func ordered(v any, backwards bool) string {
	members, ok := v.(attrs)
	if !ok {
		return string(encode(v))
	}
	names := slices.Sorted(maps.Keys(members))
	if backwards {
		slices.Reverse(names)
	}
	for i, name := range names {
		names[i] = string(encode(name)) + ":" + ordered(members[name], backwards)
	}
	return "{" + strings.Join(names, ",") + "}"
}

// everyAttribute visits all published attributes and sub-attributes.
func (p *probe) everyAttribute(visit func(way string, definition any)) {
	p.last = p.get("Schemas").want(200)
	for urn, s := range p.j.schemas {
		for _, d := range list(at(s, "attributes")) {
			way := urn + ":" + text(at(d, "name"))
			visit(way, d)
			for _, sub := range list(at(d, "subAttributes")) {
				visit(way+"."+text(at(sub, "name")), sub)
			}
		}
	}
}

// follow asks for an address that the server gave, at the base that it was
// asked at: the token goes nowhere else.
func (p *probe) follow(address string) *answer {
	path, ok := p.j.client.below(address)
	if !ok {
		p.fail("%q is no address of a resource", address)
	}
	return p.get(path)
}

// certificate makes a certificate that is valid and nobody's.
func (p *probe) certificate() []byte {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(ending{Error, err.Error(), nil})
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: p.j.prefix}, NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(ending{Error, err.Error(), nil})
	}
	return der
}

// same ends the check unless two answers show the same resource, whatever its
// meta says of it; unmoved demands that it was not modified in between.
func same(got, want *answer) {
	if !alike(got.doc, want.doc) {
		got.fail("differs from %s, which answered %s", want.evidence(false), clip(want.redacted(), 300))
	}
}

func unmoved(got, want *answer) {
	got.is(want.at("meta", "lastModified"), "meta", "lastModified")
	got.p.reading(func() {
		same(got, want)
		got.is(want.at("meta", "version"), "meta", "version")
	})
}

// alike says whether two resources have the same values, those of a multi-valued
// attribute in any order.
func alike(a, b any) bool { return string(encode(settled(a))) == string(encode(settled(b))) }

func settled(v any) any {
	switch v := v.(type) {
	case map[string]any:
		o := attrs{}
		for name, x := range v {
			if l, isList := x.([]any); name != "meta" && x != nil && (!isList || len(l) > 0) {
				o[name] = settled(x)
			}
		}
		return o
	case []any:
		l := make([]string, len(v))
		for i, x := range v {
			l[i] = string(encode(settled(x)))
		}
		slices.Sort(l)
		return l
	}
	return v
}
