package mapping

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"
	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/ext"
	"github.com/goccy/go-yaml/ast"
)

// Bounds of expressions and their values.
const (
	maxExpression = 4096    // bytes of one expression
	maxCost       = 100_000 // CEL's cost units for one evaluation, some milliseconds
	maxValue      = 4096    // bytes of one text that an expression yields
)

// override computes one field of an account by a CEL expression.
type override struct {
	field    *field
	position string      // "<file>:<line>"
	value    cel.Program // of the field's type
	when     cel.Program // nil: always
}

// environment is what expressions can use: the standard library with string
// functions, and the variables. It has no clock and no randomness.
var environment = sync.OnceValues(func() (*cel.Env, error) {
	options := []cel.EnvOption{
		ext.NativeTypes(ext.ParseStructTags(true), reflect.TypeFor[userView]()),
		ext.Strings(),
		cel.Variable("user", cel.ObjectType("mapping.userView")),
		cel.Variable("groups", cel.ListType(cel.StringType)),
		cel.ASTValidators(cel.ValidateRegexLiterals(), cel.ValidateComprehensionNestingLimit(2)),
	}
	for i := range fields {
		if t := fields[i].celType(); t != nil {
			options = append(options, cel.Variable("account."+fields[i].path, t))
		}
	}
	return cel.NewEnv(options...)
})

// celType is the type of a field in expressions, nil if they cannot read it.
func (f *field) celType() *cel.Type {
	switch f.ptr(new(Account)).(type) {
	case *string:
		return cel.StringType
	case *bool:
		return cel.BoolType
	case *int64:
		return cel.IntType
	case *[]string:
		if f.path != "warnings" {
			return cel.ListType(cel.StringType)
		}
	case *map[string]string:
		return cel.MapType(cel.StringType, cel.StringType)
	}
	return nil
}

// override reads one entry of attributes:.
func (p *ruleParser) override(n ast.Node) {
	keys := p.mapping(n, "an attribute", "set", "to", "when")
	if keys == nil {
		return
	}
	line, _ := position(n)
	o := override{position: p.rules.at(line)}
	set, ok := keys["set"]
	if !ok {
		p.fail(n, "the attribute says not what to set; add set: <field>")
	} else if path, ok := p.text(set, "set"); ok {
		if o.field = fieldNamed(path); o.field == nil || !o.field.set {
			p.fail(set, "%s is not a field that can be set; those are %s", quoted(path), strings.Join(settable(), ", "))
			o.field = nil
		}
	}
	to, ok := keys["to"]
	if !ok {
		p.fail(n, "the attribute says not what the field becomes; add to: <CEL expression>")
	} else {
		var want *cel.Type // nil: any, because the field is not known
		if o.field != nil {
			want = o.field.celType()
		}
		o.value = p.expression(to, "to", want)
	}
	if when, ok := keys["when"]; ok {
		o.when = p.expression(when, "when", cel.BoolType)
	}
	p.rules.overrides = append(p.rules.overrides, o)
}

// settable lists the fields that a rules file may set.
func settable() []string {
	var names []string
	for i := range fields {
		if fields[i].set {
			names = append(names, fields[i].path)
		}
	}
	return names
}

// expression compiles a CEL expression and checks its type. It returns nil
// after a mistake.
func (p *ruleParser) expression(n ast.Node, what string, want *cel.Type) cel.Program {
	text, ok := p.text(n, what)
	if !ok {
		return nil
	}
	if len(text) > maxExpression {
		p.fail(n, "%s: an expression has at most %d bytes", what, maxExpression)
		return nil
	}
	env, err := environment()
	if err != nil {
		p.fail(n, "%s: the expression environment is broken: %v", what, err)
		return nil
	}
	compiled, issues := env.Compile(text)
	if issues.Err() != nil {
		for _, e := range issues.Errors() {
			p.failIn(n, text, e.Location.Line(), e.Location.Column(), what+": "+e.Message)
		}
		return nil
	}
	if want != nil && !assignable(want, compiled.OutputType()) {
		hint := ""
		if compiled.OutputType().Kind() == cel.DynKind {
			hint = "; convert it, for example with string(…)"
		}
		p.fail(n, "%s must be a %s, but the expression is a %s%s", what, want, compiled.OutputType(), hint)
		return nil
	}
	if at, found := unordered(compiled.NativeRep()); found {
		p.failIn(n, text, at.Line(), at.Column(), what+": maps and values of unknown type have no order and cannot be iterated; use their keys")
		return nil
	}
	program, err := env.Program(compiled, cel.CostLimit(maxCost))
	if err != nil {
		p.fail(n, "%s: %v", what, err)
		return nil
	}
	return program
}

