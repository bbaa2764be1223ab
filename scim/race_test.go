package scim_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/scimbridge/scimbridge/scim/scimtest"
)

// atOnce runs fn n times at once.
func atOnce(n int, fn func(i int)) {
	var ready, done sync.WaitGroup
	ready.Add(n)
	for i := range n {
		done.Go(func() {
			ready.Done()
			ready.Wait()
			fn(i)
		})
	}
	done.Wait()
}

// covers: T-46, R-7644-3.3-05, R-7643-4.1.1-02, R-7644-3.3-06
func TestParallelCreates(t *testing.T) {
	s, c := start(t, scimtest.Options{})
	entries := len(journalEntries(t, s))
	answers := make([]answer, 50)
	errs := make([]error, len(answers))
	atOnce(len(answers), func(i int) {
		name := []string{"ada@x.io", "Ada@x.io", "ADA@X.IO", "aDa@X.io"}[i%4]
		answers[i], errs[i] = c.trySend("POST", "/Users", fmt.Sprintf(`{"schemas":[%q],"userName":%q,"title":"T%d"}`, userURN, name, i))
	})
	var created []string
	for i, a := range answers {
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
		a.check()
		if a.status == http.StatusCreated {
			created = append(created, a.text("id"))
			continue
		}
		a.fails(http.StatusConflict, "uniqueness")
	}
	same(t, "users", c.get("/Users").texts("Resources", "id"), created)
	if len(created) != 1 {
		t.Errorf("%d were created", len(created))
	}
	if n := len(journalEntries(t, s)) - entries; n != 1 {
		t.Errorf("%d journal entries", n)
	}
}

// covers: T-47, A0-5, XX-02
func TestParallelMembers(t *testing.T) {
	_, c := start(t, scimtest.Options{})
	const joining, leaving = 200, 40
	var ids []string
	for i := range joining + leaving {
		ids = append(ids, c.user(fmt.Sprintf("u%03d", i), ""))
	}
	gid := c.group("Eng", ids[joining:]...)
	answers := make([]answer, len(ids))
	errs := make([]error, len(ids))
	atOnce(len(ids), func(i int) {
		op := `[{"op":"add","path":"members","value":[{"value":"` + ids[i] + `"}]}]`
		if i >= joining {
			op = `[{"op":"remove","path":"members[value eq \"` + ids[i] + `\"]"}]`
		}
		answers[i], errs[i] = c.trySend("PATCH", "/Groups/"+gid, patchBody(op))
	})
	for i, a := range answers {
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
		if a.status != http.StatusOK && a.status != http.StatusNoContent {
			t.Errorf("%s", a.raw)
		}
	}
	group := c.get("/Groups/" + gid)
	same(t, "members", group.texts("members", "value"), ids[:joining])
	if want := fmt.Sprintf(`W/"%d"`, 1+joining+leaving); group.header.Get("ETag") != want {
		t.Errorf("ETag %s, want %s", group.header.Get("ETag"), want)
	}
	for _, id := range ids[joining:] {
		if c.get("/Users/" + id).has("groups") {
			t.Errorf("%s is still in", id)
		}
	}
}

