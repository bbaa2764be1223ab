package directory

import "time"

// Field is an attribute that storage keeps an index on.
type Field uint8

// The indexed fields. The comment names the SCIM attribute and for which
// resources it exists (U user, G group).
const (
	FieldID             Field = iota // id, U G; exact text form
	FieldUserName                    // userName, U; compared by Fold
	FieldExternalID                  // externalId of Query.Client, U G; exact
	FieldDisplayName                 // displayName, U G; by Fold
	FieldActive                      // active, U
	FieldEmail                       // emails.value, U; any value, by Fold
	FieldFamilyName                  // name.familyName, U; by Fold
	FieldEmployeeNumber              // enterprise employeeNumber, U; by Fold
	FieldManager                     // enterprise manager.value, U; exact
	FieldMember                      // members.value, G; exact text form of an id
	FieldGroup                       // groups.value, U; direct membership, exact text form of an id
	FieldLastModified                // meta.lastModified, U G
	// FieldApplicationEmail is emails.value of the users that were born through
	// an application API, U; by Fold. They are few, and no filter names it: it
	// answers whether an address is one that an application knows a user by.
	FieldApplicationEmail
)

// Op compares a field with a value.
type Op uint8

// The comparisons. Prefix and the orderings compare folded text byte by byte
// where the field is compared by Fold.
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
// Bool for FieldActive, Time for FieldLastModified, Text otherwise (not yet
// folded).
type Term struct {
	Field Field
	Op    Op
	Text  string
	Bool  bool
	Time  time.Time
}

// All is true when each of its conditions is; an empty All is true.
type All []Condition

// Any is true when at least one of its conditions is; an empty Any is false.
type Any []Condition

func (Term) condition() {}
func (All) condition()  {}
func (Any) condition()  {}

// Query asks for resources of one type that SCIM clients can see, in the order
// in which they were created (Seq), which never changes.
type Query struct {
	Client ClientID  // whose externalIds FieldExternalID means
	Where  Condition // nil: all
	// After starts behind this Seq (keyset paging); 0 from the beginning.
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
