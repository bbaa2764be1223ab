package apitest_test

import (
	"context"
	"slices"
	"testing"

	"github.com/scimbridge/scimbridge/api/apitest"
	"github.com/scimbridge/scimbridge/provision"
)

// covers: documented-apis 7.1
func TestWorld(t *testing.T) {
	w := apitest.New(t)
	a, err := w.Bridge.Account(context.Background(), w.SCIM.Tenant, provision.Ref{ID: w.Johnny})
	if err != nil {
		t.Fatal(err)
	}
	if a.Uniphore.ID != 4882 || a.Uniphore.OrgID != 52 || a.Syncari.ID.String() != apitest.JohnnySyncari || a.Mobility.UserID != apitest.JohnnyName {
		t.Errorf("ids are %d, %d, %s, %s", a.Uniphore.ID, a.Uniphore.OrgID, a.Syncari.ID, a.Mobility.UserID)
	}
	if len(a.Grants) != 5 || len(a.Warnings) > 0 || !slices.Equal(a.Mobility.Teams, []string{"TEAM-EAST"}) {
		t.Errorf("grants %v, warnings %v, teams %v", a.Grants, a.Warnings, a.Mobility.Teams)
	}
	if !a.Created.Equal(apitest.Time(apitest.Created)) || !a.Modified.Equal(apitest.Time(apitest.Pushed)) {
		t.Errorf("created %s, modified %s", a.Created, a.Modified)
	}
	if got := w.Now(); !got.Equal(apitest.Time(apitest.Start)) {
		t.Errorf("the clock stands at %s", got)
	}
}
