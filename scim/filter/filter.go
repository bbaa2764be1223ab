// Package filter is the grammar of SCIM filters and PATCH paths (RFC 7644
// sections 3.4.2.2 and 3.5.2): a hand-written parser that yields the AST types
// of scim2/filter-parser, a printer, and Match, which is the meaning of a
// filter. Storage's SQL is only a shortcut to what Match says.
//
// A filter goes through three steps. Parse knows the grammar and nothing else.
// Compile (of which Check and Match are thin forms) resolves every name against
// the attribute table, refuses comparisons that mean nothing, and yields a
// Program that runs without looking anything up. Plan turns what an index can
// answer into a directory.Condition, which never leaves out a resource that
// the Program accepts.
//
// Everything here is bounded by MaxLength, MaxDepth and MaxTerms before any
// work is done, takes linear time, and is safe for concurrent use: trees and
// programs are not changed once they are made.
package filter

import (
	parser "github.com/scim2/filter-parser/v2"

	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// The nodes of a parsed filter or path.
//
// The value of a comparison is nil (null, and for pr), a bool, a string with
// its escapes decoded, or a json.Number with the literal as it was written.
type (
	Expression          = parser.Expression
	AttributeExpression = parser.AttributeExpression
	LogicalExpression   = parser.LogicalExpression
	NotExpression       = parser.NotExpression
	ValuePath           = parser.ValuePath
	AttributePath       = parser.AttributePath
	Path                = parser.Path
)

// The limits of a filter or path (T-36, T-37). They are checked while reading,
// before anything is built.
const (
	MaxLength = 16 << 10 // bytes of text
	MaxDepth  = 40       // brackets open at once, round and square together
	MaxTerms  = 1000     // comparisons
)

// Options says how much is forgiven.
type Options struct {
	// Strict keeps to the grammar and the types of the RFC.
	Strict bool
	// Repaired, if not nil, is told of each kind of leniency that was used,
	// once, and only if the text was accepted.
	Repaired func(schema.Repair)
	// Others are resource types whose attributes a filter or an order may name
	// besides those of its own type. A resource of this type has no value of them
	// (R-7644-3.4.2.1-03).
	Others []*schema.ResourceType
	// Base is where relative references to resources start: an absolute URI that
	// ends in a slash before the endpoints. Without it they are only equal to
	// themselves.
	Base string
}

// Parse parses a filter. Errors are fault.InvalidFilter and say at which
// character something else was expected.
func Parse(s string, o Options) (Expression, error) {
	p := reader{s: s, strict: o.Strict, refuse: invalidFilter}
	e, err := p.filter()
	if err != nil {
		return nil, err
	}
	p.used.report(o)
	return e, nil
}

// ParsePath parses the path of a PATCH operation. Errors are fault.InvalidPath.
//
// A path that is nothing but a URN ("urn:…:enterprise:2.0:User") can not be
// told from a qualified attribute without the attribute table, so it is split
// as one: prefix "urn:…:enterprise:2.0", attribute "User". Where the last part
// begins with a digit, the whole is the prefix and AttributeName is empty.
// Resolve knows which of them mean an extension.
func ParsePath(s string, o Options) (Path, error) {
	p := reader{s: s, strict: o.Strict, refuse: invalidPath}
	path, err := p.path()
	if err != nil {
		return Path{}, err
	}
	p.used.report(o)
	return path, nil
}

// Check resolves every attribute of the filter against the resource type and
// refuses comparisons that have no meaning. Errors are fault.InvalidFilter.
// It forgives what the tolerant mode forgives; see CompileWith.
func Check(e Expression, t *schema.ResourceType) error {
	_, err := Compile(e, t)
	return err
}

// Match reports whether the resource satisfies a checked filter. The resource
// is the full tree with common attributes, as a client would see it. A filter
// that Check refuses matches nothing.
//
// Match resolves the filter anew in each call; to test many resources, Compile
// once and use Program.Match.
func Match(e Expression, t *schema.ResourceType, r *resource.Object) bool {
	p, err := Compile(e, t)
	return err == nil && p.Match(r)
}

// CheckValue is Check for the filter inside attr[…], whose names are
// sub-attributes of attr (which is multi-valued).
func CheckValue(e Expression, attr *schema.Attribute) error {
	_, err := CompileValue(e, attr)
	return err
}

// MatchValue reports whether one element of attr satisfies a checked value
// filter. Like Match it resolves names in each call; see CompileValue.
func MatchValue(e Expression, attr *schema.Attribute, v resource.Value) bool {
	p, err := CompileValue(e, attr)
	return err == nil && p.MatchValue(v)
}
