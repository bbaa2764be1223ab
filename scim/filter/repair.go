package filter

import "github.com/scimbridge/scimbridge/scim/schema"

// The leniencies of this package: what a tolerant reading accepts beyond the
// RFC, and a strict one refuses.
const (
	RepairUnquoted     schema.Repair = "filter_unquoted"      // userName eq bjensen (PG-02)
	RepairSingleQuoted schema.Repair = "filter_single_quoted" // userName eq 'bjensen'
	RepairLiteralCase  schema.Repair = "filter_literal_case"  // active eq True
	RepairBlanks       schema.Repair = "filter_blanks"        // tabs, more than one blank, blanks at the ends
	RepairValuePathSub schema.Repair = "filter_value_path"    // emails[type eq "work"].value eq "x" (EN-02)
	RepairValueType    schema.Repair = "filter_value_type"    // active eq "true", employeeNumber eq 7
	RepairDottedURN    schema.Repair = "filter_dotted_urn"    // urn:…:2.0:User.manager
	RepairUnqualified  schema.Repair = "filter_unqualified"   // manager, without the URN of its extension
	RepairWholeValue   schema.Repair = "filter_whole_value"   // manager eq "u9" for manager.value eq "u9"
)

// repairs is a set of leniencies; bit i stands for repairNames[i].
type repairs uint16

const (
	unquoted repairs = 1 << iota
	singleQuoted
	literalCase
	blanks
	valuePathSub
	valueType
	dottedURN
	unqualified
	wholeValue
	subAlias
)

var repairNames = [...]schema.Repair{
	RepairUnquoted, RepairSingleQuoted, RepairLiteralCase, RepairBlanks,
	RepairValuePathSub, RepairValueType, RepairDottedURN,
	RepairUnqualified, RepairWholeValue, schema.RepairAlias,
}

// report tells the caller's callback of each member of the set.
func (r repairs) report(o Options) {
	if r == 0 || o.Repaired == nil {
		return
	}
	for i, name := range repairNames {
		if r&(1<<i) != 0 {
			o.Repaired(name)
		}
	}
}
