package schema

import "github.com/scimbridge/scimbridge/scim/resource"

// Options says how values are checked.
type Options struct {
	// Strict refuses what the RFCs refuse; otherwise the named deviations of
	// real identity providers are repaired. What is stored never differs.
	Strict bool
	// Repaired, if not nil, is told of each repair.
	Repaired func(Repair)
}

// Repair names a deviation that was accepted. The names are metric labels.
type Repair string

// The repairs made by this package.
const (
	RepairStringBoolean    Repair = "string_boolean"    // "True" for true
	RepairScalarValue      Repair = "scalar_value"      // a bare string for {"value": …}
	RepairUnknownAttribute Repair = "unknown_attribute" // ignored
	RepairUnknownSchema    Repair = "unknown_schema"    // ignored
	RepairAlias            Repair = "alias"             // managerId, displayName in roles …
	RepairDottedName       Repair = "dotted_name"       // "name.givenName" as a key
	RepairEmptyString      Repair = "empty_string"      // "" for unassigned
	RepairSingleValue      Repair = "single_value"      // an object or string where an array belongs
	RepairReadOnly         Repair = "read_only"         // ignored where the RFC would refuse
	RepairSchemas          Repair = "schemas"           // missing, duplicate or SCIM 1 URNs
	RepairValueForm        Repair = "value_form"        // number for string and the like
)

func (o Options) repaired(r Repair) {
	if o.Repaired != nil {
		o.Repaired(r)
	}
}

// Normalize returns the canonical form of a whole resource as a client sent it
// for POST or PUT: canonical names, checked and repaired values, unassigned
// attributes left out, read-only ones dropped, at most one primary. The input
// is not changed.
func (t *ResourceType) Normalize(in *resource.Object, o Options) (*resource.Object, error) {
	panic("not written yet")
}

// Normalize returns the canonical form of a value for the attribute as a
// whole: for a multi-valued attribute a List, for a complex one a Complex with
// canonical sub-attribute names. An unassigned value comes back as Null.
func (a *Attribute) Normalize(v resource.Value, o Options) (resource.Value, error) {
	panic("not written yet")
}

// NormalizeOne is Normalize for one element of a multi-valued attribute.
func (a *Attribute) NormalizeOne(v resource.Value, o Options) (resource.Value, error) {
	panic("not written yet")
}
