package main

import (
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// What was answered 202 is carried out, once, whatever becomes of the process.
//
// covers: R-9967-2.5-01, T-49
func TestAcceptedRequestsSurviveKill(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	t.Parallel()
	dir := t.TempDir()
	p := serveIn(t, dir, "first")
	token, base := p.token, p.url+"/scim/v2"
	// later hands in the creation of a user; "" means that nobody answered.
	later := func(base, name string) (txn string) {
		body := `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"` + name + `"}`
		r, err := http.NewRequestWithContext(t.Context(), "POST", base+"/Users", strings.NewReader(body))
		if err != nil {
			t.Error(err)
			return ""
		}
		for name, value := range map[string]string{"Authorization": "Bearer " + token, "Content-Type": "application/scim+json", "Prefer": "respond-async"} {
			r.Header.Set(name, value)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			return ""
		}
		defer res.Body.Close()
		if _, err := io.ReadAll(res.Body); err != nil || res.StatusCode == http.StatusCreated { // too many were pending
			return ""
		}
		if res.StatusCode != http.StatusAccepted {
			t.Errorf("%s: %d", name, res.StatusCode)
		}
		return res.Header.Get("Set-Txn")
	}
	var mu sync.Mutex
	accepted := map[string]string{} // userName by txn
	var clients sync.WaitGroup
	enough := make(chan struct{})
	for c := range 8 {
		clients.Go(func() {
			for i := 0; ; i++ {
				name := fmt.Sprintf("u-%d-%d", c, i)
				txn := later(base, name)
				if txn == "" {
					return
				}
				mu.Lock()
				accepted[txn] = name
				if len(accepted) == 60 {
					close(enough)
				}
				mu.Unlock()
			}
		})
	}
	select {
	case <-enough:
	case <-time.After(patience):
		t.Error("too few requests were accepted")
	}
	if err := p.kill(); err != nil {
		t.Error(err)
	}
	clients.Wait()

	p = serveIn(t, dir, "second")
	c := &scimClient{t: t, base: p.url + "/scim/v2", token: token}
	ids := map[any]bool{}
	for txn, name := range accepted {
		var status int
		var user map[string]any
		for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
			if status, user = c.call("GET", "/AsyncRequests/"+txn, ""); status != http.StatusAccepted {
				break
			}
		}
		if status != http.StatusCreated || user["userName"] != name || ids[user["id"]] {
			t.Errorf("%s: %d %v", name, status, user)
			continue
		}
		ids[user["id"]] = true
		if n := c.total(fmt.Sprintf("/Users?filter=userName%%20eq%%20%%22%s%%22", name)); n != 1 {
			t.Errorf("%d users %s", n, name)
		}
	}
	checkJournal(t, dir)
	if err := p.terminate(); err != nil {
		t.Error(err)
	}
	checkIntegrity(t, filepath.Join(dir, "scimbridge.db"))
}
