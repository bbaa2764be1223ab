package auth

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/internal/web"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/storage"
)

// ErrNoExpiry says that a token was asked for that would never end
// (R-7644-7.4-02).
var ErrNoExpiry = errors.New("a token needs an expiry")

// Tokens issues, checks and revokes the tokens in Store. It is for concurrent
// use once its fields are set.
type Tokens struct {
	Store storage.Store
	// Now is the clock; nil is one that never goes back while the process
	// runs, so that a token which has expired stays expired (T-53).
	Now func() time.Time
}

// Issue makes a token for the client that is good until expires. The secret is
// returned here and never again. directory.ErrNotFound if there is no such
// client.
func (t *Tokens) Issue(ctx context.Context, client directory.ClientID, expires time.Time, scope string) (secret string, token storage.Token, err error) {
	secret = newSecret()
	token, err = t.put(ctx, client, secret, expires, scope)
	if err != nil {
		return "", storage.Token{}, err
	}
	return secret, token, nil
}

// IssueGiven is Issue for a secret that was made elsewhere; see CheckGiven.
func (t *Tokens) IssueGiven(ctx context.Context, client directory.ClientID, secret string, expires time.Time, scope string) (storage.Token, error) {
	if err := CheckGiven(secret); err != nil {
		return storage.Token{}, err
	}
	return t.put(ctx, client, secret, expires, scope)
}

func (t *Tokens) put(ctx context.Context, id directory.ClientID, secret string, expires time.Time, scope string) (storage.Token, error) {
	scope, err := ParseScope(scope)
	if err != nil {
		return storage.Token{}, err
	}
	now := t.now()
	switch {
	case expires.IsZero():
		return storage.Token{}, ErrNoExpiry
	case !expires.After(now):
		return storage.Token{}, errors.New("the token would have expired already")
	}
	var token storage.Token
	err = t.Store.Update(ctx, func(tx storage.Tx) error {
		client, err := findClient(tx, id)
		if err != nil {
			return err
		}
		token = newToken(client.ID, secret, now, expires, scope)
		return putToken(tx, &token, client, now)
	})
	if err != nil {
		return storage.Token{}, fmt.Errorf("issuing a token: %w", err)
	}
	return token, nil
}

// Authenticate returns who the secret speaks for. The error is ErrDenied, or
// wraps storage.ErrUnavailable or the end of ctx, which say nothing of the
// secret.
func (t *Tokens) Authenticate(ctx context.Context, secret string) (Identity, error) {
	if len(secret) < minGiven || len(secret) > maxGiven {
		return Identity{}, &denied{web.ReasonMalformed}
	}
	sum := digest(secret)
	var id Identity
	err := t.Store.View(ctx, func(r storage.Reader) error {
		token, client, err := r.TokenByDigest(sum)
		id = Identity{Client: client, Tenant: client.Tenant, Token: token}
		return err
	})
	switch {
	case errors.Is(err, directory.ErrNotFound):
		return Identity{}, &denied{web.ReasonUnknown}
	case err != nil:
		return Identity{}, fmt.Errorf("looking up a token: %w", err)
	}
	// The database found the row by an index over digests: what its timing tells
	// is about SHA-256 sums, which no sender can steer. The comparison that
	// counts takes the same time for all.
	if subtle.ConstantTimeCompare(sum[:], id.Token.Digest[:]) != 1 {
		return Identity{}, &denied{web.ReasonUnknown}
	}
	switch {
	case !id.Token.Revoked.IsZero():
		return Identity{}, &denied{web.ReasonRevoked}
	case !id.Token.Expires.IsZero() && !t.now().Before(id.Token.Expires):
		return Identity{}, &denied{web.ReasonExpired}
	case id.Client.ID == 0 || id.Tenant == 0:
		return Identity{}, &denied{web.ReasonUnknown} // nobody's token is nobody (T-14)
	}
	return id, nil
}

// Revoke ends a token at once. Revoking it again changes nothing.
// directory.ErrNotFound if there is none with this number.
func (t *Tokens) Revoke(ctx context.Context, id int64) (storage.Token, error) {
	now := t.now()
	var token storage.Token
	err := t.Store.Update(ctx, func(tx storage.Tx) error {
		all, err := tx.Tokens(0)
		if err != nil {
			return err
		}
		for _, token = range all {
			if token.ID == id {
				return revoke(tx, &token, now)
			}
		}
		return directory.ErrNotFound
	})
	if err != nil {
		return storage.Token{}, fmt.Errorf("revoking token %d: %w", id, err)
	}
	return token, nil
}

func revoke(tx storage.Tx, token *storage.Token, now time.Time) error {
	if !token.Revoked.IsZero() {
		return nil
	}
	client, err := findClient(tx, token.Client)
	if err != nil {
		return err
	}
	token.Revoked = now
	if err := tx.PutToken(token); err != nil {
		return err
	}
	return record(tx, "token.revoke", token, client, now)
}

// List returns the tokens of one client, or (0) of all, with revoked and expired
// ones. They hold no secrets.
func (t *Tokens) List(ctx context.Context, client directory.ClientID) ([]storage.Token, error) {
	var tokens []storage.Token
	err := t.Store.View(ctx, func(r storage.Reader) (err error) {
		tokens, err = r.Tokens(client)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("listing tokens: %w", err)
	}
	return tokens, nil
}

func (t *Tokens) now() time.Time {
	if t.Now != nil {
		return t.Now().UTC().Truncate(time.Millisecond)
	}
	return steadyNow()
}

func newToken(client directory.ClientID, secret string, now, expires time.Time, scope string) storage.Token {
	return storage.Token{
		Client: client, Digest: digest(secret), Hint: hint(secret), Scope: scope,
		Created: now, Expires: expires.UTC().Truncate(time.Millisecond),
	}
}

func putToken(tx storage.Tx, token *storage.Token, client storage.Client, now time.Time) error {
	if err := tx.PutToken(token); err != nil {
		return err
	}
	return record(tx, "token.issue", token, client, now)
}

func findClient(r storage.Reader, id directory.ClientID) (storage.Client, error) {
	all, err := r.Clients(0)
	if err != nil {
		return storage.Client{}, err
	}
	for _, c := range all {
		if c.ID == id && id != 0 {
			return c, nil
		}
	}
	return storage.Client{}, fmt.Errorf("SCIM client %d: %w", id, directory.ErrNotFound)
}

// record leaves a line in the journal: which token, never what it is.
func record(tx storage.Tx, action string, token *storage.Token, client storage.Client, now time.Time) error {
	note, err := json.Marshal(map[string]any{
		"token": token.ID, "hint": token.Hint, "scope": token.Scope,
		"expires": token.Expires, "forClient": client.Name,
	})
	if err != nil {
		return fmt.Errorf("describing a token: %w", err)
	}
	by := journal.System(client.Tenant)
	return tx.AppendJournal(&journal.Entry{
		At: now, Tenant: client.Tenant, Origin: by.Origin, Actor: by.Name,
		Action: action, Kind: journal.KindEvent, Note: note,
	})
}
