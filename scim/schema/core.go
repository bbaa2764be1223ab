package schema

import (
	"fmt"
	"math"

	elimity "github.com/elimity-com/scim/schema"
)

// correction changes one attribute of a definition, found by its dotted path.
type correction struct {
	path   string
	change func(*AttributeDefinition)
}

// correct applies corrections; a path that does not exist is an error, so that
// a new version of elimity cannot make one silently ineffective.
func correct(d Definition, cs ...correction) (Definition, error) {
	for _, c := range cs {
		a := d.find(c.path)
		if a == nil {
			return d, fmt.Errorf("schema %s has no attribute %s to correct", d.URN, c.path)
		}
		c.change(a)
	}
	return d, nil
}

func (d *Definition) find(path string) *AttributeDefinition {
	var walk func(as []AttributeDefinition, prefix string) *AttributeDefinition
	walk = func(as []AttributeDefinition, prefix string) *AttributeDefinition {
		for i := range as {
			p := prefix + as[i].Name
			if p == path {
				return &as[i]
			}
			if found := walk(as[i].SubAttributes, p+"."); found != nil {
				return found
			}
		}
		return nil
	}
	return walk(d.Attributes, "")
}

func setForm(path string, f form) correction {
	return correction{path, func(a *AttributeDefinition) { a.form = f }}
}

func maxLength(path string, n int) correction {
	return correction{path, func(a *AttributeDefinition) { a.MaxLength = n }}
}

func caseExact(path string) correction {
	return correction{path, func(a *AttributeDefinition) { a.CaseExact = true }}
}

func referenceTypes(path string, types ...string) correction {
	return correction{path, func(a *AttributeDefinition) { a.ReferenceTypes = types }}
}

func alias(path string, names ...string) correction {
	return correction{path, func(a *AttributeDefinition) { a.Aliases = names }}
}

func describe(path, text string) correction {
	return correction{path, func(a *AttributeDefinition) { a.Description = text }}
}

// nameLength bounds the attributes that are keys or are shown everywhere (T-67).
const nameLength = 1024

// userDefinition is the core User schema (RFC 7643 section 4.1).
//
// emails.display and its likes stay listed. Entra's "Test Schema" calls
// emails[type eq "work"].display unsupported, but section 8.7.1 lists it, we
// accept, keep and return it, and once it is hidden the same check goes on to
// complain about primary: what it really wants is Entra's own subset of the
// RFC, and it runs for gallery applications only.
func userDefinition() (Definition, error) {
	cs := []correction{
		maxLength("userName", nameLength),
		setForm("userName", formName),
		maxLength("displayName", nameLength),
		// Each address is looked up when it is given, as no two users of an
		// application may share one: a list of 30,000 would hold up all writers.
		correction{"emails", func(a *AttributeDefinition) { a.MaxValues = 1000 }},
		setForm("preferredLanguage", formLanguages),
		setForm("locale", formLocale),
		setForm("timezone", formTimezone),
		setForm("profileUrl", formPageURL),
		setForm("photos.value", formImageURL),
		setForm("ims.value", formMessaging),
		setForm("addresses.country", formCountry),
		setForm("x509Certificates.value", formCertificate),
		setForm("roles.value", formGrant),
		setForm("entitlements.value", formGrant),
		// The values are ids, which are case-exact (R-7643-3.1-06); the RFC's
		// listing says false, which is its default left standing.
		caseExact("groups.value"),
		// The text of section 4.1.2 lets a user be in groups only; the listing
		// names User as well.
		referenceTypes("groups.$ref", "Group"),
	}
	// Entra sends roles with displayName for display (EN-29); the other
	// attributes of the same shape are treated alike.
	for _, name := range []string{"emails", "phoneNumbers", "ims", "photos", "entitlements", "roles", "x509Certificates"} {
		cs = append(cs, alias(name+".display", "displayName"))
	}
	return correct(fromElimity(elimity.CoreUserSchema()), cs...)
}

// groupDefinition is the core Group schema (RFC 7643 section 4.2). elimity
// follows the text, which makes displayName required, not the listing, which
// does not (R-7643-4.2-01). displayName keeps uniqueness "none": that two
// groups may not share a name is a policy of ours which a client's settings
// can lift, not a characteristic.
func groupDefinition() (Definition, error) {
	return correct(fromElimity(elimity.CoreGroupSchema()),
		maxLength("displayName", nameLength),
		// Members are rows of their own: the size of a request is their bound.
		correction{"members", func(a *AttributeDefinition) { a.MaxValues = math.MaxInt }},
		caseExact("members.value"), // an id, as groups.value above
		// A member without a value names nobody; the listing leaves the
		// characteristic at its default.
		correction{"members.value", func(a *AttributeDefinition) { a.Required = true }},
		alias("members.display", "displayName"),
		// No part of the listing, but of the attributes a multi-valued one has
		// (section 2.4), and clients send it. What they call a member is not
		// kept, so it is nothing they can set.
		correction{"members.display", func(a *AttributeDefinition) { a.Mutability = "readOnly" }},
	)
}

// enterpriseDefinition is the enterprise extension (RFC 7643 section 4.3).
func enterpriseDefinition() (Definition, error) {
	d := fromElimity(elimity.ExtensionEnterpriseUser())
	d.Name = "EnterpriseUser" // as section 8.7.1 has it; clients make identifiers of it, which a blank breaks
	return correct(d,
		caseExact("manager.value"), // an id
		alias("manager.value", "managerId", "id"),
	)
}

// commonDefinition holds the attributes that every resource has (RFC 7643
// section 3.1 and, for schemas, section 3).
func commonDefinition() (Definition, error) {
	d := Definition{URN: "urn:ietf:params:scim:schemas:common", Name: "Common attributes",
		Attributes: attributesFromElimity(elimity.CommonAttributes())}
	return correct(d,
		correction{"schemas", func(a *AttributeDefinition) {
			// elimity has immutable and default. The bridge derives schemas from
			// what a resource holds, so clients cannot set it, and it is part of
			// every representation (R-7643-2.1-02).
			a.Mutability, a.Returned = "readOnly", "always"
		}},
		describe("schemas", "The URIs of the schemas whose attributes the resource has."),
		maxLength("externalId", nameLength),
		referenceTypes("meta.location", "uri"), // elimity has none
	)
}

// schemaDefinition describes the Schema resource itself (RFC 7643 section 7).
// elimity leaves name optional and the description of the schema out; the
// listing of section 8.7.2 has both.
func schemaDefinition() (Definition, error) {
	d := fromElimity(elimity.Definition())
	d.Description = "Specifies the schema that describes a SCIM schema"
	return correct(d, correction{"name", func(a *AttributeDefinition) { a.Required = true }})
}

// resourceTypeDefinition describes the ResourceType resource (section 6).
// elimity departs from the listing of section 8.7.2: there name is required,
// id is not, and what is a URI has the type reference.
func resourceTypeDefinition() (Definition, error) {
	uri := func(a *AttributeDefinition) {
		a.Type, a.ReferenceTypes, a.CaseExact = "reference", []string{"uri"}, true
	}
	return correct(fromElimity(elimity.ResourceTypeSchema()),
		correction{"name", func(a *AttributeDefinition) { a.Required = true }},
		correction{"id", func(a *AttributeDefinition) { a.Required = false }},
		correction{"endpoint", uri},
		correction{"schema", uri},
		correction{"schemaExtensions.schema", uri},
	)
}
