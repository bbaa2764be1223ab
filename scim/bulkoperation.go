package scim

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/resource"
)

// operation is one operation of a bulk request.
type operation struct {
	index  int
	method string
	bulkID string
	path   string // without a trailing slash; "" if there is no such endpoint
	route  route
	name   string           // the path's variable part
	match  []string         // the version it insists on
	data   *resource.Object // kept while references in it wait for their ids
	refers []string         // the bulkIds that path and data refer to, each once
	needs  []*operation     // those that create what it refers to
	unit   int              // of bulkJob.units
	act    action           // nil until the references are resolved
	err    error            // why it fails before it is tried
}

// read takes the operation from the message and does all that needs neither
// other operations nor the directory. The error is this operation's alone
// (R-7644-3.7-02).
func (op *operation) read(s *Server, r *request, v resource.Value) error {
	o := v.Object()
	if v.Kind() != resource.Complex {
		return fault.InvalidSyntax("an operation must be an object, not %s", v.Kind())
	}
	method := o.GetFold("method")
	if op.method = method.Text(); !r.strict() {
		op.method = strings.ToUpper(op.method)
	}
	// Read even if something else is wrong, since it tells the client which
	// operation an answer belongs to.
	bulkID := o.GetFold("bulkId")
	if bulkID.Kind() == resource.String {
		op.bulkID = bulkID.Text()
	} else if !bulkID.IsNull() {
		return fault.InvalidSyntax("bulkId: want a string")
	}
	switch op.method {
	case http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
	default:
		return fault.InvalidSyntax("method: want POST, PUT, PATCH or DELETE, not %q", fault.Clip(method.Text()))
	}
	if err := op.find(s, o.GetFold("path")); err != nil {
		return err
	}
	if endpoint := op.route.endpoint(); !r.caller.may(op.method, endpoint) {
		return r.caller.forbidden(op.method, endpoint)
	}
	switch version := o.GetFold("version"); {
	case version.Kind() == resource.String && op.method != http.MethodPost:
		op.match = []string{version.Text()}
	case version.Kind() != resource.String && !version.IsNull():
		return fault.InvalidSyntax("version: want a string")
	}
	if op.method == http.MethodPost && op.bulkID == "" {
		return fault.InvalidSyntax("bulkId: a POST needs one")
	}
	data := o.GetFold("data")
	if op.method != http.MethodDelete {
		if data.Kind() != resource.Complex {
			return fault.InvalidSyntax("data: a %s needs an object", op.method)
		}
		op.data = data.Object()
	}
	refs := references{patch: op.method == http.MethodPatch}
	refs.find(op.name)
	refs.object(op.data)
	if op.refers = refs.names; len(op.refers) > 0 {
		return nil
	}
	var err error
	op.act, err = op.prepare(s, r, nil)
	op.data = nil
	return err
}

// find reads the path and finds its endpoint.
func (op *operation) find(s *Server, v resource.Value) error {
	below, ok := strings.CutPrefix(v.Text(), "/")
	if v.Kind() != resource.String || !ok || strings.ContainsAny(below, "?#") {
		return fault.InvalidSyntax("path: want the path of an endpoint behind the base, like /Users or /Users/ID")
	}
	rt, name, found := s.routes.below(below)
	if !found || rt.pattern == "/Bulk" {
		return fault.InvalidValue("path: there is no endpoint %q for an operation", fault.Clip(v.Text()))
	}
	op.path = strings.TrimSuffix(v.Text(), "/")
	op.route, op.name = rt, name
	if rt.writes[op.method] == nil {
		return fault.Status(http.StatusMethodNotAllowed, "an operation can not %s %s", op.method, rt.pattern)
	}
	return nil
}

// prepare makes the operation a request of its own, with ids in place of its
// references, and does what of it needs no directory.
func (op *operation) prepare(s *Server, r *request, ids map[string]string) (action, error) {
	data := op.data
	if len(op.refers) > 0 {
		data, _ = resolve(op, ids)
	}
	return op.route.writes[op.method](s, op.request(r, op.target(ids), data))
}

// request is the operation as a request, about the named resource.
func (op *operation) request(r *request, name string, data *resource.Object) *request {
	return &request{Request: r.Request, caller: r.caller, name: name, ifMatch: op.match, object: data, brief: true, again: r.again}
}

// target returns the variable part of the path with an id in place of a reference.
func (op *operation) target(ids map[string]string) string {
	if name, ok := strings.CutPrefix(op.name, referencePrefix); ok {
		return ids[name]
	}
	return op.name
}

// location is where the resource of the operation is, or would be; "" if that
// is not known.
func (op *operation) location(s *Server, ids map[string]string) string {
	target := op.target(ids)
	if op.path == "" || op.method == http.MethodPost || target == "" {
		return ""
	}
	if target == op.name {
		return s.base + op.path
	}
	return s.base + "/" + op.route.endpoint() + "/" + url.PathEscape(target)
}
