package conformance

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// resourceType is one entry of /ResourceTypes.
type resourceType struct {
	name, endpoint, schema string
	extensions             []string
}

// discover finds out what the server is and what it says it can do.
func (j *judge) discover() error {
	p := &probe{j: j, token: j.o.Token}
	ask := func(path string) (*answer, error) {
		a, err := j.send(j.ctx, p, call{method: "GET", path: path, token: j.o.Token})
		if err != nil {
			return nil, err
		}
		if a.status != 200 || a.doc == nil {
			return nil, fmt.Errorf("GET /%s: status %d, and not a document", path, a.status)
		}
		return a, nil
	}
	a, err := j.send(j.ctx, p, call{method: "GET", path: "Users?count=1", token: j.o.Token})
	if err != nil {
		return err
	}
	if a.status == 401 || a.status == 403 {
		return fmt.Errorf("the token is refused with status %d", a.status)
	}
	if j.spc, err = ask("ServiceProviderConfig"); err != nil {
		return err
	}
	schemas, err := ask("Schemas")
	if err != nil {
		return err
	}
	for _, s := range list(schemas.at("Resources")) {
		j.schemas[text(at(s, "id"))] = s
	}
	types, err := ask("ResourceTypes")
	if err != nil {
		return err
	}
	for _, t := range list(types.at("Resources")) {
		rt := resourceType{name: text(at(t, "name")), endpoint: strings.Trim(text(at(t, "endpoint")), "/"), schema: text(at(t, "schema"))}
		for _, e := range list(at(t, "schemaExtensions")) {
			rt.extensions = append(rt.extensions, text(at(e, "schema")))
		}
		j.types = append(j.types, rt)
	}
	if err := j.readFeatures(); err != nil {
		return err
	}
	return j.findTemplate(p)
}

// readFeatures notes what the server advertises and what it lacks.
func (j *judge) readFeatures() error {
	for _, f := range []feature{patch, bulk, filter, sorting, etag, password} {
		j.advertise(f, j.spc.at(string(f), "supported") == true)
	}
	j.advertise(cursor, j.spc.at("pagination", "cursor") == true)
	j.advertise(async, slices.Contains([]any{"long", "request"}, j.spc.at("securityEvents", "asyncRequest")))
	user := slices.IndexFunc(j.types, func(t resourceType) bool { return t.schema == userURN })
	if user < 0 {
		return errors.New("/ResourceTypes has no resource type for " + userURN)
	}
	j.advertise(enterprise, slices.Contains(j.types[user].extensions, enterpriseURN))
	j.advertise(groups, slices.ContainsFunc(j.types, func(t resourceType) bool { return t.schema == groupURN }))
	if j.o.OtherToken == "" {
		j.lacks[otherClient] = "needs a second client of the tenant: --other-token"
	}
	if j.o.OtherTenantToken == "" {
		j.lacks[otherTenant] = "needs a client of another tenant: --other-tenant-token"
	}
	return nil
}

func (j *judge) advertise(f feature, yes bool) {
	if j.report.Features[string(f)] = yes; !yes {
		j.lacks[f] = "not advertised: " + string(f)
	}
}

// findTemplate finds out what this server wants of a user besides a userName.
// The RFC requires nothing more, but a server may.
func (j *judge) findTemplate(p *probe) error {
	var last *answer
	for _, template := range []attrs{{}, {
		"name": attrs{"givenName": "Cora", "familyName": "Form"}, "displayName": "Cora Form", "active": true,
		"emails": []attrs{{"value": j.prefix + "@example.com", "type": "work", "primary": true}},
	}} {
		j.template = template
		a, err := j.send(j.ctx, p, call{method: "POST", path: "Users", token: j.o.Token, body: p.userBody(nil)})
		if err != nil {
			return err
		}
		if a.status == 201 {
			j.clean(j.ctx)
			return nil
		}
		last = a
	}
	return fmt.Errorf("no user can be created: %s", last.evidence(true))
}

// attribute is one of a published schema, with the way to it.
type attribute struct {
	urn        string // of the schema
	extension  bool
	name       string
	definition any
}

// attributes returns the top-level attributes of users, core first.
func (j *judge) attributes() (all []attribute) {
	user := slices.IndexFunc(j.types, func(t resourceType) bool { return t.schema == userURN })
	for i, urn := range append([]string{userURN}, j.types[user].extensions...) {
		for _, d := range list(at(j.schemas[urn], "attributes")) {
			all = append(all, attribute{urn: urn, extension: i > 0, name: text(at(d, "name")), definition: d})
		}
	}
	return all
}

// find returns the first attribute of users that has these characteristics,
// given as name and value in turn, or skips the check.
func (p *probe) find(pairs ...any) attribute {
	for _, a := range p.j.attributes() {
		fits := true
		for i := 0; i+1 < len(pairs); i += 2 {
			got := at(a.definition, text(pairs[i]))
			if got == nil {
				got = implied(text(pairs[i]))
			}
			fits = fits && got == pairs[i+1]
		}
		if fits {
			return a
		}
	}
	words := make([]string, 0, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		words = append(words, fmt.Sprintf("%v %v", pairs[i], pairs[i+1]))
	}
	p.skip("no attribute of User with %s", strings.Join(words, ", "))
	return attribute{}
}

// implied is the value of a characteristic that a definition leaves out
// (RFC 7643 section 2.2).
func implied(characteristic string) any {
	switch characteristic {
	case "type":
		return "string"
	case "mutability":
		return "readWrite"
	case "returned":
		return "default"
	case "uniqueness":
		return "none"
	}
	return false
}

// set is the attribute with a value, as members of a user's body.
func (a attribute) set(v any) attrs {
	if a.extension {
		return attrs{a.urn: attrs{a.name: v}}
	}
	return attrs{a.name: v}
}

// of is the way to the attribute in a user.
func (a attribute) of() []any {
	if a.extension {
		return []any{a.urn, a.name}
	}
	return []any{a.name}
}

// path is the attribute in filters and PATCH.
func (a attribute) path() string {
	if a.extension {
		return a.urn + ":" + a.name
	}
	return a.name
}
