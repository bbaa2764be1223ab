package provision

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
)

func (f *fixture) device(by journal.Actor, doc, externalID string) (*directory.Resource, error) {
	in := &directory.Resource{Type: "Device", Document: directory.Document(doc), Version: 7, Tenant: 99}
	in.SetExternalID(by.Client, externalID)
	in.SetExternalID(77, "not yours")
	return f.CreateResource(f.Context(), by, in)
}

// What changes nothing is not written; what does is one entry with both ways.
func TestResourcesOfConfiguredTypes(t *testing.T) {
	f := newFixture(t)
	r, err := f.device(f.okta, `{"a":"1"}`, "x1")
	if err != nil {
		t.Fatal(err)
	}
	if r.Version != 1 || r.Tenant != tenant || len(r.ExternalIDs) != 1 || !r.Created.Equal(epoch.Truncate(time.Millisecond)) {
		t.Errorf("created as %+v", r)
	}
	set := func(doc string) func(*directory.Resource) error {
		return func(r *directory.Resource) error { r.Document = directory.Document(doc); return nil }
	}
	n := len(f.entries())
	if got, changed, err := f.EditResource(f.Context(), f.okta, "Device", r.ID, set(`{"a":"1"}`)); err != nil || changed || got.Version != 1 || len(f.entries()) != n {
		t.Errorf("an edit of nothing: %+v, %v, %v, %d entries more", got, changed, err, len(f.entries())-n)
	}
	f.pass(-time.Hour) // a clock that is set back
	got, changed, err := f.EditResource(f.Context(), f.entra, "Device", r.ID, func(r *directory.Resource) error {
		r.Document, r.Version, r.Type = directory.Document(`{"a":"2"}`), 50, "Room"
		r.SetExternalID(entra, "e1")
		r.SetExternalID(okta, "stolen")
		return nil
	})
	if err != nil || !changed || got.Version != 2 || got.Type != "Device" || !got.Modified.Equal(r.Modified) {
		t.Errorf("%+v, %v, %v", got, changed, err)
	}
	if got.ExternalIDs[okta] != "x1" || got.ExternalIDs[entra] != "e1" {
		t.Errorf("external ids %v", got.ExternalIDs)
	}
	last := f.entries()[len(f.entries())-1]
	if last.Action != "resource.update" || last.Kind != journal.KindResource || last.Resource != r.ID || last.Before != 1 || last.After != 2 ||
		string(last.Forward) != `{"$externalId.2":"e1","a":"2"}` || string(last.Backward) != `{"$externalId.2":null,"a":"1"}` {
		t.Errorf("%+v: %s, %s", last, last.Forward, last.Backward)
	}

	var conflict *directory.ConflictError
	if _, err := f.device(f.okta, `{}`, "x1"); !errors.As(err, &conflict) || conflict.Attribute != "externalId" || conflict.Existing != r.ID {
		t.Errorf("an externalId twice: %v", err)
	}
	other := f.okta
	other.Tenant = 2
	for what, err := range map[string]error{
		"another tenant": func() error { _, err := f.Bridge.Resource(f.Context(), other, "Device", r.ID); return err }(),
		"another type":   func() error { _, err := f.Bridge.Resource(f.Context(), f.okta, "Room", r.ID); return err }(),
		"an edit":        func() error { _, _, err := f.EditResource(f.Context(), other, "Device", r.ID, set(`{}`)); return err }(),
		"a deletion":     f.DeleteResource(f.Context(), other, "Device", r.ID, nil),
	} {
		if !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	no := errors.New("no")
	if err := f.DeleteResource(f.Context(), f.okta, "Device", r.ID, func(*directory.Resource) error { return no }); !errors.Is(err, no) {
		t.Errorf("a deletion that is refused: %v", err)
	}
	if err := f.DeleteResource(f.Context(), f.okta, "Device", r.ID, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Bridge.Resource(f.Context(), f.okta, "Device", r.ID); !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("after its deletion: %v", err)
	}
}

// Edits at the same time all take place, one after the other.
func TestEditsOfAResourceAddUp(t *testing.T) {
	f := newFixture(t)
	r, err := f.device(f.okta, `{"n":""}`, "")
	if err != nil {
		t.Fatal(err)
	}
	const writers = 8
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			if _, _, err := f.EditResource(f.Context(), f.okta, "Device", r.ID, func(r *directory.Resource) error {
				r.Document = directory.Document(`{"n":"x` + string(r.Document[len(`{"n":"`):]))
				return nil
			}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	got, err := f.Bridge.Resource(f.Context(), f.okta, "Device", r.ID)
	if err != nil || string(got.Document) != `{"n":"xxxxxxxx"}` || got.Version != writers+1 {
		t.Errorf("%+v %s, %v", got, got.Document, err)
	}
}

func TestListsOfResources(t *testing.T) {
	f := newFixture(t)
	var want []directory.ID
	for range 3 {
		r, err := f.device(f.okta, `{"a":"1"}`, "")
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, r.ID)
	}
	var got []directory.ID
	n, err := f.Resources(f.Context(), f.okta, "Device", directory.Query{Limit: -1}, true, func(r *directory.Resource) bool { got = append(got, r.ID); return true })
	if err != nil || n != 3 || !slices.Equal(got, want) {
		t.Errorf("%d, %v, %v", n, got, err)
	}
	n, err = f.Resources(f.Context(), f.okta, "Device", directory.Query{}, true, func(*directory.Resource) bool { t.Error("one is handed out"); return true })
	if err != nil || n != 3 {
		t.Errorf("counted %d, %v", n, err)
	}
}
