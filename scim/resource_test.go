package scim_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/scimbridge/scimbridge/scim"
	"github.com/scimbridge/scimbridge/scim/schema"
	"github.com/scimbridge/scimbridge/scim/scimtest"
	"github.com/scimbridge/scimbridge/storage"
)

const (
	deviceURN = "urn:example:params:scim:schemas:core:2.0:Device"
	badgeURN  = "urn:example:params:scim:schemas:extension:badge:2.0:User"
)

// examples is the registry of testdata/schemas, with more schemas and resource
// types, as JSON text.
func examples(t testing.TB, indexes []string, more ...string) *schema.Registry {
	t.Helper()
	return scimtest.Examples(t, "../testdata/schemas", indexes, more...)
}

// only is the registry of these schemas and resource types.
func only(t testing.TB, text string) *schema.Registry {
	t.Helper()
	doc, err := schema.Load("test.json", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	r, err := schema.Configuration{Schemas: doc.Schemas, ResourceTypes: doc.ResourceTypes}.Registry()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func device(members string) string {
	return `{"schemas":["` + deviceURN + `"],` + members + `}`
}

func query(path, filter string) string { return path + "?filter=" + url.QueryEscape(filter) }

// found are the serial numbers of what a filter finds.
func (c *client) found(filter string) []string {
	c.t.Helper()
	return c.get(query("/Devices", filter)).want(http.StatusOK).texts("Resources", "serialNumber")
}

// A resource of a configured type has the life of any SCIM resource.
//
// covers: R-7643-3.1-01, R-7643-2.3.3-01, R-7644-3.3-01, R-7644-3.14-01
func TestDevices(t *testing.T) {
	for _, mode := range []storage.Mode{storage.Tolerant, storage.Strict} {
		t.Run(string(mode), func(t *testing.T) {
			s, c := start(t, scimtest.Options{Mode: mode, Registry: examples(t, nil)})
			owner := c.user("ada", "")
			a := c.post("/Devices", device(`"serialNumber":"C02","externalId":"x1","weight":1,"ports":2,"lent":true,"bought":"2024-05-06T07:08:09Z","owner":{"value":"`+owner+`","$ref":"../Users/`+owner+`"}`))
			id := a.text("id")
			location := scimtest.BaseURL + "/scim/v2/Devices/" + id
			for path, want := range map[string]string{"meta.resourceType": "Device", "meta.location": location, "externalId": "x1", "owner.value": owner} {
				if got := a.text(path); got != want {
					t.Errorf("%s %q, want %q", path, got, want)
				}
			}
			if a.header.Get("Location") != location || a.text("meta.created") == "" || a.text("meta.lastModified") == "" || a.text("meta.version") == "" {
				t.Errorf("%s, Location %q", a.raw, a.header.Get("Location"))
			}
			if !strings.Contains(a.raw, `"weight":1.0,`) {
				t.Errorf("a decimal without a point: %s", a.raw)
			}
			tag := a.header.Get("ETag")
			c.get("/Devices/"+id, "If-None-Match", tag).want(http.StatusNotModified)
			same(t, "read", c.get("/Devices/"+id).want(http.StatusOK).raw, a.raw)

			// What changes nothing moves no version.
			same(t, "the same again", c.send("PUT", "/Devices/"+id, a.raw).want(http.StatusOK).raw, a.raw)
			c.send("PUT", "/Devices/"+id, device(`"serialNumber":"C03"`), "If-Match", `W/"99"`).fails(http.StatusPreconditionFailed, "")
			b := c.send("PUT", "/Devices/"+id, device(`"serialNumber":"C03","model":"Laptop"`), "If-Match", tag).want(http.StatusOK)
			if b.has("weight") || b.has("externalId") || b.text("serialNumber") != "C03" || b.header.Get("ETag") == tag {
				t.Errorf("replaced: %s", b.raw)
			}
			p := c.patch("/Devices/"+id, `[{"op":"add","path":"addresses","value":[{"value":"aa:bb","type":"wifi","primary":true}]},{"op":"replace","path":"model","value":"Tablet"}]`).want(http.StatusOK)
			if p.text("addresses.0.value") != "aa:bb" || p.text("model") != "Tablet" {
				t.Errorf("patched: %s", p.raw)
			}
			c.patch("/Devices/"+id, `[{"op":"replace","path":"addresses[type eq \"wifi\"].value","value":"cc:dd"}]`).want(http.StatusOK)
			c.patch("/Devices/"+id, `[{"op":"remove","path":"serialNumber"}]`).fails(http.StatusBadRequest, "mutability")
			c.patch("/Devices/"+id, `[{"op":"replace","path":"wings","value":2}]`).fails(http.StatusBadRequest, "invalidPath")
			c.patch("/Devices/"+id, `[{"op":"replace","path":"id","value":"x"}]`).fails(http.StatusBadRequest, "mutability")

			other := second(t, s, "entra", mode)
			if got := other.get("/Devices/" + id).want(http.StatusOK); got.has("externalId") {
				t.Errorf("the externalId of another client: %s", got.raw)
			}
			_, _, token := s.AddClient(t, "elsewhere", "okta", mode, "")
			elsewhere := newClient(t, s, token)
			for _, method := range []string{"GET", "PUT", "PATCH", "DELETE"} {
				elsewhere.send(method, "/Devices/"+id, map[string]string{"PUT": device(`"serialNumber":"C09"`), "PATCH": patchBody(`[{"op":"replace","path":"model","value":"x"}]`)}[method]).fails(http.StatusNotFound, "")
			}
			if n := elsewhere.get("/Devices").number("totalResults"); n != 0 {
				t.Errorf("%d devices of another tenant", n)
			}
			elsewhere.post("/Devices", device(`"serialNumber":"c03"`)) // unique in a tenant

			c.get("/Users/"+id).fails(http.StatusNotFound, "")
			c.get("/Devices/"+owner).fails(http.StatusNotFound, "")
			if got := c.send("POST", "/Devices/"+id, "{}").want(http.StatusMethodNotAllowed).header.Get("Allow"); got != "GET, PUT, PATCH, DELETE" {
				t.Errorf("Allow %q", got)
			}
			c.get("/devices").fails(http.StatusNotFound, "") // one spelling of each path (T-11)
			c.send("DELETE", "/Devices/"+id, "", "If-Match", tag).fails(http.StatusPreconditionFailed, "")
			c.send("DELETE", "/Devices/"+id, "").want(http.StatusNoContent)
			c.get("/Devices/"+id).fails(http.StatusNotFound, "")
			c.send("DELETE", "/Devices/"+id, "").fails(http.StatusNotFound, "")
			c.post("/Devices", device(`"serialNumber":"C03","externalId":"x1"`)) // the names are free again
		})
	}
}

// What is wrong is refused, and says what.
//
// covers: R-7643-2.3.2-01, R-7643-2.3.4-01, R-7643-2.3.5-01, R-7643-7-11, R-7643-3-01, R-7643-3-02, T-23
func TestDevicesRefuse(t *testing.T) {
	_, c := start(t, scimtest.Options{Mode: storage.Strict, Registry: examples(t, nil), Limits: scim.Limits{Document: 2000}})
	for name, x := range map[string]struct{ body, scimType, detail string }{
		"no serial number":       {device(`"model":"x"`), "invalidValue", "serialNumber"},
		"a blank one":            {device(`"serialNumber":" "`), "invalidValue", "serialNumber"},
		"half a port":            {device(`"serialNumber":"1","ports":1.5`), "invalidValue", "ports"},
		"ports with an exponent": {device(`"serialNumber":"1","ports":1e3`), "invalidValue", "ports"},
		"weight in words":        {device(`"serialNumber":"1","weight":"heavy"`), "invalidValue", "weight"},
		"lent perhaps":           {device(`"serialNumber":"1","lent":"true"`), "invalidValue", "lent"},
		"a day":                  {device(`"serialNumber":"1","bought":"2024-05-06"`), "invalidValue", "bought"},
		"two preferred":          {device(`"serialNumber":"1","addresses":[{"value":"a","primary":true},{"value":"b","primary":true}]`), "invalidValue", "primary"},
		"unknown":                {device(`"serialNumber":"1","isAdmin":true`), "invalidSyntax", "isAdmin"},
		"a prototype":            {device(`"serialNumber":"1","__proto__":{"x":1}`), "invalidSyntax", "__proto__"},
		"an attribute of a user": {device(`"serialNumber":"1","userName":"x"`), "invalidSyntax", "userName"},
		"unknown inside":         {device(`"serialNumber":"1","owner":{"value":"u","internalId":3}`), "invalidSyntax", "internalId"},
		"an extension of users":  {device(`"serialNumber":"1","` + badgeURN + `":{"number":"1"}`), "invalidSyntax", badgeURN},
		"no schemas":             {`{"serialNumber":"1"}`, "invalidSyntax", "schemas"},
		"the schema of a user":   {`{"schemas":["` + userURN + `"],"serialNumber":"1"}`, "invalidSyntax", "schemas"},
		"too long":               {device(`"serialNumber":"1","model":"` + strings.Repeat("x", 3000) + `"`), "invalidValue", "bytes"},
	} {
		a := c.send("POST", "/Devices", x.body).fails(http.StatusBadRequest, x.scimType)
		if !strings.Contains(a.text("detail"), x.detail) {
			t.Errorf("%s: %s", name, a.raw)
		}
	}
	for _, bought := range []string{"2024-05-06T07:08:09+02:00", "2024-05-06T07:08:09.123Z", "2024-05-06T07:08:09-05:30"} { // an offset, a fraction
		id := c.post("/Devices", device(`"serialNumber":"1","bought":"`+bought+`"`)).text("id")
		if got := c.get("/Devices/" + id).text("bought"); got != bought {
			t.Errorf("bought at %s, returned as %s", bought, got)
		}
		c.send("DELETE", "/Devices/"+id, "").want(http.StatusNoContent)
	}
	id := c.post("/Devices", device(`"serialNumber":"1"`)).text("id")
	before := c.get("/Devices/" + id).raw
	for _, path := range []string{"isAdmin", "meta.version", "__proto__.x", "constructor.prototype", `addresses[value eq \"x\"].internalId`, "tenantId", "urn:x:y", deviceURN + ":wings"} {
		if a := c.patch("/Devices/"+id, `[{"op":"add","path":"`+path+`","value":"x"}]`); a.status != http.StatusBadRequest {
			t.Errorf("%s: %s", path, a.raw)
		}
	}
	same(t, "after nonsense", c.get("/Devices/"+id).raw, before)
	c.get("/Devices?filter=isAdmin+eq+true").fails(http.StatusBadRequest, "invalidFilter")
}

// A reference alone says which resource is meant, also where the endpoint is
// not the name of the type with an s.
func TestReferencesToConfiguredTypes(t *testing.T) {
	_, c := start(t, scimtest.Options{Registry: only(t, `[
		{"id":"urn:example:person","name":"Person","attributes":[{"name":"boss","type":"complex","subAttributes":[
			{"name":"value"},{"name":"$ref","type":"reference","referenceTypes":["Person","User"]}]}]},
		{"name":"Person","endpoint":"/People","schema":"urn:example:person"}]`)})
	person := func(boss string) string { return `{"schemas":["urn:example:person"],"boss":{"$ref":"` + boss + `"}}` }
	for ref, want := range map[string]string{"../People/p1": "p1", scimtest.BaseURL + "/scim/v2/Users/u1": "u1"} {
		same(t, ref, c.post("/People", person(ref)).text("boss.value"), want)
	}
	if a := c.post("/People", person("../Persons/p1")); a.has("boss.value") {
		t.Errorf("a reference to nothing of these types: %s", a.raw)
	}
}

// covers: R-7643-7-10
func TestDevicesAreUnique(t *testing.T) {
	_, c := start(t, scimtest.Options{Registry: examples(t, nil)})
	first := c.post("/Devices", device(`"serialNumber":"C02","externalId":"x1"`)).text("id")
	id := c.post("/Devices", device(`"serialNumber":"C03","externalId":"x2"`)).text("id")
	for name, a := range map[string]answer{
		"POST":       c.send("POST", "/Devices", device(`"serialNumber":"c02"`)), // not case-exact
		"PUT":        c.send("PUT", "/Devices/"+id, device(`"serialNumber":"C02"`)),
		"PATCH":      c.patch("/Devices/"+id, `[{"op":"replace","path":"serialNumber","value":"C02"}]`),
		"externalId": c.send("POST", "/Devices", device(`"serialNumber":"C04","externalId":"x1"`)),
	} {
		a.fails(http.StatusConflict, "uniqueness")
		if !strings.Contains(a.text("detail"), first) {
			t.Errorf("%s does not name the other one: %s", name, a.raw)
		}
	}
	// Of many at once exactly one has it.
	var wg sync.WaitGroup
	status := make([]int, 8)
	for i := range status {
		wg.Go(func() {
			if a, err := c.trySend("POST", "/Devices", device(`"serialNumber":"C99"`)); err == nil {
				status[i] = a.status
			}
		})
	}
	wg.Wait()
	count := map[int]int{}
	for _, s := range status {
		count[s]++
	}
	if count[http.StatusCreated] != 1 || count[http.StatusConflict] != len(status)-1 {
		t.Errorf("%v", count)
	}
}

// A filter finds the same whether an index answers it or not, and with an index
// it looks at nothing else.
func TestDevicesFound(t *testing.T) {
	indexes := []string{"Device:model", "Device:weight", "Device:ports", "Device:lent", deviceURN + ":addresses.value", "Device:owner.value"}
	for name, o := range map[string]scimtest.Options{
		"without indexes": {Registry: examples(t, nil)},
		"with indexes":    {Registry: examples(t, indexes), Limits: scim.Limits{Scan: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			_, c := start(t, o)
			for _, d := range []string{
				`"serialNumber":"A1","model":"Laptop","weight":1.50,"ports":2,"lent":true,"addresses":[{"value":"aa","type":"wifi"},{"value":"bb","type":"ethernet"}]`,
				`"serialNumber":"A2","model":"laptop 13","weight":1,"ports":0,"lent":false,"owner":{"value":"U1"}`,
				`"serialNumber":"B1","model":"Tablet","weight":-0.25,"owner":{"value":"u1"}`,
				`"serialNumber":"B2"`,
			} {
				c.post("/Devices", device(d))
			}
			for filter, want := range map[string][]string{
				`serialNumber eq "a1"`:            {"A1"},
				`serialNumber sw "b"`:             {"B1", "B2"},
				`model eq "LAPTOP"`:               {"A1"},
				`model sw "LAPTOP"`:               {"A1", "A2"},
				`model gt "laptop"`:               {"A2", "B1"},
				`model le "LAPTOP"`:               {"A1"},
				`model eq ""`:                     {},
				`weight eq 1.5`:                   {"A1"},
				`weight eq 15e-1`:                 {"A1"},
				`weight eq 1`:                     {"A2"},
				`weight eq -0.25`:                 {"B1"},
				`weight eq 1e300`:                 {},
				`ports eq 2`:                      {"A1"},
				`ports eq 2.0`:                    {"A1"},
				`ports eq 0`:                      {"A2"},
				`ports eq 2.5`:                    {},
				`lent eq true`:                    {"A1"},
				`lent eq false`:                   {"A2"},
				`addresses.value eq "BB"`:         {"A1"},
				`addresses[value eq "aa"]`:        {"A1"},
				`owner.value eq "u1"`:             {"B1"},
				`owner.value eq "U1"`:             {"A2"},
				`model eq "tablet" or ports eq 2`: {"A1", "B1"},
				`model sw "l" and lent eq true`:   {"A1"},
				`urn:example:params:scim:schemas:core:2.0:Device:model eq "tablet"`: {"B1"},
			} {
				same(t, filter, c.found(filter), want)
				same(t, filter+", searched", c.send("POST", "/Devices/.search", `{"schemas":["`+searchURN+`"],"filter":`+quoted(filter)+`}`).want(http.StatusOK).texts("Resources", "serialNumber"), want)
			}
			if name == "with indexes" {
				c.get(query("/Devices", `model co "a"`)).fails(http.StatusBadRequest, "tooMany")
				return
			}
			for filter, want := range map[string][]string{
				`addresses[value eq "aa" and type eq "ethernet"]`: {},
				`model co "AP"`:                 {"A1", "A2"},
				`weight gt 1`:                   {"A1"},
				`ports lt 1`:                    {"A2"},
				`not (model pr)`:                {"B2"},
				`lent ne true`:                  {"A2", "B1", "B2"},
				`meta.resourceType eq "Device"`: {"A1", "A2", "B1", "B2"},
			} {
				same(t, filter, c.found(filter), want)
			}
			a := c.get("/Devices?startIndex=2&count=2&attributes=serialNumber").want(http.StatusOK)
			same(t, "a page", a.texts("Resources", "serialNumber"), []string{"A2", "B1"})
			if a.number("totalResults") != 4 || a.has("Resources.0.model") || !a.has("Resources.0.id") {
				t.Errorf("%s", a.raw)
			}
		})
	}
}

func quoted(s string) string { return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"` }

// Every type and extension that is listed has its schema, published under the
// URI by which it is named, and answers where it says.
//
// covers: R-7643-6-01, R-7643-7-01
func TestConfiguredDiscovery(t *testing.T) {
	_, c := start(t, scimtest.Options{Registry: examples(t, nil)})
	types := c.get("/ResourceTypes").want(http.StatusOK)
	published := c.get("/Schemas").want(http.StatusOK).texts("Resources", "id")
	same(t, "types", types.texts("Resources", "name"), []string{"User", "Group", "Device"})
	for _, urn := range published {
		if c.get("/Schemas/"+urn).want(http.StatusOK).text("id") != urn {
			t.Errorf("%s is not where it says", urn)
		}
	}
	list, _ := types.lookup("Resources")
	seen := false
	for _, x := range list.([]any) {
		typ := x.(map[string]any)
		c.get(typ["endpoint"].(string)).want(http.StatusOK)
		urns := []string{typ["schema"].(string)}
		extensions, _ := typ["schemaExtensions"].([]any)
		for _, e := range extensions {
			urn, required := e.(map[string]any)["schema"].(string), e.(map[string]any)["required"]
			urns = append(urns, urn)
			if required != false {
				t.Errorf("%s: required %v", urn, required)
			}
			seen = seen || urn == badgeURN
		}
		for _, urn := range urns {
			if !strings.Contains(strings.Join(published, " ")+" ", urn+" ") {
				t.Errorf("%s names %s, which is not published", typ["name"], urn)
			}
		}
	}
	if !seen {
		t.Error("users have no badge")
	}
}

// Sorting and the search over all types know configured ones, too.
//
// covers: R-7644-3.4.2.3-02, R-7644-3.4.2.1-01
func TestDevicesInOrder(t *testing.T) {
	for name, indexes := range map[string][]string{"without an index": nil, "with an index": {"Device:model"}} {
		t.Run(name, func(t *testing.T) {
			_, c := start(t, scimtest.Options{Registry: examples(t, indexes)})
			for _, d := range []string{`"serialNumber":"1","model":"b"`, `"serialNumber":"2"`, `"serialNumber":"3","model":"A"`, `"serialNumber":"4","model":"c"`} {
				c.post("/Devices", device(d))
			}
			c.user("ada", "")
			sorted := func(more string) []string {
				return c.get("/Devices?sortBy=model"+more).want(http.StatusOK).texts("Resources", "serialNumber")
			}
			same(t, "ascending", sorted(""), []string{"3", "1", "4", "2"})
			same(t, "descending", sorted("&sortOrder=descending"), []string{"2", "4", "1", "3"})
			same(t, "a page", sorted("&startIndex=2&count=2"), []string{"1", "4"})
			all := c.send("POST", "/.search", `{"schemas":["`+searchURN+`"],"filter":"meta.resourceType eq \"Device\" and model sw \"a\" or userName eq \"ada\""}`).want(http.StatusOK)
			if all.number("totalResults") != 2 || all.text("Resources.0.userName") != "ada" || all.text("Resources.1.serialNumber") != "3" {
				t.Errorf("%s", all.raw)
			}
		})
	}
}
