package scim_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scimbridge/scimbridge/scim"
	"github.com/scimbridge/scimbridge/scim/scimtest"
	"github.com/scimbridge/scimbridge/storage"
)

// cursorURL is what a cursor may be made of (RFC 3986 section 2.3).
var cursorURL = regexp.MustCompile(`^[A-Za-z0-9._~-]+$`)

// walk reads a list to its end by cursor and returns the ids; path has a query.
// between is called after each page.
func (c *client) walk(path string, between func(page int)) (ids []string) {
	c.t.Helper()
	for cursor, n := "", 0; ; n++ {
		a := c.get(path + "&cursor=" + cursor).want(http.StatusOK)
		if a.has("previousCursor") || a.has("startIndex") || a.number("itemsPerPage") != len(a.texts("Resources", "id")) {
			c.t.Errorf("%s: %.300s", a.what, a.raw)
		}
		ids = append(ids, a.texts("Resources", "id")...)
		if between != nil {
			between(n)
		}
		if !a.has("nextCursor") {
			return ids
		}
		if cursor = a.text("nextCursor"); !cursorURL.MatchString(cursor) || n > 1000 {
			c.t.Fatalf("%s: page %d goes on at %q", path, n, cursor)
		}
	}
}

// covers: R-9865-2-01, R-9865-2-02, R-9865-2.4-01, R-9865-3-01, R-7644-3.4.2-02, R-7644-3.4.2.4-02
func TestCursors(t *testing.T) {
	_, c := start(t, scimtest.Options{Limits: scim.Limits{Page: 50, DefaultPage: 4}, Now: ticking()})
	var users, groups []string
	for i := range 12 {
		users = append(users, c.user(fmt.Sprintf("u%02d", i), `"title":"T"`))
	}
	for i := range 3 {
		groups = append(groups, c.group(fmt.Sprint("g", i), users...))
	}
	backwards := slices.Clone(users)
	slices.Reverse(backwards)
	for _, x := range []struct {
		path string
		want []string
	}{
		{"/Users?x=y", users}, {"/Groups?x=y", groups}, {"/?x=y", slices.Concat(users, groups)},
		{"/Users?filter=userName+sw+%22u%22", users}, {"/Users?filter=title+co+%22t%22", users}, {"/Users?filter=title+eq+%22x%22", nil},
		{"/?filter=title+co+%22t%22", users}, {"/?filter=displayName+sw+%22G%22", groups}, {"/?filter=not+(title+pr)", groups},
		{"/Users?sortBy=userName&sortOrder=descending", backwards}, {"/Users?sortBy=title", users}, {"/Users?sortBy=title&filter=userName+ge+%22u08%22", users[8:]},
		{"/Users?sortBy=userName&filter=title+eq+%22t%22", users}, {"/Users?sortBy=displayName", users}, {"/Users?sortBy=meta.created&sortOrder=descending", backwards},
		{"/Users?attributes=userName", users}, {"/Groups?excludedAttributes=members", groups}, {"/?sortBy=meta.created", slices.Concat(users, groups)},
		{"/?sortBy=userName&sortOrder=descending", slices.Concat(groups, backwards)},
	} {
		for _, count := range []int{0, 1, 2, 3, 4, 5, 6, 12, 13, 15, 50} { // exact multiples and others
			path := x.path
			if count > 0 {
				path += fmt.Sprint("&count=", count)
			} else {
				count = 4
			}
			pages := 0
			same(t, path, c.walk(path, func(int) { pages++ }), append([]string(nil), x.want...))
			if want := max(1, (len(x.want)+count-1)/count); pages != want {
				t.Errorf("%s: %d pages, want %d", path, pages, want)
			}
		}
	}
	// The value may be left out altogether.
	if a := c.get("/Users?cursor&count=10").want(http.StatusOK); !cursorURL.MatchString(a.text("nextCursor")) || a.number("totalResults") != 12 {
		t.Errorf("%s", a.raw)
	}
	// Without the parameter, pages go by index.
	if a := c.get("/Users").want(http.StatusOK); a.has("nextCursor") || a.number("startIndex") != 1 {
		t.Errorf("%s", a.raw)
	}
	// The same in a body.
	var found []string
	for cursor := `""`; cursor != ""; {
		a := c.send("POST", "/Users/.search", fmt.Sprintf(`{"schemas":[%q],"cursor":%s,"count":5,"filter":"title pr","sortBy":"userName","attributes":["title"]}`, searchURN, cursor)).want(http.StatusOK)
		found = append(found, a.texts("Resources", "id")...)
		if cursor = ""; a.has("nextCursor") {
			cursor = `"` + a.text("nextCursor") + `"`
		}
	}
	same(t, "search by cursor", found, users)
	if a := c.send("POST", "/Users/.search", `{"schemas":["`+searchURN+`"],"cursor":null}`).want(http.StatusOK); a.has("nextCursor") || !a.has("startIndex") {
		t.Errorf("null: %s", a.raw)
	}
	// count=0 counts.
	for _, path := range []string{"/Users?count=0&cursor=", "/Users?count=-1&cursor", "/Users?count=0&cursor=&filter=title+eq+%22T%22", "/Users?count=0&cursor=&sortBy=title"} {
		if a := c.get(path).want(http.StatusOK); a.number("totalResults") != 12 || a.has("nextCursor") || len(a.texts("Resources", "id")) > 0 {
			t.Errorf("%s: %s", path, a.raw)
		}
	}
	// A body and a URL that ask the same share their cursors.
	a := c.get("/Users?cursor=&count=5").want(http.StatusOK)
	c.send("POST", "/Users/.search", fmt.Sprintf(`{"schemas":[%q],"cursor":%q}`, searchURN, a.text("nextCursor"))).want(http.StatusOK)
}

