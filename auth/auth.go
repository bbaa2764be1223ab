// Package auth decides who may speak SCIM to the bridge: bearer tokens that
// belong to a SCIM client, which belongs to a tenant.
//
// A token is 256 random bits, shown once when it is issued; the database keeps
// its SHA-256, so neither a backup nor a look into the database opens the door.
// (A slow hash is for secrets that people choose.) No token is issued without an
// expiry. Nothing here is cached, so a token that was
// revoked is refused on the very next request (T-02), and whatever is wrong with
// a token, its sender is told the same; why is for the metric alone.
package auth

import (
	"errors"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/internal/web"
	"github.com/scimbridge/scimbridge/storage"
)

// ErrDenied says that a token opens nothing. All refusals are this error with
// this text; Reason tells them apart.
var ErrDenied = errors.New("the bearer token is not valid")

// denied is ErrDenied with a reason for the metric.
type denied struct{ reason string }

func (*denied) Error() string          { return ErrDenied.Error() }
func (*denied) Is(target error) bool   { return target == ErrDenied }
func (d *denied) metricReason() string { return d.reason }

// Reason returns the reason label of the metric for an error of this package:
// one of web's Reason constants.
func Reason(err error) string {
	var d interface{ metricReason() string }
	if errors.As(err, &d) {
		return d.metricReason()
	}
	return web.ReasonOther
}

// Identity is who a token speaks for.
type Identity struct {
	Client storage.Client
	Tenant directory.TenantID // Client.Tenant
	Token  storage.Token
}
