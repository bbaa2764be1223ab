package conformance

import (
	"fmt"
	"strings"
	"time"
)

// The language of filters (RFC 7644 section 3.4.2.2).
var filterChecks = []check{
	{id: "R-7644-3.4.2.2-01", needs: []feature{filter}, run: func(p *probe) {
		for _, f := range []string{p.j.ownFilter(), p.j.ownFilter() + " and (userName pr)"} {
			p.page(p.get("Users?" + query("filter", f)))
		}
		people := map[string]attrs{
			"ada":  {"title": "Engineer", "name": attrs{"familyName": "King"}, "active": true, "emails": []attrs{{"value": "ada@x.example", "type": "work"}}},
			"bob":  {"title": "Engineer", "name": attrs{"familyName": "Ross"}, "active": false, "emails": []attrs{{"value": "bob@y.example", "type": "work"}}},
			"cleo": {"name": attrs{"familyName": "King"}, "active": true, "emails": []attrs{{"value": "cleo@x.example", "type": "home"}}},
		}
		ids := map[string]string{}
		for name, body := range people {
			ids[name] = p.user(body).id()
		}
		for condition, names := range map[string]string{
			`title eq "Engineer"`: "ada bob", `title ne "Engineer"`: "cleo", `title pr`: "ada bob", `not (title pr)`: "cleo",
			`name.familyName eq "King" and active eq true`: "ada cleo", `active eq false or name.familyName eq "King"`: "ada bob cleo",
			`title gt "Dean" and title lt "Fool"`: "ada bob", `title eq "nobody's"`: "", `id pr`: "ada bob cleo",
		} {
			var want []string
			for name := range strings.FieldsSeq(names) {
				want = append(want, ids[name])
			}
			if strings.Contains(condition, " ne ") || strings.Contains(condition, "id pr") {
				// The RFC does not say whether ne is true of no value.
				p.reading(func() { p.finds(condition, want...) })
				continue
			}
			p.finds(condition, want...)
		}
	}},
	{id: "R-7644-3.4.2.2-02", needs: []feature{filter}, run: func(p *probe) {
		u := p.user(attrs{"title": "T"})
		name := text(u.at("userName"))
		for _, condition := range []string{`USERNAME Eq "` + name + `"`, `username EQ "` + name + `" AND TITLE Pr`, `Not (title Ne "T") Or nickName eq "x"`} {
			p.finds(condition, u.id())
		}
	}},
	{id: "R-7644-3.4.2.2-03", needs: []feature{filter}, run: func(p *probe) {
		p.reading(func() { p.get("Users?filter=").fails(400, "invalidFilter") }) // or no filter at all
		for _, f := range []string{"userName", "userName eq", "not title pr", `(userName eq "x"`, `userName eq "x")`, `userName eq "x" and`, `and`, `userName pr pr`, `emails[type eq "x"`} {
			p.get("Users?"+query("filter", f)).failsAs(400, "invalidFilter")
		}
		u := p.user(attrs{"displayName": `O'Malley "é" \`})
		p.finds(`displayName eq "O'Malley \"\u00e9\" \\"`, u.id())
		p.finds(`displayName co "O'Malley"`, u.id())
	}},
	{id: "R-7644-3.4.2.2-03", name: "bare word", strict: true, needs: []feature{filter}, run: func(p *probe) {
		for _, f := range []string{"userName eq bjensen", "userName eq 'bjensen'"} {
			p.get("Users?"+query("filter", f)).fails(400, "invalidFilter")
		}
	}},
	{id: "R-7644-3.4.2.2-09", needs: []feature{filter}, run: func(p *probe) {
		ids := map[string]string{}
		for i := range 8 {
			bit := func(n int) string { return fmt.Sprint(i >> n & 1) }
			ids[bit(0)+bit(1)+bit(2)] = p.user(attrs{"title": bit(0), "nickName": bit(1), "displayName": bit(2)}).id()
		}
		a, b, c := `title eq "1"`, `nickName eq "1"`, `displayName eq "1"`
		for f, truth := range map[string]func(a, b, c bool) bool{
			a + " or " + b + " and " + c:                 func(a, b, c bool) bool { return a || b && c },
			a + " and " + b + " or " + c:                 func(a, b, c bool) bool { return a && b || c },
			"(" + a + " or " + b + ") and " + c:          func(a, b, c bool) bool { return (a || b) && c },
			"not (" + a + ") and " + b + " or " + c:      func(a, b, c bool) bool { return !a && b || c },
			"not (" + a + " and " + b + ") and " + c:     func(a, b, c bool) bool { return !(a && b) && c },
			a + " and not (" + b + " or " + c + ")":      func(a, b, c bool) bool { return a && !(b || c) },
			"not (" + a + ") or not (" + b + ")":         func(a, b, _ bool) bool { return !a || !b },
			a + " or " + b + " and not (" + c + ")":      func(a, b, c bool) bool { return a || b && !c },
			"((" + a + ")) and (" + b + " or " + c + ")": func(a, b, c bool) bool { return a && (b || c) },
		} {
			var want []string
			for bits, id := range ids {
				if truth(bits[0] == '1', bits[1] == '1', bits[2] == '1') {
					want = append(want, id)
				}
			}
			p.finds(f, want...)
		}
	}},
	{id: "R-7644-3.4.2.2-10", needs: []feature{filter}, run: func(p *probe) {
		split := p.user(attrs{"emails": []attrs{{"value": "a@x.example", "type": "home"}, {"value": "a@y.example", "type": "work"}}}).id()
		both := p.user(attrs{"emails": []attrs{{"value": "b@x.example", "type": "work"}}}).id()
		p.finds(`emails[type eq "work" and value co "x.example"]`, both)
		dotted := p.list("Users", "filter", p.mine(`emails.type eq "work" and emails.value co "x.example"`))
		if found := dotted.texts("Resources", "id"); len(found) > 0 { // else see R-7644-3.4.2.2-11
			dotted.sameSet("users for the dotted form", found, []string{split, both})
		}
		p.reading(func() { p.get("Users?"+query("filter", `emails[userName eq "x"]`)).fails(400, "invalidFilter") })
	}},
	{id: "R-7644-3.4.2.2-11", needs: []feature{filter}, run: func(p *probe) {
		u := p.user(attrs{"emails": []attrs{{"value": "a@x.example"}, {"value": "b@y.example"}, {"value": "c@z.example"}}})
		for _, s := range []string{"a@x.example", "b@y.example", "c@z.example"} {
			p.finds(`emails.value eq "`+s+`"`, u.id())
		}
		p.finds("emails.value pr", u.id())
		p.finds(`emails.value ew "x.example" and not (title pr)`, u.id())
	}},
	{id: "R-7644-3.4.2.2-12", needs: []feature{filter}, run: func(p *probe) {
		u := p.user(attrs{"name": attrs{"familyName": "x"}, "emails": []attrs{{"value": "bare@example.com"}}})
		p.reading(func() { p.get("Users?"+query("filter", `name eq "x"`)).fails(400, "invalidFilter") })
		p.finds(`emails co "bare@"`, u.id())
		p.finds(`emails.value co "bare@"`, u.id())
	}},
	{id: "R-7644-3.4.2.2-13", needs: []feature{filter}, run: func(p *probe) {
		u := p.user(attrs{"active": nil})
		if u.at("active") == nil {
			p.skip("this server gives active no default")
		}
		p.finds("active eq "+fmt.Sprint(u.at("active")), u.id())
	}},
	{id: "R-7644-3.4.2.2-14", needs: []feature{filter}, run: func(p *probe) {
		a := p.get("Users?"+query("filter", `userName regex "x"`)).failsAs(400, "invalidFilter")
		if !strings.Contains(text(a.at("detail")), "regex") {
			a.warn("the detail does not name the unknown operator")
		}
	}},
	{id: "R-7644-3.4.2.2-15", needs: []feature{filter, enterprise}, run: func(p *probe) {
		number := p.j.name("employee")
		u := p.user(attrs{"schemas": []string{userURN, enterpriseURN}, "name": attrs{"familyName": "Qualified"}, enterpriseURN: attrs{"employeeNumber": number, "department": "D"}})
		for _, f := range []string{
			enterpriseURN + `:employeeNumber eq "` + number + `"`, userURN + `:name.familyName co "ualifie"`, userURN + `:userName pr and ` + enterpriseURN + `:department eq "d"`,
		} {
			p.finds(f, u.id())
		}
	}},
	{id: "R-7644-3.4.2.2-16", needs: []feature{filter, enterprise}, run: func(p *probe) {
		p.user(nil)
		u := p.user(attrs{enterpriseURN: attrs{"department": "D"}})
		a := p.get("Users?" + query("filter", p.mine(`schemas eq "`+enterpriseURN+`"`)))
		if a.status == 400 {
			p.skip("this server takes no filter on schemas, which the RFC allows")
		}
		p.page(a).sameSet("users", a.texts("Resources", "id"), []string{u.id()})
	}},
}

// The operators of filters.
var filterOperatorChecks = []check{
	{id: "R-7644-3.4.2.2-04", needs: []feature{filter}, run: func(p *probe) {
		u := p.user(attrs{"title": "Mixed", "active": true, "externalId": p.j.name("Exact")})
		external, created := text(u.at("externalId")), text(u.at("meta", "created"))
		known := func(f string) bool { // what the server takes a filter on besides is judged elsewhere
			return !strings.HasPrefix(f, "externalId") && !strings.HasPrefix(f, "meta.") || p.takes(f)
		}
		for f, found := range map[string]bool{
			`title eq "mIXED"`: true, `title ne "mixed"`: false, `active eq true`: true, `active ne true`: false, `active eq false`: false,
			`externalId eq "` + external + `"`: true, `externalId eq "` + strings.ToUpper(external) + `"`: false, `externalId ne "` + strings.ToUpper(external) + `"`: true,
			`meta.created eq "` + created + `"`: true, `meta.created ne "` + created + `"`: false,
		} {
			if known(f) {
				p.findsIf(found, f, u)
			}
		}
		p.reading(func() { // the grammar has null; what it is equal to is not said
			p.findsIf(true, "nickName eq null", u)
			p.findsIf(false, "title eq null", u)
		})
	}},
	{id: "R-7644-3.4.2.2-05", needs: []feature{filter}, run: func(p *probe) {
		u := p.user(attrs{"displayName": `100% a_b`})
		for f, found := range map[string]bool{
			`sw "100%"`: true, `sw "100% a_b"`: true, `ew "100% a_b"`: true, `ew "a_b"`: true, `co "0% a"`: true, `co "%a"`: false, `sw "1%"`: false,
			`co "axb"`: false, `ew "_b"`: true, `ew "__"`: false, `co "100% a_b "`: false, `sw "00"`: false, `ew "a_"`: false,
		} {
			p.findsIf(found, "displayName "+f, u)
		}
	}},
	{id: "R-7644-3.4.2.2-06", needs: []feature{filter}, run: func(p *probe) {
		u := p.user(attrs{"name": attrs{"givenName": "A"}, "emails": []attrs{{"value": "a@example.com"}}})
		for f, found := range map[string]bool{
			"name pr": true, "emails pr": true, "name.givenName pr": true, "name.middleName pr": false, "title pr": false, "addresses pr": false, "phoneNumbers.value pr": false,
		} {
			p.findsIf(found, f, u)
		}
	}},
	{id: "R-7644-3.4.2.2-07", needs: []feature{filter}, run: func(p *probe) {
		u := p.user(attrs{"title": "Miller"})
		for f, found := range map[string]bool{
			`title gt "mill"`: true, `title gt "Miller"`: false, `title ge "miller"`: true, `title lt "Z"`: true, `title le "Miller"`: true, `title lt "Miller"`: false,
		} {
			p.findsIf(found, f, u)
		}
		instant, err := time.Parse(time.RFC3339Nano, text(u.at("meta", "lastModified")))
		if err != nil {
			u.fail("meta.lastModified: %v", err)
		}
		same := instant.In(time.FixedZone("", 5*3600+1800)).Format("2006-01-02T15:04:05.999999999-07:00")
		p.findsIf(true, `meta.lastModified ge "`+same+`" and meta.lastModified le "`+same+`"`, u)
		p.findsIf(false, `meta.lastModified gt "`+same+`"`, u)
		p.findsIf(true, `meta.lastModified gt "`+instant.Add(-time.Second).Format(time.RFC3339Nano)+`"`, u)
	}},
	{id: "R-7644-3.4.2.2-08", needs: []feature{filter}, run: func(p *probe) {
		for _, f := range []string{"active gt true", "active le false", `x509Certificates.value ge "MIIB"`} {
			p.get("Users?"+query("filter", f)).failsAs(400, "invalidFilter")
		}
	}},
	{id: "R-7644-5-01", needs: []feature{filter}, run: func(p *probe) {
		base := p.j.name("bob")
		u := p.user(attrs{"userName": base + "é"})
		wide := strings.Map(func(r rune) rune {
			if r >= '!' && r <= '~' {
				return r - '!' + '！'
			}
			return r
		}, "bob")
		for _, other := range []string{base + "e\u0301", strings.Replace(base, "bob", wide, 1) + "é"} {
			p.post("Users", p.userBody(attrs{"userName": other})).fails(409, "uniqueness")
			p.finds(`userName eq "`+other+`"`, u.id())
		}
		p.post("Users", p.userBody(attrs{"userName": base + "\u200b"})).fails(400, "invalidValue")
	}},
}

// findsIf demands that a filter finds the only user of the check, or does not.
func (p *probe) findsIf(found bool, f string, u *answer) {
	if found {
		p.finds(f, u.id())
		return
	}
	p.finds(f)
}
