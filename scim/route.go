package scim

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/scimbridge/scimbridge/internal/web"
	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/resource"
)

// request is one authenticated request on its way to an endpoint: one that came
// over HTTP, or an operation of a bulk request.
type request struct {
	*http.Request // of an operation: the bulk request
	caller        Caller
	name          string           // the path's variable part: an id, a URN, a name
	query         url.Values       // unknown keys are ignored (R-7644-3.4.2-01)
	ifMatch       []string         // the lines of If-Match, or an operation's version
	object        *resource.Object // the body, once it has been read
	brief         bool             // nobody reads the body of the answer
	incoming      *incoming        // the body as it arrives, nil if there is none
	decoded       int64            // the room that it has in memory
	again         bool             // it was measured and counted before: it is carried out later
}

// endpoint answers a request; what it returns, one place puts on the wire.
type endpoint func(*Server, *request) (*response, error)

// route is one path with its methods.
type route struct {
	pattern string // for metrics; a constant
	methods map[string]endpoint
	writes  map[string]write // methods that change something
	open    bool             // answered without credentials
	query   bool             // only reads, whatever the method
}

// endpoint is the first segment of the pattern: what a scope is about.
func (rt route) endpoint() string {
	first, _, _ := strings.Cut(rt.pattern[1:], "/")
	return first
}

// routes are the endpoints of a server, by the first segment behind the base:
// collections where nothing follows, members where one segment does, which is
// the variable part, searches where that is ".search".
// The root is the base itself.
type routes struct {
	root                           route
	collections, members, searches map[string]route
}

// newRoutes returns the endpoints that every server has.
func newRoutes() routes {
	type (
		reads  = map[string]endpoint
		writes = map[string]write
	)
	return routes{
		root: route{pattern: "/", methods: reads{"GET": listSources(everything)}},
		collections: map[string]route{
			"Users":                 {pattern: "/Users", methods: reads{"GET": listSources(usersOnly)}, writes: writes{"POST": createUser}},
			"Groups":                {pattern: "/Groups", methods: reads{"GET": listSources(groupsOnly)}, writes: writes{"POST": createGroup}},
			"ServiceProviderConfig": {pattern: "/ServiceProviderConfig", methods: reads{"GET": serviceProviderConfig}, open: true},
			"ResourceTypes":         {pattern: "/ResourceTypes", methods: reads{"GET": resourceTypes}},
			"Schemas":               {pattern: "/Schemas", methods: reads{"GET": schemas}},
			"Me":                    {pattern: "/Me", methods: anyMethod(me)},
			"Bulk":                  {pattern: "/Bulk", writes: writes{"POST": bulk}},
			".search":               {pattern: "/.search", methods: reads{"POST": searchSources(everything)}, query: true},
		},
		members: map[string]route{
			"Users":         {pattern: "/Users/{id}", methods: reads{"GET": getUser}, writes: writes{"PUT": replaceUser, "PATCH": patchUser, "DELETE": deleteUser}},
			"Groups":        {pattern: "/Groups/{id}", methods: reads{"GET": getGroup}, writes: writes{"PUT": replaceGroup, "PATCH": patchGroup, "DELETE": deleteGroup}},
			"ResourceTypes": {pattern: "/ResourceTypes/{name}", methods: reads{"GET": resourceType}},
			"AsyncRequests": {pattern: "/AsyncRequests/{txn}", methods: reads{"GET": asyncResult}},
			"Schemas":       {pattern: "/Schemas/{urn}", methods: reads{"GET": schemaByURN}},
		},
		searches: map[string]route{
			"Users":  {pattern: "/Users/.search", methods: reads{"POST": searchSources(usersOnly)}, query: true},
			"Groups": {pattern: "/Groups/.search", methods: reads{"POST": searchSources(groupsOnly)}, query: true},
		},
	}
}

func anyMethod(e endpoint) map[string]endpoint {
	return map[string]endpoint{"GET": e, "POST": e, "PUT": e, "PATCH": e, "DELETE": e}
}

