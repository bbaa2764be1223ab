package scim_test

import (
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/provision"
	"github.com/scimbridge/scimbridge/scim/scimtest"
	"github.com/scimbridge/scimbridge/storage"
)

const (
	probeURN = "urn:example:params:scim:schemas:extension:probe:2.0:User"
	crateURN = "urn:example:params:scim:schemas:core:2.0:Crate"
)

// probe is a schema with one attribute for each characteristic; the same
// attributes extend users and groups and are those of a resource type, Crate.
const probeAttributes = `[
	{"name":"plain"},
	{"name":"exact","caseExact":true},
	{"name":"code","uniqueness":"server"},
	{"name":"label","caseExact":true,"uniqueness":"global"},
	{"name":"fixed","mutability":"immutable"},
	{"name":"made","mutability":"readOnly"},
	{"name":"secret","mutability":"writeOnly","returned":"never"},
	{"name":"hidden","returned":"never"},
	{"name":"shown","returned":"always"},
	{"name":"asked","returned":"request"},
	{"name":"rate","type":"decimal"},
	{"name":"key","type":"binary"},
	{"name":"keys","type":"binary","multiValued":true},
	{"name":"box","type":"complex","subAttributes":[
		{"name":"a"},{"name":"once","mutability":"immutable"},{"name":"asked","returned":"request"},{"name":"never","returned":"never"}]}
]`

const probeSchemas = `[
	{"id":"` + probeURN + `","name":"Probe","attributes":` + probeAttributes + `},
	{"id":"` + crateURN + `","name":"Crate","attributes":` + probeAttributes + `},
	{"name":"Crate","endpoint":"Crates","schema":"` + crateURN + `"},
	{"name":"Group","endpoint":"/Groups","schema":"` + groupURN + `","schemaExtensions":[{"schema":"` + probeURN + `","required":false}]}
]`

// probed is a kind of resource that has the probe's attributes: each test of a
// characteristic runs for all of them.
type probed struct {
	name, path string
	prefix     string                                    // of paths
	body       func(name, members string) string         // of POST and PUT
	path1      func(a answer, member string) (any, bool) // an attribute of an answer
}

func everyProbed(t *testing.T, o scimtest.Options, test func(t *testing.T, c *client, p probed)) {
	extension := func(urn, rest string) func(name, members string) string {
		return func(name, members string) string {
			if members == "" {
				return `{"schemas":["` + urn + `"],` + strings.ReplaceAll(rest, "NAME", name) + `}`
			}
			return `{"schemas":["` + urn + `","` + probeURN + `"],` + strings.ReplaceAll(rest, "NAME", name) + `,"` + probeURN + `":{` + members + `}}`
		}
	}
	inExtension := func(a answer, member string) (any, bool) {
		inner, _ := a.body[probeURN].(map[string]any)
		v, ok := inner[member]
		return v, ok
	}
	users := strings.Replace(probeSchemas, `"name":"Group","endpoint":"/Groups","schema":"`+groupURN, `"name":"User","endpoint":"/Users","schema":"`+userURN, 1)
	for _, p := range []probed{
		{"User", "/Users", probeURN + ":", extension(userURN, `"userName":"NAME"`), inExtension},
		{"Group", "/Groups", probeURN + ":", extension(groupURN, `"displayName":"NAME"`), inExtension},
		{"Crate", "/Crates", "", func(_, members string) string {
			return `{"schemas":["` + crateURN + `"]` + comma(members) + `}`
		}, func(a answer, member string) (any, bool) {
			v, ok := a.body[member]
			return v, ok
		}},
	} {
		t.Run(p.name, func(t *testing.T) {
			text := probeSchemas
			if p.name == "User" {
				text = users
			}
			o.Registry = only(t, text)
			_, c := start(t, o)
			test(t, c, p)
		})
	}
}

