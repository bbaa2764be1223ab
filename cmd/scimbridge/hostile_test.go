package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// attacker has a good token and bad intentions.
type attacker struct {
	*scimClient
	p     *process
	waits []time.Duration // for each answer to a request of less than 20,000 bytes
}

// refused sends a request that must get a SCIM error below 500 and not 401: it is the
// content that is refused, and the server that refuses it.
func (a *attacker) refused(what, method, path, body string, header ...string) {
	a.t.Helper()
	a.answered(what, method, path, body, func(status int) bool { return 400 <= status && status < 500 && status != 401 && status != 408 }, header...)
}

// survived sends a request that may turn out to be a legal one.
func (a *attacker) survived(what, method, path, body string) {
	a.t.Helper()
	a.answered(what, method, path, body, func(status int) bool { return 200 <= status && status < 500 && status != 401 })
}

func (a *attacker) answered(what, method, path, body string, fits func(int) bool, header ...string) {
	a.t.Helper()
	r, err := http.NewRequestWithContext(a.t.Context(), method, a.base+path, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+a.token)
	r.Header.Set("Content-Type", "application/scim+json")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	began := time.Now()
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		select {
		case <-a.p.ended:
			a.t.Fatalf("%s ended the server: %v", what, a.p.result)
		default:
			a.t.Fatalf("%s: no answer: %v", what, err)
		}
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		a.t.Fatalf("%s: %v", what, err)
	}
	if len(path)+len(body) < 20_000 {
		a.waits = append(a.waits, time.Since(began))
	}
	if !fits(res.StatusCode) {
		a.t.Errorf("%s: status %d: %.300s", what, res.StatusCode, b)
	}
	if res.StatusCode < 400 {
		return
	}
	var e struct {
		Schemas []string
		Status  string
	}
	if err := json.Unmarshal(b, &e); err != nil || e.Status != strconv.Itoa(res.StatusCode) || !slices.Equal(e.Schemas, []string{"urn:ietf:params:scim:api:messages:2.0:Error"}) {
		a.t.Errorf("%s: status %d with the body %.300s, want a SCIM error", what, res.StatusCode, b)
	}
	if len(b) > 2000 {
		a.t.Errorf("%s: the error has %d bytes: it echoes what was sent", what, len(b))
	}
}

// memory returns the most memory that the server has had resident, in bytes.
func (a *attacker) memory() int {
	a.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", a.p.cmd.Process.Pid))
	if err != nil {
		if runtime.GOOS == "linux" {
			a.t.Fatal(err)
		}
		return 0 // only Linux tells; the rest of the test holds everywhere
	}
	for line := range strings.Lines(string(status)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "VmHWM:" {
			kb, err := strconv.Atoi(f[1])
			if err != nil {
				a.t.Fatal(err)
			}
			return kb << 10
		}
	}
	a.t.Fatal("the kernel does not say how much memory the server has had")
	return 0
}

// malformedFilters are filters that the grammar does not have, or too much of.
func malformedFilters() map[string]string {
	f := map[string]string{
		"nothing": "", "a name alone": "userName", "no value": "userName eq", "an unknown operator": `userName regex "x"`,
		"a text too many": `userName eq "x" "y"`, "half a single quote": "userName eq 'x", "a dangling and": `userName eq "x" and`,
		"a bracket that closes nothing": `userName eq "x")`, "an index": `emails[0].value eq "x"`, "a complex one": `name eq "x"`,
		"41 brackets":                strings.Repeat("(", 41) + "title pr" + strings.Repeat(")", 41),
		"100,000 brackets":           strings.Repeat("(", 100_000) + "title pr" + strings.Repeat(")", 100_000),
		"100,000 never closed":       strings.Repeat("(", 100_000),
		"a chain of not":             strings.Repeat("not (", 5_000) + "title pr" + strings.Repeat(")", 5_000),
		"10,000 alternatives":        strings.Repeat("title pr or ", 10_000) + "title pr",
		"a NUL outside a text":       "userName\x00 eq \"x\"",
		"value paths in value paths": strings.Repeat("emails[", 2_000) + "value pr" + strings.Repeat("]", 2_000),
	}
	for _, unit := range []string{"\n", `\`, `"`, "'", `\"`, `\u`, "x", "é", "(", " "} {
		for _, size := range []int{15_000, 1 << 20} {
			f[fmt.Sprintf("unterminated, %d bytes of %q", size, unit)] = `userName eq "` + strings.Repeat(unit, size/len(unit))
		}
	}
	return f
}

