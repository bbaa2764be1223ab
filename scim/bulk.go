package scim

import (
	"net/http"

	"github.com/scimbridge/scimbridge/scim/fault"
)

func bulk(*Server, *request) (action, error) {
	return nil, fault.Status(http.StatusNotImplemented, "bulk operations are not supported, as /ServiceProviderConfig says; send the operations one by one")
}
