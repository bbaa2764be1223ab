package scim

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/scim/filter"
	"github.com/scimbridge/scimbridge/scim/resource"
)

// redacted stands in a kept request where a password was: the bridge accepts
// passwords and keeps none, so the request means the same with any (A0-7).
var redacted = resource.StringOf("redacted")

// redactor takes passwords out of requests where they usually stand. Clients
// have many other ways to say one thing, of which the tolerant mode understands
// most: it does not try to know them all, but is in doubt about every request
// that speaks of a password elsewhere (R-7643-9.2-01).
type redactor struct {
	s        *Server
	doubtful bool
}

// withoutPasswords returns the JSON of a request without the passwords of users
// in it, and whether that is sure.
func (s *Server) withoutPasswords(r *request, rt route, raw []byte) (out []byte, sure bool, err error) {
	x := redactor{s: s}
	x.parameters(r.query) // which is kept too
	switch {
	case len(raw) == 0:
		return nil, !x.doubtful, nil
	case rt.endpoint() != "Bulk":
		body, err := s.body(r)
		if err != nil {
			return nil, false, err
		}
		out = x.body(rt, r.Method, body).AppendJSON(make([]byte, 0, len(raw)))
		return out, !x.doubtful, nil
	}
	operations := make([]byte, 0, len(raw))
	limits := s.decodeLimits()
	limits.Depth += 2
	message, err := resource.DecodeEach(raw, limits, "Operations", func(i int, v resource.Value) error {
		if i > 0 {
			operations = append(operations, ',')
		}
		operations = x.operation(v).AppendJSON(operations)
		return nil
	})
	if err != nil {
		return nil, false, err
	}
	out = []byte{'{'}
	for _, f := range message.Fields() {
		out = append(resource.AppendString(out, f.Name), ':')
		if resource.EqualFold(f.Name, "Operations") {
			out = append(append(append(out, '['), operations...), ']', ',')
			continue
		}
		x.see(f)
		out = append(f.Value.AppendJSON(out), ',')
	}
	out[len(out)-1] = '}'
	return out, !x.doubtful, nil
}

// see looks for a password where none is expected.
func (x *redactor) see(fields ...resource.Field) {
	for _, f := range fields {
		x.text(f.Name)
		x.value(f.Value)
	}
}

func (x *redactor) value(v resource.Value) {
	switch v.Kind() {
	case resource.String:
		x.text(v.Text())
		// JSON in a string, which some clients send for a value.
		if t := strings.TrimSpace(v.Text()); strings.HasPrefix(t, "{") || strings.HasPrefix(t, "[") {
			x.doubtful = true
		}
	case resource.List:
		for _, e := range v.List() {
			x.value(e)
		}
	case resource.Complex:
		x.see(v.Object().Fields()...)
	}
}

// text looks for the word, in whatever letters one may read as it.
func (x *redactor) text(s string) {
	x.doubtful = x.doubtful || strings.Contains(directory.Fold(s), "password")
}

// parameters looks at the names and values of a URL's query.
func (x *redactor) parameters(query url.Values) {
	for name, values := range query {
		x.text(name)
		for _, v := range values {
			x.text(v)
		}
	}
}

// operation redacts an operation of a bulk request.
func (x *redactor) operation(v resource.Value) resource.Value {
	o := v.Object()
	rt, _, found := x.s.routes.below(strings.TrimPrefix(o.GetFold("path").Text(), "/"))
	if v.Kind() != resource.Complex || !found {
		x.value(v)
		return v
	}
	out := resource.NewObject()
	for _, f := range o.Fields() {
		if resource.EqualFold(f.Name, "data") && f.Value.Kind() == resource.Complex {
			f.Value = resource.ComplexOf(x.body(rt, strings.ToUpper(o.GetFold("method").Text()), f.Value.Object()))
		} else {
			x.see(f)
		}
		out.Set(f.Name, f.Value)
	}
	return resource.ComplexOf(out)
}

// body redacts the body of a request to an endpoint.
func (x *redactor) body(rt route, method string, body *resource.Object) *resource.Object {
	switch {
	case rt.endpoint() != "Users":
		x.see(body.Fields()...)
		return body
	case method != http.MethodPatch:
		return x.user(body)
	}
	out := resource.NewObject()
	for _, f := range body.Fields() {
		if resource.EqualFold(f.Name, "Operations") && f.Value.Kind() == resource.List {
			list := make([]resource.Value, len(f.Value.List()))
			for i, op := range f.Value.List() {
				list[i] = x.patch(op)
			}
			f.Value = resource.ListOf(list...)
		} else {
			x.see(f)
		}
		out.Set(f.Name, f.Value)
	}
	return out
}

// patch redacts an operation of a PATCH of a user.
func (x *redactor) patch(op resource.Value) resource.Value {
	if op.Kind() != resource.Complex {
		x.value(op)
		return op
	}
	password := x.namesPassword(op.Object().GetFold("path").Text())
	out := resource.NewObject()
	for _, f := range op.Object().Fields() {
		value := resource.EqualFold(f.Name, "value")
		switch {
		case password && (resource.EqualFold(f.Name, "path") || resource.EqualFold(f.Name, "op") || f.Value.IsNull()):
		case password && value && f.Value.Kind() == resource.String:
			f.Value = redacted
		case password:
			x.doubtful = true
		case value && f.Value.Kind() == resource.Complex:
			f.Value = resource.ComplexOf(x.user(f.Value.Object()))
		default:
			x.see(f)
		}
		out.Set(f.Name, f.Value)
	}
	return resource.ComplexOf(out)
}

// namesPassword reports whether the path of a PATCH is that of the password.
func (x *redactor) namesPassword(path string) bool {
	p, err := filter.ParsePath(path, filter.Options{})
	if err != nil || p.ValueExpression != nil {
		return false
	}
	target, err := filter.Resolve(p, x.s.user)
	return err == nil && target.Attr != nil && target.Attr == x.s.user.Attribute("", "password")
}

// user redacts the attributes of a user, under whichever name they stand.
func (x *redactor) user(user *resource.Object) *resource.Object {
	password := x.s.user.Attribute("", "password")
	out := resource.NewObject()
	for _, f := range user.Fields() {
		k, known := x.s.user.Key(f.Name)
		switch {
		case known && k.Attr == password && k.Sub == nil && f.Value.Kind() == resource.String:
			f.Value = redacted
		case known && k.Schema == x.s.user.Core && k.Attr == nil && f.Value.Kind() == resource.Complex:
			f.Value = resource.ComplexOf(x.user(f.Value.Object()))
		default:
			x.see(f)
		}
		out.Set(f.Name, f.Value)
	}
	return out
}