// covers: T-11, T-27, T-36, T-37, T-38, T-39, R-7643-9.2-02
func TestHostileInput(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a process")
	}
	t.Parallel()
	p := serveIn(t, t.TempDir(), "serve")
	honest := &scimClient{t: t, base: p.url + "/scim/v2", token: p.token}
	const userHead = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":`
	const patchHead = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[`
	const searchHead = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"filter":`
	victim := honest.create("/Users", userHead+`"victim","title":"Dr","emails":[{"type":"work","value":"v@example.com"}]}`)
	prey := honest.create("/Users", userHead+`"prey"}`)
	before, err := json.Marshal(honest.must(http.StatusOK, "GET", "/Users/"+victim, ""))
	if err != nil {
		t.Fatal(err)
	}
	a := &attacker{scimClient: honest, p: p}
	text := func(s string) string {
		b, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}

	t.Run("filters and paths", func(t *testing.T) {
		a.t = t
		attack := func() {
			for name, f := range malformedFilters() {
				if len(f) < 20_000 { // beyond it net/http refuses the head
					a.refused(name, "GET", "/Users?filter="+url.QueryEscape(f), "")
				}
				a.refused(name, "POST", "/Users/.search", searchHead+text(f)+`}`)
				a.refused(name, "POST", "/Groups/.search", searchHead+text(f)+`}`)
				for _, path := range []string{"emails[" + f, "emails[" + f + "]].value", "emails[" + f + "].value.value"} {
					a.refused(name, "PATCH", "/Users/"+victim, patchHead+`{"op":"replace","path":`+text(path)+`,"value":"x"}]}`)
				}
			}
		}
		attack() // pools and caches are filled now
		settled := a.memory()
		for range 3 {
			attack()
		}
		if grown := a.memory() - settled; grown > 32<<20 {
			t.Errorf("refusing the same requests again took %d MiB more: memory is not flat", grown>>20)
		}
		slices.Sort(a.waits)
		t.Logf("%d refusals: median %s, 99 of 100 within %s, slowest %s", len(a.waits), a.waits[len(a.waits)/2], a.waits[len(a.waits)*99/100], a.waits[len(a.waits)-1])
	})

	t.Run("mutations", func(t *testing.T) {
		a.t = t
		seed := uint64(time.Now().UnixNano())
		t.Logf("seed %d", seed)
		random := rand.New(rand.NewPCG(seed, 0))
		seeds := []string{
			`userName eq "bjensen" and not (emails[type eq "work" and value co "@example.com"])`,
			`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber sw "7" or meta.lastModified gt "2011-05-13T04:42:34Z"`,
			`emails[type eq "work" and primary eq true].value`, `urn:ietf:params:scim:schemas:core:2.0:User:name.familyName`,
		}
		const alphabet = "()[]\"\\.:,$ \x00\x7fé{}andortpreq019-_u"
		for range 1500 {
			b := []byte(seeds[random.IntN(len(seeds))])
			for range 1 + random.IntN(4) {
				i := random.IntN(len(b) + 1)
				switch random.IntN(3) {
				case 0:
					b = slices.Insert(b, i, alphabet[random.IntN(len(alphabet))])
				case 1:
					b = b[:i]
				default:
					b = append(b, b[i:]...)
				}
			}
			s := strings.ToValidUTF8(string(b), "?")
			a.survived(s, "POST", "/Users/.search", searchHead+text(s)+`}`)
			a.survived(s, "PATCH", "/Users/"+prey, patchHead+`{"op":"remove","path":`+text(s)+`}]}`)
		}
	})

	t.Run("bodies", func(t *testing.T) {
		a.t = t
		deep := strings.Repeat(`[`, 100_000) + strings.Repeat(`]`, 100_000)
		var bomb bytes.Buffer
		z, err := gzip.NewWriterLevel(&bomb, gzip.BestCompression)
		if err != nil {
			t.Fatal(err)
		}
		for range 64 { // 64 MiB of blanks in 64 KiB
			if _, err := z.Write(bytes.Repeat([]byte(" "), 1<<20)); err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		settled := a.memory()
		for name, value := range map[string]string{
			"100,000 levels": deep, "levels never closed": strings.Repeat(`{"a":`, 100_000), "a name twice": `"x","active":true,"active":false`,
			"a name twice in another case": `"x","active":true,"ACTIVE":false`, "a name of 10 MB": `"x","` + strings.Repeat("k", 10<<20) + `":1`,
			"half a surrogate pair": `"\ud800"`, "a NUL": `"a\u0000"`, "not a number": `NaN`, "a huge number": `1e400`, "digits": strings.Repeat("9", 1<<20),
			"more behind it": `"x"}{`, "a million small values": `"x","emails":[` + strings.Repeat("0,", 1<<20) + `0]`,
			"a million members": `"x","x":{` + strings.Repeat(`"":0,`, 1<<20) + `"a":0}`,
		} {
			body := userHead + value + `}`
			for _, x := range []struct{ method, path string }{{"POST", "/Users"}, {"PUT", "/Users/" + victim}, {"PATCH", "/Users/" + victim},
				{"POST", "/Groups"}, {"POST", "/Users/.search"}, {"POST", "/Bulk"}} {
				a.refused(name, x.method, x.path, body)
			}
		}
		a.refused("a gzip bomb", "POST", "/Users", bomb.String(), "Content-Encoding", "gzip")
		a.refused("17 MiB", "POST", "/Users", userHead+`"`+strings.Repeat("x", 17<<20)+`"}`)
		if grown := a.memory() - settled; grown > 400<<20 {
			t.Errorf("bodies took %d MiB", grown>>20)
		}
	})

	t.Run("requests", func(t *testing.T) {
		a.t = t
		for _, path := range []string{"/users", "//Users", "/Users//" + victim, "/Users/../Users", "/Users/%2e%2e/Groups", "/Users%2f" + victim,
			"/Users/" + victim + "%00", "/Users/" + victim + "/..", "/Users/" + victim + ".", "/Users/" + strings.ToUpper(victim), "/v1/Users", "/../../metrics"} {
			for _, method := range []string{"GET", "DELETE"} {
				a.refused(path, method, path, "")
			}
		}
		a.refused("a method override", "POST", "/Users/"+victim, "", "X-HTTP-Method-Override", "DELETE")
		// What the request says of host and scheme is in no answer.
		status, head, body := p.raw(t, "GET /scim/v2/Users/"+victim+" HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: gopher\r\n"+
			"Forwarded: host=evil.example\r\nAuthorization: Bearer "+p.token+"\r\nConnection: close\r\n\r\n")
		if status != http.StatusOK || strings.Contains(head+body, "evil.example") || strings.Contains(head+body, "gopher") {
			t.Errorf("forged host: %d %s %s", status, head, body)
		}
		for name, request := range map[string]string{
			"two lengths":           "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
			"length and chunks":     "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n",
			"a chunk of 2^64 bytes": "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + p.token + "\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
			"a header of 2 MB":      "GET /scim/v2/Users HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 2<<20) + "\r\n\r\n",
			"no HTTP":               "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
		} {
			if status, _, body := p.raw(t, request); status < 400 || status >= 600 || status == http.StatusInternalServerError {
				t.Errorf("%s: status %d: %.200s", name, status, body)
			}
		}
	})

	t.Run("slow ones beside the others", func(t *testing.T) {
		a.t = t
		for range 100 {
			conn, _ := p.beginPost(t, 1<<20) // its body comes one byte at a time, if at all
			if _, err := io.WriteString(conn, "{"); err != nil {
				t.Fatal(err)
			}
		}
		honest.must(http.StatusOK, "GET", "/Users?count=1", "")
	})

	honest.t = t
	select {
	case <-p.ended:
		t.Fatalf("the server ended: %v", p.result)
	default:
	}
	after, err := json.Marshal(honest.must(http.StatusOK, "GET", "/Users/"+victim, ""))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, after) {
		t.Errorf("a refused request changed something:\n%s\n%s", before, after)
	}
	if n, g := honest.total("/Users"), honest.total("/Groups"); n != 2 || g != 0 {
		t.Errorf("%d users and %d groups, want 2 and 0: a refused request left something behind", n, g)
	}
}

// raw sends bytes over a connection of their own and returns what comes back.
func (p *process) raw(t *testing.T, request string) (status int, head, body string) {
	t.Helper()
	conn, err := net.Dial("tcp", p.address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.WriteString(conn, request) }() // the server may hang up before it has read all
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Errorf("%.60q: no answer: %v", request, err)
		return 0, "", ""
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Errorf("%.60q: %v", request, err)
	}
	return res.StatusCode, fmt.Sprint(res.Header), string(b)
}
