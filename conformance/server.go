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
		if rt := readType(t); rt.endpoint != "" {
			j.types = append(j.types, rt)
		}
	}
	if !slices.ContainsFunc(j.types, func(t resourceType) bool { return t.schema == userURN }) {
		// The endpoints that every server has (RFC 7644 section 3.2).
		j.types = []resourceType{{name: "User", endpoint: "Users", schema: userURN}, {name: "Group", endpoint: "Groups", schema: groupURN}}
	}
	if !ok(a) && !ok(j.spc) && !ok(schemas) && !ok(types) {
		return fmt.Errorf("this is no SCIM base: %s", a.evidence(true))
	}
	j.readFeatures()
	if err := j.findTemplate(p); err != nil {
		return err
	}
	return j.tryFilters(ask)
}

// ok says whether an answer is a success in JSON.
func ok(a *answer) bool { return a.ok() && a.doc != nil }

// tryFilters finds out whether the filters work by which the judge tells its own
// users from others.
func (j *judge) tryFilters(ask func(string) (*answer, error)) error {
	if _, lacking := j.lacks[filter]; lacking {
		return nil
	}
	for _, try := range []struct {
		feature feature
		filter  string
	}{{ownFilter, j.ownFilter()}, {condFilter, j.ownFilter() + " and (userName pr)"}} {
		a, err := ask("Users?" + query("filter", try.filter, "count", "1"))
		if err != nil {
			return err
		}
		if !ok(a) {
			j.lacks[try.feature] = "the server does not take " + string(try.feature) + ": see R-7644-3.4.2.2-01"
		}
	}
	return nil
}

// readType reads an entry of /ResourceTypes.
func readType(t any) resourceType {
	rt := resourceType{name: text(at(t, "name")), endpoint: strings.Trim(text(at(t, "endpoint")), "/"), schema: text(at(t, "schema"))}
	// What is missing here breaks R-7643-6-01 alone: where users and groups are,
	// and what they are called, is known (RFC 7644 section 3.2).
	for urn, name := range map[string]string{userURN: "User", groupURN: "Group"} {
		if rt.schema == urn && rt.endpoint == "" {
			rt.endpoint = name + "s"
		}
		if rt.schema == urn && rt.name == "" {
			rt.name = name
		}
	}
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
