package jwt

import (
	"time"
)

// Lifetimes of the tokens that AccessTokens issues.
const (
	AccessLifetime  = 10800 * time.Second // documented-apis 3.1: expires_in
	RefreshLifetime = 30 * 24 * time.Hour // documented nowhere: a month between two runs of an integration
)

// AccessTokens issues and verifies the bridge's own access and refresh tokens
// for one audience (an API and tenant, e.g. "syncari:1"). They are stateless:
// whoever verifies one must still ask whether its subject exists and may act.
// It is immutable and for concurrent use.
type AccessTokens struct {
	access, refresh *Shared
	audience        string
}

// Pair is what an OAuth token endpoint answers.
type Pair struct {
	Access    string
	Refresh   string
	ExpiresIn int // seconds the access token is good for
}

// NewAccessTokens returns the tokens for audience under a secret of this
// installation, at least 32 bytes (storage: PutSecret). now nil is time.Now.
func NewAccessTokens(secret []byte, audience string, now func() time.Time) (*AccessTokens, error) {
	return &AccessTokens{audience: audience}, nil
}

// Issue returns a new pair for subject.
func (a *AccessTokens) Issue(subject string) (Pair, error) { panic("not written yet") }

// Access returns the subject of an access token; a refresh token is refused.
func (a *AccessTokens) Access(token string) (subject string, err error) { panic("not written yet") }

// Refresh returns the subject of a refresh token; an access token is refused.
func (a *AccessTokens) Refresh(token string) (subject string, err error) { panic("not written yet") }
