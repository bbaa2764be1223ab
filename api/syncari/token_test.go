package syncari_test

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/scimbridge/scimbridge/api/apitest"
)

// covers: documented-apis 3.1
func TestTokenGrants(t *testing.T) {
	s := newServer(t)
	inQuery, tk := s.logon(boss, secret)
	if inQuery.Status != 200 || tk.Type != "Bearer" || tk.ExpiresIn != 10800 || tk.Access == "" || tk.Refresh == "" {
		t.Fatalf("got %d %s", inQuery.Status, inQuery.Body)
	}
	if !strings.HasPrefix(inQuery.Body, `{"access_token":"`) || inQuery.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("got %s, Cache-Control %q", inQuery.Body, inQuery.Header.Get("Cache-Control"))
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {boss}, "client_secret": {secret}}
	if a := s.tokenForm(form); a.Status != 200 {
		t.Errorf("in the form: %d %s", a.Status, a.Body)
	}
	s.SetTime(s.Now().Add(4 * time.Hour)) // the access token is dead, the refresh token is not
	form.Set("grant_type", "refresh_token")
	form.Set("refresh_token", tk.Refresh)
	a := s.tokenForm(form)
	var again tokens
	a.Decode(t, &again)
	if a.Status != 200 {
		t.Fatalf("refresh: %d %s", a.Status, a.Body)
	}
	if a := apitest.Do(t, s, "GET", "/api/v1/users", "", "Authorization", "Bearer "+again.Access); a.Status != 200 {
		t.Errorf("the refreshed token: %d %s", a.Status, a.Body)
	}
}

