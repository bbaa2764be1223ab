package conformance

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// watch judges a requirement on every answer of the run instead of one that it
// asks for.
type watch struct {
	id   string
	name string
	// see says whether the answer is of the kind that the requirement speaks
	// of, and what is wrong with it.
	see func(j *judge, a *answer) (relevant bool, wrong string)
	// rare says why there may be nothing to see.
	rare string
	// unanswered says that a request without any answer is of the kind too, and
	// wrong.
	unanswered bool
}

// sightings are what the watches have seen.
type sightings struct {
	relevant map[string]int
	wrong    map[string]Result
	ids      map[string]string // of created resources, with their paths
	urns     map[string]string // in "schemas" of resources, with the request that showed them
	found    map[string]string // the same of what discovery answers
	cut      []string          // requests whose connection ended without an answer
}

func newSightings() sightings {
	return sightings{relevant: map[string]int{}, wrong: map[string]Result{}, ids: map[string]string{}, urns: map[string]string{}, found: map[string]string{}}
}

// look shows an answer to every watch. The first thing that is wrong is kept.
func (j *judge) look(a *answer) {
	for _, w := range watches {
		relevant, wrong := w.see(j, a)
		if relevant {
			j.seen.relevant[w.id]++
		}
		if _, known := j.seen.wrong[w.id]; wrong != "" && !known {
			j.seen.wrong[w.id] = Result{Verdict: Fail, Reason: wrong, Evidence: a.evidence(true)}
		}
	}
	for _, r := range resources(a) {
		for _, urn := range list(at(r, "schemas")) {
			shown := j.seen.urns
			if discovery(a) {
				shown = j.seen.found
			}
			if _, known := shown[text(urn)]; !known {
				shown[text(urn)] = a.evidence(false)
			}
		}
	}
}

// watched is the result of a watch over the whole run.
func (j *judge) watched(w watch) Result {
	r, wrong := j.seen.wrong[w.id]
	if w.unanswered && !wrong && len(j.seen.cut) > 0 {
		r, wrong = Result{Verdict: Fail, Reason: "the server ended the connection without an answer", Evidence: strings.Join(j.seen.cut[:min(3, len(j.seen.cut))], ", ")}, true
	}
	switch n := j.seen.relevant[w.id]; {
	case wrong:
		if requirement(w.id).Level != "MUST" {
			r.Verdict = Warn
		}
	case n == 0:
		r = Result{Verdict: Skip, Reason: "no answer of this run shows it"}
		if w.rare != "" {
			r.Reason = w.rare
		}
	default:
		r = Result{Verdict: Pass, Evidence: fmt.Sprintf("holds in %d answers of this run", n)}
	}
	r.ID, r.Name = w.id, w.name
	return r
}

// resources are the resources that an answer shows: its body or the elements of
// the list that it is.
func resources(a *answer) (all []any) {
	if !a.ok() || a.doc == nil {
		return nil
	}
	if a.isList() {
		return list(a.at("Resources"))
	}
	for _, urn := range list(a.at("schemas")) {
		if strings.HasPrefix(strings.ToLower(text(urn)), "urn:ietf:params:scim:api:") {
			return nil
		}
	}
	if a.at("schemas") == nil {
		return nil
	}
	return []any{a.doc}
}

// discovery says whether an answer is a configuration document, some of which
// have no id (RFC 7643 section 5).
func discovery(a *answer) bool {
	path, _, _ := strings.Cut(a.path, "?")
	first, _, _ := strings.Cut(path, "/")
	return slices.Contains([]string{"ServiceProviderConfig", "Schemas", "ResourceTypes"}, first)
}

var scimTypes = []string{
	"invalidFilter", "tooMany", "uniqueness", "mutability", "invalidSyntax", "invalidPath", "noTarget", "invalidValue", "invalidVers", "sensitive",
	"invalidCursor", "expiredCursor", "invalidCount",
}

