package syncari_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/scimbridge/scimbridge/api/apitest"
	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/provision"
)

const (
	rolesPath   = "users/" + apitest.JohnnySyncari + "/roles"
	syncManager = "syncari:YUBV99:Sync Manager" // the group
)

// wantRoles compares the roles in YUBV99 with want, and that those in RR0VPW are
// untouched.
func wantRoles(t *testing.T, u user, want ...string) {
	t.Helper()
	if !slices.Equal(u.UserRoles["YUBV99"], want) {
		t.Errorf("roles in YUBV99 are %v, want %v", u.UserRoles["YUBV99"], want)
	}
	if !slices.Equal(u.UserRoles["RR0VPW"], []string{"Viewer"}) {
		t.Errorf("roles in RR0VPW are %v", u.UserRoles["RR0VPW"])
	}
}

// state returns what is stored of Johnny's roles.
func (s *server) state() (st directory.SyncariState) {
	s.Helper()
	by := journal.Actor{Tenant: s.SCIM.Tenant, Origin: directory.OriginSystem, Name: "test"}
	_, err := s.Bridge.EditAccount(context.Background(), by, provision.Ref{ID: s.Johnny}, "test", func(d *provision.Draft) error {
		st = d.State.Syncari
		return nil
	})
	if err != nil {
		s.Fatal(err)
	}
	return st
}

// covers: documented-apis 3.3
func TestSetRolesBodies(t *testing.T) {
	s := newServer(t)
	viewerID := ""
	for _, r := range s.Mapper.Settings().Syncari.Roles {
		if r.Name == "Viewer" {
			viewerID = r.ID.String()
		}
	}
	for _, body := range []string{
		`["Viewer"]`, `["viewer","Viewer"]`, `{"roles":["Viewer"]}`, `{"roleIds":["` + viewerID + `"]}`, `["` + viewerID + `"]`,
		`{"roles":["` + viewerID + `"]}`,
	} {
		one(t, s.as(boss, "PUT", rolesPath, `["Sync Manager"]`))
		wantRoles(t, one(t, s.as(boss, "PUT", rolesPath, body, "syncariId", "YUBV99")), "Viewer")
	}
	for body, code := range map[string]string{
		`["King"]`: "UNKNOWN_ROLE", `["King","Queen"]`: "UNKNOWN_ROLE UNKNOWN_ROLE", `{"roles":["Viewer"],"roleIds":[]}`: "INVALID_REQUEST",
		`{}`: "MISSING_FIELD", `"Viewer"`: "INVALID_REQUEST", `[1]`: "INVALID_REQUEST", `{"roles":"Viewer"}`: "INVALID_REQUEST",
		``: "INVALID_REQUEST", `null`: "INVALID_REQUEST", `{"roleIds":null}`: "INVALID_REQUEST",
	} {
		if a := s.as(boss, "PUT", rolesPath, body); a.Status != 400 || codes(t, a) != code {
			t.Errorf("%s: got %d %s", body, a.Status, a.Body)
		}
	}
	wantRoles(t, one(t, s.as(boss, "GET", "users/"+apitest.JohnnySyncari, "")), "Viewer")
}