func (p probed) is(a answer, member string, want any) {
	a.t.Helper()
	if got, ok := p.path1(a, member); !ok || got != want {
		a.t.Errorf("%s: %s is %v, want %v: %s", a.what, member, got, want, a.raw)
	}
}

func (p probed) absent(a answer, members ...string) {
	a.t.Helper()
	for _, m := range members {
		if got, ok := p.path1(a, m); ok {
			a.t.Errorf("%s: %s is %v, and should not be shown: %s", a.what, m, got, a.raw)
		}
	}
}

// An attribute of which only the name is said has the RFC's defaults, in what is
// published and in what happens.
//
// covers: R-7643-2.2-01
func TestDefaultsOfAnAttribute(t *testing.T) {
	everyProbed(t, scimtest.Options{Mode: storage.Strict}, func(t *testing.T, c *client, p probed) {
		urn := probeURN
		if p.prefix == "" {
			urn = crateURN
		}
		want := `{"name":"plain","type":"string","multiValued":false,"description":"","required":false,"caseExact":false,"mutability":"readWrite","returned":"default","uniqueness":"none"}`
		if a := c.get("/Schemas/" + urn).want(http.StatusOK); !strings.Contains(a.raw, want) {
			t.Errorf("%s", a.raw)
		}
		id := c.post(p.path, p.body("one", "")).text("id") // not required
		c.post(p.path, p.body("two", `"plain":"Same"`))
		c.post(p.path, p.body("three", `"plain":"same"`)) // not unique
		p.is(c.send("PUT", p.path+"/"+id, p.body("one", `"plain":"A"`)).want(http.StatusOK), "plain", "A")
		p.is(c.send("PUT", p.path+"/"+id, p.body("one", `"plain":"B"`)).want(http.StatusOK), "plain", "B") // readWrite
		if n := c.get(query(p.path, p.prefix+`plain eq "SAME"`)).number("totalResults"); n != 2 {
			t.Errorf("%d without regard to case, want 2", n)
		}
		c.send("POST", p.path, p.body("four", `"plain":7`)).fails(http.StatusBadRequest, "invalidValue") // a string
		c.send("POST", p.path, p.body("four", `"plain":["a"]`)).fails(http.StatusBadRequest, "invalidValue")
	})
}

// covers: R-7643-7-03
func TestCaseOfAnAttribute(t *testing.T) {
	everyProbed(t, scimtest.Options{}, func(t *testing.T, c *client, p probed) {
		a := c.post(p.path, p.body("one", `"plain":"MiXed","exact":"MiXed","code":"MiXed","label":"MiXed"`))
		p.is(a, "plain", "MiXed")
		p.is(a, "exact", "MiXed")
		for _, x := range []struct{ op, same, other string }{
			{"eq", "MiXed", "mixed"}, {"co", "iXe", "ixe"}, {"sw", "MiX", "mix"}, {"ew", "Xed", "xed"},
			{"gt", "MiXeD", "mixed"}, {"ge", "MiXed", "mixed"}, {"lt", "Mixed", "MIXED"}, {"le", "MiXed", "MIXED"},
		} {
			for attr, exact := range map[string]bool{"plain": false, "code": false, "exact": true, "label": true} {
				count := func(operand string) int {
					return c.get(query(p.path, p.prefix+attr+" "+x.op+" "+quoted(operand))).number("totalResults")
				}
				if n := count(x.same); n != 1 && (exact || x.op != "gt" && x.op != "lt") {
					t.Errorf("%s %s %q: %d found, want 1", attr, x.op, x.same, n)
				}
				want := 1
				if exact || x.op == "gt" || x.op == "lt" {
					want = 0 // in ASCII capitals come first, and folded the two are equal
				}
				if n := count(x.other); n != want {
					t.Errorf("%s %s %q: %d found, want %d", attr, x.op, x.other, n, want)
				}
			}
		}
		if n := c.get(query(p.path, p.prefix+`exact ne "mixed"`)).number("totalResults"); n != 1 {
			t.Errorf("ne, exactly: %d", n)
		}
		c.send("POST", p.path, p.body("two", `"code":"mixed"`)).fails(http.StatusConflict, "uniqueness")
		c.post(p.path, p.body("two", `"label":"mixed"`))
		c.send("POST", p.path, p.body("three", `"label":"mixed"`)).fails(http.StatusConflict, "uniqueness")
	})
}

