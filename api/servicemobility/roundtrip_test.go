package servicemobility_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
)

// Whatever an identity provider made of a user: putting back what GET shows
// changes nothing; and after any PUT, GET shows what it said.
//
// covers: documented-apis 4.4
func TestPutAndGetAgree(t *testing.T) {
	s := newServer(t)
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		userID := fmt.Sprintf("user%d", n)
		p := drawProfile(t)
		p.UserName = userID
		s.AddUser(p)
		key := storage.UserKey{MobilityUserID: userID}
		path := escaped(userID)

		before := s.draft(key)
		s.ok("PUT", path, s.do("GET", path, "").Body)
		if after := s.draft(key); after.User.Version != before.User.Version {
			t.Fatalf("putting back what was read changed\n%s\ninto\n%s", before.User.Document, after.User.Document)
		}

		in := drawPut(t)
		body, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		s.ok("PUT", path, string(body))
		shown := s.shown(path)
		for key, want := range in {
			if key == "Phones" {
				continue // SMS may have joined them; see TestSMSAndPhones
			}
			if diff := cmp.Diff(want, shown[key]); diff != "" {
				t.Fatalf("PUT %s of\n%s\nshows %s (-want +got):\n%s", body, before.User.Document, key, diff)
			}
		}
		version := s.draft(key).User.Version
		s.ok("PUT", path, string(body))
		if again := s.draft(key).User.Version; again != version {
			t.Fatalf("PUT %s twice made version %d of %d", body, again, version)
		}
	})
}

var word = rapid.StringMatching(`[a-zA-Z<&"äß][a-z ]{0,5}[a-z]`)

func drawProfile(t *rapid.T) (p directory.Profile) {
	maybe := func(label string) string {
		if rapid.Bool().Draw(t, label+"?") {
			return word.Draw(t, label)
		}
		return ""
	}
	if name := (directory.Name{Formatted: maybe("formatted"), GivenName: maybe("given"), FamilyName: maybe("family")}); name != (directory.Name{}) {
		p.Name = &name
	}
	p.DisplayName, p.PreferredLanguage, p.Locale = maybe("display"), maybe("language"), maybe("locale")
	plurals := func(label string, value *rapid.Generator[string], types ...string) (list []directory.Plural) {
		for i := range rapid.IntRange(0, 3).Draw(t, label) {
			v := directory.Plural{Value: value.Draw(t, label), Type: rapid.SampledFrom(types).Draw(t, label+" type")}
			if primary := i == 0 && rapid.Bool().Draw(t, label+" primary"); primary {
				v.Primary = &primary
			}
			list = append(list, v)
		}
		return list
	}
	p.Emails = plurals("email", rapid.StringMatching(`[a-z]{12}@example\.com`), "work", "home", "")
	p.PhoneNumbers = plurals("phone", rapid.StringMatching(`(tel:)?\+[0-9]{3}`), "work", "mobile", "Mobile", "pager", "")
	p.IMs = plurals("im", word, "facetime", "xmpp")
	if e := (directory.Enterprise{Department: maybe("department"), CostCenter: maybe("cost center")}); e != (directory.Enterprise{}) {
		p.Enterprise = &e
	}
	b := directory.Bridge{}
	if rapid.Bool().Draw(t, "locked?") {
		locked := rapid.Bool().Draw(t, "locked")
		b.Locked = &locked
	}
	if m := (directory.MobilityAttributes{StorageLocationID: maybe("location")}); rapid.Bool().Draw(t, "worker?") {
		worker := rapid.Bool().Draw(t, "worker")
		m.IsMobileWorker = &worker
		b.Mobility = &m
	}
	if key := maybe("extension"); key != "" {
		b.Extensions = []directory.Plural{{Display: key, Value: word.Draw(t, "extension value")}}
	}
	if b.Locked != nil || b.Mobility != nil || b.Extensions != nil {
		p.Bridge = &b
	}
	return p
}

// drawPut draws the keys of a PUT body.
func drawPut(t *rapid.T) map[string]any {
	in := map[string]any{}
	for key, value := range map[string]*rapid.Generator[string]{
		"FirstName": word, "LastName": word, "LanguageCode": word, "FaceTime": word, "StorageLocationID": word, "AuthenticationID": word,
		"ServiceTeamID": word, "Status": rapid.SampledFrom([]string{"1001", "1002"}), "Email": rapid.StringMatching(`[a-z]{12}@example\.org`), "SMS": word,
	} {
		if rapid.Bool().Draw(t, key+"?") {
			in[key] = value.Draw(t, key)
		}
	}
	for _, key := range []string{"Activated", "EnableMobileDiagnostics", "IsMobileWorker"} {
		if rapid.Bool().Draw(t, key+"?") {
			in[key] = rapid.Bool().Draw(t, key)
		}
	}
	if rapid.Bool().Draw(t, "Phones?") {
		phones := []any{}
		for range rapid.IntRange(0, 3).Draw(t, "Phones") {
			phones = append(phones, map[string]any{
				"PhoneNum":  rapid.StringMatching(`\+[0-9]{3}`).Draw(t, "PhoneNum"),
				"PhoneType": rapid.SampledFrom([]string{"Work", "Mobile", "Home", "Fax", "Other"}).Draw(t, "PhoneType"),
			})
		}
		in["Phones"] = phones
	}
	return in
}
