// Package filter is the grammar of SCIM filters and PATCH paths (RFC 7644
// sections 3.4.2.2 and 3.5.2): a hand-written parser that yields the AST types
// of scim2/filter-parser, a printer, and Match, which is the meaning of a
// filter. Storage's SQL is only a shortcut to what Match says.
package filter

import (
	parser "github.com/scim2/filter-parser/v2"

	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// The nodes of a parsed filter or path.
type (
	Expression          = parser.Expression
	AttributeExpression = parser.AttributeExpression
	LogicalExpression   = parser.LogicalExpression
	NotExpression       = parser.NotExpression
	ValuePath           = parser.ValuePath
	AttributePath       = parser.AttributePath
	Path                = parser.Path
)

// Options says how much is forgiven.
type Options struct {
	// Strict keeps to the grammar of the RFC.
	Strict bool
	// Repaired, if not nil, is told of each leniency that was used.
	Repaired func(schema.Repair)
}

// Parse parses a filter. Errors are fault.InvalidFilter.
func Parse(s string, o Options) (Expression, error) { panic("not written yet") }

// ParsePath parses the path of a PATCH operation. Errors are fault.InvalidPath.
func ParsePath(s string, o Options) (Path, error) { panic("not written yet") }

// Check resolves every attribute of the filter against the resource type and
// refuses comparisons that have no meaning. Errors are fault.InvalidFilter.
func Check(e Expression, t *schema.ResourceType) error { panic("not written yet") }

// Match reports whether the resource satisfies a checked filter. The resource
// is the full tree with common attributes, as a client would see it.
func Match(e Expression, t *schema.ResourceType, r *resource.Object) bool { panic("not written yet") }

// CheckValue is Check for the filter inside attr[…], whose names are
// sub-attributes of attr (which is multi-valued).
func CheckValue(e Expression, attr *schema.Attribute) error { panic("not written yet") }

// MatchValue reports whether one element of attr satisfies a checked value filter.
func MatchValue(e Expression, attr *schema.Attribute, v resource.Value) bool {
	panic("not written yet")
}
