package mapping

import (
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/scimbridge/scimbridge/directory"
)

// Explanation says of every field and role of an account where it came from.
type Explanation struct {
	UserID   directory.ID `json:"userId"`
	UserName string       `json:"userName"`
	// Fields are in the order of Account's declaration. Lists and maps have a
	// line for each element, and one without a value when they are empty. The
	// role of each Uniphore environment (without token claims) follows
	// Uniphore's fields, the suppressed roles Syncari's.
	Fields   []Explained `json:"fields"`
	Warnings []string    `json:"warnings,omitempty"`
	// Account is what is explained.
	Account Account `json:"-"`
}

// Explained is one value of an account with its source.
type Explained struct {
	API   API    `json:"api,omitempty"` // "" for what all four share
	Field string `json:"field"`
	Value string `json:"value"`
	// Source is a path in the user's document ("user name.givenName"), a group
	// with its name, an application's state, a setting or a default.
	Source string `json:"source"`
	// Rule is "convention" or "<file>:<line>" where a rule decided.
	Rule string `json:"rule,omitempty"`
}

// recorder collects what a derivation notes.
type recorder struct {
	sources    map[string]string
	rules      map[string]string
	suppressed []Grant
}

func (r *recorder) suppressedGrant(g Grant) {
	if r != nil {
		r.suppressed = append(r.suppressed, g)
	}
}

// noteGrant remembers that a grant decided a field.
func (d *derivation) noteGrant(path string, g *Grant) {
	if d.rec != nil {
		d.rec.sources[path] = describe(d.user, g.Origin)
		d.rec.rules[path] = g.Rule
	}
}

// describe writes a grant's origin with the group's name.
func describe(u *directory.User, origin string) string {
	text, ok := strings.CutPrefix(origin, "group:")
	if !ok {
		return strings.Replace(origin, ":", " ", 1)
	}
	id, err := directory.ParseID(text)
	if err != nil {
		return origin // cannot be: we wrote it
	}
	for i := range u.Groups {
		if g := &u.Groups[i]; g.Group == id {
			nested := ""
			if g.Indirect {
				nested = ", through a nested group"
			}
			return fmt.Sprintf("group %q (%s%s)", g.DisplayName, id, nested)
		}
	}
	return "group " + text
}

// Explain derives the account as Account does, with the source of each value.
func (m *Mapper) Explain(in Input) (Explanation, error) {
	rec := &recorder{sources: make(map[string]string, len(fields)), rules: map[string]string{}}
	var e Explanation
	if err := m.derive(in, &e.Account, rec); err != nil {
		return Explanation{}, err
	}
	e.UserID, e.UserName, e.Warnings = e.Account.ID, e.Account.UserName, e.Account.Warnings
	x := explainer{m: m, in: in, rec: rec, e: &e}
	for i := range fields {
		x.field(&fields[i])
		switch fields[i].path {
		case "uniphore.modified":
			x.uniphoreRoles()
		case "syncari.roles":
			x.suppressed()
		}
	}
	return e, nil
}

// explainer writes the lines of an explanation.
type explainer struct {
	m   *Mapper
	in  Input
	rec *recorder
	e   *Explanation
}

func (x *explainer) add(l Explained) { x.e.Fields = append(x.e.Fields, l) }

// grant adds the line of a value that a grant gave.
func (x *explainer) grant(api API, path, value string, g *Grant) {
	x.add(Explained{api, path, value, describe(x.in.User, g.Origin), g.Rule})
}

