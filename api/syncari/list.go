package syncari

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/mapping"
)

// list is GET /api/v1/users: the users of the instance in order of creation. The
// page documents no paging, so without parameters all are answered; limit and
// cursorToken, which other routes of the vendor have, are honoured.
func (s *Server) list(c *call) (any, error) {
	limit, from, err := c.paging()
	if err != nil {
		return nil, err
	}
	users, more, err := s.page(c, limit, from)
	if err != nil {
		return nil, err
	}
	if more {
		c.cursor = users[len(users)-1].cursor.String()
	}
	shown := make([]userObject, len(users))
	for i := range users {
		shown[i] = users[i].userObject
	}
	return shown, nil
}

// listed is a user of a page with the cursor that continues behind it.
type listed struct {
	userObject
	cursor cursor
}

// page collects up to limit users (0: all) behind the cursor (zero: from the
// beginning), and tells whether there are more.
func (s *Server) page(c *call, limit int, from cursor) (users []listed, more bool, err error) {
	reached := true
	collect := func(a mapping.Account) bool {
		reached = reached || millis(a.Syncari.Created) >= from.created
		if !reached || !c.lists(&a) {
			return true
		}
		if limit > 0 && len(users) == limit {
			more = true
			return false
		}
		users = append(users, listed{showUser(&a), cursor{millis(a.Syncari.Created), a.Syncari.ID}})
		return true
	}
	if from == (cursor{}) {
		err = s.bridge.Accounts(c.Context(), c.caller.tenant, collect)
		return users, more, err
	}
	err = s.bridge.AccountsAfter(c.Context(), c.caller.tenant, byID(from.id), collect)
	if errors.Is(err, directory.ErrNotFound) {
		// The user at which the cursor stood is gone for good: go on with those
		// created since. One of the same millisecond may come twice, but none is
		// missed.
		reached = false
		err = s.bridge.Accounts(c.Context(), c.caller.tenant, collect)
	}
	return users, more, err
}

// paging reads the query.
func (c *call) paging() (limit int, from cursor, err error) {
	q := c.URL.Query()
	if v := q.Get("limit"); v != "" {
		if limit, err = strconv.Atoi(v); err != nil || limit < 1 {
			return 0, from, fail(http.StatusBadRequest, "INVALID_REQUEST", "limit must be a whole number from 1 on")
		}
	}
	if v := q.Get("cursorToken"); v != "" {
		if from, err = parseCursor(v); err != nil {
			return 0, from, err
		}
	}
	return limit, from, nil
}

// cursor is a place in the list: behind the user with the id, created then. It
// says nothing that the list does not, and it opens nothing: the caller's token
// decides what is listed behind it.
type cursor struct {
	created uint64 // Unix milliseconds
	id      directory.ObjectID
}

func (c cursor) String() string {
	return base64.RawURLEncoding.EncodeToString(append(binary.BigEndian.AppendUint64(nil, c.created), c.id[:]...))
}

func parseCursor(s string) (c cursor, err error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(b) != 20 {
		return c, fail(http.StatusBadRequest, "INVALID_REQUEST", "cursorToken is not one of this service")
	}
	c.created = binary.BigEndian.Uint64(b)
	copy(c.id[:], b[8:])
	if c.id == (directory.ObjectID{}) { // nobody's
		return c, fail(http.StatusBadRequest, "INVALID_REQUEST", "cursorToken is not one of this service")
	}
	return c, nil
}

// millis is an instant as a cursor keeps it.
func millis(t time.Time) uint64 { return uint64(t.UnixMilli()) }
