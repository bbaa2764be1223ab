package scim

import (
	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/scim/filter"
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// section is what one resource type contributes to a list: a query of the
// directory, and what is still to be done with each resource it finds.
type section struct {
	source
	query directory.Query
	// rest is the filter that must still be applied to each candidate; nil if
	// the query says it all.
	rest       *filter.Program
	projection *projection
	order      *filter.Order // nil: the list is not sorted
	// examined are the members that rest and order look at, shown those that the
	// projection does.
	examined, shown *resource.Members
	// none says that nothing of this type can match, as meta.resourceType does.
	none bool
}

// sections makes the listing ready for each source. Names that only some of the
// types know mean no value for the others (R-7644-3.4.2.1-03); for projections,
// names that mean nothing are ignored anyway.
func (s *Server) sections(r *request, l *listing, sources []source) ([]section, error) {
	o := s.filterOptions(r)
	var e filter.Expression
	if l.filtered {
		var err error
		if e, err = filter.Parse(l.filter, o); err != nil {
			return nil, err
		}
	}
	all := make([]section, len(sources))
	for i, src := range sources {
		sec := section{source: src, query: directory.Query{Client: r.caller.Actor.Client}}
		t := src.typ()
		o := o
		if i > 0 {
			o.Repaired = nil // counted once
		}
		for _, other := range sources {
			if other != src {
				o.Others = append(o.Others, other.typ())
			}
		}
		var err error
		if sec.projection, err = newProjection(t, l.attributes, l.excluded); err != nil {
			return nil, err
		}
		if l.sortBy != "" {
			if sec.order, err = filter.CompileOrder(l.sortBy, t, o); err != nil {
				return nil, err
			}
		}
		if e != nil {
			program, err := filter.CompileWith(e, t, o)
			if err != nil {
				return nil, err
			}
			if err := s.checkSensitive(r, program); err != nil {
				return nil, err
			}
			sec.plan(program)
		}
		sec.examined, sec.shown = sec.looksAt(), sec.projection.members(t)
		all[i] = sec
	}
	return all, nil
}

// looksAt returns the members by which it is decided whether a resource is in
// the list, and where.
func (sec *section) looksAt() *resource.Members {
	var names []string
	if sec.rest != nil {
		names = sec.rest.Members()
	}
	if sec.order != nil {
		names = append(names, sec.order.Member())
	}
	return resource.NewMembers(names...)
}

// plan sets what the database and what Match answers of a filter.
func (sec *section) plan(program *filter.Program) {
	where, exact := program.Plan(sec.query.Client)
	if !affordable(where) {
		where, exact = nil, false
	}
	switch c := where.(type) {
	case directory.All:
		if len(c) == 0 {
			where = nil // all of them, which a counter counts
		}
	case directory.Any:
		sec.none = len(c) == 0
	}
	sec.query.Where = where
	if !exact {
		sec.rest = program
	}
}

// sorted asks the store for the order, if it can list in it.
func (sec *section) sorted(descending bool) bool {
	if sec.order == nil {
		return true
	}
	index, ok := sec.order.Index()
	if ok {
		index.Descending = descending
		sec.query.Sort = &index
	}
	return ok
}

// examines reports whether a resource's attribute is looked at beyond what the
// database does.
func (sec *section) examines(a *schema.Attribute) bool {
	return sec.rest != nil && sec.rest.Uses(a) || sec.order != nil && sec.query.Sort == nil && sec.order.Uses(a)
}

// live leaves out the sections that are empty beforehand.
func live(all []section) []section {
	var kept []section
	for _, sec := range all {
		if !sec.none {
			kept = append(kept, sec)
		}
	}
	return kept
}
