package scim_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/scim"
	"github.com/scimbridge/scimbridge/scim/scimtest"
	"github.com/scimbridge/scimbridge/storage"
)

// slowly makes a backend in which creating something takes as long as it says,
// by the clock that it also is.
type slowly struct {
	takes   time.Duration
	elapsed atomic.Int64
	// batch, if set, is called for each batch that is in no other, with its
	// number, and calls it.
	batch func(n int, run func() error) error
	// created, if set, is called before something is created.
	created func() error
	batches atomic.Int32
	wrapped atomic.Bool
}

func (s *slowly) now() time.Time { return time.Unix(1_700_000_000, s.elapsed.Load()) }

func (s *slowly) wrap(b scim.Backend) scim.Backend {
	return slowBackend{b, s, !s.wrapped.Swap(true)}
}

type slowBackend struct {
	scim.Backend
	s         *slowly
	outermost bool
}

func (b slowBackend) Batch(ctx context.Context, fn func(scim.Backend) error) error {
	run := func() error { return b.Backend.Batch(ctx, fn) }
	if !b.outermost {
		return run()
	}
	n := int(b.s.batches.Add(1))
	if b.s.batch == nil {
		return run()
	}
	return b.s.batch(n, run)
}

func (b slowBackend) create() error {
	b.s.elapsed.Add(int64(b.s.takes))
	if b.s.created == nil {
		return nil
	}
	return b.s.created()
}

func (b slowBackend) CreateUser(ctx context.Context, by journal.Actor, u *directory.User) (*directory.User, error) {
	if err := b.create(); err != nil {
		return nil, err
	}
	return b.Backend.CreateUser(ctx, by, u)
}

func (b slowBackend) CreateGroup(ctx context.Context, by journal.Actor, g *directory.Group, members *directory.MemberEdit) (*directory.Group, directory.MemberChange, error) {
	if err := b.create(); err != nil {
		return nil, directory.MemberChange{}, err
	}
	return b.Backend.CreateGroup(ctx, by, g, members)
}

// startSlowly starts a server in which creating something takes that long.
func startSlowly(t *testing.T, takes time.Duration) (*slowly, *client) {
	t.Helper()
	s := &slowly{takes: takes}
	_, c := start(t, scimtest.Options{Wrap: s.wrap, Now: s.now})
	return s, c
}

// tenUsers are operations: POSTs of ten users, the last of which is found wrong
// only when it is carried out.
func tenUsers(prefix string) []string {
	var list []string
	for i := range 9 {
		list = append(list, postUser(fmt.Sprint(i), fmt.Sprint(prefix, i), ""))
	}
	return append(list, postUser("9", prefix+"0", ""))
}

var tenStatuses = append(slices.Repeat([]string{"201"}, 9), "409")

// A bulk request that takes long lets others write in between, and all can read
// what it has done until then. One that does not is one transaction.
//
// covers: R-7644-3.7-05
func TestBulkSlices(t *testing.T) {
	s, c := startSlowly(t, 200*time.Millisecond)
	var seen []int
	s.batch = func(n int, run func() error) error {
		seen = append(seen, c.get("/Users?count=0").number("totalResults"))
		c.user(fmt.Sprint("between", n), "")
		return run()
	}
	// A circle of four is not torn, and references reach over transactions.
	circle := []string{postGroup("a", "A", "bulkId:b", "bulkId:0"), postGroup("b", "B", "bulkId:c"), postGroup("c", "C", "bulkId:d"), postGroup("d", "D", "bulkId:a", "bulkId:8")}
	a := c.bulk("", append(tenUsers("u"), circle...)...).statuses(append(slices.Clone(tenStatuses), "201", "201", "201", "201")...)
	if want := []int{0, 4, 8, 12}; !slices.Equal(seen, want) {
		t.Errorf("%v users before each transaction, want %v", seen, want)
	}
	same(t, "A", c.get("/Groups/"+a.id(10)).texts("members", "value"), []string{a.id(0), a.id(11)})
	same(t, "D", c.get("/Groups/"+a.id(13)).texts("members", "value"), []string{a.id(8), a.id(10)})

	s.batch = nil
	s.batches.Store(0)
	s.takes = 0
	many := make([]string, 1000)
	for i := range many {
		many[i] = postUser(fmt.Sprint(i), fmt.Sprint("many", i), "")
	}
	c.bulk("", many...).statuses(slices.Repeat([]string{"201"}, len(many))...)
	if n := s.batches.Load(); n != 1 {
		t.Errorf("%d transactions for an ordinary request", n)
	}
	// Too many failures end it in whichever transaction that is.
	s.takes = time.Second
	c.bulk(`"failOnErrors":2`, op("DELETE", "/Users/"+nobody, ""), postUser("x", "x", ""), postUser("y", "u0", ""), postUser("z", "z", "")).statuses("404", "201", "409")
}