// covers: R-9865-2-03, R-9865-2.1-01, R-9865-5-01, T-26
func TestRefusedCursors(t *testing.T) {
	at := time.Now().Truncate(time.Second).Add(700 * time.Millisecond) // cursors count in seconds
	s, c := start(t, scimtest.Options{Limits: scim.Limits{Page: 20, CursorTimeout: time.Minute}, Now: func() time.Time { return at }})
	other := second(t, s, "other", storage.Tolerant)
	_, _, token := s.AddClient(t, "elsewhere", "okta", storage.Tolerant, "")
	stranger := newClient(t, s, token)
	for _, c := range []*client{c, stranger} {
		for i := range 8 {
			c.user(fmt.Sprint("u", i), "")
		}
	}
	const query = `/Users?count=3&filter=userName+sw+%22u%22&sortBy=userName&sortOrder=descending&attributes=userName`
	cursor := c.get(query + "&cursor").want(http.StatusOK).text("nextCursor")
	flipped := []byte(cursor)
	flipped[len(flipped)/2] ^= 1
	forged := c.get(query+"&cursor="+string(flipped)).fails(http.StatusBadRequest, "invalidCursor")
	for what, a := range map[string]answer{
		"another filter":        c.get(strings.Replace(query, "sw", "ge", 1) + "&cursor=" + cursor),
		"no filter":             c.get("/Users?count=3&sortBy=userName&sortOrder=descending&attributes=userName&cursor=" + cursor),
		"another order":         c.get(strings.Replace(query, "descending", "ascending", 1) + "&cursor=" + cursor),
		"sorted by another":     c.get(strings.Replace(query, "sortBy=userName", "sortBy=id", 1) + "&cursor=" + cursor),
		"other attributes":      c.get(query + ",title&cursor=" + cursor),
		"excluded attributes":   c.get(strings.Replace(query, "&attributes", "&excludedAttributes", 1) + "&cursor=" + cursor),
		"at groups":             c.get("/Groups?count=3&filter=displayName+sw+%22u%22&cursor=" + cursor),
		"at the root":           c.get(strings.Replace(query, "/Users", "/", 1) + "&cursor=" + cursor),
		"of another client":     other.get(query + "&cursor=" + cursor),
		"of another tenant":     stranger.get(query + "&cursor=" + cursor),
		"cut off":               c.get(query + "&cursor=" + cursor[:len(cursor)-1]),
		"short":                 c.get(query + "&cursor=AAAA"),
		"of other characters":   c.get(query + "&cursor=" + url.QueryEscape("é%/+=")),
		"with something behind": c.get(query + "&cursor=" + cursor + "A"),
	} {
		a.fails(http.StatusBadRequest, "invalidCursor")
		if a.raw != forged.raw {
			t.Errorf("%s: %s, where a forged one gets %s", what, a.raw, forged.raw)
		}
	}
	for _, query := range []string{strings.Replace(query, "count=3", "count=4", 1) + "&cursor=" + cursor, strings.Replace(query, "count=3", "count=0", 1) + "&cursor=" + cursor,
		"/Users?count=21&cursor=", "/Users?count=99999999999999999999&cursor="} {
		c.get(query).fails(http.StatusBadRequest, "invalidCount")
	}
	c.get("/Users?cursor=&startIndex=1").fails(http.StatusBadRequest, "invalidValue")
	c.get("/Users?cursor=&cursor=").fails(http.StatusBadRequest, "invalidValue")
	c.get("/Users?cursor=&count=x").fails(http.StatusBadRequest, "invalidValue")
	// The count may be left to the cursor; a cursor can be used twice.
	for range 2 {
		if a := c.get(strings.Replace(query, "count=3&", "", 1) + "&cursor=" + cursor).want(http.StatusOK); strings.Join(a.names(), " ") != "u4 u3 u2" {
			t.Errorf("%s", a.raw)
		}
	}
	at = at.Add(time.Minute - 1)
	later := c.get(query + "&cursor=" + cursor).want(http.StatusOK).text("nextCursor")
	at = at.Add(time.Second)
	if a := c.get(query+"&cursor="+cursor).fails(http.StatusBadRequest, "expiredCursor"); !strings.Contains(a.text("detail"), "1m0s") {
		t.Errorf("%s", a.raw)
	}
	c.get(query + "&cursor=" + later).want(http.StatusOK)
	// A cursor is no credential, and opens nothing for one that has lost its rights.
	nobody := *c
	nobody.token = ""
	nobody.get(query+"&cursor="+later).fails(http.StatusUnauthorized, "")
	revoke(t, s, c)
	c.get(query+"&cursor="+later).fails(http.StatusUnauthorized, "")
}

