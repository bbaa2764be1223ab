package scim_test

import (
	"strings"
	"testing"
)

// Whatever a bulk request holds: the answer is SCIM, an operation fails with a
// 4xx of its own, and only what was created is there.
//
// covers: T-29, T-36, T-37, T-44
func FuzzBulk(f *testing.F) {
	w := newWorld(f)
	for _, operations := range []string{
		postUser("a", "x", ""), postGroup("g", "G", "bulkId:a") + "," + postUser("a", "x", ""),
		postGroup("g", "G", "bulkId:h") + "," + postGroup("h", "H", "bulkId:g"), postUser("a", "x", "") + "," + postUser("a", "y", ""),
		op("DELETE", "/Users/bulkId:a", "") + "," + postUser("a", "x", ""), op("PUT", w.user, w.userBody), op("PATCH", w.group, patchBody(`[{"op":"add","path":"members","value":[{"value":"bulkId:a"}]}]`)),
		op("PATCH", w.user, patchBody(`[{"op":"remove","path":"emails[value eq \"bulkId:a\"]"}]`)), `{"method":"POST","path":"/Bulk","bulkId":"b","data":{"Operations":[]}}`,
		op("DELETE", "/Users/bulkId:../Users/"+w.userID, ""), `{}`, `null`, `[]`, postGroup("g", "G", "bulkId:g", "bulkId:", "bulkId:bulkId:g"),
		`{"method":"POST","path":"/Users","bulkId":"a","data":{"schemas":[],"userName":"bulkId:a","name":{"familyName":"bulkId:a"},"urn:x:y":{"a":["bulkId:a"]}}}`,
	} {
		f.Add(operations, `"failOnErrors":1`)
	}
	f.Fuzz(func(t *testing.T, operations, more string) {
		for _, c := range w.clients {
			a := c.send(t, "POST", "/Bulk", bulkBody(more, operations))
			if a.status >= 500 {
				t.Fatalf("%d: %s", a.status, a.raw)
			}
			if a.status != 200 {
				continue
			}
			list, _ := a.body["Operations"].([]any)
			for i, status := range a.texts("Operations", "status") {
				o, _ := list[i].(map[string]any)
				_, failed := o["response"]
				location, _ := o["location"].(string)
				if len(status) != 3 || failed != (status[0] == '4') || !failed && status[0] != '2' {
					t.Errorf("operation %d: %v", i, o)
				}
				if !failed && o["method"] == "POST" && !strings.HasPrefix(location, "https://") {
					t.Errorf("operation %d: location %q", i, location)
				}
			}
		}
	})
}
