package rsa

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/provision"
)

// LogPage is one page of the administration log (documented-apis 2.5).
type LogPage struct {
	TotalPages    int        `json:"totalPages"`
	TotalElements int        `json:"totalElements"`
	PageSize      int        `json:"pageSize"`
	CurrentPage   int        `json:"currentPage"`
	Elements      []LogEvent `json:"elements"`
}

// LogEvent is one event of the administration log, in the documented order.
type LogEvent struct {
	EventID           string    `json:"eventId"`
	EventLogDate      timestamp `json:"eventLogDate"`
	EventType         string    `json:"eventType"`
	ServerURL         string    `json:"serverURL"`
	ServerIPAddress   string    `json:"serverIPAddress"`
	Application       string    `json:"application"`
	CustomerID        int64     `json:"customerId"`
	CustomerName      string    `json:"customerName"`
	SourceIPAddress   string    `json:"sourceIPAddress"`
	AdminUserName     string    `json:"adminUserName"`
	AdminUserRole     string    `json:"adminUserRole"`
	ActivityKey       string    `json:"activityKey"`
	ActivityCode      int       `json:"activityCode"`
	Result            string    `json:"result"`
	ReasonKey         string    `json:"reasonKey"`
	Message           string    `json:"message"`
	RequiresPublish   bool      `json:"requiresPublish"`
	TargetObject1ID   *string   `json:"targetObject1Id"`
	TargetObject1Name *string   `json:"targetObject1Name"`
	TargetObject1Type *string   `json:"targetObject1Type"`
	TargetObject2ID   *string   `json:"targetObject2Id"`
	TargetObject2Name *string   `json:"targetObject2Name"`
	TargetObject2Type *string   `json:"targetObject2Type"`
}

// The values of LogEvent.Result.
const (
	resultSuccess = "SUCCESS"
	resultFailure = "FAILURE"
)

// note is what the journal keeps of a logged call besides its own fields. An
// entry of this API with such a note is an event.
type note struct {
	Result string `json:"result"`
	Reason string `json:"reason,omitempty"`
	// User is the user's email address, or for an unknown one the id asked for.
	User string `json:"user"`
}

// success is the note of a call that did what it was asked for.
func success(d *provision.Draft) note {
	n := note{Result: resultSuccess, User: d.Account.Email}
	if n.User == "" {
		n.User = d.Account.UserName
	}
	return n
}

// logRetention is how long events are to be had.
const logRetention = 90 * 24 * time.Hour

// Bounds of pageSize; the larger one is the default.
const (
	minPageSize = 1
	maxPageSize = 100
)

// logQuery is a request for a page of events in (after, until].
type logQuery struct {
	after, until time.Time
	page, size   int
}

// exportLogs is "Event Log" (route 13).
func (s *Server) exportLogs(c *call) (any, error) {
	q, err := readLogQuery(c.URL.Query(), s.now())
	if err != nil {
		return nil, err
	}
	hits, err := s.events.between(c.Context(), s.bridge, c.by.Tenant, q.after, q.until, s.now().Add(-logRetention))
	if err != nil {
		return nil, err
	}
	page := LogPage{
		TotalPages:    (len(hits) + q.size - 1) / q.size,
		TotalElements: len(hits),
		PageSize:      q.size,
		CurrentPage:   q.page,
		Elements:      []LogEvent{},
	}
	if q.page >= page.TotalPages {
		return page, nil
	}
	hits = hits[q.page*q.size : min(len(hits), (q.page+1)*q.size)]
	for _, hit := range hits {
		e, err := s.logEvent(c.Context(), c.tenant, hit)
		if err != nil {
			return nil, err
		}
		page.Elements = append(page.Elements, e)
	}
	return page, nil
}

func readLogQuery(v url.Values, now time.Time) (q logQuery, err error) {
	q = logQuery{after: now.Add(-logRetention), until: now, size: maxPageSize}
	moment := func(name string, t *time.Time) error {
		text := v.Get(name)
		if text == "" {
			return nil
		}
		// A '+' that was not escaped arrives as a blank.
		parsed, err := time.Parse(time.RFC3339, strings.Replace(text, " ", "+", 1))
		if err != nil {
			return badRequest("The parameter " + name + " must be a time such as 2022-05-09T05:00:00.000Z.")
		}
		*t = parsed
		return nil
	}
	number := func(name string, n *int, least, most int) error {
		text := v.Get(name)
		if text == "" {
			return nil
		}
		i, err := strconv.Atoi(text)
		if err != nil || i < least || i > most {
			return badRequest(fmt.Sprintf("The parameter %s must be a number from %d to %d.", name, least, most))
		}
		*n = i
		return nil
	}
	oldest := q.after
	for _, err := range []error{
		moment("startTimeAfter", &q.after),
		moment("endTimeOnOrBefore", &q.until),
		number("pageNumber", &q.page, 0, 1<<30/maxPageSize),
		number("pageSize", &q.size, minPageSize, maxPageSize),
	} {
		if err != nil {
			return q, err
		}
	}
	if q.after.Before(oldest) {
		q.after = oldest
	}
	return q, nil
}

// logEvent reads the journal entry of an event and shows it as RSA would.
func (s *Server) logEvent(ctx context.Context, t Tenant, hit indexedEvent) (LogEvent, error) {
	var found *journal.Entry
	err := s.bridge.Journal(ctx, t.ID, hit.seq-1, func(e *journal.Entry) bool {
		found = e
		return false
	})
	if err != nil {
		return LogEvent{}, err
	}
	if found == nil || found.Seq != hit.seq {
		return LogEvent{}, fmt.Errorf("journal entry %d is gone", hit.seq)
	}
	n, act, ok := event(found)
	if !ok {
		return LogEvent{}, fmt.Errorf("journal entry %d is no event any more", hit.seq)
	}
	id, name, kind := found.Resource.String(), n.User, "USER"
	return LogEvent{
		EventID:           strconv.FormatInt(hit.number, 10),
		EventLogDate:      timestamp(found.At),
		EventType:         "Admin",
		CustomerID:        t.CustomerID,
		CustomerName:      t.CustomerName,
		SourceIPAddress:   found.Address,
		AdminUserName:     found.Actor,
		AdminUserRole:     found.Role,
		ActivityKey:       act.key,
		ActivityCode:      act.code,
		Result:            n.Result,
		ReasonKey:         n.Reason,
		Message:           act.message(found.Actor, n.Result == resultSuccess, n.User),
		TargetObject1ID:   &id,
		TargetObject1Name: &name,
		TargetObject1Type: &kind,
	}, nil
}

// event reports whether a journal entry is an event of the administration log.
func event(e *journal.Entry) (note, activity, bool) {
	if e.Origin != directory.OriginRSA || len(e.Note) == 0 {
		return note{}, activity{}, false
	}
	act, ok := activityOf(e.Action)
	if !ok {
		return note{}, activity{}, false
	}
	var n note
	if err := json.Unmarshal(e.Note, &n); err != nil || n.Result == "" {
		return note{}, activity{}, false
	}
	return n, act, true
}
