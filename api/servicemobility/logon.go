package servicemobility

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"

	"github.com/scimbridge/scimbridge/auth/jwt"
	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/internal/jsonbody"
	"github.com/scimbridge/scimbridge/internal/web"
	"github.com/scimbridge/scimbridge/journal"
)

// audience is in every token of this edge, so that a token made for another one
// under the same key is none here.
const audience = "servicemobility"

// credential is a configured user with the hash of the password.
type credential struct {
	APIUser
	hash *phc
}

// add takes a configured user. A password in the clear is hashed, so that all
// checks take the same time.
func (s *Server) add(u APIUser) error {
	key := directory.Fold(u.UserName)
	switch {
	case u.UserName == "":
		return errors.New("the user name is missing")
	case s.users[key] != nil:
		return errors.New("another one has the same user name")
	case u.Tenant <= 0:
		return errors.New("the tenant is missing")
	case (u.Password == "") == (u.PasswordHash == ""):
		return errors.New("exactly one of password and password hash must be given")
	case u.Password != "" && len(u.Password) < 12:
		return errors.New("the password has less than 12 characters")
	}
	if u.Password != "" {
		var err error
		if u.PasswordHash, err = s.hasher.hash(context.Background(), u.Password); err != nil {
			return err
		}
		u.Password = ""
	}
	hash, err := parsePHC(u.PasswordHash)
	if err != nil {
		return err
	}
	s.users[key] = &credential{APIUser: u, hash: hash}
	return nil
}

// createJWT is POST /createjwt: a user name and a password for a token.
func (s *Server) createJWT(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	token, err := s.logon(r)
	if err != nil {
		s.failed(w, r, "", err)
		return
	}
	s.write(w, http.StatusOK, logonAnswer{token})
}

func (s *Server) logon(r *http.Request) (string, error) {
	var in logonInput
	if err := s.body(r, &in); err != nil {
		return "", err
	}
	if in.UserName == nil || in.Password == nil {
		return "", &jsonbody.Error{Reason: "username and password are required"}
	}
	user, address := directory.Fold(*in.UserName), web.ClientAddress(r)
	if wait := s.limiter.Try(address, user); wait > 0 {
		s.edge.AuthFailure(web.ReasonThrottled)
		return "", &failure{status: http.StatusTooManyRequests, message: "Too many failed logons. Try again later.", retry: wait}
	}
	c := s.users[user]
	hash := nobodysHash // as much work as for a user who exists
	if c != nil {
		hash = c.hash
	}
	right, err := s.hasher.matches(r.Context(), hash, *in.Password)
	if err == nil && (c == nil || !right) {
		s.edge.AuthFailure(web.ReasonUnknown)
		return "", &failure{status: http.StatusUnauthorized, message: "Invalid Logon"}
	}
	s.limiter.Right(address, user)
	if err != nil {
		return "", err
	}
	return s.tokens.Sign(map[string]any{"sub": c.UserName, "name": c.UserName, "aud": audience}, s.lifetime)
}

// authenticate returns who sent the request: the holder of a token in
// x-access-token or Authorization, or of a configured customer code.
func (s *Server) authenticate(r *http.Request) (journal.Actor, bool) {
	by := journal.Actor{Origin: directory.OriginMobility, RequestID: web.RequestID(r.Context()), Address: web.ClientAddress(r)}
	token := r.Header.Get("x-access-token")
	if token == "" {
		var err error
		if token, err = web.Bearer(r); err != nil {
			return s.customer(r, by)
		}
	}
	claims, err := s.tokens.Verify(token)
	if err != nil {
		s.edge.AuthFailure(jwt.Reason(err))
		return by, false
	}
	if !claims.HasAudience(audience) {
		s.edge.AuthFailure(web.ReasonAudience)
		return by, false
	}
	c := s.users[directory.Fold(claims.Subject)]
	if c == nil {
		s.edge.AuthFailure(web.ReasonUnknown)
		return by, false
	}
	by.Tenant, by.Name = c.Tenant, "servicemobility:"+c.UserName
	return by, true
}

// customer accepts the deprecated query parameters, if any are configured.
func (s *Server) customer(r *http.Request, by journal.Actor) (journal.Actor, bool) {
	q := r.URL.Query()
	id, code := q["customerid"], q["customercode"]
	if len(s.customers) == 0 || len(id) != 1 || len(code) != 1 {
		s.edge.AuthFailure(web.ReasonMissing)
		return by, false
	}
	given := sha256.Sum256([]byte(code[0]))
	for _, c := range s.customers {
		want := sha256.Sum256([]byte(c.Code))
		if c.ID == id[0] && subtle.ConstantTimeCompare(given[:], want[:]) == 1 {
			by.Tenant, by.Name = c.Tenant, "servicemobility:"+c.ID
			return by, true
		}
	}
	s.edge.AuthFailure(web.ReasonUnknown)
	return by, false
}
