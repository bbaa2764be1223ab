package enginebench

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What is compared for time is compared for its result first: the servers
// answer the requests of the benchmarks with the same resources, but for id,
// meta and the spelling of what they may choose.
//
// covers: R-7644-3.3-01, R-7644-3.4.1-01, R-7644-3.4.2-01
func TestSameWork(t *testing.T) {
	var want []any
	for _, name := range []string{"ours", "sqlite", "elimity"} {
		e := engines[name](t, 120)
		var got []any
		for _, q := range []struct {
			method, path, body string
			status             int
		}{
			{"POST", "/Users", user(1000), http.StatusCreated},
			{"GET", "/Users/" + e.ids[7], "", http.StatusOK},
			{"PATCH", "/Users/" + e.ids[7], fourOperations(1), http.StatusOK},
			{"PUT", "/Users/" + e.ids[8], user(8), http.StatusOK},
			{"GET", filtered(`userName eq "user9@example.com"`), "", http.StatusOK},
			{"GET", filtered(`nickName eq "nick9"`), "", http.StatusOK},
			{"GET", "/Users?count=100", "", http.StatusOK},
		} {
			a := e.do(t, q.method, q.path, q.body)
			if a.status != q.status {
				t.Fatalf("%s: %s %s: %d %s", name, q.method, q.path, a.status, a.body)
			}
			var v map[string]any
			if err := json.Unmarshal(a.body, &v); err != nil {
				t.Fatal(err)
			}
			// Which hundred of a list come first is not said; that they are whole is.
			if all, ok := v["Resources"].([]any); ok && len(all) > 1 {
				got = append(got, fmt.Sprint(len(all), " of ", v["totalResults"], ", each with ", len(all[0].(map[string]any)), " attributes"))
				continue
			}
			got = append(got, plain(v))
		}
		if want == nil {
			want = got
		} else if d := cmp.Diff(want, got); d != "" {
			t.Errorf("-ours +%s\n%s", name, d)
		}
	}
}

// plain takes out what each server may choose.
func plain(v map[string]any) map[string]any {
	delete(v, "id")
	delete(v, "meta")
	if all, ok := v["Resources"].([]any); ok {
		for _, r := range all {
			plain(r.(map[string]any))
		}
		delete(v, "itemsPerPage") // elimity's says what was asked for, not what is there
	}
	return v
}
