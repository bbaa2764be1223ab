package scim_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// FuzzCursor: a cursor that was changed in any way is refused as one, and finds
// nothing.
//
// covers: R-9865-2.1-01, T-26
func FuzzCursor(f *testing.F) {
	w := newWorld(f)
	d := w.clients[0]
	given := d.send(f, "GET", "/Users?cursor=&count=1", "").want(http.StatusOK).text("nextCursor")
	if given == "" {
		f.Fatal("no cursor")
	}
	f.Add(0, "", "")
	f.Add(1, "A", "")
	f.Add(1, "\n", "\r")
	f.Add(len(given), "", "=")
	f.Add(len(given)-1, given, " ")
	f.Fuzz(func(t *testing.T, at int, put, behind string) {
		if at < 0 || at > len(given) || len(put)+len(behind) > 1024 {
			return
		}
		// Put over what is there, before it, or instead of it.
		for _, cursor := range []string{given[:at] + put + given[min(len(given), at+len(put)):] + behind, given[:at] + put + given[at:] + behind, put} {
			a := d.send(t, "GET", "/Users?count=1&cursor="+url.QueryEscape(cursor), "")
			switch {
			case cursor == given || cursor == "":
				a.want(http.StatusOK)
			case a.status != http.StatusBadRequest || !strings.Contains(a.text("scimType"), "Cursor"):
				t.Fatalf("%q: %d %s", cursor, a.status, a.raw)
			}
		}
	})
}
