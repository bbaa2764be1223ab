// Package scimbackend lets package scim work on the bridge: it makes a
// *provision.Bridge a scim.Backend. Neither of the two packages knows the other;
// what they have in common are the nouns of package directory, so all that is
// left to do here is to hand out the inside of a batch as a Backend too.
package scimbackend

import (
	"context"
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/provision"
	"github.com/scimbridge/scimbridge/scim"
)

// New returns the bridge as a backend, which is as safe for concurrent use.
func New(b *provision.Bridge) scim.Backend { return backend{b} }

type backend struct{ *provision.Bridge }

// Batch implements scim.Backend; see provision.Bridge.Batch.
func (b backend) Batch(ctx context.Context, fn func(scim.Backend) error) error {
	return b.Bridge.Batch(ctx, func(inner *provision.Bridge) error { return fn(backend{inner}) })
}

// FinishRequest implements scim.Requests; see provision.Bridge.FinishRequest.
func (b backend) FinishRequest(ctx context.Context, r *directory.Request, keep time.Duration, fn func(scim.Backend) ([]byte, error)) error {
	return b.Bridge.FinishRequest(ctx, r, keep, func(inner *provision.Bridge) ([]byte, error) { return fn(backend{inner}) })
}
