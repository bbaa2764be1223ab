package directory

import "time"

// Field is an attribute that storage keeps an index on.
type Field uint8

// The indexed fields. The comment names the SCIM attribute and for which
// resources it exists (U user, G group, R of configured types).
const (
	FieldID             Field = iota // id, U G R; exact text form
	FieldUserName                    // userName, U; compared by FoldName
	FieldExternalID                  // externalId of Query.Client, U G R; by Exact
	FieldDisplayName                 // displayName, U G; by Fold
	FieldActive                      // active, U
	FieldEmail                       // emails.value, U; any value, by Fold
	FieldFamilyName                  // name.familyName, U; by Fold
	FieldEmployeeNumber              // enterprise employeeNumber, U; by Fold
	FieldManager                     // enterprise manager.value, U; by Exact
	FieldMember                      // members.value, G; exact text form of an id
	FieldGroup                       // groups.value, U; direct membership, exact text form of an id
	FieldLastModified                // meta.lastModified, U G R
	// FieldApplicationEmail is emails.value of the users that were born through
	// an application API, U; by Fold. They are few, and no filter names it: it
	// answers whether an address is one that an application knows a user by.
	FieldApplicationEmail
	// FieldCreated is meta.created, U G R.
	FieldCreated
	// FieldAttribute is the attribute that Term.Attribute names: one for which
	// the store was given an Index.
	FieldAttribute
)

// Op compares a field with a value.
type Op uint8

// The comparisons. Prefix and the orderings compare folded text byte by byte
// where the field is compared by Fold or FoldName.
const (
	Equal Op = iota
	Prefix
	Less
	LessEqual
	Greater
	GreaterEqual
)

// Condition is a question about indexed fields: a Term, All or Any.
type Condition interface{ condition() }

// Term compares one indexed field. Exactly one of the value fields counts:
// Bool for FieldActive, Time for FieldLastModified and FieldCreated, Text
// otherwise (not yet folded).
type Term struct {
	Field     Field
	Attribute string // of FieldAttribute: Index.Attribute
	Op        Op
	Text      string
	Bool      bool
	Time      time.Time
}

// All is true when each of its conditions is; an empty All is true.
type All []Condition

// Any is true when at least one of its conditions is; an empty Any is false.
type Any []Condition

func (Term) condition() {}
func (All) condition()  {}
func (Any) condition()  {}

// Sort orders a list by one indexed field that has at most one value: FieldID,
// FieldUserName, FieldDisplayName, FieldFamilyName, FieldEmployeeNumber,
// FieldLastModified, FieldCreated, or FieldAttribute of a singular attribute.
// Text goes by the bytes in which the field is compared (its Fold, FoldName or
// Exact), times by instant. What has no value comes last ascending and first descending
// (R-7644-3.4.2.3-02). Equals stand in Seq order, ascending in both directions.
type Sort struct {
	Field      Field
	Attribute  string // of FieldAttribute
	Descending bool
}

// Position is a place in a sorted list: directly behind a resource, which need
// not exist any more.
type Position struct {
	Seq     int64
	Missing bool      // the resource has no value of the field
	Text    string    // else its value, folded or not
	Time    time.Time // for FieldLastModified and FieldCreated
}

// Index is an attribute of a resource type that the configuration wants to be
// found, ordered or kept unique by the store.
type Index struct {
	// Type is the resource type's name: "User", "Group" or a configured one.
	Type string
	// Attribute names it for Term and Sort: its path, after the URN of its
	// schema for an extension ("urn:example:2.0:User:badge.number").
	Attribute string
	// Path leads through the Document's members, and through each element of a
	// list, to the value: {"urn:example:2.0:User", "badge", "number"}.
	Path []string
	// Fold says that values are compared by Fold; otherwise by Exact.
	Fold bool
	// Unique refuses the same value for a second resource of this type in a
	// tenant with a *ConflictError that names Attribute.
	Unique bool
}

// Query asks for resources of one type that SCIM clients can see, in the order
// in which they were created (Seq), which never changes, or in that of Sort.
type Query struct {
	Client ClientID  // whose externalIds FieldExternalID means
	Where  Condition // nil: all
	// Sort, if not nil, is the order.
	Sort *Sort
	// Behind, if not nil, starts behind this place of a list that has a Sort.
	Behind *Position
	// After starts behind this Seq in a list without Sort (keyset paging); 0
	// from the beginning.
	After int64
	// Offset skips this many matches.
	Offset int64
	// Limit bounds the rows handed out; negative: no bound.
	Limit int64
	// WithGroups loads User.Groups.
	WithGroups bool
	// Deleted also hands out users whose deletion is pending, which SCIM does
	// not see but some application APIs do.
	Deleted bool
}