// covers: R-7643-7-05, R-7644-3.5.1-03
func TestImmutableAttributes(t *testing.T) {
	everyProbed(t, scimtest.Options{}, func(t *testing.T, c *client, p probed) {
		id := c.post(p.path, p.body("one", "")).text("id")
		at := p.path + "/" + id
		p.is(c.send("PUT", at, p.body("one", `"fixed":"F","box":{"a":"1","once":"O"}`)).want(http.StatusOK), "fixed", "F") // unset: takes the value
		p.is(c.send("PUT", at, p.body("one", `"fixed":"F","box":{"a":"2","once":"O"}`)).want(http.StatusOK), "fixed", "F")
		p.is(c.send("PUT", at, p.body("one", `"fixed":"f"`)).want(http.StatusOK), "fixed", "F") // the same to an attribute without case; it stays as it is
		for _, members := range []string{`"fixed":"G"`, `"fixed":"F","box":{"once":"P"}`} {
			c.send("PUT", at, p.body("one", members)).fails(http.StatusBadRequest, "mutability")
		}
		a := c.send("PUT", at, p.body("one", `"plain":"x"`)).want(http.StatusOK) // not said: stays
		p.is(a, "fixed", "F")
		p.is(a, "plain", "x")
		if box, _ := p.path1(a, "box"); box == nil || box.(map[string]any)["once"] != "O" || box.(map[string]any)["a"] != nil {
			t.Errorf("box: %s", a.raw)
		}
		for _, ops := range []string{
			`[{"op":"replace","path":"` + p.prefix + `fixed","value":"G"}]`, `[{"op":"remove","path":"` + p.prefix + `fixed"}]`,
			`[{"op":"add","path":"` + p.prefix + `fixed","value":"G"}]`, `[{"op":"replace","path":"` + p.prefix + `box.once","value":"P"}]`,
		} {
			c.patch(at, ops).fails(http.StatusBadRequest, "mutability")
		}
		c.patch(at, `[{"op":"replace","path":"`+p.prefix+`fixed","value":"f"}]`).want(http.StatusOK)
		p.is(c.get(at), "fixed", "F")
	})
}

// The profile replaces a complex attribute as a whole, as a PUT does, which takes
// nothing away that is set once or that a client can not read.
//
// covers: R-7643-7-05
func TestProfileReplacesWhole(t *testing.T) {
	everyProbed(t, scimtest.Options{Mode: storage.Interop}, func(t *testing.T, c *client, p probed) {
		id := c.post(p.path, p.body("one", `"box":{"a":"1","once":"O","never":"N","asked":"A"}`)).text("id")
		at := p.path + "/" + id
		replace := func(box string) answer {
			return c.patch(at, `[{"op":"replace","path":"`+p.prefix+`box","value":`+box+`}]`)
		}
		replace(`{"once":"P"}`).fails(http.StatusBadRequest, "mutability")
		replace(`{"a":"2"}`).want(http.StatusOK)
		a := c.get(at + "?attributes=" + p.prefix + "box.a," + p.prefix + "box.once," + p.prefix + "box.asked")
		if box, _ := p.path1(a, "box"); !reflect.DeepEqual(box, map[string]any{"a": "2", "once": "O"}) {
			t.Errorf("box: %s", a.raw)
		}
		tag := c.get(at).header.Get("ETag")
		same(t, "what is hidden stays", replace(`{"a":"2","never":"N"}`).want(http.StatusOK).header.Get("ETag"), tag)
	})
}