// stacks are what only the inside of a program says, whatever its language;
// internals are more that must not be told to strangers: SQL, files.
var (
	stacks = regexp.MustCompile(`goroutine \d|\w\.go:\d+|panic: |\bat [\w.$<>]+\([\w]+\.(java|kt|scala):|\bat (Object|Module|Function|async|process|new|[\w$]+)\.?[\w$<>.]* \(|\bat Object\.|` +
		`node_modules|node:internal|(Type|Reference|Range|Attribute|Key|Index|Name|Unbound\w*)Error\b|Cannot read propert|is not a function\b|` +
		`Traceback \(most|File "[^"]+", line \d|Exception in |\b(java|javax|org|com)\.[\w.]+Exception|NullPointerException|NullReferenceException|\b   at [\w.]+\(|[\w/]\.(rb|py|php|cs):\d|on line \d+ in `)
	internals = regexp.MustCompile(stacks.String() + `|(?i)select .* from |/(usr|home|var|opt|tmp)/`)
)

// leak is what an error tells of the inside of the server, if it is not what the
// client wrote.
func leak(a *answer) string {
	what := stacks
	if a.status >= 500 {
		what = internals
	}
	for _, found := range what.FindAllString(string(a.raw), -1) {
		if !strings.Contains(a.sent, found) && !strings.Contains(a.path, found) {
			return "the error tells of the inside of the server: " + clip(found, 80)
		}
	}
	return ""
}

