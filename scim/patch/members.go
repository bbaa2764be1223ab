package patch

import (
	"encoding/json"
	"strings"

	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/filter"
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

const (
	groupURN = "urn:ietf:params:scim:schemas:core:2.0:Group"
	// maxMemberID bounds an id, in bytes. Ids of the bridge are shorter; a
	// longer one names nothing and need not be carried any further.
	maxMemberID = 1024
)

// isMembers reports whether the attribute is a group's list of members.
func isMembers(a *schema.Attribute) bool {
	return a.Parent == nil && a.Name == "members" && a.Schema == groupURN
}

// memberOperation is one operation on members: it empties the list (all),
// takes out whom the condition accepts, takes out or puts in the listed ones.
type memberOperation struct {
	index  int
	all    bool
	remove []string
	add    []member
	out    *memberCondition
}

// member is an element of members as far as it counts.
type member struct {
	id   string
	kind string // "User", "Group", or "" if the client did not say
}

// membersOperation reads an operation on members. The sub-attributes of a
// member never change (R-7643-4.2-02); who is a member does.
func (p *parser) membersOperation(verb verb, t target, value resource.Value) error {
	if t.sub != nil {
		if !p.meansMember(verb, t, value) {
			return fault.Mutability("%s: a member can be added or removed but not changed", t)
		}
		p.repaired(schema.RepairValueForm)
	}
	op := memberOperation{index: p.index}
	var err error
	switch {
	case t.filter != nil:
		err = p.filteredMembers(verb, t, value, &op)
	case verb == remove:
		err = p.removedMembers(value, &op)
	case verb == add && p.opts.Strict && isNothing(value):
		err = fault.InvalidValue("members: add needs a value")
	default:
		op.all = verb == replace
		op.add, err = p.memberList(value)
		if err == nil && op.all && len(op.add) == 0 && !isNothing(value) {
			err = noMember() // [] is an empty list; [{}] is rather a list that went wrong
		}
	}
	if err == nil {
		p.req.members = append(p.req.members, op)
	}
	return err
}

// meansMember reports whether an operation on a sub-attribute means the member
// itself: members.value with an id to add or to remove, or the removal of
// members[…].value, after which nothing would be left of the member.
func (p *parser) meansMember(verb verb, t target, value resource.Value) bool {
	switch {
	case p.opts.Strict || t.sub.Name != "value":
		return false
	case t.filter != nil:
		return verb == remove
	}
	return verb != replace && !isEmpty(value)
}

// removedMembers reads the value of a remove of members (EN-45, JC-05).
func (p *parser) removedMembers(value resource.Value, op *memberOperation) error {
	if isNothing(value) {
		op.all = true
		return nil
	}
	if p.opts.Strict {
		return fault.InvalidValue("members: remove takes no value; name the member with a filter, as in members[value eq \"…\"]")
	}
	p.repaired(RepairRemoveValue)
	listed, err := p.memberList(value)
	if err == nil && len(listed) == 0 {
		err = noMember()
	}
	for _, m := range listed {
		op.remove = append(op.remove, m.id)
	}
	return err
}

func noMember() error {
	return fault.InvalidValue("members: the value names no member")
}

// isNothing reports whether a value is null or an empty list: for remove and
// replace that is the whole list.
func isNothing(v resource.Value) bool {
	return v.IsNull() || v.Kind() == resource.List && len(v.List()) == 0
}

// memberList reads the members that a value lists.
func (p *parser) memberList(value resource.Value) ([]member, error) {
	value = p.deserialized(value)
	elements := value.List()
	switch value.Kind() {
	case resource.List:
	case resource.Null:
		return nil, nil
	default:
		if p.opts.Strict && value.Kind() != resource.Complex {
			return nil, fault.InvalidValue("members: an array of objects is required, not %s", describe(value))
		}
		if value.Kind() != resource.Complex {
			p.repaired(schema.RepairSingleValue)
		}
		elements = []resource.Value{value}
	}
	list := make([]member, 0, len(elements))
	for _, e := range elements {
		m, err := p.memberElement(e)
		if err != nil {
			return nil, err
		}
		if m.id != "" {
			list = append(list, m)
		}
	}
	return list, nil
}

// memberElement reads one element. An empty one comes back without id (XX-11).
func (p *parser) memberElement(v resource.Value) (member, error) {
	var m member
	switch v.Kind() {
	case resource.Complex:
		m = memberOf(v.Object())
		if m.id == "" && !p.opts.Strict {
			if id := v.Object().GetFold("id"); id.Kind() == resource.String {
				p.repaired(schema.RepairAlias)
				m.id = id.Text()
			}
		}
	case resource.String:
		if p.opts.Strict {
			break
		}
		if o := p.typ.Attribute("", "members").Serialized(v.Text()); o != nil {
			p.repaired(schema.RepairValueForm)
			return p.memberElement(resource.ComplexOf(o))
		}
		p.repaired(schema.RepairScalarValue)
		m.id = v.Text()
	case resource.Number:
		if p.opts.Strict {
			break
		}
		p.repaired(schema.RepairValueForm)
		m.id = v.Text()
	}
	m.id = strings.TrimSpace(m.id)
	switch {
	case len(m.id) > maxMemberID:
		return member{}, fault.InvalidValue("members.value: an id has at most %d bytes", maxMemberID)
	case m.id != "":
		return m, nil
	case isEmpty(v) && !p.opts.Strict:
		p.repaired(schema.RepairValueForm)
		return member{}, nil
	}
	return member{}, fault.InvalidValue("members.value: the id of a member is required")
}

// memberOf reads value, or, where it is missing, the id at the end of $ref.
// The URI itself is never followed.
func memberOf(o *resource.Object) member {
	var m member
	var ref string
	for _, f := range o.Fields() {
		scalar := f.Value.Kind() == resource.String || f.Value.Kind() == resource.Number
		switch {
		case !scalar:
		case resource.EqualFold(f.Name, "value"):
			m.id = f.Value.Text()
		case resource.EqualFold(f.Name, "$ref"):
			ref = f.Value.Text()
		case resource.EqualFold(f.Name, "type"):
			m.kind = memberKind(f.Value.Text())
		}
	}
	if strings.TrimSpace(m.id) == "" {
		m.id = lastSegment(ref)
	}
	return m
}

func memberKind(text string) string {
	for _, kind := range [...]string{"User", "Group"} {
		if resource.EqualFold(text, kind) {
			return kind
		}
	}
	return ""
}

// lastSegment returns the id in a reference like https://host/scim/v2/Users/u1.
func lastSegment(ref string) string {
	ref, _, _ = strings.Cut(ref, "?")
	ref, _, _ = strings.Cut(ref, "#")
	ref = strings.TrimRight(ref, "/")
	return ref[strings.LastIndexByte(ref, '/')+1:]
}

// filteredMembers reads an operation on members[filter].
func (p *parser) filteredMembers(verb verb, t target, value resource.Value, op *memberOperation) error {
	ids, named := memberIDs(t.filter)
	switch {
	case verb == replace:
		return fault.Mutability("members[…]: a member can be added or removed but not replaced")
	case verb == remove && named:
		op.remove = ids
		return nil
	case verb == remove:
		c, err := newMemberCondition(t)
		op.out = c
		return err
	}
	// Some put the new member into the path.
	if p.opts.Strict || !named {
		return fault.InvalidPath("members[…]: the path of an add to members is members, without a filter")
	}
	p.repaired(schema.RepairValueForm)
	given, err := p.memberList(value)
	if err != nil && !isScalar(value) {
		return err
	}
	inPath := make(map[string]bool, len(ids))
	for _, id := range ids {
		inPath[id] = true
		op.add = append(op.add, member{id: id})
	}
	for _, m := range given {
		if !inPath[m.id] {
			return fault.InvalidValue("members[…]: the value names another member than the path")
		}
	}
	return nil
}

// memberIDs returns the ids of a filter that is nothing but value eq "…",
// joined by or.
func memberIDs(e filter.Expression) (ids []string, ok bool) {
	switch e := e.(type) {
	case *filter.LogicalExpression:
		if !strings.EqualFold(string(e.Operator), "or") {
			return nil, false
		}
		left, l := memberIDs(e.Left)
		right, r := memberIDs(e.Right)
		return append(left, right...), l && r
	case *filter.AttributeExpression:
		if !strings.EqualFold(string(e.Operator), "eq") {
			return nil, false
		}
		var id string
		switch v := e.CompareValue.(type) {
		case string:
			id = v
		case json.Number:
			id = v.String()
		}
		switch name := e.AttributePath.AttributeName; {
		case resource.EqualFold(name, "$ref"):
			id = lastSegment(id)
		case !resource.EqualFold(name, "value"):
			return nil, false
		}
		return []string{id}, id != ""
	}
	return nil, false
}
