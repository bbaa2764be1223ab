package provision

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/mapping"
)

// A name with an invisible character is refused at every door; one that a user
// has already does not keep anybody from changing, disabling or deleting it.
//
// covers: R-7644-5-01, T-21
func TestNamesThatAreNone(t *testing.T) {
	const bad = "ann\u200b"
	f := newFixture(t)
	refused := func(what string, err error) {
		t.Helper()
		var invalid *directory.InvalidError
		if !errors.As(err, &invalid) || invalid.Attribute != "userName" || !strings.Contains(invalid.Reason, "U+200B") {
			t.Errorf("%s: %v", what, err)
		}
	}
	rename := func(u *directory.User) error { u.Document = f.document(profileOf(bad)); return nil }
	_, err := f.push(f.okta, profileOf(bad), "")
	refused("created over SCIM", err)
	ann := f.pushed("ann")
	_, _, err = f.EditUser(f.Context(), f.okta, ann.ID, rename)
	refused("renamed over SCIM", err)
	_, err = f.CreateAccount(f.Context(), f.syncari, "x.create", true, Draft{Profile: profileOf(bad)})
	refused("created by an application", err)
	_, err = f.EditAccount(f.Context(), f.syncari, Ref{ID: ann.ID}, "x.rename", func(d *Draft) error { d.Profile.UserName = bad; return nil })
	refused("renamed by an application", err)

	f.below(ann.ID, func(u *directory.User) { u.Document = f.document(profileOf(bad)) })
	u := f.edited(ann.ID, func(u *directory.User) error {
		p := profileOf(bad)
		p.DisplayName = "Ann"
		u.Document, u.Active, u.AssertedActive = f.document(p), false, false
		return nil
	})
	if u.Active || f.account(ann.ID).UserName != bad {
		t.Errorf("the old name's user is %+v", u)
	}
	f.changed(f.syncari, ann.ID, func(d *Draft) { d.Profile.DisplayName = "Anna" })
	f.deleted(ann.ID)
}

// A name that mixes scripts may be honest: it is taken, and noted each time it
// is given.
//
// covers: T-21
func TestNamesThatDeserveALook(t *testing.T) {
	const mixed = "\u0430dmin" // the first letter is Cyrillic
	f := newFixture(t)
	noted := func(what, name string, want bool) {
		t.Helper()
		all := f.entries()
		last := all[len(all)-1]
		if got := string(last.Note) == `{"suspiciousName":"mixed_script"}`; got != want {
			t.Errorf("%s: the entry of %q has the note %s", what, name, last.Note)
		}
	}
	plain := f.pushed("admin")
	noted("create", "admin", false)
	u := f.pushed(mixed)
	noted("create", mixed, true)
	if u.ID == plain.ID {
		t.Fatal("two names are one")
	}
	f.edited(u.ID, func(u *directory.User) error { u.Active = false; return nil })
	noted("disable", mixed, false)
	for _, name := range []string{"other", "p\u0430ul", "\u043f\u0430\u0443\u043b"} {
		f.edited(u.ID, func(u *directory.User) error { u.Document = f.document(profileOf(name)); return nil })
		noted("rename", name, name == "p\u0430ul")
	}
	f.changed(f.syncari, u.ID, func(d *Draft) { d.Profile.UserName = mixed })
	noted("rename by an application", mixed, true)
	var _ mapping.Account = f.born(f.syncari, "b\u043eb")
	noted("create by an application", "b\u043eb", true)
	if n := testutil.ToFloat64(f.metrics.suspicious.WithLabelValues(kindMixedScript)); n != 4 {
		t.Errorf("%v names are counted, want 4", n)
	}
}

// Names are counted once they are stored: not those of a batch that is undone.
func TestNamesOfBatchesAreCountedOnce(t *testing.T) {
	f := newFixture(t)
	ctx, failed := context.Background(), errors.New("failed")
	create := func(b *Bridge, name string) error {
		_, err := b.CreateUser(ctx, f.okta, &directory.User{Active: true, Document: f.document(profileOf(name))})
		return err
	}
	batch := func(end error) func(*Bridge) error {
		return func(b *Bridge) error {
			if err := create(b, "\u0430dmin"); err != nil {
				return err
			}
			if err := b.Batch(ctx, func(b *Bridge) error { return errors.Join(create(b, "p\u0430ul"), failed) }); !errors.Is(err, failed) {
				t.Errorf("inner batch: %v", err)
			}
			if err := b.Batch(ctx, func(b *Bridge) error { return create(b, "b\u043eb") }); err != nil {
				return err
			}
			return end
		}
	}
	for _, c := range []struct {
		end  error
		want float64
	}{{failed, 0}, {nil, 2}} {
		if err := f.Batch(ctx, batch(c.end)); !errors.Is(err, c.end) {
			t.Error(err)
		}
		if n := testutil.ToFloat64(f.metrics.suspicious.WithLabelValues(kindMixedScript)); n != c.want {
			t.Errorf("a batch that ended with %v: %v names are counted, want %v", c.end, n, c.want)
		}
	}
}