// A transaction may be begun anew; what the first attempt did is forgotten.
func TestBulkSlicesBeginAnew(t *testing.T) {
	s, c := startSlowly(t, 200*time.Millisecond)
	again := errors.New("again")
	failed := 0
	s.batch = func(_ int, run func() error) error {
		calls := 0
		s.created = func() error {
			if calls++; calls == 2 {
				return again
			}
			return nil
		}
		err := run()
		if s.created = nil; !errors.Is(err, again) {
			return err
		}
		failed++
		return run()
	}
	a := c.bulk("", append(tenUsers("u")[:9], postGroup("g", "G", "bulkId:0", "bulkId:8"))...).statuses(slices.Repeat([]string{"201"}, 10)...)
	same(t, "members", c.get("/Groups/"+a.id(9)).texts("members", "value"), []string{a.id(0), a.id(8)})
	if failed != 3 { // all but the last, of one operation
		t.Errorf("%d transactions begun anew", failed)
	}
}

// What of a bulk request has happened is said when the rest can not.
//
// covers: R-7644-3.7-05, R-7644-3.7.3-01, T-49
func TestBulkBreaksOff(t *testing.T) {
	for _, tt := range []struct {
		what   string
		err    error
		commit bool // the transaction fails when it is committed, though it has happened
		status string
		tried  string // said of what was tried in it
		users  int
	}{
		{"refused", storage.ErrUnavailable, false, "503", "nothing was changed", 6},
		{"uncertain", storage.ErrUncertain, true, "503", "not known", 9},
		{"unexpected", errors.New("nobody expects this"), true, "500", "internal error", 9},
	} {
		t.Run(tt.what, func(t *testing.T) {
			s, c := startSlowly(t, 200*time.Millisecond)
			s.batch = func(n int, run func() error) error {
				switch {
				case n < 3:
					return run()
				case tt.commit:
					if err := run(); err != nil {
						t.Error(err)
					}
				}
				return tt.err
			}
			operations := append(tenUsers("u"), op("DELETE", "/Users/bulkId:0", ""), op("DELETE", "/Users/bulkId:9", ""))
			want := append(slices.Repeat([]string{"201"}, 6), tt.status, tt.status, tt.status, "503", "503", "503")
			a := bulkAnswer{c.send("POST", "/Bulk", bulkBody("", operations...)).want(http.StatusOK)}
			same(t, "statuses", a.texts("Operations", "status"), want)
			for i := 6; i < 12; i++ {
				said := "nothing was changed"
				if i < 9 {
					said = tt.tried
				}
				if !strings.Contains(a.detail(i), said) {
					t.Errorf("operation %d: %q", i+1, a.detail(i))
				}
			}
			if !strings.HasSuffix(a.text("Operations.10.location"), "/Users/"+a.id(0)) || a.has("Operations.6.location") || a.has("Operations.11.location") {
				t.Errorf("locations in %s", a.raw)
			}
			s.batch = nil
			if n := c.get("/Users?count=0").number("totalResults"); n != tt.users {
				t.Errorf("%d users, want %d", n, tt.users)
			}
			for i := range 6 {
				c.get("/Users/" + a.id(i)).want(http.StatusOK)
			}
		})
	}
}

// A request that is carried out later happens as a whole, with its answer.
//
// covers: R-9967-2.5-01
func TestAsynchronousBulkIsOneTransaction(t *testing.T) {
	s, c := startSlowly(t, time.Second)
	var most, calls int
	s.created = func() error {
		calls++
		most = max(most, c.get("/Users?count=0").number("totalResults"))
		if calls == 8 {
			return storage.ErrUnavailable
		}
		return nil
	}
	a := bulkAnswer{c.result(c.later("POST", "/Bulk", bulkBody("", tenUsers("u")...))).want(http.StatusOK)}
	a.statuses(tenStatuses...)
	if most != 0 || calls != 18 {
		t.Errorf("%d users could be seen before the end; %d creations, want 18", most, calls)
	}
}