var watches = []watch{
	{id: "R-7643-2.5-02", see: func(_ *judge, a *answer) (bool, string) {
		rs := resources(a)
		if discovery(a) {
			return false, ""
		}
		for _, r := range rs {
			if name := unassigned(r); name != "" {
				return true, name + " is unassigned and yet in the answer, as null or an empty array"
			}
		}
		return len(rs) > 0, ""
	}},
	{id: "R-7643-3.1-02", see: func(_ *judge, a *answer) (bool, string) {
		rs := resources(a)
		if discovery(a) {
			return false, ""
		}
		for _, r := range rs {
			if text(at(r, "id")) == "" {
				return true, "a resource without an id"
			}
		}
		return len(rs) > 0, ""
	}},
	{id: "R-7643-3.1-03", see: func(j *judge, a *answer) (bool, string) {
		if a.method != "POST" || a.status != 201 || a.id() == "" {
			return false, ""
		}
		path, _, _ := strings.Cut(a.path, "?")
		if strings.Contains(strings.ToLower(a.id()), "bulkid") {
			return true, "the id contains bulkId"
		}
		if other, known := j.seen.ids[a.id()]; known {
			return true, "the id was given before, at /" + other
		}
		j.seen.ids[a.id()] = path // by this also evidence knows what is the run's own
		return true, ""
	}},
	{id: "R-7643-3.1-13", see: func(j *judge, a *answer) (bool, string) {
		location := text(a.at("meta", "location"))
		if location == "" || len(resources(a)) != 1 || a.isList() {
			return false, ""
		}
		for _, h := range []string{"Location", "Content-Location"} {
			if v := a.header.Get(h); v != "" && v != location {
				return true, fmt.Sprintf("%s is %q, meta.location %q", h, v, location)
			}
		}
		return true, ""
	}},
	{id: "R-7643-3.1-14", see: func(_ *judge, a *answer) (bool, string) {
		version, tag := text(a.at("meta", "version")), a.header.Get("ETag")
		if version == "" || tag == "" {
			return false, ""
		}
		if version != tag {
			return true, fmt.Sprintf("meta.version is %q, ETag %q", version, tag)
		}
		return true, ""
	}, rare: "no answer has both meta.version and ETag"},
	{id: "R-7643-4.1.1-08", see: func(j *judge, a *answer) (bool, string) {
		for _, secret := range j.secrets {
			if strings.Contains(string(a.raw), secret) {
				return true, "the answer holds a password that was sent"
			}
		}
		for _, r := range resources(a) {
			if at(r, "password") != nil {
				return true, "the answer has an attribute password"
			}
		}
		return len(j.secrets) > 0, ""
	}},
	{id: "R-7644-3.1-01", see: func(_ *judge, a *answer) (bool, string) {
		if len(a.raw) == 0 || a.header.Get("Content-Type") == "" && len(a.raw) == 0 {
			return false, ""
		}
		media, _, _ := strings.Cut(a.header.Get("Content-Type"), ";")
		if !strings.EqualFold(strings.TrimSpace(media), "application/scim+json") {
			return true, fmt.Sprintf("Content-Type is %q", a.header.Get("Content-Type"))
		}
		return true, ""
	}},
	{id: "R-7644-3.12-01", see: func(_ *judge, a *answer) (bool, string) {
		if a.status == http.StatusRequestURITooLong || a.status == http.StatusRequestHeaderFieldsTooLarge {
			return false, "" // refused by HTTP, before it could be SCIM
		}
		return errorBody(a)
	}},
	{id: "R-7644-3.12-03", see: func(_ *judge, a *answer) (bool, string) {
		word := a.at("scimType")
		if a.status < 400 || word == nil {
			return false, ""
		}
		if !slices.Contains(scimTypes, text(word)) {
			return true, fmt.Sprintf("scimType %s is none of the defined words", show(word))
		}
		return true, ""
	}},
	{id: "R-7644-3.12-06", see: func(_ *judge, a *answer) (bool, string) {
		wrong := ""
		if a.status >= 400 {
			wrong = leak(a)
		}
		if wrong == "" && a.status == http.StatusInternalServerError && text(a.at("detail")) == "" {
			wrong = "a 500 without a detail"
		}
		return wrong != "" || a.status == http.StatusInternalServerError, wrong
	}, rare: "the server made no 500", unanswered: true},
	{id: "R-7644-3.8-01", name: "every body", see: func(_ *judge, a *answer) (bool, string) {
		if len(a.raw) == 0 {
			return false, ""
		}
		if a.doc == nil || !utf8.Valid(a.raw) {
			return true, "the body is not JSON in UTF-8"
		}
		return true, ""
	}},
	{id: "R-7644-3.4.2-02", see: func(_ *judge, a *answer) (bool, string) {
		if a.status != 200 || !a.isList() {
			return false, ""
		}
		if !contains(a.at("schemas"), messages+"ListResponse") {
			return true, "schemas lacks " + messages + "ListResponse"
		}
		if a.at("totalResults") == nil && (strings.Contains(a.path, "cursor") || strings.Contains(a.sent, "cursor")) {
			return true, ""
		}
		if n, ok := integer(a.at("totalResults")); !ok || n < len(list(a.at("Resources"))) {
			return true, fmt.Sprintf("totalResults is %s with %d resources", show(a.at("totalResults")), len(list(a.at("Resources"))))
		}
		return true, ""
	}},
	{id: "R-7644-7.6-01", see: func(_ *judge, a *answer) (bool, string) {
		if a.status != http.StatusTooManyRequests {
			return false, ""
		}
		if a.header.Get("Retry-After") == "" {
			return true, "429 without Retry-After"
		}
		return true, ""
	}, rare: "no request was refused for being one too many; a judge does not flood"},
}

// errorBody says whether an answer is an error and, if so, what is wrong with its
// body.
func errorBody(a *answer) (isError bool, wrong string) {
	switch {
	case a.status < 400:
		return false, ""
	case !contains(a.at("schemas"), messages+"Error"):
		return true, "the error has no body of the Error schema"
	case text(a.at("status")) != fmt.Sprint(a.status):
		return true, fmt.Sprintf("status in the body is %s, not the string %q", show(a.at("status")), fmt.Sprint(a.status))
	}
	return true, ""
}

// unassigned returns the way to the first null or empty array in a resource.
func unassigned(v any) string {
	o, ok := v.(map[string]any)
	if !ok {
		for _, x := range list(v) {
			if name := unassigned(x); name != "" {
				return name
			}
		}
		return ""
	}
	for name, x := range o {
		if l, isList := x.([]any); x == nil || isList && len(l) == 0 {
			return name
		}
		if inner := unassigned(x); inner != "" {
			return name + "." + inner
		}
	}
	return ""
}
