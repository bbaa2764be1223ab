package scim

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/filter"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// A URL is written down where a body is not: in the logs of proxies, in a
// browser's history. So a filter in a URL can be refused if it looks at an
// attribute that the configuration names, and the client sends it in the body of
// a .search instead (RFC 7644 section 7.5.2).

// sensitiveFilters resolves Config.SensitiveFilters.
func sensitiveFilters(names []string, types []*schema.ResourceType) ([]selection, error) {
	var all []selection
	for _, name := range names {
		path, err := filter.ParsePath(name, filter.Options{})
		if err != nil || path.ValueExpression != nil {
			return nil, fmt.Errorf("scim: sensitive filters: %q is no attribute name", name)
		}
		found := false
		for _, t := range types {
			target, err := filter.Resolve(path, t)
			if err != nil {
				continue
			}
			found = true
			all = append(all, selection{target.Extension, target.Attr, target.Sub})
		}
		if !found {
			return nil, fmt.Errorf("scim: sensitive filters: no resource type has an attribute %q", name)
		}
	}
	return all, nil
}

// checkSensitive refuses a filter in a URL that looks at a sensitive attribute.
func (s *Server) checkSensitive(r *request, program *filter.Program) error {
	if len(s.sensitive) == 0 || r.Method != http.MethodGet {
		return nil
	}
	for top, sub := range program.Attributes {
		if slices.ContainsFunc(s.sensitive, func(x selection) bool {
			return x.extension != nil && x.extension.URN == top.Schema || x.attr == top && (x.sub == nil || sub == nil || x.sub == sub)
		}) {
			name := top.Name
			if sub != nil {
				name += "." + sub.Name
			}
			return fault.Sensitive("a filter on %s does not belong into a URL; send it to .search below this endpoint, in the body of a POST", name)
		}
	}
	return nil
}
