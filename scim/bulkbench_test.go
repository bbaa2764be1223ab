package scim_test

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"
)

// BenchmarkBulkCreate creates 1,000 users in one bulk request and one by one;
// µs/user is what a user takes.
func BenchmarkBulkCreate(b *testing.B) {
	const n = 1000
	round := 0
	// operations are n bodies that no round had before.
	bodies := func(body func(i int, name string) string) []string {
		round++
		list := make([]string, n)
		for i := range list {
			list[i] = body(i, fmt.Sprintf("user%d.%d@acme.example", round, i))
		}
		return list
	}
	more := `"name":{"familyName":"Lovelace","givenName":"Ada"},"title":"Countess","active":true`
	measure := func(name string, send func(b *testing.B, x *bench)) {
		b.Run(name, func(b *testing.B) {
			x, _ := newBench(b, 0)
			for b.Loop() {
				send(b, x)
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/n, "µs/user")
		})
	}
	measure("bulk", func(b *testing.B, x *bench) {
		operations := bodies(func(i int, name string) string { return postUser(strconv.Itoa(i), name, more) })
		x.do(b, "POST", "/scim/v2/Bulk", bulkBody("", operations...), http.StatusOK)
	})
	measure("single", func(b *testing.B, x *bench) {
		for _, body := range bodies(func(_ int, name string) string {
			return `{"schemas":["` + userURN + `"],"userName":"` + name + `",` + more + `}`
		}) {
			x.do(b, "POST", "/scim/v2/Users", body, http.StatusCreated)
		}
	})
}

// BenchmarkBulkGroup creates 999 users and a group of all of them that stands
// before them.
func BenchmarkBulkGroup(b *testing.B) {
	const n = 999
	x, _ := newBench(b, 0)
	members := make([]string, n)
	for i := range members {
		members[i] = "bulkId:" + strconv.Itoa(i)
	}
	for round := 0; b.Loop(); round++ {
		operations := []string{postGroup("all", fmt.Sprintf("All %d", round), members...)}
		for i := range n {
			operations = append(operations, postUser(strconv.Itoa(i), fmt.Sprintf("user%d.%d", round, i), ""))
		}
		x.do(b, "POST", "/scim/v2/Bulk", bulkBody("", operations...), http.StatusOK)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/(n+1), "µs/operation")
}
