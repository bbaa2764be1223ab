package apitest_test

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scimbridge/scimbridge/api/apitest"
	"github.com/scimbridge/scimbridge/api/rsa"
	"github.com/scimbridge/scimbridge/api/servicemobility"
	"github.com/scimbridge/scimbridge/api/syncari"
	"github.com/scimbridge/scimbridge/api/uniphore"
	"github.com/scimbridge/scimbridge/auth/jwt"
	"github.com/scimbridge/scimbridge/auth/jwt/jwttest"
)

// apps are the four applications over one world, and the credentials to look at
// Johnny through each of them.
type apps struct {
	*apitest.World
	uniphore, rsa, syncari, mobility http.Handler
	key                              jwttest.Key
}

const (
	issuer   = "https://example.us.auth0.com/"
	audience = "uassist.uniphore.com"
	org      = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"
	rsaKey   = "22222222-2222-4222-8222-222222222222"
	rsaURL   = "https://localhost/AdminInterface/restapi/v1"
	secret   = "a secret of the tests"
)

func newApps(t *testing.T) *apps {
	t.Helper()
	a := &apps{World: apitest.New(t), key: jwttest.NewKey("21-characters-of-kid0")}
	quiet := slog.New(slog.DiscardHandler)
	jwks := httptest.NewServer(jwttest.NewIssuer(a.key))
	t.Cleanup(jwks.Close)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	u, err := uniphore.New(uniphore.Config{
		Bridge: a.Bridge, Now: a.Now, Log: quiet, Tenants: []uniphore.Tenant{{ID: a.SCIM.Tenant, UUID: org}},
		Verifier: &jwt.Verifier{
			Keys:   jwt.NewJWKS(jwks.URL+"/.well-known/jwks.json", jwt.Options{HTTPClient: jwks.Client(), Now: a.Now}),
			Issuer: issuer, Audience: audience, Now: a.Now,
		},
	})
	must(err)
	keys, err := jwt.NewAPIKeys(rsaURL, a.Now, jwt.APIKey{
		AccessID: rsaKey, Public: &a.key.Private.PublicKey, Name: "helpdesk-key", Role: rsa.HelpDeskAdministrator, Tenant: a.SCIM.Tenant,
	})
	must(err)
	r, err := rsa.New(rsa.Config{Bridge: a.Bridge, Keys: keys, Now: a.Now, Log: quiet})
	must(err)
	tokenKey := []byte(strings.Repeat("k", 32))
	s, err := syncari.New(syncari.Config{
		Bridge: a.Bridge, Now: a.Now, Log: quiet, Mapper: a.MapperOf, TokenKey: tokenKey,
		APIUsers: []syncari.APIUser{{ClientID: "boss", Secret: secret, Tenant: a.SCIM.Tenant, Instance: "YUBV99", Role: "Org Admin"}},
	})
	must(err)
	m, err := servicemobility.New(servicemobility.Config{
		Bridge: a.Bridge, Now: a.Now, Log: quiet, Mapper: a.MapperOf, TokenKey: tokenKey,
		Users: []servicemobility.APIUser{{UserName: "office", Password: secret, Tenant: a.SCIM.Tenant}},
	})
	must(err)
	a.uniphore, a.rsa, a.syncari, a.mobility = u.Handler(), r.Handler(), s.Handler(), m.Handler()
	return a
}

// sync is Johnny's own sync-user call.
func (a *apps) sync() apitest.Answer {
	a.Helper()
	const ns = "https://api.uniphore.com/"
	token := a.key.Sign(map[string]any{
		ns + "email_id": apitest.JohnnyName, ns + "auth0_name": apitest.JohnnyName, ns + "user_id": "auth0|60508ea4c2d6a10069e4f1c7", ns + "tenant": org,
		"iss": issuer, "sub": "auth0|60508ea4c2d6a10069e4f1c7", "aud": audience, "iat": a.Now().Unix(), "exp": a.Now().Add(time.Hour).Unix(),
	})
	return apitest.Do(a, a.uniphore, "POST", "/ocms/v2/configuration/sync-user?environment=dev", "", "Authorization", token)
}

