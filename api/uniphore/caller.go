package uniphore

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/scimbridge/scimbridge/auth/jwt"
	"github.com/scimbridge/scimbridge/directory"
)

// namespace is the prefix of Uniphore's own claims (documented-apis 1.3).
const namespace = "https://api.uniphore.com/"

// caller is who calls, as a verified token says.
type caller struct {
	tenant  Tenant
	subject string // the Auth0 id, such as auth0|60508ea4c2d6a10069e4f1c7
	email   string
	name    string // display name or email: the weakest of the three
	roles   []string
	// clientID is the customer's own id of the agent, "" if the token has none.
	clientID string
	// restricted callers may not use the environment prod.
	restricted bool
}

// errTenant says that a good token is for no tenant of ours.
var errTenant = errors.New("the token names no tenant that is served here")

// errSubject says that a token does not say whose it is, or says it twice.
var errSubject = errors.New("the token names no user, or two")

// identify reads a verified token.
func (s *Server) identify(c *jwt.Claims) (caller, error) {
	who := caller{
		subject: c.Subject,
		email:   c.String(namespace + "email_id"),
		name:    c.String(namespace + "auth0_name"),
		roles:   c.Strings(namespace + "roles"),
	}
	if id := c.String(namespace + "user_id"); who.subject == "" || id != "" && id != who.subject {
		return caller{}, errSubject
	}
	metadata := c.Object(namespace + "user_metadata")
	who.restricted, _ = metadata["restrictProductionAccess"].(bool)
	if id, _ := metadata["client_id"].(string); storable(id) {
		who.clientID = id
	}
	var err error
	who.tenant, err = s.tenantOf(c)
	return who, err
}

// tenantOf returns the tenant that a token names: by its UUID, or in a token
// without one by its organization. A token that names two tenants is for none.
func (s *Server) tenantOf(c *jwt.Claims) (Tenant, error) {
	uuid, org := c.String(namespace+"tenant"), c.String("org_id")
	for _, t := range s.tenants {
		switch {
		case uuid != "" && strings.EqualFold(uuid, t.UUID):
			if org != "" && t.Org != "" && org != t.Org {
				return Tenant{}, errTenant
			}
			return t, nil
		case uuid == "" && org != "" && org == t.Org:
			return t, nil
		}
	}
	return Tenant{}, errTenant
}

// called is the name under which the caller is not found.
func (c *caller) called() string {
	switch {
	case c.name != "":
		return c.name
	case c.email != "":
		return c.email
	}
	return c.subject
}

// withDomain gives a name the domain that Uniphore takes off: it shows
// johnny.kingston@example.com as johnny.kingston (documented-apis 1.5). The
// domain is the caller's own; "" if the name has one or the caller has none.
func (c *caller) withDomain(name string) string {
	if strings.Contains(name, "@") {
		return ""
	}
	_, domain, ok := strings.Cut(c.email, "@")
	if !ok || domain == "" {
		return ""
	}
	return name + "@" + domain
}

// storable reports whether a client id from a token is fit to be kept and shown.
func storable(id string) bool {
	return id != "" && len(id) <= 255 && utf8.ValidString(id) &&
		!strings.ContainsFunc(id, func(r rune) bool { return !unicode.IsPrint(r) })
}

func same(a, b string) bool { return a != "" && directory.Fold(a) == directory.Fold(b) }