// assignable: an empty list or map has no element type of its own.
func assignable(want, got *cel.Type) bool {
	if want.IsAssignableType(got) && got.Kind() != cel.DynKind {
		return true
	}
	if want.Kind() != got.Kind() || len(want.Parameters()) == 0 {
		return false
	}
	for _, p := range got.Parameters() {
		if k := p.Kind(); k != cel.DynKind && k != cel.TypeParamKind {
			return false
		}
	}
	return true
}

// unordered finds a comprehension over something whose order Go randomizes:
// equal inputs must give equal accounts.
func unordered(tree *celast.AST) (common.Location, bool) {
	var at common.Location
	celast.PreOrderVisit(tree.Expr(), celast.NewExprVisitor(func(e celast.Expr) {
		if e.Kind() != celast.ComprehensionKind || at != nil {
			return
		}
		over := e.AsComprehension().IterRange()
		if k := tree.GetType(over.ID()).Kind(); k != cel.ListKind {
			at = tree.SourceInfo().GetStartLocation(over.ID())
		}
	}))
	return at, at != nil
}

// failIn records a mistake at a line (from 1) and column (from 0) of an
// expression. Where the expression stands in the file as it is, the position is
// that in the file; in folded or escaped text it is where the text begins.
func (p *ruleParser) failIn(n ast.Node, text string, line, column int, reason string) {
	first, start := position(n)
	source, lines := first, strings.Split(text, "\n")
	if line < 1 || line > len(lines) {
		p.failAt(first, start, "%s", reason)
		return
	}
	if l, ok := n.(*ast.LiteralNode); ok {
		source = l.Start.Position.Line + 1
	}
	source += line - 1
	if source <= len(p.lines) && lines[line-1] != "" {
		if i := strings.LastIndex(p.lines[source-1], lines[line-1]); i >= 0 {
			p.failAt(source, len([]rune(p.lines[source-1][:i]))+column+1, "%s", reason)
			return
		}
	}
	p.failAt(first, start, "%s (line %d, column %d of the expression)", reason, line, column+1)
}

// override computes the fields that the rules file sets. Expressions see the
// account as it was before all of them; the last that applies to a field wins.
// What fails leaves the field alone, with a warning.
func (d *derivation) override() {
	if len(d.m.rules.overrides) == 0 {
		return
	}
	vars := &variables{d: d, before: *d.a}
	for i := range d.m.rules.overrides {
		o := &d.m.rules.overrides[i]
		if o.when != nil {
			yes, _, err := o.when.Eval(vars)
			if err != nil {
				d.warn(fmt.Sprintf("%s: %s keeps its value: when: %v", o.position, o.field.path, err))
				continue
			}
			if yes.Value() != true {
				continue
			}
		}
		value, _, err := o.value.Eval(vars)
		if err == nil {
			err = o.field.assign(d.a, value)
		}
		if err != nil {
			d.warn(fmt.Sprintf("%s: %s keeps its value: %v", o.position, o.field.path, err))
			continue
		}
		if d.rec != nil {
			d.rec.sources[o.field.path], d.rec.rules[o.field.path] = fromExpression, o.position
		}
	}
}

// Why a value is not assigned.
var (
	errEmpty = errors.New("the expression is empty, which this field must not be")
	errLong  = fmt.Errorf("the expression yields more than %d bytes", maxValue)
)

// assign sets the field to the value of an expression.
func (f *field) assign(a *Account, v ref.Val) error {
	native, err := v.ConvertToNative(reflect.TypeOf(f.ptr(a)).Elem())
	if err != nil {
		return err
	}
	switch p := f.ptr(a).(type) {
	case *string:
		s := native.(string)
		if s == "" && f.required {
			return errEmpty
		}
		if len(s) > maxValue {
			return errLong
		}
		*p = s
	case *bool:
		*p = native.(bool)
	case *int64:
		*p = native.(int64)
	case *[]string:
		list := native.([]string)
		for _, s := range list {
			if len(s) > maxValue {
				return errLong
			}
		}
		*p = list
	case *map[string]string:
		m := native.(map[string]string)
		for k, s := range m {
			if len(k)+len(s) > maxValue {
				return errLong
			}
		}
		*p = m
	default:
		return fmt.Errorf("%s can not be set", f.path)
	}
	return nil
}
