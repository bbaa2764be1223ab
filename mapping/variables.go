package mapping

import (
	"encoding/json"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"

	"github.com/scimbridge/scimbridge/directory"
)

// variables are what an expression can name: user, groups (display names, by
// group id) and account.<field>. They are made when first asked for.
type variables struct {
	d      *derivation
	before Account // without overrides
	user   *userView
	groups []string
}

var _ cel.Activation = (*variables)(nil)

// Parent is part of cel.Activation.
func (v *variables) Parent() cel.Activation { return nil }

// ResolveName is part of cel.Activation.
func (v *variables) ResolveName(name string) (any, bool) {
	switch name {
	case "user":
		if v.user == nil {
			v.user = newUserView(v.d)
		}
		return v.user, true
	case "groups":
		if v.groups == nil {
			v.groups = groupNames(v.d.user)
		}
		return v.groups, true
	}
	path, ok := strings.CutPrefix(name, "account.")
	if !ok {
		return nil, false
	}
	f := fieldNamed(path)
	if f == nil {
		return nil, false
	}
	switch p := f.ptr(&v.before).(type) {
	case *string:
		return *p, true
	case *bool:
		return *p, true
	case *int64:
		return *p, true
	case *[]string:
		return *p, true
	case *map[string]string:
		return *p, true
	}
	return nil, false
}

func groupNames(u *directory.User) []string {
	sorted := slices.Clone(u.Groups)
	slices.SortFunc(sorted, func(x, y directory.Membership) int { return compareIDs(x.Group, y.Group) })
	names := make([]string, len(sorted))
	for i := range sorted {
		names[i] = sorted[i].DisplayName
	}
	return names
}

// userView is the user in expressions: SCIM's names and types. Unassigned
// attributes are empty, so has() and comparing with "" both work.
type userView struct {
	ID                string         `cel:"id"`
	ExternalID        string         `cel:"externalId"`
	Active            bool           `cel:"active"`
	UserName          string         `cel:"userName"`
	Name              nameView       `cel:"name"`
	DisplayName       string         `cel:"displayName"`
	NickName          string         `cel:"nickName"`
	ProfileURL        string         `cel:"profileUrl"`
	Title             string         `cel:"title"`
	UserType          string         `cel:"userType"`
	PreferredLanguage string         `cel:"preferredLanguage"`
	Locale            string         `cel:"locale"`
	Timezone          string         `cel:"timezone"`
	Emails            []pluralView   `cel:"emails"`
	PhoneNumbers      []pluralView   `cel:"phoneNumbers"`
	IMs               []pluralView   `cel:"ims"`
	Photos            []pluralView   `cel:"photos"`
	Addresses         []addressView  `cel:"addresses"`
	Entitlements      []pluralView   `cel:"entitlements"`
	Roles             []pluralView   `cel:"roles"`
	Enterprise        enterpriseView `cel:"enterprise"`
	Extensions        map[string]any `cel:"extensions"` // by URN; values as in JSON
}

type nameView struct {
	Formatted       string `cel:"formatted"`
	FamilyName      string `cel:"familyName"`
	GivenName       string `cel:"givenName"`
	MiddleName      string `cel:"middleName"`
	HonorificPrefix string `cel:"honorificPrefix"`
	HonorificSuffix string `cel:"honorificSuffix"`
}

type pluralView struct {
	Value   string `cel:"value"`
	Display string `cel:"display"`
	Type    string `cel:"type"`
	Primary bool   `cel:"primary"`
}

type addressView struct {
	Formatted     string `cel:"formatted"`
	StreetAddress string `cel:"streetAddress"`
	Locality      string `cel:"locality"`
	Region        string `cel:"region"`
	PostalCode    string `cel:"postalCode"`
	Country       string `cel:"country"`
	Type          string `cel:"type"`
	Primary       bool   `cel:"primary"`
}

type enterpriseView struct {
	EmployeeNumber string `cel:"employeeNumber"`
	CostCenter     string `cel:"costCenter"`
	Organization   string `cel:"organization"`
	Division       string `cel:"division"`
	Department     string `cel:"department"`
	Manager        string `cel:"manager"` // its value, the manager's id
}

func newUserView(d *derivation) *userView {
	p := &d.profile
	v := &userView{
		ID: d.user.ID.String(), ExternalID: d.a.ExternalID, Active: d.user.Active,
		UserName: p.UserName, DisplayName: p.DisplayName, NickName: p.NickName, ProfileURL: p.ProfileURL, Title: p.Title,
		UserType: p.UserType, PreferredLanguage: p.PreferredLanguage, Locale: p.Locale, Timezone: p.Timezone,
		Emails: plurals(p.Emails), PhoneNumbers: plurals(p.PhoneNumbers), IMs: plurals(p.IMs), Photos: plurals(p.Photos),
		Entitlements: plurals(p.Entitlements), Roles: plurals(p.Roles),
	}
	if p.Name != nil {
		v.Name = nameView(*p.Name)
	}
	for _, a := range p.Addresses {
		v.Addresses = append(v.Addresses, addressView{a.Formatted, a.StreetAddress, a.Locality, a.Region, a.PostalCode,
			a.Country, a.Type, a.Primary != nil && *a.Primary})
	}
	if e := p.Enterprise; e != nil {
		v.Enterprise = enterpriseView{e.EmployeeNumber, e.CostCenter, e.Organization, e.Division, e.Department, d.a.Manager}
	}
	for _, urn := range sortedKeys(p.Extensions) {
		var value any
		if err := json.Unmarshal(p.Extensions[urn], &value); err != nil {
			d.warn("the extension " + quoted(urn) + " is damaged: " + err.Error())
			continue
		}
		if v.Extensions == nil {
			v.Extensions = make(map[string]any, len(p.Extensions))
		}
		v.Extensions[urn] = value
	}
	return v
}

func plurals(all []directory.Plural) []pluralView {
	views := make([]pluralView, len(all))
	for i, p := range all {
		views[i] = pluralView{p.Value, p.Display, p.Type, p.IsPrimary()}
	}
	return views
}
