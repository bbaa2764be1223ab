package scim_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/scimbridge/scimbridge/scim"
	"github.com/scimbridge/scimbridge/scim/scimtest"
)

// covers: R-7644-7.5.2-01
func TestSensitiveFilters(t *testing.T) {
	_, c := start(t, scimtest.Options{SensitiveFilters: []string{"emails", "name.familyName", enterpriseURN + ":employeeNumber"}})
	c.user("ada", `"name":{"familyName":"Byron"}`)
	for _, filter := range []string{`emails eq "a@x"`, `emails.value eq "a@x"`, `emails[type eq "work" and value co "@x"]`, `EMAILS.type pr`, `name.familyName eq "Byron"`, `name pr`,
		`not (name.familyName sw "B") or title pr`, enterpriseURN + `:employeeNumber eq "1"`, `userName eq "ada" and emails pr`} {
		for _, path := range []string{"/Users", "/"} {
			a := c.get(path+"?filter="+url.QueryEscape(filter)).fails(http.StatusForbidden, "sensitive")
			if !strings.Contains(a.text("detail"), ".search") || strings.Contains(a.raw, "Byron") || strings.Contains(a.raw, "a@x") {
				t.Errorf("%s: %s", filter, a.raw)
			}
			c.send("POST", strings.TrimSuffix(path, "/")+"/.search", fmt.Sprintf(`{"schemas":[%q],"filter":%q}`, searchURN, filter)).want(http.StatusOK)
		}
	}
	for _, filter := range []string{`userName eq "ada"`, `name.givenName eq "Ada"`, enterpriseURN + `:department eq "D"`} {
		c.get("/Users?filter=" + url.QueryEscape(filter)).want(http.StatusOK)
	}
	c.get("/Users?sortBy=emails.value").want(http.StatusOK) // tells nothing of anybody
	_, off := start(t, scimtest.Options{})
	off.get("/Users?filter=" + url.QueryEscape(`emails eq "a@x"`)).want(http.StatusOK)
	for _, bad := range []string{"nothing", "emails[type eq \"work\"]", "", "emails.nothing"} {
		_, err := scim.New(scim.Config{
			Backend: struct{ scim.Backend }{}, Authenticate: func(*http.Request) (scim.Caller, error) { return scim.Caller{}, nil },
			BaseURL: "https://bridge.example", SensitiveFilters: []string{bad},
		})
		if err == nil || !strings.Contains(err.Error(), "sensitive filters") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// What a filter asks for, in whatever way it fails, is in no log.
//
// covers: R-7644-7.5.2-02
func TestFiltersAreNotLogged(t *testing.T) {
	log := new(logs)
	_, c := start(t, scimtest.Options{Log: log.logger(), SensitiveFilters: []string{"emails"}, Limits: scim.Limits{Scan: 1}})
	c.user("ada", "")
	c.user("bo", "")
	const marker = "byron-marker"
	for _, query := range []string{`filter=userName eq "` + marker + `"`, `filter=emails eq "` + marker + `"`, `filter=title eq "` + marker + `"`, `filter=` + marker + ` eq`,
		`filter=title eq "` + marker + `"&cursor=`, `cursor=` + marker, `sortBy=` + marker, `attributes=` + marker, `count=` + marker, `filter=userName eq "` + marker} {
		name, value, _ := strings.Cut(query, "=")
		value, rest, _ := strings.Cut(value, "&")
		for _, path := range []string{"/Users", "/", "/Groups"} {
			c.get(path + "?" + name + "=" + url.QueryEscape(value) + "&" + rest)
		}
		c.send("POST", "/.search", fmt.Sprintf(`{"schemas":[%q],"filter":%q}`, searchURN, value))
	}
	if text := log.String(); !strings.Contains(text, "/Users") || strings.Contains(text, "byron") {
		t.Errorf("the log has no line of the requests, or holds what was asked for: %.2000s", text)
	}
}