// A reader never sees part of a request, and a request that fails is not there
// at all.
//
// covers: T-48, R-7644-3.5.2-08
func TestAtomicPatch(t *testing.T) {
	s, c := start(t, scimtest.Options{})
	id := c.user("ada", `"displayName":"0","nickName":"0","title":"0"`)
	gid := c.group("0", id)
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				a, err := c.trySend("GET", "/Users/"+id, "")
				if err != nil {
					t.Error(err)
					return
				}
				if n := a.body["displayName"]; n != a.body["nickName"] || n != a.body["title"] {
					t.Errorf("part of a request: %s", a.raw)
					return
				}
			}
		})
	}
	for i := 1; i <= 30; i++ {
		three := fmt.Sprintf(`{"op":"replace","path":"displayName","value":"%d"},{"op":"replace","path":"nickName","value":"%[1]d"},{"op":"replace","path":"title","value":"%[1]d"}`, i)
		c.patch("/Users/"+id, "["+three+"]").want(http.StatusOK)
		bad := strings.ReplaceAll(three, fmt.Sprint(i), "bad")
		entries := len(journalEntries(t, s))
		before := c.get("/Users/" + id).raw
		c.patch("/Users/"+id, "["+bad+","+bad+`,{"op":"replace","path":"emails[value eq \"z\"].type","value":"work"},`+bad+"]").fails(http.StatusBadRequest, "noTarget")
		if after := c.get("/Users/" + id).raw; after != before || len(journalEntries(t, s)) != entries {
			t.Fatalf("changed from %s to %s", before, after)
		}
	}
	close(stop)
	readers.Wait()

	// Fifty operations, the last of them bad; a group's members count as well.
	for path, bad := range map[string]string{
		"/Users/" + id:   `{"op":"replace","path":"active","value":"perhaps"}`,
		"/Groups/" + gid: `{"op":"replace","path":"displayName","value":""}`,
	} {
		before := c.get(path).raw
		many := strings.Repeat(`{"op":"replace","path":"displayName","value":"x"},{"op":"remove","path":"externalId"},`, 24)
		if strings.HasPrefix(path, "/Groups") {
			many += `{"op":"remove","path":"members"},`
		}
		c.patch(path, "["+many+bad+"]").fails(http.StatusBadRequest, "invalidValue")
		if after := c.get(path).raw; after != before {
			t.Errorf("changed from %s to %s", before, after)
		}
	}
}

// covers: T-51, R-7644-3.14-03
func TestParallelConditionalWrites(t *testing.T) {
	_, c := start(t, scimtest.Options{})
	id, gid := c.user("ada", ""), c.group("Eng")
	for round := range 5 {
		for path, body := range map[string]string{
			"/Users/" + id:   `{"schemas":["` + userURN + `"],"userName":"ada","title":"%d %d"}`,
			"/Groups/" + gid: `{"schemas":["` + groupURN + `"],"displayName":"Eng %d %d"}`,
		} {
			tag := c.get(path).header.Get("ETag")
			answers := make([]answer, 8)
			errs := make([]error, len(answers))
			atOnce(len(answers), func(i int) {
				answers[i], errs[i] = c.trySend("PUT", path, fmt.Sprintf(body, round, i), "If-Match", tag)
			})
			var statuses []int
			for i, a := range answers {
				if errs[i] != nil {
					t.Fatal(errs[i])
				}
				statuses = append(statuses, a.status)
			}
			slices.Sort(statuses)
			same(t, path, statuses, append([]int{http.StatusOK}, slices.Repeat([]int{http.StatusPreconditionFailed}, len(answers)-1)...))
		}
	}
}

// Edits of different attributes at once: none is lost.
func TestParallelPatches(t *testing.T) {
	_, c := start(t, scimtest.Options{})
	id := c.user("ada", "")
	names := []string{"displayName", "nickName", "title", "userType", "name.givenName", "name.familyName", "name.middleName", enterpriseURN + ":department"}
	errs := make([]error, len(names))
	statuses := make([]int, len(names))
	atOnce(len(names), func(i int) {
		var a answer
		a, errs[i] = c.trySend("PATCH", "/Users/"+id, patchBody(`[{"op":"add","path":"`+names[i]+`","value":"v"}]`))
		statuses[i] = a.status
	})
	for i := range names {
		if errs[i] != nil || statuses[i] != http.StatusOK {
			t.Fatal(names[i], statuses[i], errs[i])
		}
	}
	a := c.get("/Users/" + id)
	if n := strings.Count(a.raw, `:"v"`); n != len(names) {
		t.Errorf("%d of %d edits: %s", n, len(names), a.raw)
	}
}
