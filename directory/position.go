package directory

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Position returns where the user stands in a list with this order.
func (u *User) Position(s *Sort) (Position, error) {
	return position(s, u.Seq, u.ID, u.Created, u.Modified, u.Document)
}

// Position returns where the group stands in a list with this order.
func (g *Group) Position(s *Sort) (Position, error) {
	if s.Field == FieldDisplayName {
		return Position{Seq: g.Seq, Text: g.DisplayName, Missing: g.DisplayName == ""}, nil
	}
	return position(s, g.Seq, g.ID, g.Created, g.Modified, g.Document)
}

// Position returns where the resource stands in a list with this order.
func (r *Resource) Position(s *Sort) (Position, error) {
	return position(s, r.Seq, r.ID, r.Created, r.Modified, r.Document)
}

func position(s *Sort, seq int64, id ID, created, modified time.Time, d Document) (p Position, err error) {
	p.Seq = seq
	switch s.Field {
	case FieldID:
		p.Text = id.String()
		return p, nil
	case FieldCreated:
		p.Time = created
		return p, nil
	case FieldLastModified:
		p.Time = modified
		return p, nil
	case FieldUserName:
		p.Text, err = d.text("userName")
	case FieldDisplayName:
		p.Text, err = d.text("displayName")
	case FieldFamilyName:
		p.Text, err = d.text("name", "familyName")
	case FieldEmployeeNumber:
		p.Text, err = d.text(EnterpriseSchema, "employeeNumber")
	case FieldAttribute:
		p.Text, err = d.text(attributePath(s.Attribute)...)
	default:
		return p, fmt.Errorf("there is no order by field %d", s.Field)
	}
	p.Missing = p.Text == ""
	return p, err
}

// attributePath takes the name of an Index apart: the URN, which ends at the
// last colon, then the names.
func attributePath(name string) []string {
	urn, rest := "", name
	if colon := strings.LastIndexByte(name, ':'); colon >= 0 {
		urn, rest = name[:colon], name[colon+1:]
	}
	path := strings.Split(rest, ".")
	if urn != "" {
		path = append([]string{urn}, path...)
	}
	return path
}

// text returns the value at the end of a path through the document's members as
// text, "" if there is none or null: a string's own, of other values their JSON.
func (d Document) text(path ...string) (string, error) {
	raw := json.RawMessage(d)
	for _, name := range path {
		if len(raw) == 0 {
			return "", nil
		}
		var o map[string]json.RawMessage
		if err := json.Unmarshal(raw, &o); err != nil {
			return "", fmt.Errorf("read %s of a document: %w", name, err)
		}
		raw = o[name]
	}
	if string(raw) == "null" { // no value to an Index either
		return "", nil
	}
	if len(raw) == 0 || raw[0] != '"' {
		return string(raw), nil
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return "", fmt.Errorf("read a document: %w", err)
	}
	return s, nil
}
