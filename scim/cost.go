package scim

import "github.com/scimbridge/scimbridge/directory"

// What a filter may ask of the database's indexes. An index bounds what one
// comparison reads only if few resources have the value: "userName sw \"s\"" may
// go through the whole tenant, and a filter has room for hundreds of those. The
// database's work is not bounded by Limits.Scan, so it gets no more of it than
// any client in the field asks for; a filter beyond that is applied to one
// resource after the other, which is.
const (
	maxBroadTerms  = 8   // comparisons that may find much
	maxNarrowTerms = 200 // comparisons that find little
)

// affordable reports whether the database may be asked.
func affordable(where directory.Condition) bool {
	broad, narrow := terms(where)
	return broad <= maxBroadTerms && narrow <= maxNarrowTerms
}

func terms(c directory.Condition) (broad, narrow int) {
	var parts []directory.Condition
	switch c := c.(type) {
	case directory.Term:
		// A group may hold everybody. Whether a user is active is no index's
		// business: the row says it.
		if c.Op != directory.Equal || c.Field == directory.FieldGroup {
			return 1, 0
		}
		return 0, 1
	case directory.All:
		parts = c
	case directory.Any:
		parts = c
	}
	for _, p := range parts {
		b, n := terms(p)
		broad, narrow = broad+b, narrow+n
	}
	return broad, narrow
}