// lookup is RSA's User Details call.
func (a *apps) lookup() apitest.Answer {
	a.Helper()
	token := a.key.Sign(map[string]any{"sub": rsaKey, "aud": rsaURL, "iat": a.Now().Unix(), "exp": a.Now().Add(time.Hour).Unix()})
	return apitest.Do(a, a.rsa, "POST", "/AdminInterface/restapi/v1/users/lookup", `{"email":"`+apitest.JohnnyName+`"}`, "Authorization", "Bearer "+token)
}

// syncariList is Syncari's list of the users of YUBV99.
func (a *apps) syncariList() apitest.Answer {
	a.Helper()
	var token struct {
		Access string `json:"access_token"`
	}
	apitest.Do(a, a.syncari, "POST", "/api/v1/oauth/token?grant_type=client_credentials&client_id=boss&client_secret="+strings.ReplaceAll(secret, " ", "+"), "").Decode(a, &token)
	return apitest.Do(a, a.syncari, "GET", "/api/v1/users", "", "Authorization", "Bearer "+token.Access, "syncariId", "YUBV99")
}

// mobile is a ServiceMobility call about Johnny.
func (a *apps) mobile(method, body string) apitest.Answer {
	a.Helper()
	var logon struct{ Token string }
	apitest.Do(a, a.mobility, "POST", "/createjwt", `{"username":"office","password":"`+secret+`"}`).Decode(a, &logon)
	return apitest.Do(a, a.mobility, method, "/seiapi/v3/trans/User/johnny.kingston%40example.com", body, "x-access-token", logon.Token)
}

// want is what the four applications show after a step.
type want struct {
	uniphore int // status of sync-user
	rsa      int
	rsaUser  map[string]any // keys of RSA's user
	syncari  string         // Syncari's status; "" when absent
	mobility int
	sm       map[string]any // keys of ServiceMobility's user
}

func (a *apps) check(step string, w want) {
	a.Helper()
	pick := func(surface string, all, want map[string]any) {
		a.Helper()
		for _, key := range slices.Sorted(maps.Keys(want)) {
			if got, ok := all[key]; !ok || got != want[key] {
				a.Errorf("%s: %s shows %s %v, want %v", step, surface, key, got, want[key])
			}
		}
	}
	if got := a.sync(); got.Status != w.uniphore {
		a.Errorf("%s: sync-user answers %d %s, want %d", step, got.Status, got.Body, w.uniphore)
	} else if got.Status == 401 && !strings.Contains(got.Body, `"message":"Unauthorized user"`) {
		a.Errorf("%s: sync-user answers %s", step, got.Body)
	}
	var all map[string]any
	got := a.lookup()
	if got.Decode(a, &all); got.Status != w.rsa {
		a.Errorf("%s: RSA answers %d %s, want %d", step, got.Status, got.Body, w.rsa)
	}
	pick("RSA", all, w.rsaUser)

	var list struct{ Result []struct{ ID, Status string } }
	if got := a.syncariList(); got.Status != 200 {
		a.Errorf("%s: Syncari answers %d %s", step, got.Status, got.Body)
	} else {
		got.Decode(a, &list)
	}
	status := ""
	for _, u := range list.Result {
		if u.ID == apitest.JohnnySyncari {
			status = u.Status
		}
	}
	if status != w.syncari {
		a.Errorf("%s: Syncari shows %q, want %q", step, status, w.syncari)
	}

	all = nil
	got = a.mobile("GET", "")
	if got.Decode(a, &all); got.Status != w.mobility {
		a.Errorf("%s: ServiceMobility answers %d %s, want %d", step, got.Status, got.Body, w.mobility)
	}
	pick("ServiceMobility", all, w.sm)
}

// uniphoreModified is modification-date as sync-user shows it.
func (a *apps) uniphoreModified() time.Time {
	a.Helper()
	var v struct {
		User struct {
			Modified int64 `json:"modification-date"`
		}
	}
	a.sync().Decode(a, &v)
	return time.UnixMilli(v.User.Modified).UTC()
}