// revoke takes the client's tokens back.
func revoke(t *testing.T, s *scimtest.Server, c *client) {
	t.Helper()
	if err := s.Store.Update(t.Context(), func(tx storage.Tx) error {
		tokens, err := tx.Tokens(s.SCIMApp.ID)
		if err != nil {
			return err
		}
		for _, token := range tokens {
			token.Revoked = time.Now().Add(-time.Hour)
			if err := tx.PutToken(&token); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// Nothing is kept of a cursor: each is good for every process that has the key,
// and no other.
//
// covers: T-45
func TestCursorsAreStateless(t *testing.T) {
	key := []byte("0123456789abcdef0123456789abcdef")
	_, c := start(t, scimtest.Options{CursorKey: key})
	for i := range 3 {
		c.user(fmt.Sprint("u", i), "")
	}
	cursor := c.get("/Users?count=1&cursor=").want(http.StatusOK).text("nextCursor")
	_, twin := start(t, scimtest.Options{CursorKey: key}) // its tenant and client have the same numbers
	twin.user("first", "")
	twin.user("second", "")
	if a := twin.get("/Users?count=1&cursor=" + cursor).want(http.StatusOK); a.text("Resources.0.userName") != "second" {
		t.Errorf("%s", a.raw)
	}
	_, another := start(t, scimtest.Options{})
	another.get("/Users?count=1&cursor="+cursor).fails(http.StatusBadRequest, "invalidCursor")
	for range 2000 {
		if a := c.get("/Users?count=1&cursor=").want(http.StatusOK); a.text("nextCursor") == cursor {
			t.Fatal("two cursors are the same: the nonce is")
		}
	}
	c.get("/Users?count=1&cursor=" + cursor).want(http.StatusOK)
	if _, err := scim.New(scim.Config{
		Backend: struct{ scim.Backend }{}, Authenticate: func(*http.Request) (scim.Caller, error) { return scim.Caller{}, nil },
		BaseURL: "https://bridge.example", CursorKey: []byte("too short"),
	}); err == nil || !strings.Contains(err.Error(), "cursor key") {
		t.Errorf("a short key: %v", err)
	}
}

// A walk meets each resource that stays once, whatever others write meanwhile.
//
// covers: R-9865-2-02
func TestCursorsWhileOthersWrite(t *testing.T) {
	for name, path := range map[string]string{
		"in order of creation": "/Users?count=3", "sorted by an index": "/Users?count=3&sortBy=displayName",
		"sorted here": "/Users?count=3&sortBy=title&sortOrder=descending", "filtered": "/Users?count=3&filter=title+pr", "at the root": "/?count=3&filter=title+pr",
	} {
		t.Run(name, func(t *testing.T) {
			_, c := start(t, scimtest.Options{})
			var stay, go_ []string
			more := func(i int) string { return fmt.Sprintf(`"title":"t%02d","displayName":"d%02d"`, i%10, i%7) }
			for i := range 30 {
				if id := c.user(fmt.Sprintf("u%02d", i), more(i)); i%3 == 1 {
					go_ = append(go_, id)
				} else {
					stay = append(stay, id)
				}
			}
			stop, done := make(chan bool), sync.WaitGroup{}
			for w := range 3 {
				done.Go(func() {
					for i := 0; ; i++ {
						select {
						case <-stop:
							return
						default:
						}
						if i%2 == 0 && w < len(go_) && i/2*3+w < len(go_) {
							if _, err := c.trySend("DELETE", "/Users/"+go_[i/2*3+w], ""); err != nil {
								t.Error(err)
							}
							continue
						}
						body := fmt.Sprintf(`{"schemas":[%q],"userName":"new-%d-%d",%s}`, userURN, w, i, more(i))
						if a, err := c.trySend("POST", "/Users", body); err != nil || a.status != http.StatusCreated {
							t.Errorf("%v %s", err, a.raw)
						}
						if i > 60 {
							return
						}
					}
				})
			}
			ids := c.walk(path, nil)
			close(stop)
			done.Wait()
			times := map[string]int{}
			for _, id := range ids {
				if times[id]++; times[id] > 1 {
					t.Errorf("%s comes twice", id)
				}
			}
			for _, id := range stay {
				if times[id] == 0 {
					t.Errorf("%s was passed over", id)
				}
			}
		})
	}
}

// What index paging refuses as too much, a cursor gets through page by page.
//
// covers: T-40, R-9865-2-02
func TestCursorsPassTheScanLimit(t *testing.T) {
	var backend *recorder
	_, c := start(t, scimtest.Options{Limits: scim.Limits{Scan: 5}, Wrap: func(b scim.Backend) scim.Backend {
		backend = &recorder{Backend: b}
		return backend
	}})
	var want, groups []string
	for i := range 23 {
		title := fmt.Sprintf(`"title":"t%d"`, i)
		id := c.user(fmt.Sprint("u", i), title)
		if i == 3 || i == 17 || i == 18 || i == 22 {
			c.patch("/Users/"+id, `[{"op":"replace","path":"title","value":"wanted"}]`).want(http.StatusOK)
			want = append(want, id)
		}
		if i%2 == 0 {
			groups = append(groups, c.group(fmt.Sprint("g", i), id))
		}
	}
	const filter = "&filter=title+eq+%22wanted%22"
	c.get("/Users?x"+filter).fails(http.StatusBadRequest, "tooMany")
	for _, path := range []string{"/Users?count=1" + filter, "/Users?count=100" + filter, "/?count=100" + filter, "/Users?count=3&sortBy=userName" + filter} {
		pages := 0
		got := c.walk(path, func(int) { pages++ })
		slices.Sort(got) // by name is another order
		same(t, path, got, want)
		if pages < 5 {
			t.Errorf("%s: %d pages of at most 5 candidates", path, pages)
		}
	}
	first := c.get("/Users?count=100&cursor=" + filter).want(http.StatusOK)
	if first.has("totalResults") {
		t.Errorf("nobody has counted: %s", first.raw)
	}
	if a := c.get("/Users?count=100&cursor=&filter=title+eq+%22t1%22+and+userName+lt+%22u11%22").want(http.StatusOK); a.has("nextCursor") || a.number("totalResults") != 1 {
		t.Errorf("the first page is the last: %s", a.raw)
	}
	// Members are read of the groups on the page only.
	backend.withMembers = 0
	same(t, "groups", c.walk("/Groups?count=2&filter=displayName+co+%22G%22", nil), groups)
	if backend.withMembers > len(groups) {
		t.Errorf("the members of %d groups were read for %d", backend.withMembers, len(groups))
	}
	backend.withMembers = 0
	same(t, "all groups", c.walk("/Groups?count=2", nil), groups)
	if backend.withMembers > len(groups) {
		t.Errorf("the members of %d groups were read for %d", backend.withMembers, len(groups))
	}
}

// A page that ends early because of its bytes goes on where it ended.
//
// covers: T-40, R-9865-2-02
func TestCursorsOfPagesThatEndEarly(t *testing.T) {
	_, c := start(t, scimtest.Options{Limits: scim.Limits{PageBytes: 3000}})
	var users []string
	for i := range 9 {
		users = append(users, c.user(fmt.Sprintf("u%d", i), fmt.Sprintf(`"title":"%d%s"`, i, strings.Repeat("x", 200*i))))
	}
	c.group("g")
	for _, path := range []string{"/Users?count=100", "/Users?count=100&filter=title+pr", "/Users?count=100&sortBy=userName", "/Users?count=4&sortBy=nickName", "/?count=100&filter=title+pr"} {
		pages := 0
		same(t, path, c.walk(path, func(int) { pages++ }), users)
		if pages < 3 {
			t.Errorf("%s: %d pages", path, pages)
		}
	}
}

// covers: R-9865-4-01
func TestPaginationIsAnnounced(t *testing.T) {
	_, c := start(t, scimtest.Options{Limits: scim.Limits{Page: 7, DefaultPage: 2, CursorTimeout: 90 * time.Second}})
	a := c.get("/ServiceProviderConfig").want(http.StatusOK)
	v, _ := a.lookup("pagination")
	same(t, "pagination", v, map[string]any{"cursor": true, "index": true, "defaultPaginationMethod": "index", "defaultPageSize": 2, "maxPageSize": 7, "cursorTimeout": 90})
	schema := c.get("/Schemas/urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig").want(http.StatusOK)
	for _, name := range []string{"pagination", "cursorTimeout", "defaultPaginationMethod"} {
		if !strings.Contains(schema.raw, `"`+name+`"`) {
			t.Errorf("the schema lacks %s", name)
		}
	}
}

// A cursor stays short enough for a URL, whatever the list is sorted by: it names
// the resource whose key is too long for it. It is no longer valid when that is
// deleted, or has another key, and what else happens to it does not matter.
//
// covers: R-9865-3-01, R-9865-2.1-01
func TestCursorsOfLongValues(t *testing.T) {
	_, c := start(t, scimtest.Options{})
	long := func(letter string, n, i int) string { return fmt.Sprintf("%s%d", strings.Repeat(letter, n), i) }
	user := func(i int) string {
		return fmt.Sprintf(`"title":%q,"displayName":%q,"nickName":%q,"name":{"familyName":%q}`, long("x", 60_000, i), long("ý", 1000, i), long("n", 1023, i), long("N", 1024, i))
	}
	var want, groups []string
	for i := range 4 {
		want = append(want, c.user(fmt.Sprint("u", i), user(i)))
		groups = append(groups, c.group(long("ž", 1000, i)))
	}
	const users = "/Users?count=1&attributes=id&sortBy="
	for path, want := range map[string][]string{
		users + "title": want, users + "displayName": want, users + "nickName": want, users + "name.familyName": want,
		"/Groups?count=1&attributes=id&sortBy=displayName": groups, "/?count=1&attributes=id&sortBy=displayName": slices.Concat(want, groups),
	} {
		next := c.get(path + "&cursor=").want(http.StatusOK).text("nextCursor")
		if len(next) > 1600 {
			t.Errorf("%s: a cursor of %d characters", path, len(next))
		}
		same(t, path, c.walk(path, nil), want)
	}

	for _, sortBy := range []string{"title", "displayName"} {
		behind := func(cursor string) answer { return c.get(users + sortBy + "&cursor=" + cursor) }
		first := c.get(users + sortBy + "&cursor=").want(http.StatusOK).text("nextCursor")
		c.patch("/Users/"+want[0], `[{"op":"add","path":"profileUrl","value":"https://a.example"}]`).want(http.StatusOK)
		same(t, "after another change", behind(first).want(http.StatusOK).texts("Resources", "id"), want[1:2])
		c.patch("/Users/"+want[0], `[{"op":"add","path":"`+sortBy+`","value":"a"}]`).want(http.StatusOK)
		behind(first).fails(http.StatusBadRequest, "expiredCursor")
		c.patch("/Users/"+want[0], `[{"op":"remove","path":"`+sortBy+`"}]`).want(http.StatusOK)
		behind(first).fails(http.StatusBadRequest, "expiredCursor")
		c.put(want[0], "u0", user(0)).want(http.StatusOK)
		same(t, "as before", behind(first).want(http.StatusOK).texts("Resources", "id"), want[1:2])
	}
	first := c.get(users + "title&cursor=").want(http.StatusOK).text("nextCursor")
	c.send("DELETE", "/Users/"+want[0], "").want(http.StatusNoContent)
	c.get(users+"title&cursor="+first).fails(http.StatusBadRequest, "expiredCursor")
}
