package rsa_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scimbridge/scimbridge/api/apitest"
	"github.com/scimbridge/scimbridge/api/rsa"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/mapping"
	"github.com/scimbridge/scimbridge/provision"
)

// covers: documented-apis 2.5
func TestLogPagesAreCompleteAndInOrder(t *testing.T) {
	s := newServer(t)
	for i := range 7 {
		s.Set(fmt.Sprintf("2022-05-09T05:00:0%d.000Z", i))
		s.call(helpDeskID, "POST", johnnyPath+"/sync", "")
		s.edit(func(d *provision.Draft) { d.Profile.Title = fmt.Sprint(i) }) // other people's entries in between
	}
	var ids []string
	for page := range 4 {
		w := s.call(helpDeskID, "GET", fmt.Sprintf("%sadminlog/exportlogs?pageSize=3&pageNumber=%d", base, page), "")
		got := object(t, w.Body.Bytes())
		if got["totalPages"] != 3.0 || got["totalElements"] != 7.0 || got["pageSize"] != 3.0 || got["currentPage"] != float64(page) {
			t.Errorf("page %d: %v", page, got)
		}
		elements, ok := got["elements"].([]any)
		if !ok {
			t.Fatalf("page %d: elements are %v", page, got["elements"])
		}
		for _, e := range elements {
			ids = append(ids, e.(map[string]any)["eventId"].(string))
		}
	}
	if want := []string{"1", "2", "3", "4", "5", "6", "7"}; !slices.Equal(ids, want) {
		t.Errorf("events %v, want %v", ids, want)
	}
}

// covers: documented-apis 2.5
func TestLogTimes(t *testing.T) {
	s := newServer(t)
	for _, at := range []string{"2022-05-09T05:00:00.000Z", "2022-05-09T06:00:00.000Z", "2022-05-09T07:00:00.000Z"} {
		s.Set(at)
		s.call(helpDeskID, "POST", johnnyPath+"/sync", "")
	}
	count := func(query string) int {
		t.Helper()
		w := s.call(helpDeskID, "GET", base+"adminlog/exportlogs?"+query, "")
		if w.Code != 200 {
			t.Fatalf("%s: %d %s", query, w.Code, w.Body)
		}
		return int(object(t, w.Body.Bytes())["totalElements"].(float64))
	}
	for _, c := range []struct {
		query string
		want  int
	}{
		{"", 3},
		{"startTimeAfter=2022-05-09T05:00:00.000Z", 2}, // after, not at
		{"startTimeAfter=2022-05-09T04:59:59.999Z", 3},
		{"endTimeOnOrBefore=2022-05-09T06:00:00.000Z", 2}, // on or before
		{"startTimeAfter=2022-05-09T05:00:00.000Z&endTimeOnOrBefore=2022-05-09T06:00:00.000Z", 1},
		{"startTimeAfter=" + url.QueryEscape("2022-05-09T08:00:00.000+02:00"), 1},
		{"startTimeAfter=2022-05-09T08:00:00.000+02:00", 1}, // the + not escaped
		{"endTimeOnOrBefore=2023-01-01T00:00:00.000Z", 3},
		{"startTimeAfter=2022-05-09T07:00:00.000Z", 0},
		{"startTimeAfter=2022-05-10T00:00:00.000Z&endTimeOnOrBefore=2022-05-09T00:00:00.000Z", 0},
	} {
		if got := count(c.query); got != c.want {
			t.Errorf("%q: %d events, want %d", c.query, got, c.want)
		}
	}

	// 90 days later the first two are gone, also for those who ask for them.
	s.SetTime(apitest.Time("2022-05-09T06:30:00.000Z").Add(90 * 24 * time.Hour))
	if got := count("startTimeAfter=2022-01-01T00:00:00.000Z"); got != 1 {
		t.Errorf("after 90 days %d events are left, want 1", got)
	}
	w := s.call(helpDeskID, "GET", base+"adminlog/exportlogs", "")
	if !strings.Contains(w.Body.String(), `"eventId":"3"`) {
		t.Errorf("the last event has another id now: %s", w.Body)
	}
}

// covers: documented-apis 2.5, 2.4
func TestLogRefusals(t *testing.T) {
	s := newServer(t)
	for _, query := range []string{
		"pageSize=0", "pageSize=101", "pageSize=x", "pageSize=-1", "pageNumber=-1", "pageNumber=1.5",
		"pageNumber=9223372036854775807", "startTimeAfter=yesterday", "endTimeOnOrBefore=2022-05-09",
	} {
		want(t, s.call(superID, "GET", base+"adminlog/exportlogs?"+query, ""), 400, "")
	}
	want(t, s.call(superID, "POST", base+"adminlog/exportlogs", "{}"), 405, "")
	want(t, s.call("", "GET", base+"adminlog/exportlogs", ""), 403, "")
	want(t, s.call(superID, "GET", base+"adminlog/exportlogs?pageNumber=1000", ""), 200,
		`{"totalPages":0,"totalElements":0,"pageSize":100,"currentPage":1000,"elements":[]}`)
}

