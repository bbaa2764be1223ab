package conformance

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
)

// feature is something that a server may lack, or a run may lack the tokens for.
type feature string

const (
	patch       feature = "patch"
	bulk        feature = "bulk"
	filter      feature = "filter"
	sorting     feature = "sort"
	etag        feature = "etag"
	password    feature = "changePassword"
	cursor      feature = "pagination.cursor"
	async       feature = "securityEvents.asyncRequest"
	groups      feature = "a Group resource type"
	enterprise  feature = "the enterprise extension of User"
	otherClient feature = "--other-token"
	otherTenant feature = "--other-tenant-token"

	// What the judge itself needs to find its own among others.
	ownFilter  feature = "a filter by the beginning of userName"
	condFilter feature = "a filter that joins a condition in brackets by and"
)

// check judges one requirement.
type check struct {
	id   string
	name string // tells several checks of one requirement apart
	// strict marks what is asked of strict clients' requests only.
	strict bool
	// profile marks what the interoperability profile has a rule of its own
	// for, against that of the RFC.
	profile bool
	// reading marks what is not in so many words in the RFCs: a server that does
	// otherwise is told so by a warning.
	reading bool
	needs   []feature
	run     func(*probe)
}

// checks are all, in the order in which they are made. Those of discovery come
// last, since they look at what the others have seen.
func checks() []check {
	return slices.Concat(
		authChecks, httpChecks, errorChecks, typeChecks, pluralChecks, commonChecks, schemasChecks, userChecks, userValueChecks, groupChecks,
		createChecks, characteristicChecks, projectionChecks, etagChecks, putChecks, patchChecks, patchAddChecks, patchRemoveChecks,
		patchReplaceChecks, deleteChecks, queryChecks, pagingChecks, searchChecks, filterChecks, filterOperatorChecks, sortChecks, cursorChecks,
		bulkChecks, bulkReferenceChecks, asyncChecks, securityChecks, discoveryChecks, schemaChecks,
	)
}

// judge is one run.
type judge struct {
	ctx    context.Context
	client *client
	o      Options
	report Report
	prefix string // of all names that the run makes
	number int    // of names made so far

	spc     *answer // the service provider's configuration
	types   []resourceType
	schemas map[string]any // by URN: the published definition
	lacks   map[feature]string

	template attrs      // what a user needs besides a userName
	secrets  []string   // passwords sent
	made     []resource // what exists now because of this run
	present  check      // the one that is carried out
	warned   *ending    // what the present check has noted and gone on from
	seen     sightings
}

func newJudge(ctx context.Context, o Options) (*judge, error) {
	c, err := newClient(o)
	if err != nil {
		return nil, err
	}
	if o.Token == "" {
		return nil, errors.New("no token: a conformance run needs one that may read and write users and groups")
	}
	random := make([]byte, 5)
	if _, err := rand.Read(random); err != nil {
		return nil, fmt.Errorf("random bytes: %w", err)
	}
	return &judge{
		ctx: ctx, client: c, o: o, prefix: "cf" + hex.EncodeToString(random),
		report: Report{Server: c.base, Mode: o.Mode, Features: map[string]bool{}, Results: []Result{}},
		lacks:  map[feature]string{}, schemas: map[string]any{}, seen: newSightings(),
	}, nil
}

// resource is one that the run created, and the token it was created with.
type resource struct{ path, token string }

// ending is the panic value by which a check ends before its end.
type ending struct {
	verdict Verdict
	reason  string
	on      *answer
}

// warn keeps the first warning of a check.
func (j *judge) warn(e ending) {
	if j.warned == nil {
		j.warned = &e
	}
}

