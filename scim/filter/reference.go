package filter

import (
	"net/url"
	"strings"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// isReference says whether an attribute's text is the URI of a SCIM resource:
// the $ref beside a value.
func isReference(a *schema.Attribute) bool {
	return a.Type == schema.Reference && a.Name == "$ref" && a.Parent != nil
}

// reference is the form in which URIs of SCIM resources are compared for
// identity (R-7643-2.3.7-02): a relative one starts at base, which ends before
// the endpoints, and the version of the API right before the endpoint makes no
// difference. What is no URI is compared as it is.
func reference(base, text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return directory.Exact(text)
	}
	if !u.IsAbs() && base != "" {
		b, err := url.Parse(base)
		if err != nil {
			return directory.Exact(text)
		}
		u = b.ResolveReference(u)
	}
	segments := strings.Split(u.EscapedPath(), "/")
	if n := len(segments); n >= 3 && isVersion(segments[n-3]) {
		segments = append(segments[:n-3], segments[n-2:]...)
	}
	return u.Scheme + "://" + u.Host + strings.Join(segments, "/") + "?" + u.RawQuery + "#" + u.EscapedFragment()
}

func isVersion(segment string) bool {
	number, ok := strings.CutPrefix(segment, "v")
	return ok && number != "" && strings.Trim(number, "0123456789") == ""
}
