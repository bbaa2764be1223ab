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

// What was answered 202 is carried out, once, whatever becomes of the process,
// and what belongs to one bulk request is done as a whole.
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
	// later hands in the creation of a user and a group of that name with the user
	// in it; "" means that nobody answered.
	later := func(base, name string) (txn string) {
		body := fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[
			{"method":"POST","path":"/Groups","bulkId":"g","data":{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":%[1]q,"members":[{"value":"bulkId:u"}]}},
			{"method":"POST","path":"/Users","bulkId":"u","data":{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":%[1]q}}]}`, name)
		r, err := http.NewRequestWithContext(t.Context(), "POST", base+"/Bulk", strings.NewReader(body))
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
		if _, err := io.ReadAll(res.Body); err != nil || res.StatusCode == http.StatusOK { // too many were pending
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
	for txn, name := range accepted {
		var status int
		var answer map[string]any
		for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
			if status, answer = c.call("GET", "/AsyncRequests/"+txn, ""); status != http.StatusAccepted {
				break
			}
		}
		if operations, _ := answer["Operations"].([]any); status != http.StatusOK || len(operations) != 2 {
			t.Errorf("%s: %d %v", name, status, answer)
			continue
		}
		users := c.list(fmt.Sprintf("/Users?filter=userName%%20eq%%20%%22%s%%22", name))
		groups := c.list(fmt.Sprintf("/Groups?filter=displayName%%20eq%%20%%22%s%%22", name))
		if len(users) != 1 || len(groups) != 1 {
			t.Errorf("%s: %d users, %d groups", name, len(users), len(groups))
			continue
		}
		id := users[0].(map[string]any)["id"]
		if members, _ := groups[0].(map[string]any)["members"].([]any); len(members) != 1 || members[0].(map[string]any)["value"] != id {
			t.Errorf("%s: members %v, want %v", name, members, id)
		}
	}
	if users, groups := c.total("/Users"), c.total("/Groups"); users != groups || users < len(accepted) {
		t.Errorf("%d users and %d groups of %d bulk requests", users, groups, len(accepted))
	}
	checkJournal(t, dir)
	if err := p.terminate(); err != nil {
		t.Error(err)
	}
	checkIntegrity(t, filepath.Join(dir, "scimbridge.db"))
}
