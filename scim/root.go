package scim

// listSources is GET on the endpoint of a resource type, or at the root on all
// of them (RFC 7644 sections 3.4.2 and 3.4.2.1).
func listSources(of func(*Server) []source) endpoint {
	return func(s *Server, r *request) (*response, error) {
		l, err := s.queryListing(r)
		if err != nil {
			return nil, err
		}
		return s.find(r, &l, of(s))
	}
}

// searchSources is POST to .search (RFC 7644 section 3.4.3).
func searchSources(of func(*Server) []source) endpoint {
	return func(s *Server, r *request) (*response, error) {
		l, err := s.searchListing(r)
		if err != nil {
			return nil, err
		}
		return s.find(r, &l, of(s))
	}
}

// The sources of the endpoints.
func usersOnly(s *Server) []source  { return s.sources[:1] }
func groupsOnly(s *Server) []source { return s.sources[1:2] }
func everything(s *Server) []source { return s.sources }

func (c configured) only(s *Server) []source { return []source{resources{s, c}} }