// covers: R-7643-7-04, R-7643-7-06, R-7643-7-07, T-42
func TestSecretAndOwnAttributes(t *testing.T) {
	everyProbed(t, scimtest.Options{}, func(t *testing.T, c *client, p probed) {
		a := c.post(p.path, p.body("one", `"secret":"sesame","hidden":"sesame","made":"sesame","shown":"S","plain":"P","box":{"a":"A","never":"sesame"}`))
		at := p.path + "/" + a.text("id")
		all := "attributes=" + p.prefix + "secret," + p.prefix + "hidden," + p.prefix + "made," + p.prefix + "box.never," + p.prefix + "box"
		for _, b := range []answer{
			a, c.get(at), c.get(at + "?" + all), c.get(p.path), c.get(p.path + "?" + all), c.get(at + "?excludedAttributes=" + p.prefix + "shown"),
			c.send("PUT", at, p.body("one", `"secret":"sesame2","shown":"S","box":{"a":"A"}`)).want(http.StatusOK),
			c.patch(at, `[{"op":"replace","path":"`+p.prefix+`secret","value":"sesame3"},{"op":"add","path":"`+p.prefix+`hidden","value":"sesame"}]`).want(http.StatusOK),
		} {
			p.absent(b, "secret", "hidden", "made")
			if strings.Contains(b.raw, "sesame") {
				t.Errorf("%s: %s", b.what, b.raw)
			}
		}
		p.is(c.get(at+"?excludedAttributes="+p.prefix+"shown"), "shown", "S")
		p.is(c.get(at+"?attributes=meta"), "shown", "S")
		for _, name := range []string{"secret", "hidden", "box.never"} {
			if b := c.get(query(p.path, p.prefix+name+` eq "sesame"`)); b.status < 400 {
				t.Errorf("a filter on %s: %s", name, b.raw)
			}
		}
		c.patch(at, `[{"op":"replace","path":"`+p.prefix+`made","value":"x"}]`).fails(http.StatusBadRequest, "mutability")
		c.send("PUT", at, p.body("one", `"made":"x","shown":"S"`)).want(http.StatusOK)
		// What can not be read is not lost by who sends back what it has read: to
		// set it to what it is changes nothing.
		tag := c.get(at).header.Get("ETag")
		b := c.patch(at, `[{"op":"replace","path":"`+p.prefix+`secret","value":"sesame3"},{"op":"replace","path":"`+p.prefix+`hidden","value":"sesame"}]`).want(http.StatusOK)
		same(t, "the secrets after a PUT without them", b.header.Get("ETag"), tag)
	})
}

// covers: R-7643-7-09
func TestAttributesOnRequest(t *testing.T) {
	everyProbed(t, scimtest.Options{}, func(t *testing.T, c *client, p probed) {
		inBox := func(a answer) any {
			box, _ := p.path1(a, "box")
			m, _ := box.(map[string]any)
			return m["asked"]
		}
		a := c.post(p.path, p.body("one", `"asked":"A","plain":"P","box":{"a":"1","asked":"B"}`))
		at := p.path + "/" + a.text("id")
		p.is(a, "asked", "A")
		same(t, "POST, inside", inBox(a), "B")
		for _, b := range []answer{
			c.get(at), c.get(at + "?attributes=" + p.prefix + "plain"), c.get(at + "?excludedAttributes=" + p.prefix + "plain"),
			c.patch(at, `[{"op":"replace","path":"`+p.prefix+`plain","value":"Q"}]`).want(http.StatusOK),
			c.send("POST", p.path+"?attributes="+p.prefix+"plain", p.body("two", `"asked":"A","plain":"P"`)).want(http.StatusCreated),
		} {
			p.absent(b, "asked")
			same(t, b.what+", inside", inBox(b), nil)
		}
		if b := c.get(p.path); strings.Contains(b.raw, `"asked"`) {
			t.Errorf("a list: %s", b.raw)
		}
		b := c.get(at + "?attributes=" + p.prefix + "asked," + p.prefix + "box.asked")
		p.is(b, "asked", "A")
		p.absent(b, "plain")
		same(t, "named, inside", inBox(b), "B")
		if b := c.get(p.path + "?attributes=" + p.prefix + "asked"); !strings.Contains(b.raw, `"asked":"A"`) {
			t.Errorf("a list that names it: %s", b.raw)
		}
		if n := c.get(query(p.path, p.prefix+`asked eq "a"`)).number("totalResults"); n != 2 {
			t.Errorf("a filter finds %d", n)
		}
		b = c.patch(at, `[{"op":"replace","path":"`+p.prefix+`asked","value":"C"}]`).want(http.StatusOK)
		p.is(b, "asked", "C")
		same(t, "PATCH of another, inside", inBox(b), nil)
		b = c.patch(at, `[{"op":"add","path":"`+p.prefix+`box.asked","value":"D"}]`).want(http.StatusOK)
		p.absent(b, "asked")
		same(t, "PATCH, inside", inBox(b), "D")
		b = c.send("PUT", at, p.body("one", `"asked":"E","plain":"P"`)).want(http.StatusOK)
		p.is(b, "asked", "E")
		p.absent(c.get(at), "asked")
		p.absent(c.send("PUT", at+"?excludedAttributes="+p.prefix+"asked", p.body("one", `"asked":"F"`)).want(http.StatusOK), "asked")
	})
}

