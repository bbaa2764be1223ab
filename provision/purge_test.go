package provision

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
)

// covers: documented-apis 6.2
func TestPurgeWhenDueOnly(t *testing.T) {
	f := newFixture(t)
	scim, rsa, back, alive := f.pushed("scim"), f.pushed("rsa"), f.pushed("back"), f.pushed("alive")
	f.deleted(scim.ID)
	f.deleted(back.ID)
	f.pass(time.Hour)
	f.happened(f.rsa, rsa.ID, directory.RSADisable, directory.RSAMarkDeleted)
	f.pass(retention - time.Hour)
	if n := f.purged(); n != 0 {
		t.Fatalf("%d users purged at the very end of the retention", n)
	}
	f.happened(f.rsa, back.ID, directory.RSAUnmarkDeleted)
	f.pass(time.Millisecond)
	if n := f.purged(); n != 1 {
		t.Fatalf("%d users purged, want 1", n)
	}
	_, err := f.Account(f.Context(), tenant, Ref{ID: scim.ID})
	f.wantNotFound("the one that was due", err)
	for _, id := range []directory.ID{rsa.ID, back.ID, alive.ID} {
		f.account(id)
	}
	last := f.entries()[len(f.entries())-1]
	if last.Action != "user.purge" || last.Origin != directory.OriginSystem || last.Actor != "system" || last.Resource != scim.ID || last.After != 0 {
		t.Errorf("journal: %+v", last)
	}
	f.pass(time.Hour)
	if n := f.purged(); n != 1 {
		t.Errorf("%d users purged an hour later, want 1", n)
	}
}

// What was due when it was looked up may not be when its turn comes.
func TestPurgeLooksAgain(t *testing.T) {
	f := newFixture(t)
	u := f.pushed("jane")
	f.deleted(u.ID)
	f.pass(retention + time.Hour)
	found := f.stored(u.ID)
	purge := func(what string) {
		t.Helper()
		if done, err := f.purgeIfDue(f.Context(), found, f.time()); done || err != nil {
			t.Fatalf("%s: purged %t, %v", what, done, err)
		}
	}
	f.happened(f.rsa, u.ID, directory.RSAUnmarkDeleted)
	purge("it came back")
	f.deleted(u.ID)
	purge("it came back and was deleted again")
	f.account(u.ID)
	f.happened(f.rsa, u.ID, directory.RSAUnmarkDeleted, directory.RSADisable)
	f.happened(f.rsa, u.ID, directory.RSADeleteNow)
	purge("it is gone")
}

// covers: documented-apis 6.2
func TestNoRetention(t *testing.T) {
	f := newFixture(t, keep(0))
	u := f.pushed("jane")
	g := f.group("g", u.ID)
	actions := f.actions(func() { f.deleted(u.ID) })
	if !slices.Equal(actions, []string{"group.members", "user.delete"}) {
		t.Errorf("actions %v", actions)
	}
	_, err := f.Account(f.Context(), tenant, Ref{ID: u.ID})
	f.wantNotFound("account after DELETE", err)
	if now, err := f.Group(f.Context(), f.okta, g.ID, nil); err != nil || now.MemberCount != 0 || now.Version != 2 {
		t.Errorf("its group: %+v, %v", now, err)
	}
	// What an application deletes is shown as deleted, until the next sweep.
	u = f.pushed("jane")
	if a := f.happened(f.rsa, u.ID, directory.RSADisable, directory.RSAMarkDeleted); a.Status.State != directory.DeletedElsewhere {
		t.Errorf("marked deleted: %+v", a.Status)
	}
	f.pass(time.Millisecond)
	if n := f.purged(); n != 1 {
		t.Errorf("%d users purged, want 1", n)
	}
}

// covers: documented-apis 6.2
func TestPurgeLeavesTheGroups(t *testing.T) {
	f := newFixture(t)
	u, other := f.pushed("jane"), f.pushed("other")
	g := f.group("g", u.ID, other.ID)
	a := f.happened(f.rsa, u.ID, directory.RSADisable, directory.RSADeleteNow)
	if a.ID != u.ID || a.UserName != "jane" {
		t.Errorf("the answer is not the account that was: %+v", a)
	}
	var members []directory.ID
	now, err := f.Group(f.Context(), f.okta, g.ID, func(m directory.Member) { members = append(members, m.ID) })
	if err != nil || now.Version != 2 || !slices.Equal(members, []directory.ID{other.ID}) {
		t.Errorf("group %+v with %v, %v", now, members, err)
	}
}

