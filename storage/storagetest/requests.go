package storagetest

import (
	"errors"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
)

var requestTests = []test{
	{"RequestsAreDoneOnceInTheirOrder", requestsInOrder},
	{"RequestsAreTheirClients", requestsOfClients},
	{"RequestsAreForgotten", requestsForgotten},
	{"AResultIsStoredWithItsEffect", requestWithEffect},
}

// request stores a pending request.
func (f *fixture) request(c directory.ClientID, payload string) *directory.Request {
	r := &directory.Request{ID: directory.NewID(epoch), Tenant: tenant, Client: c, Created: epoch, Payload: []byte(payload)}
	f.update(func(tx storage.Tx) error { return tx.InsertRequest(r) })
	return r
}

// pending returns the pending requests in their order.
func (f *fixture) pending() (all []*directory.Request) {
	f.view(func(r storage.Reader) error {
		for after := int64(0); ; {
			p, err := r.NextRequest(after)
			if errors.Is(err, directory.ErrNotFound) {
				return nil
			}
			if err != nil {
				return err
			}
			all, after = append(all, p), p.Seq
		}
	})
	return all
}

func (f *fixture) finish(r *directory.Request, expires time.Time) {
	r.Done, r.Expires, r.Result = epoch.Add(time.Second), expires, []byte(`{"status":200,"é":"'"}`)
	f.update(func(tx storage.Tx) error { return tx.FinishRequest(r) })
}

func requestsInOrder(f *fixture) {
	large := strings.Repeat("x", 1<<20)
	a, b, c := f.request(okta, "a"), f.request(entra, "ä"), f.request(okta, large)
	if diff := cmp.Diff([]*directory.Request{a, b, c}, f.pending()); diff != "" {
		f.Fatalf("pending (-want +got):\n%s", diff)
	}
	f.view(func(r storage.Reader) error {
		got, err := r.Request(tenant, okta, c.ID)
		want := *c
		want.Payload = nil
		if diff := cmp.Diff(&want, got); diff != "" {
			f.Errorf("pending, without payload (-want +got):\n%s", diff)
		}
		return err
	})
	f.finish(b, epoch.Add(time.Hour))
	if b.Payload != nil {
		f.Errorf("what is done has the payload %q", b.Payload)
	}
	if diff := cmp.Diff([]*directory.Request{a, c}, f.pending()); diff != "" {
		f.Errorf("pending (-want +got):\n%s", diff)
	}
	f.wantNotFound("finished twice", f.try(func(tx storage.Tx) error { return tx.FinishRequest(b) }))
	f.wantNotFound("finished and unknown", f.try(func(tx storage.Tx) error { return tx.FinishRequest(&directory.Request{ID: directory.NewID(epoch)}) }))
	f.view(func(r storage.Reader) error {
		got, err := r.Request(tenant, entra, b.ID)
		if diff := cmp.Diff(b, got); diff != "" {
			f.Errorf("done (-want +got):\n%s", diff)
		}
		return err
	})
}

func requestsOfClients(f *fixture) {
	r := f.request(okta, "a")
	f.request(entra, "b")
	f.finish(f.request(okta, "c"), epoch)
	f.view(func(v storage.Reader) error {
		got, err := v.Request(tenant, okta, r.ID)
		r.Payload = nil
		if diff := cmp.Diff(r, got); diff != "" {
			f.Errorf("(-want +got):\n%s", diff)
		}
		_, other := v.Request(tenant, entra, r.ID)
		f.wantNotFound("another client's", other)
		_, other = v.Request(otherTenant, okta, r.ID)
		f.wantNotFound("another tenant's", other)
		_, other = v.Request(tenant, okta, directory.NewID(epoch))
		f.wantNotFound("unknown", other)
		for client, want := range map[directory.ClientID]int64{okta: 1, entra: 1, 99: 0} {
			n, err := v.CountPendingRequests(client)
			if n != want || err != nil {
				f.Errorf("client %d: %d pending, %v, want %d", client, n, err, want)
			}
		}
		return err
	})
}

func requestsForgotten(f *fixture) {
	early, late, pending := f.request(okta, "a"), f.request(okta, "b"), f.request(okta, "c")
	f.finish(early, epoch.Add(time.Minute))
	f.finish(late, epoch.Add(time.Hour))
	for _, c := range []struct {
		until time.Time
		gone  int64
	}{{epoch, 0}, {epoch.Add(time.Minute), 1}, {epoch.Add(2 * time.Hour), 1}, {epoch.Add(2 * time.Hour), 0}} {
		f.update(func(tx storage.Tx) error {
			n, err := tx.ForgetRequests(c.until)
			if n != c.gone {
				f.Errorf("until %s: %d forgotten, want %d", c.until, n, c.gone)
			}
			return err
		})
	}
	if got := f.pending(); len(got) != 1 || got[0].ID != pending.ID {
		f.Errorf("pending: %v", got)
	}
	f.view(func(r storage.Reader) error {
		_, err := r.Request(tenant, okta, late.ID)
		f.wantNotFound("forgotten", err)
		return nil
	})
}

func requestWithEffect(f *fixture) {
	r := f.request(okta, "a")
	failed := errors.New("failed")
	r.Done, r.Result = epoch, []byte("{}")
	err := f.try(func(tx storage.Tx) error { return errors.Join(tx.FinishRequest(r), failed) })
	if !errors.Is(err, failed) {
		f.Errorf("%v", err)
	}
	if got := f.pending(); len(got) != 1 || string(got[0].Payload) != "a" {
		f.Errorf("after a transaction that failed %d are pending, want the one that was", len(got))
	}
}