func (x *explainer) field(f *field) {
	a := &x.e.Account
	line := Explained{API: f.api, Field: f.path, Source: x.rec.sources[f.path], Rule: x.rec.rules[f.path]}
	if text, ok := f.text(a); ok {
		line.Value = text
		x.add(line)
		return
	}
	before := len(x.e.Fields)
	switch p := f.ptr(a).(type) {
	case *[]Phone:
		for i, n := range *p {
			x.add(Explained{f.api, fmt.Sprintf("phones[%d]", i), strings.TrimSpace(n.Number + " " + n.Type), line.Source, line.Rule})
		}
	case *[]Grant:
		for i := range *p {
			g := &(*p)[i]
			x.grant(g.API, fmt.Sprintf("grants[%d]", i), g.String(), g)
		}
		line.Source = "nothing grants one"
	case *[]string: // teams or warnings
		for i, s := range *p {
			x.element(f, i, s, line)
		}
		if line.Source == "" {
			line.Source = "nothing to warn of"
		}
	case *map[string]string:
		for _, key := range sortedKeys(*p) {
			path := f.path + "[" + key + "]"
			source := x.rec.sources[path]
			if line.Rule != "" {
				source = line.Source
			}
			x.add(Explained{f.api, path, (*p)[key], source, line.Rule})
		}
	case *map[string][]string:
		for _, instance := range sortedKeys(*p) {
			for _, role := range (*p)[instance] {
				x.syncariRole(f.path+"["+instance+"]", instance, role)
			}
		}
	}
	if len(x.e.Fields) == before {
		x.add(line)
	}
}

// element adds the line of a team or a warning.
func (x *explainer) element(f *field, i int, value string, whole Explained) {
	path := fmt.Sprintf("%s[%d]", f.path, i)
	if f.api == ServiceMobility && whole.Rule == "" && whole.Source == fromGrants {
		for j := range x.e.Account.Grants {
			if g := &x.e.Account.Grants[j]; g.API == ServiceMobility && g.Scope == scopeTeam && g.Role == value {
				x.grant(f.api, path, value, g)
			}
		}
		return
	}
	source := whole.Source
	if f.path == "warnings" {
		source = "derivation"
	}
	x.add(Explained{f.api, path, value, source, whole.Rule})
}

// syncariRole adds a line for each grant of the role.
func (x *explainer) syncariRole(path, instance, role string) {
	for i := range x.e.Account.Grants {
		if g := &x.e.Account.Grants[i]; g.API == Syncari && g.Scope == instance && g.Role == role {
			x.grant(Syncari, path, role, g)
		}
	}
}

func (x *explainer) suppressed() {
	for i := range x.rec.suppressed {
		g := &x.rec.suppressed[i]
		x.add(Explained{Syncari, "syncari.suppressed[" + g.Scope + "]", g.Role,
			"state syncari.suppressed, although granted by " + describe(x.in.User, g.Origin), g.Rule})
	}
}

func (x *explainer) uniphoreRoles() {
	for _, env := range environments {
		line := Explained{API: Uniphore, Field: "uniphore.role[" + env + "]", Source: "nothing grants one"}
		if r, g, ok := x.m.uniphoreRole(x.e.Account.Grants, x.in.State, env); ok {
			line.Value, line.Rule = fmt.Sprintf("%d %s (profile %d)", r.ID, r.Name, r.ProfileID), g.Rule
			switch g.Origin {
			case "stored":
				line.Source = "state uniphore.roles, as of the last sync"
			case "default":
				line.Source = "settings uniphore default role"
			default:
				line.Source = describe(x.in.User, g.Origin)
			}
		}
		x.add(line)
	}
}

// String writes the grant as the naming convention spells it.
func (g Grant) String() string {
	if g.Scope == "" {
		return string(g.API) + ":" + g.Role
	}
	return string(g.API) + ":" + g.Scope + ":" + g.Role
}

// Table writes the explanation as aligned text for people, values that could
// disturb a terminal escaped.
func (e Explanation) Table(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if _, err := fmt.Fprintf(tw, "FIELD\tVALUE\tSOURCE\tRULE\n"); err != nil {
		return err
	}
	for _, l := range e.Fields {
		if _, err := fmt.Fprintf(tw, "%s\t%s\t%s\t%s\n", printable(l.Field), printable(l.Value), printable(l.Source), printable(l.Rule)); err != nil {
			return err
		}
	}
	return tw.Flush()
}

// printable escapes control characters: values come from outside and end in an
// operator's terminal.
func printable(s string) string {
	if s == "" {
		return "-"
	}
	var b strings.Builder
	for _, r := range s {
		if r < 0x20 || r >= 0x7f && r < 0xa0 || r == 0xfeff || r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			b.WriteString("\\x" + hex.EncodeToString([]byte(string(r))))
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}
