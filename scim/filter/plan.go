package filter

import (
	"slices"
	"strings"
	"time"

	parser "github.com/scim2/filter-parser/v2"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// Plan says what part of a filter the indexes can answer: every resource that
// the filter accepts satisfies where. A nil where means that all resources have
// to be looked at. With exact, the two accept the same resources; without it
// the caller still applies Match to what it finds. A filter that Check refuses
// has no plan. See Program.Plan.
func Plan(e Expression, t *schema.ResourceType, client directory.ClientID) (where directory.Condition, exact bool) {
	p, err := Compile(e, t)
	if err != nil {
		return nil, false
	}
	return p.Plan(client)
}

// Plan is the function Plan for a compiled filter. client is whose externalIds
// the query will mean; zero if it has no such client, and then externalId is
// not looked up.
//
// The conditions rely on what the directory promises: no attribute is stored
// as an empty text, times have whole milliseconds, and a resource without the
// field satisfies no Term.
func (p *Program) Plan(client directory.ClientID) (where directory.Condition, exact bool) {
	if p.typ == nil {
		return nil, false
	}
	pl := planner{typ: p.typ, client: client}
	return pl.node(p.root)
}

type planner struct {
	typ    *schema.ResourceType
	client directory.ClientID
	// within is set inside attr[…], where the index does not know which values
	// belong to one element; direct inside groups[type eq "direct" and …].
	within, direct bool
}

// Conditions that need no index.
var (
	always directory.Condition = directory.All{}
	never  directory.Condition = directory.Any{}
)

func (p *planner) node(n node) (directory.Condition, bool) {
	switch n := n.(type) {
	case all:
		return p.all(n)
	case some:
		return p.some(n)
	case *elements:
		return p.elements(n)
	case *term:
		return p.term(n)
	case not:
		return p.not(n)
	}
	if pr, ok := n.(presence); ok && !has(p.typ, pr.top) {
		return constant(!pr.want), true
	}
	return nil, false // pr and its opposite: no index has what has no value
}

// not plans what is negated, if it holds for all resources or for none, as
// meta.resourceType does. Leaving out what an index finds would need an exact
// complement, which unassigned values are not in.
func (p *planner) not(n not) (directory.Condition, bool) {
	if p.within {
		return nil, false // where nothing is negated there may be no element at all
	}
	where, exact := p.node(n.node)
	switch where := where.(type) {
	case directory.All:
		if exact && len(where) == 0 {
			return never, true
		}
	case directory.Any:
		if exact && len(where) == 0 {
			return always, true
		}
	}
	return nil, false
}

// constant is the condition that all resources satisfy, or none.
func constant(holds bool) directory.Condition {
	if holds {
		return always
	}
	return never
}

// all keeps the parts that an index can answer: fewer conditions find more.
func (p *planner) all(parts []node) (directory.Condition, bool) {
	var where directory.All
	exact := !p.within // the conditions may hold for different elements
	for _, n := range parts {
		c, ok := p.node(n)
		exact = exact && ok
		switch c := c.(type) {
		case nil:
		case directory.All:
			where = append(where, c...)
		case directory.Any:
			if len(c) == 0 {
				return never, true // whatever the other parts say
			}
			where = append(where, c)
		default:
			where = append(where, c)
		}
	}
	switch {
	case len(where) == 1:
		return where[0], exact
	case len(where) == 0 && !exact:
		return nil, false
	}
	return where, exact
}

// some needs all parts: one that no index knows may accept anything.
func (p *planner) some(parts []node) (directory.Condition, bool) {
	where := make(directory.Any, 0, len(parts))
	exact, known := true, true
	for _, n := range parts {
		c, ok := p.node(n)
		exact = exact && ok
		switch c := c.(type) {
		case nil:
			known = false
		case directory.All:
			if len(c) == 0 && ok {
				return always, true // whatever the other parts say
			}
			where = append(where, c)
		case directory.Any:
			where = append(where, c...)
		default:
			where = append(where, c)
		}
	}
	if !known {
		return nil, false
	}
	if len(where) == 1 {
		return where[0], exact
	}
	return where, exact
}

// elements plans attr[…].
func (p *planner) elements(n *elements) (directory.Condition, bool) {
	if !has(p.typ, n.attr) {
		return never, true
	}
	inner := planner{typ: p.typ, client: p.client, within: true}
	if parts, ok := n.inner.(all); ok {
		inner.direct = slices.ContainsFunc(parts, func(n node) bool {
			t, ok := n.(*term)
			return ok && t.sub != nil && t.sub.Name == "type" && t.op == parser.EQ && t.folded == "direct"
		})
	}
	return inner.node(n.inner)
}

// column is an indexed field and how its index compares.
type column struct {
	field  directory.Field
	folded bool // whether the keys are folded
}

// columns by schema and path. The key of a common attribute has no schema.
var columns = map[[3]string]column{
	{"", "id"}:         {directory.FieldID, false},
	{"", "externalId"}: {directory.FieldExternalID, false},

	{directory.UserSchema, "userName"}:               {directory.FieldUserName, true},
	{directory.UserSchema, "displayName"}:            {directory.FieldDisplayName, true},
	{directory.UserSchema, "emails", "value"}:        {directory.FieldEmail, true},
	{directory.UserSchema, "name", "familyName"}:     {directory.FieldFamilyName, true},
	{directory.UserSchema, "groups", "value"}:        {directory.FieldGroup, false},
	{directory.EnterpriseSchema, "employeeNumber"}:   {directory.FieldEmployeeNumber, true},
	{directory.EnterpriseSchema, "manager", "value"}: {directory.FieldManager, false},

	{directory.GroupSchema, "displayName"}:      {directory.FieldDisplayName, true},
	{directory.GroupSchema, "members", "value"}: {directory.FieldMember, false},
}

func (p *planner) term(t *term) (directory.Condition, bool) {
	if !has(p.typ, t.top) {
		return constant(t.op == parser.NE), true // no resource of the type has a value
	}
	key := [3]string{t.top.Schema, t.top.Name}
	if t.sub != nil {
		key[2] = t.sub.Name
	}
	switch key {
	case [3]string{"", "meta", "resourceType"}:
		// Every resource of a type has the same, so it is known beforehand.
		if t.holds(resource.StringOf(p.typ.Name)) {
			return always, true
		}
		return never, true
	case [3]string{"", "meta", "lastModified"}:
		return instantTerm(t, directory.FieldLastModified)
	case [3]string{"", "meta", "created"}:
		return instantTerm(t, directory.FieldCreated)
	case [3]string{directory.UserSchema, "active"}:
		if t.op == parser.EQ {
			return directory.Term{Field: directory.FieldActive, Op: directory.Equal, Bool: t.flag}, true
		}
		return nil, false
	}
	c, ok := columns[key]
	switch {
	case !ok:
		return p.configured(t)
	case c.field == directory.FieldExternalID && p.client == 0:
		return nil, false
	case c.field == directory.FieldGroup && !p.direct:
		// The index has direct memberships only, the attribute also indirect
		// ones: it would leave users out.
		return nil, false
	case t.kind == foldedText && !c.folded, t.kind != foldedText && t.kind != exactText:
		return nil, false // an exact index leaves out what differs in case
	}
	return c.term(t)
}

// term is the condition on a text column.
func (c column) term(t *term) (directory.Condition, bool) {
	// A database may refuse a NUL in a text, so it never gets to see one.
	if strings.IndexByte(t.text, 0) >= 0 {
		return nil, false
	}
	op, ok := indexOps[t.op]
	same := c.folded == (t.kind == foldedText) // keys in the form that Match compares
	if !ok || op != directory.Equal && !same {
		return nil, false
	}
	if t.text == "" || t.named && t.folded == "" {
		if op == directory.Equal || op == directory.Less || op == directory.LessEqual {
			return never, true // no attribute is stored as an empty text
		}
		return nil, false
	}
	// Found by folded keys, an attribute that is caseExact has to be compared again.
	return directory.Term{Field: c.field, Op: op, Text: t.text}, same
}

var indexOps = map[parser.CompareOperator]directory.Op{
	parser.EQ: directory.Equal,
	parser.SW: directory.Prefix,
	parser.LT: directory.Less,
	parser.LE: directory.LessEqual,
	parser.GT: directory.Greater,
	parser.GE: directory.GreaterEqual,
}

// instantTerm is the condition on meta.lastModified or meta.created. Times are
// stored in whole milliseconds; an operand between two of them is moved outwards.
func instantTerm(t *term, field directory.Field) (directory.Condition, bool) {
	op, ok := indexOps[t.op]
	if !ok {
		return nil, false
	}
	at := func(op directory.Op, at time.Time) directory.Term {
		return directory.Term{Field: field, Op: op, Time: at}
	}
	below := t.time.Truncate(time.Millisecond)
	if below.Equal(t.time) {
		return at(op, below), true
	}
	above := below.Add(time.Millisecond)
	switch op {
	case directory.Greater, directory.GreaterEqual:
		return at(directory.Greater, below), false
	case directory.Less, directory.LessEqual:
		return at(directory.Less, above), false
	}
	return directory.All{at(directory.Greater, below), at(directory.Less, above)}, false
}
