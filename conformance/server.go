package conformance

import (
	"fmt"
	"slices"
	"strings"
)

// resourceType is one entry of /ResourceTypes.
type resourceType struct {
	name, endpoint, schema string
	extensions             []string
	required               []string // of the extensions, those that each resource must have
}

// discover finds out what the server is and what it says it can do. What it
// does not say is judged later; without a user that can be created there is
// nothing to judge.
func (j *judge) discover() error {
	p := &probe{j: j, token: j.o.Token}
	ask := func(path string) (*answer, error) {
		return j.send(j.ctx, p, call{method: "GET", path: path, token: j.o.Token})
	}
	a, err := ask("Users?count=1")
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
		j.types = append(j.types, readType(t))
	}
	if !slices.ContainsFunc(j.types, func(t resourceType) bool { return t.schema == userURN }) {
		// The endpoints that every server has (RFC 7644 section 3.2).
		j.types = []resourceType{{name: "User", endpoint: "Users", schema: userURN}, {name: "Group", endpoint: "Groups", schema: groupURN}}
	}
	j.readFeatures()
	return j.findTemplate(p)
}

// readType reads an entry of /ResourceTypes.
func readType(t any) resourceType {
	rt := resourceType{name: text(at(t, "name")), endpoint: strings.Trim(text(at(t, "endpoint")), "/"), schema: text(at(t, "schema"))}
	for _, e := range list(at(t, "schemaExtensions")) {
		rt.extensions = append(rt.extensions, text(at(e, "schema")))
		if at(e, "required") == true {
			rt.required = append(rt.required, text(at(e, "schema")))
		}
	}
	return rt
}

// readFeatures notes what the server advertises and what it lacks.
func (j *judge) readFeatures() {
	for _, f := range []feature{patch, bulk, filter, sorting, etag, password} {
		j.advertise(f, j.spc.at(string(f), "supported") == true)
	}
	j.advertise(cursor, j.spc.at("pagination", "cursor") == true)
	j.advertise(async, slices.Contains([]any{"long", "request"}, j.spc.at("securityEvents", "asyncRequest")))
	j.advertise(enterprise, slices.ContainsFunc(j.types, func(t resourceType) bool {
		return t.schema == userURN && slices.Contains(t.extensions, enterpriseURN)
	}))
	j.advertise(groups, slices.ContainsFunc(j.types, func(t resourceType) bool { return t.schema == groupURN }))
	if j.o.OtherToken == "" {
		j.lacks[otherClient] = "needs a second client of the tenant: --other-token"
	}
	if j.o.OtherTenantToken == "" {
		j.lacks[otherTenant] = "needs a client of another tenant: --other-tenant-token"
	}
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