// find returns the route of a URL's path and its variable part.
func (t *routes) find(u *url.URL) (rt route, name string, ok bool) {
	rest, ok := strings.CutPrefix(u.EscapedPath(), "/scim/")
	if !ok {
		return rt, "", false
	}
	if rest == "v2" || rest == "v2/" {
		return t.root, "", true
	}
	if v2, ok := strings.CutPrefix(rest, "v2/"); ok {
		rest = v2
	}
	return t.below(rest)
}

// below returns the route of an escaped path behind the base, without the slash
// between, and its variable part. There is one spelling of each path: no empty
// or dot segments, no other case (T-11); only one trailing slash is forgiven,
// since clients send it (CY-02).
func (t *routes) below(path string) (rt route, name string, ok bool) {
	segments := strings.Split(strings.TrimSuffix(path, "/"), "/")
	if len(segments) > 2 {
		return rt, "", false
	}
	for i, s := range segments {
		plain, err := url.PathUnescape(s)
		if err != nil || plain == "" || plain == "." || plain == ".." || strings.ContainsAny(plain, "/\\\x00") {
			return rt, "", false
		}
		segments[i] = plain
	}
	if len(segments) == 1 {
		rt, ok = t.collections[segments[0]]
		return rt, "", ok
	}
	if segments[1] == ".search" {
		rt, ok = t.searches[segments[0]]
		return rt, "", ok
	}
	rt, ok = t.members[segments[0]]
	return rt, segments[1], ok
}

// serve is the way of every request: who, where, what, answer. Who comes first,
// so that nobody learns from a status what there is to find (T-01).
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	body := watchBody(r, s.room)
	rt, name, found := s.routes.find(r.URL)
	if found {
		web.SetRoute(r, rt.pattern)
	}
	req := &request{Request: r, name: name, ifMatch: r.Header.Values("If-Match"), incoming: body}
	// What is open to all is told to whoever says who it is in its own terms.
	if open := rt.open && r.Method == http.MethodGet; !open || r.Header.Get("Authorization") != "" {
		caller, err := s.c.Authenticate(r)
		if err != nil && !open {
			s.refuse(w, r, err)
			return
		}
		if err == nil && s.throttled(w, r, caller) {
			return
		}
		caller.Actor.RequestID = web.RequestID(r.Context())
		caller.Actor.Address = web.ClientAddress(r)
		req.caller = caller
	}
	if !found {
		s.fail(w, r, fault.Status(http.StatusNotFound, "there is no SCIM endpoint at this path; endpoints are below %s", s.base))
		return
	}
	if !rt.takes(r.Method) {
		w.Header().Set("Allow", rt.allow())
		s.fail(w, r, rt.refusal(r.Method))
		return
	}
	var err error
	if req.query, err = readQuery(r.URL.RawQuery); err != nil {
		s.fail(w, r, err)
		return
	}
	if kind := rt.endpoint(); !rt.query && !req.caller.may(r.Method, kind) {
		s.fail(w, r, req.caller.forbidden(r.Method, kind))
		return
	}
	res, err := s.answer(req, rt)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	res.write(w)
}

// answer carries the request out.
func (s *Server) answer(r *request, rt route) (*response, error) {
	defer s.forgetBody(r)
	if e, ok := rt.methods[r.Method]; ok {
		return e(s, r)
	}
	if s.c.AsyncResults > 0 && r.prefersAsync() {
		return s.later(r, rt)
	}
	act, err := rt.writes[r.Method](s, r)
	if err != nil {
		return nil, err
	}
	return act(r.Context(), s.c.Backend)
}

// takes reports whether the route has the method.
func (rt route) takes(method string) bool {
	return rt.methods[method] != nil || rt.writes[method] != nil
}

func (rt route) allow() string {
	var list []string
	for _, m := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
		if rt.takes(m) {
			list = append(list, m)
		}
	}
	return strings.Join(list, ", ")
}

// refusal is the answer to a method that the route does not take.
func (rt route) refusal(method string) error {
	return fault.Status(http.StatusMethodNotAllowed, "%s does not take %s, only %s", rt.pattern, fault.Clip(method), rt.allow())
}

func me(*Server, *request) (*response, error) {
	return nil, fault.Status(http.StatusNotImplemented, "/Me is for people; this client is a machine and has no resource of its own")
}