// covers: R-7643-2.3.3-01, R-7643-2.3.6-01
func TestNumbersAndBinaries(t *testing.T) {
	everyProbed(t, scimtest.Options{Mode: storage.Strict}, func(t *testing.T, c *client, p probed) {
		a := c.post(p.path, p.body("one", `"rate":1,"key":"YWJj","keys":["YWJj","ywjj","YQ"]`))
		if !strings.Contains(a.raw, `"rate":1.0`) {
			t.Errorf("%s", a.raw)
		}
		if keys, _ := p.path1(a, "keys"); len(keys.([]any)) != 3 { // they differ in case, and one is not padded
			t.Errorf("keys: %s", a.raw)
		}
		for filter, want := range map[string]int{
			"rate eq 1": 1, "rate eq 1.0": 1, "rate eq 10e-1": 1, "rate eq 1.01": 0, "rate ge 1.00": 1,
			`key eq "YWJj"`: 1, `key eq "ywjj"`: 0, `keys eq "ywjj"`: 1,
		} {
			if n := c.get(query(p.path, p.prefix+filter)).want(http.StatusOK).number("totalResults"); n != want {
				t.Errorf("%s: %d found, want %d", filter, n, want)
			}
		}
		c.send("POST", p.path, p.body("two", `"key":"!!"`)).fails(http.StatusBadRequest, "invalidValue")
		c.send("POST", p.path, p.body("two", `"rate":"1"`)).fails(http.StatusBadRequest, "invalidValue")
	})
}

// covers: R-7643-7-10
func TestUniqueAttributes(t *testing.T) {
	everyProbed(t, scimtest.Options{}, func(t *testing.T, c *client, p probed) {
		first := c.post(p.path, p.body("one", `"code":"X"`)).text("id")
		id := c.post(p.path, p.body("two", `"code":"Y"`)).text("id")
		at := p.path + "/" + id
		for _, a := range []answer{
			c.send("POST", p.path, p.body("three", `"code":"x"`)),
			c.send("PUT", at, p.body("two", `"code":"x"`)),
			c.patch(at, `[{"op":"replace","path":"`+p.prefix+`code","value":"X"}]`),
			c.patch(at, `[{"op":"replace","value":{"`+p.prefix+`code":"X"}}]`),
		} {
			a.fails(http.StatusConflict, "uniqueness")
			if !strings.Contains(a.text("detail"), first) || !strings.Contains(a.text("detail"), p.prefix+"code") {
				t.Errorf("%s: %s", a.what, a.raw)
			}
		}
		bulk := c.send("POST", "/Bulk", `{"schemas":["`+bulkURN+`"],"Operations":[`+
			`{"method":"PATCH","path":"`+at+`","data":{"schemas":["`+patchURN+`"],"Operations":[{"op":"replace","path":"`+p.prefix+`code","value":"X"}]}},`+
			`{"method":"POST","bulkId":"b","path":"`+p.path+`","data":`+p.body("three", `"code":"X"`)+`},`+
			`{"method":"POST","bulkId":"c","path":"`+p.path+`","data":`+p.body("four", `"code":"Z"`)+`}]}`).want(http.StatusOK)
		same(t, "bulk", bulk.texts("Operations", "status"), []string{"409", "409", "201"})
		p.is(c.get(at), "code", "Y")
		c.send("DELETE", p.path+"/"+first, "").want(http.StatusNoContent)
		p.is(c.send("PUT", at, p.body("two", `"code":"X"`)).want(http.StatusOK), "code", "X") // free again
	})
}

