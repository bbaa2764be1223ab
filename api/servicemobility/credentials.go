package servicemobility

import (
	"net/http"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/provision"
)

// noMail is the answer to every wish for a generated password: it would have to
// be mailed, and answering success without doing so would lock the user out.
var noMail = &failure{
	status: http.StatusBadRequest, path: ".ResetPassword",
	message: "A password can not be reset here, because no mail is sent. Set Password or use ChangePassword instead.",
}

// changePassword is PUT …/ChangePassword.
func (s *Server) changePassword(c *call) (any, error) {
	var in passwordInput
	if err := s.body(c.Request, &in); err != nil {
		return nil, err
	}
	if in.Password == nil || *in.Password == "" {
		return nil, invalid(".Password", "Password is required.")
	}
	hash, err := s.hashOf(c, *in.Password)
	if err != nil {
		return nil, err
	}
	return s.edit(c, "servicemobility.password", func(d *provision.Draft) error {
		setPassword(d, hash)
		return nil
	})
}

// resetPassword is PUT …/ResetPassword.
func (s *Server) resetPassword(c *call) (any, error) {
	a, err := s.bridge.Account(c.Context(), c.by.Tenant, c.ref())
	if err != nil {
		return nil, err
	}
	if a.Status.State.Pending() {
		return nil, directory.ErrNotFound
	}
	return nil, noMail
}

// hashOf returns what is kept of a password, "" for none.
func (s *Server) hashOf(c *call, password string) (string, error) {
	switch {
	case password == "":
		return "", nil
	case len(password) > 1024:
		return "", invalid(".Password", "Password is longer than 1024 bytes.")
	}
	return s.hasher.hash(c.Context(), password)
}

// setPassword puts a new hash into the draft. The journal is told that there is
// a new password, and nothing of it.
func setPassword(d *provision.Draft, hash string) {
	if hash == "" {
		return
	}
	d.State.Mobility.PasswordHash = hash
	d.Note = struct {
		Password string `json:"password"`
	}{"set"}
}
