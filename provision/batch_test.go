package provision

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
)

// A batch is one transaction, in which an operation that fails leaves nothing of
// itself and the others stay.
//
// covers: R-7644-3.7-04
func TestBatch(t *testing.T) {
	f := newFixture(t)
	ctx := context.Background()
	before := f.pushed("before")
	var inside []directory.ID
	err := f.Batch(ctx, func(b *Bridge) error {
		inside = nil
		for _, name := range []string{"one", "before", "ONE", "two"} {
			u, err := b.CreateUser(ctx, f.okta, &directory.User{Active: true, Document: f.document(profileOf(name))})
			var taken *directory.ConflictError
			switch {
			case err == nil:
				inside = append(inside, u.ID)
				if _, err := b.User(ctx, f.okta, u.ID); err != nil { // seen within
					t.Errorf("%s: %v", name, err)
				}
			case !errors.As(err, &taken):
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := f.User(ctx, f.okta, inside[0]); !errors.Is(err, directory.ErrNotFound) { // and not by others
			t.Errorf("seen from outside: %v", err)
		}
		// A batch within is whole or nothing, too.
		failed := errors.New("failed")
		if err := b.Batch(ctx, func(b *Bridge) error {
			return errors.Join(b.DeleteUser(ctx, f.okta, before.ID, nil), failed)
		}); !errors.Is(err, failed) {
			t.Errorf("inner batch: %v", err)
		}
		return nil
	})
	if err != nil || len(inside) != 2 {
		t.Fatalf("%v, %d users", err, len(inside))
	}
	for _, id := range append(inside, before.ID) {
		if _, err := f.User(ctx, f.okta, id); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
	failed := errors.New("failed")
	err = f.Batch(ctx, func(b *Bridge) error {
		return errors.Join(b.DeleteUser(ctx, f.okta, before.ID, nil), failed)
	})
	if !errors.Is(err, failed) {
		t.Errorf("%v", err)
	}
	if _, err := f.User(ctx, f.okta, before.ID); err != nil {
		t.Errorf("after a batch that failed: %v", err)
	}
}

// A request has its effect and its result once, or is still pending.
//
// covers: R-9967-2.5-01
func TestRequests(t *testing.T) {
	f := newFixture(t)
	ctx := context.Background()
	accept := func() *directory.Request {
		t.Helper()
		r, err := f.AcceptRequest(ctx, f.okta, []byte("payload"), 2)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	first := accept()
	accept()
	if _, err := f.AcceptRequest(ctx, f.okta, nil, 2); !errors.Is(err, directory.ErrTooMany) {
		t.Errorf("a third: %v", err)
	}
	if _, err := f.AcceptRequest(ctx, f.entra, nil, 2); err != nil {
		t.Errorf("another client's: %v", err)
	}
	calls := 0
	create := func(fail error) func(*Bridge) ([]byte, error) {
		return func(b *Bridge) ([]byte, error) {
			calls++
			_, err := b.CreateUser(ctx, f.okta, &directory.User{Active: true, Document: f.document(profileOf("ada"))})
			return []byte("result"), errors.Join(err, fail)
		}
	}
	if err := f.FinishRequest(ctx, first, time.Hour, create(storage.ErrUnavailable)); !errors.Is(err, storage.ErrUnavailable) {
		t.Errorf("%v", err)
	}
	if next, err := f.NextRequest(ctx, 0); err != nil || next.ID != first.ID || string(next.Payload) != "payload" {
		t.Errorf("next after a failure: %+v, %v", next, err)
	}
	if err := f.FinishRequest(ctx, first, time.Hour, create(nil)); err != nil {
		t.Fatal(err)
	}
	if err := f.FinishRequest(ctx, first, time.Hour, create(nil)); !errors.Is(err, directory.ErrNotFound) || calls != 2 {
		t.Errorf("once more: %v after %d calls", err, calls)
	}
	for _, c := range []struct {
		after time.Duration
		found bool
	}{{0, true}, {59 * time.Minute, true}, {time.Minute, false}} {
		f.pass(c.after)
		if err := f.ForgetRequests(ctx); err != nil {
			t.Error(err)
		}
		r, err := f.Request(ctx, f.okta, first.ID)
		if (err == nil) != c.found || c.found && string(r.Result) != "result" {
			t.Errorf("after %s: %v, %v", c.after, r, err)
		}
	}
	if next, err := f.NextRequest(ctx, first.Seq); err != nil || next.Seq <= first.Seq {
		t.Errorf("what is pending is not forgotten: %v, %v", next, err)
	}
}