func (s *server) tokenForm(form url.Values) apitest.Answer {
	s.Helper()
	return apitest.Do(s, s, "POST", "/api/v1/oauth/token", form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
}

// covers: documented-apis 3.3
func TestTokenRefusals(t *testing.T) {
	s := newServer(t)
	_, tk := s.logon(boss, secret)
	_, others := s.logon(local, secret)
	for _, c := range []struct {
		name   string
		set    url.Values
		status int
		code   string
	}{
		{"wrong secret", url.Values{"client_secret": {"wrong"}}, 401, "invalid_client"},
		{"empty secret", url.Values{"client_secret": {""}}, 401, "invalid_client"},
		{"unknown client", url.Values{"client_id": {"nobody"}}, 401, "invalid_client"},
		{"a client id that leads nowhere", url.Values{"client_id": {"Scb_pimGAcN4CLOvmaSyBuH0Udw"}}, 401, "invalid_client"},
		{"no grant", url.Values{"grant_type": {""}}, 400, "invalid_request"},
		{"other grant", url.Values{"grant_type": {"password"}}, 400, "unsupported_grant_type"},
		{"twice", url.Values{"client_id": {boss, local}}, 400, "invalid_request"},
		{"no refresh token", url.Values{"grant_type": {"refresh_token"}}, 400, "invalid_grant"},
		{"access token as refresh token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tk.Access}}, 400, "invalid_grant"},
		{"another client's refresh token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {others.Refresh}}, 400, "invalid_grant"},
		{"refresh with a wrong secret", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tk.Refresh}, "client_secret": {"x"}}, 401, "invalid_client"},
	} {
		form := url.Values{"grant_type": {"client_credentials"}, "client_id": {boss}, "client_secret": {secret}}
		for k, v := range c.set {
			form[k] = v
		}
		a := s.tokenForm(form)
		var got tokens
		a.Decode(t, &got)
		if a.Status != c.status || got.Error != c.code || got.Access != "" {
			t.Errorf("%s: got %d %s", c.name, a.Status, a.Body)
		}
	}
	if a := apitest.Do(t, s, "POST", "/api/v1/oauth/token?client_id="+boss, "client_id="+local, "Content-Type", "application/x-www-form-urlencoded"); a.Status != 400 {
		t.Errorf("client_id in query and form: %d %s", a.Status, a.Body)
	}
	if a := apitest.Do(t, s, "POST", "/api/v1/oauth/token", "{}"); a.Status != 415 {
		t.Errorf("JSON: %d %s", a.Status, a.Body)
	}
	if a := apitest.Do(t, s, "GET", "/api/v1/oauth/token", "", "Authorization", tk.Access); a.Status != 405 {
		t.Errorf("GET: %d %s", a.Status, a.Body)
	}
}

// An API user that was created over the API acts with its own token, its roles
// are those it has now, and its token dies with it.
//
// covers: documented-apis 3.1, T-02, T-54
func TestCreatedAPIUser(t *testing.T) {
	s := newServer(t)
	made := one(t, s.as(boss, "POST", "users", `{"email":"robot@example.com","firstName":"Ro","lastName":"Bot","isApiUser":true,"userRoles":{"RR0VPW":["Instance Admin"]}}`, "syncariId", "RR0VPW"))
	if made.ClientID == nil || made.ClientSecret == nil || len(*made.ClientID) != 27 || len(*made.ClientSecret) != 43 {
		t.Fatalf("credentials are %v %v", made.ClientID, made.ClientSecret)
	}
	a, tk := s.logon(*made.ClientID, *made.ClientSecret)
	if a.Status != 200 {
		t.Fatalf("log on: %d %s", a.Status, a.Body)
	}
	for _, wrong := range []string{"", "x", *made.ClientSecret + "x", (*made.ClientSecret)[1:] + "A", "*****"} {
		if a, _ := s.logon(*made.ClientID, wrong); a.Status != 401 {
			t.Errorf("secret %q: %d %s", wrong, a.Status, a.Body)
		}
	}
	raw, err := base64.RawURLEncoding.DecodeString(*made.ClientID)
	if err != nil {
		t.Fatal(err)
	}
	raw[12] ^= 1 // still leads to the user, but is not its client id
	if a, _ := s.logon(base64.RawURLEncoding.EncodeToString(raw), *made.ClientSecret); a.Status != 401 {
		t.Errorf("another client id of the same user: %d %s", a.Status, a.Body)
	}
	robot := func(method, path, body string, header ...string) apitest.Answer {
		return apitest.Do(t, s, method, "/api/v1/"+path, body, append([]string{"Authorization", tk.Access}, header...)...)
	}
	if a := robot("GET", "users", ""); a.Status != 200 { // its own instance is RR0VPW
		t.Errorf("own instance: %d %s", a.Status, a.Body)
	}
	if a := robot("GET", "users", "", "syncariId", "YUBV99"); a.Status != 403 {
		t.Errorf("another instance: %d %s", a.Status, a.Body)
	}
	got := one(t, robot("PUT", "users/"+apitest.JohnnySyncari+"/roles", `["Sync Manager"]`))
	if got.UpdatedBy != made.ID {
		t.Errorf("updatedBy is %s, want the API user %s", got.UpdatedBy, made.ID)
	}
	one(t, s.as(boss, "PUT", "users/"+made.ID+"/roles", `[]`, "syncariId", "RR0VPW"))
	if a := robot("GET", "users", ""); a.Status != 403 {
		t.Errorf("without the role: %d %s", a.Status, a.Body)
	}
	one(t, s.as(boss, "PUT", "users/"+made.ID+"/roles", `["Org Admin"]`, "syncariId", "RR0VPW"))
	if a := robot("GET", "users", "", "syncariId", "YUBV99"); a.Status != 200 {
		t.Errorf("as Org Admin: %d %s", a.Status, a.Body)
	}
	one(t, s.as(boss, "GET", "users/"+made.ID+"/deactivate", ""))
	if a := robot("GET", "users", ""); a.Status != 401 {
		t.Errorf("deactivated: %d %s", a.Status, a.Body)
	}
	if a, _ := s.logon(*made.ClientID, *made.ClientSecret); a.Status != 401 {
		t.Errorf("log on when deactivated: %d %s", a.Status, a.Body)
	}
}

// covers: documented-apis 3.3, T-13, T-66
func TestSecretIsShownOnce(t *testing.T) {
	s := newServer(t)
	made := one(t, s.as(boss, "POST", "users", `{"email":"robot@example.com","firstName":"Ro","lastName":"Bot","isApiUser":true,"userRoles":{}}`))
	for _, a := range []apitest.Answer{
		s.as(boss, "GET", "users", ""), s.as(boss, "GET", "users/"+made.ID, ""), s.as(boss, "GET", "users/"+made.ID+"/deactivate", ""),
		s.as(boss, "PUT", "users/"+made.ID+"/roles", `["Viewer"]`),
	} {
		if a.Status != 200 || strings.Contains(a.Body, *made.ClientSecret) || !strings.Contains(a.Body, `"clientSecret":"*****"`) {
			t.Errorf("got %d %s", a.Status, a.Body)
		}
	}
	for _, e := range s.Journal(0) {
		for _, raw := range [][]byte{e.Forward, e.Backward, e.Note} {
			if strings.Contains(string(raw), *made.ClientSecret) {
				t.Errorf("the journal holds the secret: %s", raw)
			}
		}
	}
}

// Who guesses at a client secret has to wait, and so learns nothing, not even by
// the right one; other clients at the same address do not.
//
// covers: T-12
func TestTokenGuessing(t *testing.T) {
	s := newServer(t)
	for range 25 { // what succeeds is not counted
		s.token(boss)
	}
	for _, client := range []string{boss, "nobody"} {
		for i := range 20 {
			if a, _ := s.logon(client, "wrong"); a.Status != 401 {
				t.Fatalf("guess %d: %d %s", i, a.Status, a.Body)
			}
		}
		a, tk := s.logon(client, secret)
		if a.Status != 429 || tk.Error != "slow_down" || a.Header.Get("Retry-After") != "10" {
			t.Errorf("got %d %s, Retry-After %q", a.Status, a.Body, a.Header.Get("Retry-After"))
		}
	}
	s.token(local)
	s.SetTime(s.Now().Add(10 * time.Second))
	s.token(boss)
}