// One user through the lifecycle, looked at through all four applications after
// each step.
//
// covers: documented-apis 7.6, documented-apis 6.1, T-54
func TestLifecycleMatrix(t *testing.T) {
	a := newApps(t)
	active := want{
		uniphore: 200, rsa: 200, rsaUser: map[string]any{"userStatus": "Enabled", "markDeleted": false}, syncari: "ACTIVE",
		mobility: 200, sm: map[string]any{"Activated": true, "Locked": false},
	}
	a.check("created", active)

	a.Set("2022-05-09T06:00:00.000Z")
	a.SetActive(a.Johnny, false)
	a.check("PATCH active=false", want{
		uniphore: 401, rsa: 200, rsaUser: map[string]any{"userStatus": "Disabled", "markDeleted": false, "lastSyncTime": "2022-05-09T06:00:00.000Z"},
		syncari: "INACTIVE", mobility: 200, sm: map[string]any{"Activated": false, "Locked": false},
	})
	if list := a.syncariList().Body; !strings.Contains(list, `"updatedAt":"2022-05-09T06:00:00.000+00:00"`) {
		t.Errorf("Syncari's list is %s", list)
	}

	a.Set("2022-05-09T06:10:00.000Z")
	a.SetActive(a.Johnny, true)
	a.check("PATCH active=true", active)
	if got := a.uniphoreModified(); got.Before(apitest.Time("2022-05-09T06:10:00.000Z")) {
		t.Errorf("modification-date is %s", got)
	}

	a.Set("2022-05-09T06:20:00.000Z")
	locked := strings.Replace(a.mobile("GET", "").Body, `"Locked":false`, `"Locked":true`, 1)
	a.mobile("PUT", locked).Want(t, 200, `{"code":200}`)
	a.check("SM PUT Locked=true", want{
		uniphore: 401, rsa: 200, rsaUser: active.rsaUser, syncari: "ACTIVE", mobility: 200, sm: map[string]any{"Activated": true, "Locked": true},
	})

	a.Set("2022-05-09T07:00:00.000Z")
	a.DeleteUser(a.Johnny)
	pending := want{
		uniphore: 404, rsa: 200, syncari: "INACTIVE", mobility: 410,
		rsaUser: map[string]any{"userStatus": "Disabled", "markDeleted": true, "markDeletedAt": "2022-05-09T07:00:00.000Z", "markDeletedBy": "scim:okta"},
	}
	a.check("SCIM DELETE", pending)
	a.Set("2022-05-16T06:59:59.000Z")
	if n, err := a.Bridge.PurgeDue(context.Background()); n != 0 || err != nil {
		t.Errorf("a second too early, %d users were purged, error %v", n, err)
	}
	a.check("one second before the seven days are over", pending)
	if n := a.Purge(); n != 1 {
		t.Errorf("%d users were purged", n)
	}
	a.check("+ 7 days", want{uniphore: 404, rsa: 404, syncari: "", mobility: 410})
}

// The same user, disabled and deleted through the applications: each is seen by
// the other three and by SCIM.
//
// covers: documented-apis 6.1, documented-apis 6.2
func TestDeletionByAnApplication(t *testing.T) {
	a := newApps(t)
	a.Set("2022-05-09T06:00:00.000Z")
	a.mobile("DELETE", "").Want(t, 200, `{"code":200}`)
	a.check("SM DELETE", want{
		uniphore: 404, rsa: 200, syncari: "INACTIVE", mobility: 410,
		rsaUser: map[string]any{"userStatus": "Disabled", "markDeleted": true, "markDeletedAt": "2022-05-09T06:00:00.000Z", "markDeletedBy": "servicemobility:office"},
	})
	if u := a.User(a.Johnny); u.Active {
		t.Error("SCIM shows an active user")
	}
	a.SetActive(a.Johnny, true) // the identity provider takes the deletion back
	a.check("PATCH active=true", want{
		uniphore: 200, rsa: 200, rsaUser: map[string]any{"userStatus": "Enabled", "markDeleted": false, "markDeletedAt": nil}, syncari: "ACTIVE",
		mobility: 200, sm: map[string]any{"Activated": true, "ServiceTeamID": "TEAM-EAST"},
	})
}
