// Package testdata holds what tests and the demo share: recorded conversations
// of identity providers (idp) and example configurations.
package testdata

import "embed"

// IdP holds the conversations, one folder for each identity provider.
//
//go:embed idp
var IdP embed.FS
