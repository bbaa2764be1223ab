package scim_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/scimbridge/scimbridge/scim/scimtest"
	"github.com/scimbridge/scimbridge/storage"
)

// membership is RFC 7644 section 3.5.2 for members, a second time: a set of
// ids, each with its type, and operations one after the other.
type membership map[string]string

// stranger is an id that names nothing.
const stranger = "01890000-0000-7000-8000-000000000000"

// operation draws an operation, applies it, and returns it. kinds says what
// there is. refused says that the client's mode does not take it.
func (m membership) operation(t *rapid.T, kinds map[string]string, strict bool) (text string, refused bool) {
	ids := slices.Sorted(maps.Keys(kinds))
	pick := rapid.SampledFrom(append(ids, stranger))
	verb := rapid.SampledFrom([]string{"add", "replace", "remove"}).Draw(t, "op")
	send := func(path string, value any) string {
		o := map[string]any{"op": verb}
		if path != "" {
			o["path"] = path
		}
		if value != nil {
			o["value"] = value
		}
		b, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	if verb == "remove" {
		id := pick.Draw(t, "member")
		kind := rapid.SampledFrom([]string{"User", "Group"}).Draw(t, "type")
		switch rapid.IntRange(0, 6).Draw(t, "path") {
		case 0:
			clear(m)
			return send("members", nil), false
		case 1:
			maps.DeleteFunc(m, func(_, k string) bool { return k == kind })
			return send(`members[type eq "`+kind+`"]`, nil), false
		case 2:
			maps.DeleteFunc(m, func(x, _ string) bool { return x != id })
			return send(`members[not (value eq "`+id+`")]`, nil), false
		case 3:
			maps.DeleteFunc(m, func(x, k string) bool { return x == id || k == kind && x > id })
			return send(`members[value eq "`+id+`" or type eq "`+kind+`" and value gt "`+id+`"]`, nil), false
		case 4: // as Entra and JumpCloud do it; EN-45, JC-05
			if !strict {
				delete(m, id)
			}
			return send("members", []any{map[string]any{"value": id}}), strict
		}
		delete(m, id)
		return send(`members[value eq "`+id+`"]`, nil), false
	}
	var list []any
	if verb == "replace" {
		clear(m)
	}
	for range rapid.IntRange(1, 3).Draw(t, "members") {
		id := pick.Draw(t, "member")
		// Without the type a later operation could not select by it.
		kind, known := kinds[id]
		if !known {
			kind = "User"
		}
		list = append(list, map[string]any{"value": id, "type": kind})
		m[id] = kind // the stranger, too: a later operation may take it out
	}
	if rapid.Bool().Draw(t, "with path") {
		return send("members", list), false
	}
	return send("", map[string]any{"members": list}), false
}

// Whatever operations on members come together, in either mode: the members are
// those of the model, the version moves exactly if they changed, and a refused
// request leaves all as it was.
//
// covers: R-7644-3.5.2-06, R-7644-3.5.2-08, R-7644-3.5.2.1-04, R-7644-3.5.2.2-02, R-7644-3.5.2.3-02, EN-45
func TestMembershipModel(t *testing.T) {
	s := scimtest.Start(t, scimtest.Options{})
	_, _, strictToken := s.AddClient(t, s.Tenant.Name, "exact", storage.Strict, "")
	h := s.SCIM.Handler()
	tolerant, strict := direct{h, s.Token}, direct{h, strictToken}
	kinds := map[string]string{}
	for i := range 5 {
		kinds[tolerant.send(t, "POST", "/Users", fmt.Sprintf(`{"schemas":[%q],"userName":"u%d"}`, userURN, i)).want(http.StatusCreated).text("id")] = "User"
	}
	for i := range 2 {
		kinds[tolerant.send(t, "POST", "/Groups", fmt.Sprintf(`{"schemas":[%q],"displayName":"g%d"}`, groupURN, i)).want(http.StatusCreated).text("id")] = "Group"
	}
	group := "/Groups/" + tolerant.send(t, "POST", "/Groups", `{"schemas":["`+groupURN+`"],"displayName":"G"}`).want(http.StatusCreated).text("id")
	m := membership{}
	state := func(t tester) (membership, string) {
		a := tolerant.send(t, "GET", group, "").want(http.StatusOK)
		got := membership{}
		if list, ok := a.body["members"].([]any); ok {
			for _, x := range list {
				e := x.(map[string]any)
				got[e["value"].(string)] = e["type"].(string)
			}
			if len(got) != len(list) {
				t.Fatalf("a member twice: %s", a.raw)
			}
		}
		return got, a.text("meta.version")
	}
	rapid.Check(t, func(t *rapid.T) {
		before, version := state(t)
		m = maps.Clone(before)
		d, isStrict := tolerant, rapid.Bool().Draw(t, "strict")
		if isStrict {
			d = strict
		}
		var ops []string
		refused := false
		for range rapid.IntRange(1, 4).Draw(t, "operations") {
			op, no := m.operation(t, kinds, isStrict)
			ops = append(ops, op)
			refused = refused || no
		}
		if _, unknown := m[stranger]; unknown {
			refused = refused || isStrict // tolerant: skipped
			delete(m, stranger)
		}
		a := d.send(t, "PATCH", group, patchBody("["+strings.Join(ops, ",")+"]"))
		if refused {
			m = before
		}
		if (a.status >= 400) != refused || a.status >= 500 {
			t.Fatalf("%s: %d %s; want it refused: %v", ops, a.status, a.raw, refused)
		}
		after, now := state(t)
		if !maps.Equal(after, m) {
			t.Fatalf("%s\nbefore %v\nafter  %v\nwant   %v", strings.Join(ops, "\n"), before, after, m)
		}
		if (now != version) == maps.Equal(before, after) {
			t.Fatalf("%s\nbefore %v %s\nafter  %v %s", strings.Join(ops, "\n"), before, version, after, now)
		}
	})
}