// A role that a group grants is suppressed when it is taken away, and comes back
// when it is given again or when the identity provider changes the membership.
//
// covers: documented-apis 5.1
func TestSuppression(t *testing.T) {
	s := newServer(t)
	s.Set("2022-05-09T06:00:00.000Z")
	u := one(t, s.as(boss, "PUT", rolesPath, `["Viewer","Dashboard Author"]`))
	wantRoles(t, u, "Dashboard Author", "Viewer")
	if u.UpdatedBy != adminID || u.UpdatedAt != "2022-05-09T06:00:00.000+00:00" {
		t.Errorf("updated by %s at %s", u.UpdatedBy, u.UpdatedAt)
	}
	st := s.state()
	if !slices.Equal(st.Roles["YUBV99"], []string{"Viewer", "Dashboard Author"}) {
		t.Errorf("set through the API: %v", st.Roles)
	}
	sup := st.Suppressed["YUBV99"]
	if len(sup) != 1 || sup[0].Role != "Sync Manager" || !slices.Equal(sup[0].Groups, []directory.ID{s.GroupID[syncManager]}) {
		t.Fatalf("suppressed: %+v", st.Suppressed)
	}
	wantRoles(t, one(t, s.as(boss, "PUT", rolesPath, `["Sync Manager"]`)), "Sync Manager")
	if st := s.state(); len(st.Suppressed) != 0 || len(st.Roles) != 0 {
		t.Errorf("giving it back left %+v", st)
	}

	wantRoles(t, one(t, s.as(boss, "DELETE", rolesPath+"/Sync%20Manager", "")))
	wantRoles(t, one(t, s.as(boss, "DELETE", rolesPath+"/sync%20manager", ""))) // the second time, too
	s.EditGroup(s.GroupID[syncManager], &directory.MemberEdit{Remove: []string{apitest.JohnnyID}})
	s.EditGroup(s.GroupID[syncManager], &directory.MemberEdit{Add: []string{apitest.JohnnyID}})
	wantRoles(t, one(t, s.as(boss, "GET", "users/"+apitest.JohnnySyncari, "")), "Sync Manager")
}

// The memberships themselves are the identity provider's and stay.
//
// covers: documented-apis 5.1
func TestSuppressionLeavesGroupsAlone(t *testing.T) {
	s := newServer(t)
	one(t, s.as(boss, "PUT", rolesPath, `[]`))
	if got := len(s.User(s.Johnny).Groups); got != len(apitest.Groups) {
		t.Errorf("the user is in %d groups, want %d", got, len(apitest.Groups))
	}
}

// A suppressed role whose group does not grant it any more is given by itself.
func TestSuppressedRoleOfARenamedGroup(t *testing.T) {
	s := newServer(t)
	one(t, s.as(boss, "DELETE", rolesPath+"/Sync%20Manager", ""))
	_, _, err := s.Bridge.EditGroup(context.Background(), s.SCIM, s.GroupID[syncManager], func(g *directory.Group) (*directory.MemberEdit, error) {
		g.Document = directory.Document(`{"displayName":"Staff"}`)
		return nil, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	wantRoles(t, one(t, s.as(boss, "PUT", rolesPath, `["Sync Manager"]`)), "Sync Manager")
}

func TestRemoveRole(t *testing.T) {
	s := newServer(t)
	one(t, s.as(boss, "PUT", rolesPath, `["Sync Manager","Viewer"]`))
	wantRoles(t, one(t, s.as(boss, "DELETE", rolesPath+"/Viewer", "")), "Sync Manager")
	if st := s.state(); len(st.Roles) != 0 || len(st.Suppressed) != 0 {
		t.Errorf("left: %+v", st)
	}
	if a := s.as(boss, "DELETE", rolesPath+"/King", ""); a.Status != 404 || codes(t, a) != "ROLE_NOT_FOUND" {
		t.Errorf("unknown role: %d %s", a.Status, a.Body)
	}
	if a := s.as(boss, "DELETE", strings.Replace(rolesPath, apitest.JohnnySyncari, "000000000000000000000001", 1)+"/Viewer", ""); codes(t, a) != "USER_NOT_FOUND" {
		t.Errorf("unknown user: %d %s", a.Status, a.Body)
	}
}

// Setting the same roles again changes nothing but is journalled.
func TestSetRolesIsIdempotent(t *testing.T) {
	s := newServer(t)
	first := one(t, s.as(boss, "PUT", rolesPath, `["Viewer"]`))
	s.SetTime(s.Now().Add(1e9))
	n := len(s.Journal(0))
	if again := one(t, s.as(boss, "PUT", rolesPath, `["Viewer"]`, "clientRequestId", "r-2")); again.UpdatedAt != first.UpdatedAt {
		t.Errorf("updatedAt moved from %s to %s", first.UpdatedAt, again.UpdatedAt)
	}
	entries := s.Journal(0)[n:]
	if len(entries) != 1 || entries[0].Action != "syncari.roles" || entries[0].Before != entries[0].After || !strings.Contains(string(entries[0].Note), "r-2") {
		t.Errorf("the journal got %+v", entries)
	}
}