// One user that can not be purged does not keep the others from it.
func TestPurgeGoesOnPastADamagedUser(t *testing.T) {
	f := newFixture(t)
	const users = purgeBatch + 20
	var ids []directory.ID
	for i := range users {
		u := f.pushed(name(i))
		f.pass(time.Millisecond)
		f.deleted(u.ID)
		ids = append(ids, u.ID)
	}
	for _, i := range []int{0, 7, users - 1} {
		// The directory can not read such a snapshot, which a purge journals.
		f.below(ids[i], func(u *directory.User) { u.Snapshot = directory.Document("{damaged") })
	}
	f.pass(retention + time.Hour)
	n, err := f.PurgeDue(f.Context())
	if n != users-3 || err == nil {
		t.Errorf("%d of %d purged, error %v", n, users, err)
	}
	if n, err = f.PurgeDue(f.Context()); n != 0 || err == nil {
		t.Errorf("again: %d purged, error %v", n, err)
	}
	ended, cancel := context.WithCancel(f.Context())
	cancel()
	if _, err := f.PurgeDue(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("with an ended context: %v", err)
	}
}

func TestSweepAndMetrics(t *testing.T) {
	f := newFixture(t)
	u := f.pushed("jane")
	f.group("g", u.ID)
	f.deleted(u.ID)
	f.pushed("bob")
	f.pass(retention + time.Hour)
	ctx, stop := context.WithCancel(f.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		f.Sweep(ctx, time.Hour)
	}()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(f.Collectors()...)
	deadline := time.Now().Add(10 * time.Second)
	for metric(t, registry, "scimbridge_purged_users_total", "") < 1 {
		if time.Now().After(deadline) {
			t.Fatal("the sweep purged nothing")
		}
		time.Sleep(time.Millisecond)
	}
	stop()
	<-ended
	if got, want := metric(t, registry, "scimbridge_purge_last_success_timestamp_seconds", ""), float64(f.time().UnixMilli())/1000; got != want {
		t.Errorf("last success %v, want %v", got, want)
	}
	for _, c := range []struct {
		name, state string
		want        float64
	}{
		{"scimbridge_users", "active", 1}, {"scimbridge_users", "deleted_scim", 0},
		{"scimbridge_groups", "", 1}, {"scimbridge_journal_entries", "", float64(len(f.entries()))},
		{"scimbridge_directory_scrape_errors_total", "", 0},
	} {
		if got := metric(t, registry, c.name, c.state); got != c.want {
			t.Errorf("%s{%s} = %v, want %v", c.name, c.state, got, c.want)
		}
	}
}

// metric is the value of a metric, of the one with this state if that is given.
func metric(t *testing.T, r *prometheus.Registry, name, state string) float64 {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, m := range family.GetMetric() {
			if state == "" || m.GetLabel()[0].GetValue() == state {
				return m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	t.Fatalf("there is no metric %s{%s}", name, state)
	return 0
}

// A secret of the applications is not in the journal, but that it changed is.
func TestSecretsInTheJournal(t *testing.T) {
	for what, c := range map[string]struct {
		hash string
		of   func(*directory.AppState) *string
	}{
		"password":      {passwordHash, func(s *directory.AppState) *string { return &s.Mobility.PasswordHash }},
		"client secret": {secretDigest, func(s *directory.AppState) *string { return &s.Syncari.SecretSHA256 }},
	} {
		f := newFixture(t)
		u := f.pushed("jane")
		set := func(hash string) []*journal.Entry {
			n := len(f.entries())
			f.changed(f.mobility, u.ID, func(d *Draft) { *c.of(&d.State) = hash })
			return f.entries()[n:]
		}
		for _, hash := range []string{c.hash, c.hash + "x", ""} {
			es := set(hash)
			if len(es) != 1 || len(es[0].Forward) == 0 || len(es[0].Backward) == 0 {
				t.Fatalf("%s: setting %q left %v", what, hash, es)
			}
			if told := string(es[0].Forward) + string(es[0].Backward); strings.Contains(told, c.hash) || strings.Contains(told, "secretSha256") {
				t.Errorf("%s: setting %q tells %s", what, hash, told)
			}
			if *c.of(f.state(u.ID)) != hash {
				t.Errorf("%s: the hash was not stored", what)
			}
		}
		if es := set(""); len(es) != 0 {
			t.Errorf("%s: setting the same again left %v", what, es)
		}
	}
}
