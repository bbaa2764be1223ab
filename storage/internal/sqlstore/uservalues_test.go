package sqlstore

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scimbridge/scimbridge/directory"
)

// What is indexed is named as in directory.Profile, whose encoding made the document.
func TestKeysOf(t *testing.T) {
	doc, err := directory.Profile{
		UserName: "Ann", DisplayName: "Ann B", Name: &directory.Name{FamilyName: "BEE", GivenName: "Ann"},
		Emails:     []directory.Plural{{Value: "A@x"}, {Value: "a@X", Type: "home"}, {Value: "b@x"}, {Type: "other"}},
		Enterprise: &directory.Enterprise{EmployeeNumber: "E1", Manager: &directory.Manager{Value: "Mgr"}},
		Bridge:     &directory.Bridge{Uniphore: &directory.UniphoreAttributes{Auth0ID: "auth0|X"}},
	}.Document()
	if err != nil {
		t.Fatal(err)
	}
	got, err := keysOf(&directory.User{Origin: directory.OriginSCIM, Document: doc})
	want := userKeys{name: "Ann", userName: "ann", columns: userColumnKeys{"ann b", "bee", "e1"}, values: []userValue{
		{attrEmail, "a@x"}, {attrEmail, "b@x"}, {attrManager, "Mgr"}, {attrAuth0Pushed, "auth0|X"}}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(userKeys{}, userColumnKeys{}, userValue{})); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	got, err = keysOf(&directory.User{Origin: directory.OriginSyncari, Document: directory.Document(`{"userName":"Ann","emails":[{"value":"A@x"}]}`)})
	want.columns, want.values = userColumnKeys{}, []userValue{{attrEmail, "a@x"}, {attrApplicationEmail, "a@x"}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(userKeys{}, userColumnKeys{}, userValue{})); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if got, err := keysOf(&directory.User{}); err != nil || got.userName != "" || got.values != nil || got.columns != (userColumnKeys{}) {
		t.Errorf("no document: %+v, %v", got, err)
	}
	if _, err := keysOf(&directory.User{Document: directory.Document(`{"userName":`)}); err == nil {
		t.Error("a damaged document: no error")
	}
}
