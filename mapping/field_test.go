package mapping

import (
	"reflect"
	"strings"
	"testing"
	"unicode"

	"github.com/scimbridge/scimbridge/directory"
)

// leaves calls fn with each exported field of an account that is not one of its
// parts, under the name in which rules and explanations know it.
func leaves(v reflect.Value, prefix string, fn func(path string, v reflect.Value)) {
	for i := range v.NumField() {
		name, f := v.Type().Field(i).Name, v.Field(i)
		if f.Kind() == reflect.Struct && strings.HasSuffix(f.Type().Name(), "Account") {
			part := strings.ToLower(name)
			if name == "Mobility" {
				part = string(ServiceMobility)
			}
			leaves(f, part+".", fn)
			continue
		}
		fn(prefix+lowerCamel(name), f)
	}
}

// lowerCamel writes a Go name as in JSON: DGroupID is dGroupId.
func lowerCamel(s string) string {
	for from, to := range map[string]string{"ID": "Id", "SMS": "Sms", "API": "Api", "RSA": "Rsa"} {
		s = strings.ReplaceAll(s, from, to)
	}
	return string(unicode.ToLower(rune(s[0]))) + s[1:]
}

// TestFieldsAreComplete: every exported field of Account is in the table once,
// in order, under its own name, and every field that is no list has a text.
func TestFieldsAreComplete(t *testing.T) {
	var a Account
	i := 0
	leaves(reflect.ValueOf(&a).Elem(), "", func(path string, v reflect.Value) {
		if i >= len(fields) {
			t.Fatalf("%s is not in the table", path)
		}
		f := &fields[i]
		i++
		if got := reflect.ValueOf(f.ptr(&a)).Pointer(); f.path != path || got != v.Addr().Pointer() {
			t.Fatalf("field %d of Account is %s, of the table %s (same variable: %v)", i, path, f.path, got == v.Addr().Pointer())
		}
		_, scalar := f.text(&a)
		if list := v.Kind() == reflect.Slice || v.Kind() == reflect.Map; scalar == list {
			t.Errorf("%s has a text: %v", path, scalar)
		}
		if api, _, found := strings.Cut(path, "."); found != (f.api != "") || found && string(f.api) != api {
			t.Errorf("%s has the api %q", path, f.api)
		}
		if f.set && f.celType() == nil {
			t.Errorf("%s can be set but has no type", path)
		}
	})
	if i != len(fields) {
		t.Errorf("%s is in the table but not in Account", fields[i].path)
	}
}

// TestExplanationIsComplete: for an empty user and for a full one, each field of
// the account has a line with a source, and the line's value is the account's.
func TestExplanationIsComplete(t *testing.T) {
	m, err := New(Settings{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	yes := true
	full, err := directory.Profile{
		UserName: "ann@example.com", Emails: []directory.Plural{{Value: "a@b"}}, PhoneNumbers: []directory.Plural{{Value: "tel:1", Type: "Work"}},
		Roles: []directory.Plural{{Value: "syncari:A:Viewer"}, {Value: "servicemobility:team:T"}, {Value: "rsa:nothing"}},
		Bridge: &directory.Bridge{Locked: &yes, Extensions: []directory.Plural{{Display: "k", Value: "v"}},
			Uniphore: &directory.UniphoreAttributes{StationID: "4021", StationIDMode: "Static"}},
	}.Document()
	if err != nil {
		t.Fatal(err)
	}
	for name, u := range map[string]*directory.User{"empty": {}, "full": {Document: full}} {
		e, err := m.Explain(Input{User: u})
		if err != nil {
			t.Fatal(err)
		}
		for i := range fields {
			f, found := &fields[i], false
			for _, l := range e.Fields {
				if l.Field != f.path && !strings.HasPrefix(l.Field, f.path+"[") {
					continue
				}
				found = true
				if l.Source == "" {
					t.Errorf("%s user: %s has no source", name, l.Field)
				}
				if text, ok := f.text(&e.Account); ok && l.Value != text {
					t.Errorf("%s user: %s is explained as %q, but is %q", name, l.Field, l.Value, text)
				}
			}
			if !found {
				t.Errorf("%s user: %s is not explained", name, f.path)
			}
		}
	}
}
