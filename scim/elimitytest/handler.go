package elimitytest

import (
	"maps"
	"net/http"
	"strings"

	"github.com/elimity-com/scim"
	"github.com/elimity-com/scim/optional"
	"github.com/elimity-com/scim/schema"
	parser "github.com/scim2/filter-parser/v2"
)

// handler is elimity's interface to a Store. The first of schemas is the base.
type handler struct {
	store   Store
	schemas []schema.Schema
}

func resource(r Record) scim.Resource {
	out := scim.Resource{
		// The library writes id, schemas and meta into the map it is given.
		ID: r.ID, Attributes: maps.Clone(r.Attributes),
		Meta: scim.Meta{Created: &r.Created, LastModified: &r.Modified, Version: r.Version},
	}
	if x, ok := r.Attributes["externalId"].(string); ok {
		out.ExternalID = optional.NewString(x)
	}
	return out
}

func answer(r Record, err error) (scim.Resource, error) {
	if err != nil {
		return scim.Resource{}, err
	}
	return resource(r), nil
}

func (h *handler) Create(r *http.Request, attributes scim.ResourceAttributes) (scim.Resource, error) {
	return answer(h.store.Insert(r, attributes))
}

func (h *handler) Get(r *http.Request, id string) (scim.Resource, error) {
	return answer(h.store.Get(r, id))
}

func (h *handler) Replace(r *http.Request, id string, attributes scim.ResourceAttributes) (scim.Resource, error) {
	return answer(h.store.Update(r, id, func(map[string]any) (map[string]any, error) { return attributes, nil }))
}

func (h *handler) Delete(r *http.Request, id string) error { return h.store.Delete(r, id) }

func (h *handler) Patch(r *http.Request, id string, operations []scim.PatchOperation) (scim.Resource, error) {
	return answer(h.store.Update(r, id, func(attributes map[string]any) (map[string]any, error) {
		return attributes, h.apply(attributes, operations)
	}))
}

func (h *handler) GetAll(r *http.Request, p scim.ListRequestParams) (scim.Page, error) {
	page := scim.Page{Resources: []scim.Resource{}}
	take := func(rec Record) {
		if page.TotalResults++; page.TotalResults >= p.StartIndex && len(page.Resources) < p.Count {
			page.Resources = append(page.Resources, resource(rec))
		}
	}
	if p.FilterValidator == nil {
		total, err := h.store.Len(r)
		if err != nil {
			return page, err
		}
		err = h.store.Find(r, "", func(rec Record) bool {
			take(rec)
			return len(page.Resources) < p.Count
		})
		page.TotalResults = total
		return page, err
	}
	err := h.store.Find(r, wantedName(p.FilterValidator.GetFilter()), func(rec Record) bool {
		if p.FilterValidator.PassesFilter(rec.Attributes) == nil {
			take(rec)
		}
		return true
	})
	return page, err
}

// wantedName is the user name that a filter asks for, if that is all it does.
// The library has no notion of an index; this is the one its users would write.
func wantedName(e parser.Expression) string {
	if e, ok := e.(*parser.AttributeExpression); ok && e.Operator == parser.EQ && strings.EqualFold(e.AttributePath.AttributeName, "userName") {
		if name, ok := e.CompareValue.(string); ok {
			return name
		}
	}
	return ""
}
