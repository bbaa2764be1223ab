package scim_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/scim/scimtest"
)

// The benchmarks measure the handler with the real bridge and a real SQLite
// file behind it, without the network. Each user is about 1.2 KB on the wire.

func benchUser(i int64) string {
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"userName":"user%d@example.com","externalId":"ext-%d","name":{"formatted":"Given%d Family%d","familyName":"Family%d","givenName":"Given%d"},"displayName":"Given%d Family%d","nickName":"nick%d","title":"Engineer","userType":"Employee","preferredLanguage":"en-US","locale":"en-US","timezone":"Europe/Berlin","active":true,"emails":[{"value":"user%d@example.com","type":"work","primary":true},{"value":"home%d@example.org","type":"home"}],"phoneNumbers":[{"value":"+49 30 %07d","type":"work"},{"value":"+49 170 %07d","type":"mobile"}],"addresses":[{"type":"work","streetAddress":"Street %d","locality":"Berlin","postalCode":"10115","country":"DE"}],"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"%d","department":"Department %d","costCenter":"%d","organization":"Example"}}`,
		i, i, i, i, i, i, i, i, i, i, i, i, i, i, i, i%50, i%20)
}

type bench struct {
	*scimtest.Server
	h http.Handler
}

func newBench(b *testing.B, users int) (*bench, []string) {
	s := scimtest.Start(b, scimtest.Options{})
	x := &bench{s, s.SCIM.Handler()}
	ids := make([]string, users)
	for i := range ids {
		ids[i] = x.create(b, "/scim/v2/Users", benchUser(int64(i)))
	}
	b.ResetTimer()
	b.ReportAllocs()
	return x, ids
}

func (x *bench) do(b *testing.B, method, path, body string, want int) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+x.Token)
	if body != "" {
		r.Header.Set("Content-Type", "application/scim+json")
	}
	w := httptest.NewRecorder()
	x.h.ServeHTTP(w, r)
	if w.Code != want {
		b.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
	return w
}

func (x *bench) create(b *testing.B, path, body string) string {
	var got struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(x.do(b, "POST", path, body, http.StatusCreated).Body.Bytes(), &got); err != nil {
		b.Fatal(err)
	}
	return got.ID
}

func BenchmarkGetUser(b *testing.B) {
	x, ids := newBench(b, 200)
	for i := 0; b.Loop(); i++ {
		x.do(b, "GET", "/scim/v2/Users/"+ids[i%len(ids)], "", 200)
	}
}

func BenchmarkFilterUserName(b *testing.B) {
	x, ids := newBench(b, 200)
	for i := 0; b.Loop(); i++ {
		x.do(b, "GET", fmt.Sprintf(`/scim/v2/Users?filter=userName+eq+"user%d@example.com"`, i%len(ids)), "", 200)
	}
}

func BenchmarkListOf100(b *testing.B) {
	x, _ := newBench(b, 200)
	for b.Loop() {
		x.do(b, "GET", "/scim/v2/Users?count=100", "", 200)
	}
}

// BenchmarkCreateUser has 32 clients, so that commits are shared.
func BenchmarkCreateUser(b *testing.B) {
	x, _ := newBench(b, 0)
	var n atomic.Int64
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			x.do(b, "POST", "/scim/v2/Users", benchUser(n.Add(1)), http.StatusCreated)
		}
	})
}

func BenchmarkPatchActive(b *testing.B) {
	x, ids := newBench(b, 512)
	var n atomic.Int64
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := n.Add(1)
			body := fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Replace","path":"active","value":"%t"}]}`, i/512%2 == 1)
			x.do(b, "PATCH", "/scim/v2/Users/"+ids[i%512], body, 200)
		}
	})
}

// BenchmarkAddMember adds one member to a group, and takes it out again, for
// groups of several sizes: what it costs must not depend on the size.
func BenchmarkAddMember(b *testing.B) {
	for _, size := range []int{10, 1000, 100_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			x, _ := newBench(b, 0)
			group := x.create(b, "/scim/v2/Groups", `{"displayName":"Big"}`)
			id, err := directory.ParseID(group)
			if err != nil {
				b.Fatal(err)
			}
			x.fill(b, id, size)
			user := x.create(b, "/scim/v2/Users", benchUser(-1))
			b.ResetTimer()
			for i := 0; b.Loop(); i++ {
				op := `{"op":"Add","path":"members","value":[{"value":"` + user + `"}]}`
				if i%2 == 1 {
					op = `{"op":"remove","path":"members[value eq \"` + user + `\"]"}`
				}
				want := 200
				if size >= 1000 {
					want = 204
				}
				x.do(b, "PATCH", "/scim/v2/Groups/"+group, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[`+op+`]}`, want)
			}
		})
	}
}

// fill puts size users into the group without going through HTTP.
func (x *bench) fill(b *testing.B, group directory.ID, size int) {
	by := journal.Actor{Tenant: x.Tenant.ID, Origin: directory.OriginSCIM, Client: x.SCIMApp.ID, Name: "bench"}
	edit := &directory.MemberEdit{}
	ids := make(chan string, 256)
	for w := range 64 {
		go func() {
			for i := w; i < size; i += 64 {
				doc, err := directory.Profile{UserName: fmt.Sprintf("m%d", i)}.Document()
				if err == nil {
					var u *directory.User
					if u, err = x.Bridge.CreateUser(context.Background(), by, &directory.User{Active: true, Document: doc}); err == nil {
						ids <- u.ID.String()
						continue
					}
				}
				b.Error(err)
				ids <- ""
			}
		}()
	}
	for range size {
		edit.Add = append(edit.Add, <-ids)
	}
	_, _, err := x.Bridge.EditGroup(context.Background(), by, group, func(*directory.Group) (*directory.MemberEdit, error) { return edit, nil })
	if err != nil {
		b.Fatal(err)
	}
}