// An extension that a resource type requires must be in each of its resources.
//
// covers: R-7643-6-02
func TestRequiredExtensions(t *testing.T) {
	text := strings.Replace(strings.Replace(probeSchemas, `"required":false`, `"required":true`, 1), `{"name":"plain"}`, `{"name":"plain","required":true}`, 1)
	_, c := start(t, scimtest.Options{Registry: only(t, text)})
	group := func(members string) string {
		return `{"schemas":["` + groupURN + `","` + probeURN + `"],"displayName":"g"` + comma(members) + `}`
	}
	for _, body := range []string{group(""), group(`"` + probeURN + `":{}`), group(`"` + probeURN + `":{"exact":"x"}`)} {
		c.send("POST", "/Groups", body).fails(http.StatusBadRequest, "invalidValue")
	}
	id := c.post("/Groups", group(`"`+probeURN+`":{"plain":"x"}`)).text("id")
	c.send("PUT", "/Groups/"+id, group("")).fails(http.StatusBadRequest, "invalidValue")
	for _, path := range []string{probeURN, probeURN + ":plain"} {
		if a := c.patch("/Groups/"+id, `[{"op":"remove","path":"`+path+`"}]`); a.status != http.StatusBadRequest {
			t.Errorf("removing %s: %s", path, a.raw)
		}
	}
	c.user("ada", "") // users need no enterprise extension
}

// Applications change what they know of a user, and leave the rest.
func TestApplicationsKeepExtensions(t *testing.T) {
	s, c := start(t, scimtest.Options{Registry: examples(t, nil)})
	id := c.post("/Users", `{"schemas":["`+userURN+`","`+badgeURN+`"],"userName":"ada","`+badgeURN+`":{"number":"B-7","serial":"S1","pin":"1234","photo":"YWJj"}}`).text("id")
	parsed, err := directory.ParseID(id)
	if err != nil {
		t.Fatal(err)
	}
	by := journal.Actor{Tenant: s.Tenant.ID, Origin: directory.OriginSyncari, Name: "syncari:test", RequestID: "r1"}
	if _, err := s.Bridge.EditAccount(t.Context(), by, provision.Ref{ID: parsed}, "syncari.user.update", func(d *provision.Draft) error {
		d.Profile.Title = "Countess"
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	a := c.get("/Users/" + id + "?attributes=title," + badgeURN + "," + badgeURN + ":photo")
	same(t, "title", a.text("title"), "Countess")
	same(t, "badge", a.body[badgeURN], map[string]any{"number": "B-7", "serial": "S1", "photo": "YWJj"})
	tag := a.header.Get("ETag")
	same(t, "pin", c.patch("/Users/"+id, `[{"op":"replace","path":"`+badgeURN+`:pin","value":"1234"}]`).want(http.StatusOK).header.Get("ETag"), tag)
	c.send("POST", "/Users", `{"schemas":["`+userURN+`","`+badgeURN+`"],"userName":"bo","`+badgeURN+`":{"number":"B-7"}}`).fails(http.StatusConflict, "uniqueness")
}
