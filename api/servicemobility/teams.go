package servicemobility

import (
	"net/http"
	"slices"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/mapping"
	"github.com/scimbridge/scimbridge/provision"
)

// mostTeams bounds the service teams of one user.
const mostTeams = 100

// setTeams is PUT …/ServiceTeams: the list replaces the user's service teams.
func (s *Server) setTeams(c *call) (any, error) {
	var in teamsInput
	if err := s.body(c.Request, &in); err != nil {
		return nil, err
	}
	settings := c.mapper.Settings().Mobility
	switch {
	case in.ServiceTeams == nil:
		return nil, invalid(".ServiceTeams", "ServiceTeams is required.")
	case len(*in.ServiceTeams) > mostTeams:
		return nil, invalid(".ServiceTeams", "There are too many ServiceTeams.")
	}
	teams := []string{} // not nil: none at all is a choice, too
	for _, given := range *in.ServiceTeams {
		team, err := teamNamed(settings, given)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(teams, team) {
			teams = append(teams, team)
		}
	}
	if settings.SingleTeam && len(teams) > 1 {
		return nil, invalid(".ServiceTeams", "A user can only be assigned to a single service team.")
	}
	return s.edit(c, "servicemobility.teams", func(d *provision.Draft) error {
		if !slices.Equal(teams, d.Account.Mobility.Teams) {
			d.State.Mobility.Teams = teams
		}
		return nil
	})
}

// teamNamed returns a service team's id in its configured spelling. Where no
// teams are configured, any id is one.
func teamNamed(settings mapping.MobilitySettings, given string) (string, error) {
	if given == "" || !plain(given, mostID) {
		return "", invalid(".ServiceTeams", "A service team's id is empty, too long or holds a control character.")
	}
	if team, ok := spelled(settings.Teams, given); ok || len(settings.Teams) == 0 {
		return team, nil
	}
	return "", &failure{status: http.StatusBadRequest, message: "Service team '" + given + "' does not exist.", value: given, path: ".ServiceTeams"}
}

// spelled returns the element of known that is given without regard to case, or
// given itself.
func spelled(known []string, given string) (string, bool) {
	for _, k := range known {
		if directory.Fold(k) == directory.Fold(given) {
			return k, true
		}
	}
	return given, false
}
