package storagetest

import (
	"strings"
	"time"

	"github.com/scimbridge/scimbridge/directory"
)

// subject is a user or a group as a Condition sees it: the values of each field
// as text, already folded where the field is. It is the meaning that SQL is
// held to, written without SQL.
type subject struct {
	text     map[directory.Field][]string
	active   bool
	modified time.Time
	created  time.Time
}

// folds are the fields that compare by Fold.
var folds = map[directory.Field]bool{
	directory.FieldUserName: true, directory.FieldDisplayName: true, directory.FieldEmail: true,
	directory.FieldFamilyName: true, directory.FieldEmployeeNumber: true, directory.FieldApplicationEmail: true,
}

// prepared is the form in which values of a field are compared.
func prepared(field directory.Field, text string) string {
	switch {
	case field == directory.FieldUserName:
		return directory.FoldName(text)
	case folds[field], field >= attributeField && suiteIndexes[field-attributeField].Fold:
		return directory.Fold(text)
	}
	return directory.Exact(text)
}

func (f *fixture) userSubject(u *directory.User, client directory.ClientID) subject {
	f.Helper()
	p, err := u.Document.Profile()
	if err != nil {
		f.Fatal(err)
	}
	s := subject{text: map[directory.Field][]string{}, active: u.Active, modified: u.Modified, created: u.Created}
	add := func(field directory.Field, value string) {
		if value == "" {
			return
		}
		value = prepared(field, value)
		s.text[field] = append(s.text[field], value)
	}
	add(directory.FieldID, u.ID.String())
	add(directory.FieldUserName, p.UserName)
	add(directory.FieldDisplayName, p.DisplayName)
	add(directory.FieldExternalID, u.ExternalIDs[client])
	if p.Name != nil {
		add(directory.FieldFamilyName, p.Name.FamilyName)
	}
	for _, e := range p.Emails {
		add(directory.FieldEmail, e.Value)
		if u.Origin != directory.OriginSCIM {
			add(directory.FieldApplicationEmail, e.Value)
		}
	}
	if p.Enterprise != nil {
		add(directory.FieldEmployeeNumber, p.Enterprise.EmployeeNumber)
		if p.Enterprise.Manager != nil {
			add(directory.FieldManager, p.Enterprise.Manager.Value)
		}
	}
	for _, m := range u.Groups {
		if !m.Indirect {
			add(directory.FieldGroup, m.Group.String())
		}
	}
	return s
}

func groupSubject(g *directory.Group, members []directory.Member, client directory.ClientID) subject {
	s := subject{modified: g.Modified, created: g.Created, text: map[directory.Field][]string{
		directory.FieldID: {g.ID.String()}, directory.FieldDisplayName: {directory.Fold(g.DisplayName)},
	}}
	if id := g.ExternalIDs[client]; id != "" {
		s.text[directory.FieldExternalID] = []string{directory.Exact(id)}
	}
	for _, m := range members {
		s.text[directory.FieldMember] = append(s.text[directory.FieldMember], m.ID.String())
	}
	return s
}

// matches says whether the condition accepts the subject.
func (s subject) matches(c directory.Condition) bool {
	switch c := c.(type) {
	case nil:
		return true
	case directory.All:
		for _, x := range c {
			if !s.matches(x) {
				return false
			}
		}
		return true
	case directory.Any:
		for _, x := range c {
			if s.matches(x) {
				return true
			}
		}
		return false
	}
	t := c.(directory.Term)
	switch t.Field {
	case directory.FieldActive:
		return s.active == t.Bool
	case directory.FieldLastModified:
		return ordered(t.Op, s.modified.Compare(t.Time))
	case directory.FieldCreated:
		return ordered(t.Op, s.created.Compare(t.Time))
	}
	want := prepared(t.Field, t.Text)
	for _, v := range s.text[t.Field] {
		if t.Op == directory.Prefix && strings.HasPrefix(v, want) || t.Op != directory.Prefix && ordered(t.Op, strings.Compare(v, want)) {
			return true
		}
	}
	return false
}

func ordered(op directory.Op, sign int) bool {
	switch op {
	case directory.Less:
		return sign < 0
	case directory.LessEqual:
		return sign <= 0
	case directory.Greater:
		return sign > 0
	case directory.GreaterEqual:
		return sign >= 0
	}
	return sign == 0
}