// covers: documented-apis 2.4, T-24
func TestLogBelongsToTheTenant(t *testing.T) {
	s := newServer(t)
	s.call(helpDeskID, "POST", johnnyPath+"/sync", "")
	s.call(foreignID, "POST", johnnyPath+"/sync", "") // 404 there
	foreign := s.call(foreignID, "GET", base+"adminlog/exportlogs", "").Body.String()
	if strings.Contains(foreign, "johnny") || !strings.Contains(foreign, `"totalElements":1`) {
		t.Errorf("the other tenant sees %s", foreign)
	}
	own := s.events()
	if len(own) != 1 || own[0]["adminUserName"] != "helpdesk-key" {
		t.Errorf("the tenant sees %v", own)
	}
}

// covers: documented-apis 7.3, 2.4
func TestFailureEvent(t *testing.T) {
	s := newServer(t)
	s.call(helpDeskID, "PUT", base+"users/eb2e12ae-1112-451b-98e1-dfe4e6afd60d/userStatus", `{"userStatus":"Disabled"}`)
	events := s.events()
	if len(events) != 1 {
		t.Fatalf("events: %v", events)
	}
	for k, v := range map[string]any{
		"activityKey": "DISABLE_USER", "activityCode": 89003.0, "result": "FAILURE", "reasonKey": "USER_NOT_FOUND",
		"message":         "Admin helpdesk-key failed to disable user eb2e12ae-1112-451b-98e1-dfe4e6afd60d",
		"targetObject1Id": "eb2e12ae-1112-451b-98e1-dfe4e6afd60d",
	} {
		if events[0][k] != v {
			t.Errorf("%s is %v, want %v", k, events[0][k], v)
		}
	}
}

// brokenBridge is a core that breaks in a way nobody foresaw.
type brokenBridge struct {
	rsa.Bridge
	err error // nil: a panic
}

func (b brokenBridge) EditAccount(context.Context, journal.Actor, provision.Ref, string, func(*provision.Draft) error) (mapping.Account, error) {
	if b.err == nil {
		panic("CANARY")
	}
	return mapping.Account{}, b.err
}

// covers: documented-apis 2.4
func TestInternalErrorIsAnEvent(t *testing.T) {
	const answer = `{"code":"500 INTERNAL_SERVER_ERROR","description":"An internal error occurred."}`
	s := newServer(t, func(c *rsa.Config) { c.Bridge = brokenBridge{c.Bridge, errors.New("CANARY")} })
	want(t, s.call(helpDeskID, "POST", johnnyPath+"/sync", ""), 500, answer)
	events := s.events()
	if len(events) != 1 || events[0]["activityKey"] != "SYNCHRONIZE_USER" || events[0]["result"] != "FAILURE" || events[0]["reasonKey"] != "INTERNAL_ERROR" {
		t.Errorf("events: %v", events)
	}
	s = newServer(t, func(c *rsa.Config) { c.Bridge = brokenBridge{c.Bridge, nil} })
	want(t, s.call(helpDeskID, "POST", johnnyPath+"/sync", ""), 500, answer)
}

func TestLogUnderConcurrentCalls(t *testing.T) {
	s := newServer(t)
	const callers, each = 4, 10
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for range each {
				s.call(helpDeskID, "POST", johnnyPath+"/sync", "")
				s.call(superID, "GET", base+"adminlog/exportlogs", "")
			}
		})
	}
	wg.Wait()
	seen := map[any]bool{}
	for _, e := range s.events() {
		seen[e["eventId"]] = true
	}
	if len(seen) != callers*each {
		t.Errorf("%d different events, want %d", len(seen), callers*each)
	}
}

// covers: documented-apis 2.4
func TestDatabaseGone(t *testing.T) {
	s := newServer(t)
	if err := s.Store.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range [][3]string{
		{"POST", johnnyPath + "/sync", ""},
		{"POST", base + "users/lookup", `{"email":"a@b.c"}`},
		{"GET", base + "adminlog/exportlogs", ""},
	} {
		w := s.call(helpDeskID, c[0], c[1], c[2])
		want(t, w, 503, `{"code":"503 SERVICE_UNAVAILABLE","description":"The service is temporarily unavailable. Nothing was changed; repeat the request."}`)
		if w.Header().Get("Retry-After") == "" {
			t.Errorf("%s: no Retry-After", c[1])
		}
	}
}