// judge carries out one check, cleans up after it, and notes the result.
func (j *judge) judge(c check) {
	if c.strict && j.o.Mode == Tolerant {
		j.add(Result{ID: c.id, Name: c.name, Verdict: Skip, Reason: "(strict): judged with --mode strict"})
		return
	}
	if c.profile && j.o.Mode == Interop {
		j.add(Result{ID: c.id, Name: c.name, Verdict: Skip, Reason: "the interoperability profile has a rule of its own"})
		return
	}
	for _, f := range c.needs {
		if reason, lacking := j.lacks[f]; lacking {
			j.add(Result{ID: c.id, Name: c.name, Verdict: Skip, Reason: reason})
			return
		}
	}
	p := &probe{j: j, token: j.o.Token}
	j.present = c
	r := p.verdict(c.run)
	if j.ctx.Err() != nil {
		return // the check was cut off; it says nothing of the server
	}
	r.ID, r.Name = c.id, c.name
	switch {
	case r.Verdict != Fail:
	case c.reading:
		r.Verdict, r.Reason = Warn, unsaid+r.Reason
	case requirement(c.id).Level != "MUST":
		r.Verdict = Warn
	}
	// Between two checks nothing of the first is left, if the server deletes;
	// else it is tried again at the end.
	j.clean(j.ctx)
	j.add(r)
}

// verdict runs a check to its end.
func (p *probe) verdict(run func(*probe)) (r Result) {
	p.j.warned = nil
	end := func(e ending) {
		r.Verdict, r.Reason = e.verdict, e.reason
		if e.on != nil {
			r.Evidence = e.on.evidence(true)
		}
	}
	defer func() {
		switch e := recover().(type) {
		case nil:
			if p.j.warned != nil {
				end(*p.j.warned)
			}
		case ending:
			if e.verdict == Skip && p.j.warned != nil {
				e = *p.j.warned
			}
			end(e)
		default:
			r = Result{Verdict: Error, Reason: fmt.Sprintf("the check itself failed: %v\n%s", e, debug.Stack())}
		}
		if r.Evidence == "" && p.last != nil {
			r.Evidence = p.last.evidence(r.Verdict != Pass)
		}
	}()
	r.Verdict = Pass
	run(p)
	return r
}

// add completes a result and takes out of it what must not be shown.
func (j *judge) add(r Result) {
	q := requirement(r.ID)
	r.Level, r.Area, r.Requirement = q.Level, q.Area, q.Text
	for _, secret := range slices.Concat([]string{j.o.Token, j.o.OtherToken, j.o.OtherTenantToken}, j.secrets) {
		if secret != "" {
			r.Reason, r.Evidence = strings.ReplaceAll(r.Reason, secret, "[secret]"), strings.ReplaceAll(r.Evidence, secret, "[secret]")
		}
	}
	r.Reason, r.Evidence = printable(r.Reason), printable(r.Evidence)
	j.report.Results = append(j.report.Results, r)
	if j.o.Progress != nil {
		j.o.Progress(r)
	}
}

// send is the one way out: it keeps the books of what was created and lets the
// watches look at each answer.
func (j *judge) send(ctx context.Context, p *probe, what call) (*answer, error) {
	a, err := j.client.send(ctx, what)
	if err != nil {
		if cut(err) {
			j.seen.cut = append(j.seen.cut, what.method+" /"+what.path)
		}
		return nil, err
	}
	j.report.Requests++
	a.p = p
	j.book(a)
	j.look(a)
	return a, nil
}

// name makes a name that nobody else has.
func (j *judge) name(hint string) string {
	j.number++
	return fmt.Sprintf("%s-%d-%s", j.prefix, j.number, hint)
}

// book notes which resources an answer says were created or deleted.
func (j *judge) book(a *answer) {
	created := func(address string) {
		if path, ok := j.client.below(address); ok && !slices.ContainsFunc(j.made, func(r resource) bool { return r.path == path }) {
			j.made = append(j.made, resource{path, a.token})
		}
	}
	path, _, _ := strings.Cut(a.path, "?")
	switch {
	case a.method == "POST" && a.status == 201:
		if id := a.id(); id != "" && !strings.Contains(path, "/") {
			created(j.client.base + "/" + path + "/" + url.PathEscape(id))
		} else {
			created(a.header.Get("Location"))
		}
	case a.method == "POST" && strings.EqualFold(path, "Bulk"):
		for _, op := range list(a.at("Operations")) {
			if strings.EqualFold(text(at(op, "method")), "POST") && text(at(op, "location")) != "" {
				created(text(at(op, "location")))
			}
		}
	case a.method == "DELETE" && (a.status == 204 || a.status == 200 || a.status == 404):
		// Only who made it can tell by a 404 that it is gone.
		j.made = slices.DeleteFunc(j.made, func(r resource) bool { return r.path == path && (a.status != 404 || r.token == a.token) })
	}
}
