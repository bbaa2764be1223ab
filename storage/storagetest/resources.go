package storagetest

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/storage"
)

var resourceTests = []test{
	{"AreReadAsTheyWereStored", resourceRoundTrip},
	{"IdsAreUniqueOverAllTypes", resourceIDs},
	{"ExternalIdsAreUniquePerClientAndType", resourceExternalIDs},
	{"VersionsAreChecked", resourceVersions},
	{"CountersFollowEveryChange", resourceCounters},
	{"UsersAndGroupsAreNoConfiguredTypes", resourceTypes},
	{"MatchWhatTheConditionMeans", resourceOracle},
	{"StandAsTheirValuesDo", resourceSorts},
	{"OneOfManyInsertsOfAUniqueValueWins", oneValueWins},
}

// resource builds a resource of the tenant.
func (f *fixture) resource(typ, doc string, options ...func(*directory.Resource)) *directory.Resource {
	r := &directory.Resource{ID: directory.NewID(epoch), Tenant: tenant, Type: typ, Version: 1, Created: epoch, Modified: epoch,
		Document: directory.Document(doc)}
	for _, o := range options {
		o(r)
	}
	return r
}

// insertResource stores a new resource.
func (f *fixture) insertResource(typ, doc string, options ...func(*directory.Resource)) *directory.Resource {
	f.Helper()
	r := f.resource(typ, doc, options...)
	f.update(func(tx storage.Tx) error { return tx.InsertResource(r) })
	return r
}

// tryResource stores a new resource and returns what Update returns.
func (f *fixture) tryResource(typ, doc string, options ...func(*directory.Resource)) error {
	r := f.resource(typ, doc, options...)
	return f.try(func(tx storage.Tx) error { return tx.InsertResource(r) })
}

// put replaces the document of a resource.
func (f *fixture) put(r *directory.Resource, doc string) error {
	c := r.Clone()
	c.Version, c.Document = c.Version+1, directory.Document(doc)
	err := f.try(func(tx storage.Tx) error { return tx.UpdateResource(c) })
	if err == nil {
		*r = *c
	}
	return err
}

// resources returns the Seqs of what a query finds, and checks that it counts
// as many.
func (f *fixture) resources(typ string, q directory.Query) (seqs []int64) {
	f.Helper()
	f.view(func(r storage.Reader) error {
		if err := r.Resources(tenant, typ, q, func(x *directory.Resource) bool {
			if x.Type != typ {
				f.Errorf("a list of %s has a %s", typ, x.Type)
			}
			seqs = append(seqs, x.Seq)
			return true
		}); err != nil {
			return err
		}
		if q.Limit >= 0 || q.Offset > 0 || q.Behind != nil {
			return nil
		}
		n, err := r.CountResources(tenant, typ, q)
		if n != int64(len(seqs)) {
			f.Errorf("%+v: counted %d, listed %d", q, n, len(seqs))
		}
		return err
	})
	return seqs
}

func resourceRoundTrip(f *fixture) {
	want := f.resource(device, `{"serial":"S1","place":{"room":"4"}}`, func(r *directory.Resource) {
		r.Modified = epoch.Add(time.Minute)
		r.SetExternalID(okta, "x")
	})
	stored := want.Clone()
	f.update(func(tx storage.Tx) error { return tx.InsertResource(stored) })
	if want.Seq = stored.Seq; want.Seq == 0 {
		f.Fatal("no Seq")
	}
	check := func(step string) {
		f.Helper()
		f.view(func(r storage.Reader) error {
			got, err := r.Resource(tenant, device, want.ID)
			if diff := gocmp.Diff(want, got); diff != "" {
				f.Errorf("%s (-want +got):\n%s", step, diff)
			}
			return err
		})
	}
	check("inserted")
	want.Version, want.Modified, want.Document = 2, epoch.Add(time.Hour), directory.Document(`{"model":"M"}`)
	want.ExternalIDs = map[directory.ClientID]string{entra: "y"}
	f.update(func(tx storage.Tx) error { return tx.UpdateResource(want.Clone()) })
	check("updated")
	f.view(func(r storage.Reader) error {
		_, err := r.Resource(otherTenant, device, want.ID)
		f.wantNotFound("in another tenant", err)
		_, err = r.Resource(tenant, printer, want.ID)
		f.wantNotFound("of a type of which there are none", err)
		return nil
	})
	p := f.insertResource(printer, `{}`)
	f.view(func(r storage.Reader) error {
		_, err := r.Resource(tenant, printer, want.ID)
		f.wantNotFound("of another type", err)
		_, err = r.User(tenant, want.ID, false)
		f.wantNotFound("as a user", err)
		return nil
	})
	f.update(func(tx storage.Tx) error { return tx.DeleteResource(want) })
	f.view(func(r storage.Reader) error {
		_, err := r.Resource(tenant, device, want.ID)
		f.wantNotFound("deleted", err)
		return nil
	})
	f.wantNotFound("delete again", f.try(func(tx storage.Tx) error { return tx.DeleteResource(want) }))
	f.wantNotFound("update what is deleted", f.put(want, `{}`))
	if seqs := f.resources(printer, directory.Query{Limit: -1}); !slices.Equal(seqs, []int64{p.Seq}) {
		f.Errorf("printers %v", seqs)
	}
	if again := f.insertResource(device, `{}`); again.Seq <= want.Seq || again.Seq <= p.Seq {
		f.Errorf("Seq %d after %d", again.Seq, p.Seq)
	}
}

// covers: R-7643-3.1-03 where the store is concerned: one id, one resource
func resourceIDs(f *fixture) {
	u, g, d := f.insertUser("a"), f.insertGroup("g"), f.insertResource(device, `{}`)
	for _, id := range []directory.ID{u.ID, g.ID, d.ID} {
		for _, typ := range []string{device, printer} {
			err := f.tryResource(typ, `{}`, func(r *directory.Resource) { r.ID = id })
			f.wantConflict(err, "id", directory.ID{})
		}
	}
	if n := f.resources(device, directory.Query{Limit: -1}); len(n) != 1 {
		f.Errorf("%d devices", len(n))
	}
}

// covers: R-7643-3.1-10
func resourceExternalIDs(f *fixture) {
	named := func(c directory.ClientID, id string) func(*directory.Resource) {
		return func(r *directory.Resource) { r.SetExternalID(c, id) }
	}
	f.insertUser("a", externalID(okta, "x"))
	first := f.insertResource(device, `{}`, named(okta, "x"))
	f.insertResource(printer, `{}`, named(okta, "x"))
	f.insertResource(device, `{}`, named(entra, "x"))
	f.wantConflict(f.tryResource(device, `{}`, named(okta, "x")), "externalId", first.ID)
	f.insertResource(device, `{}`, named(okta, "X")) // exact
	second := f.insertResource(device, `{}`, named(okta, "y"))
	second.Version = 2
	second.SetExternalID(okta, "x")
	f.wantConflict(f.try(func(tx storage.Tx) error { return tx.UpdateResource(second) }), "externalId", first.ID)
	found := func(client directory.ClientID, value string, want ...int64) {
		f.Helper()
		q := directory.Query{Client: client, Limit: -1, Where: directory.Term{Field: directory.FieldExternalID, Text: value}}
		if got := f.resources(device, q); !slices.Equal(got, want) {
			f.Errorf("externalId %q: %v, want %v", value, got, want)
		}
	}
	found(okta, "x", first.Seq)
	found(okta, "y", second.Seq)
	f.update(func(tx storage.Tx) error { return tx.DeleteResource(first) })
	found(okta, "x")
	f.update(func(tx storage.Tx) error { return tx.UpdateResource(second) })
	found(okta, "x", second.Seq)
	found(okta, "y")
}

func resourceVersions(f *fixture) {
	d := f.insertResource(device, `{}`)
	for _, version := range []int64{0, 1, 3} {
		c := d.Clone()
		c.Version = version
		if err := f.try(func(tx storage.Tx) error { return tx.UpdateResource(c) }); !errors.Is(err, directory.ErrPreconditionFailed) {
			f.Errorf("version %d: %v", version, err)
		}
	}
	if err := f.put(d, `{"model":"m"}`); err != nil {
		f.Error(err)
	}
}

func resourceCounters(f *fixture) {
	everything := directory.Term{Field: directory.FieldID, Op: directory.GreaterEqual}
	check := func(step string, devices, printers int64) {
		f.Helper()
		f.view(func(r storage.Reader) error {
			var errs []error
			for typ, want := range map[string]int64{device: devices, printer: printers} {
				fast, err := r.CountResources(tenant, typ, directory.Query{After: 7, Offset: 3, Limit: 1})
				slow, err2 := r.CountResources(tenant, typ, directory.Query{Where: everything})
				if fast != want || slow != want {
					f.Errorf("%s: %d %ss by counter, %d by count, want %d", step, fast, typ, slow, want)
				}
				errs = append(errs, err, err2)
			}
			return errors.Join(errs...)
		})
	}
	check("empty", 0, 0)
	a := f.insertResource(device, `{"serial":"1"}`)
	f.insertResource(device, `{"serial":"2"}`)
	f.insertResource(printer, `{}`)
	f.insertResource(device, `{}`, func(r *directory.Resource) { r.Tenant = otherTenant })
	check("three and another tenant's", 2, 1)
	f.wantConflict(f.tryResource(device, `{"serial":"1"}`), "serial", a.ID)
	refused := errors.New("refused")
	if err := f.try(func(tx storage.Tx) error { return errors.Join(tx.InsertResource(f.resource(printer, `{}`)), refused) }); !errors.Is(err, refused) {
		f.Errorf("Update: %v", err)
	}
	if err := f.put(a, `{}`); err != nil {
		f.Error(err)
	}
	check("after refused writes and a change", 2, 1)
	f.update(func(tx storage.Tx) error { return tx.DeleteResource(a) })
	check("one is deleted", 1, 1)
}

func resourceTypes(f *fixture) {
	for _, typ := range []string{"User", "Group"} {
		f.view(func(r storage.Reader) error {
			if _, err := r.Resource(tenant, typ, directory.NewID(epoch)); err == nil || errors.Is(err, directory.ErrNotFound) {
				f.Errorf("Resource %s: %v", typ, err)
			}
			if err := r.Resources(tenant, typ, directory.Query{}, nil); err == nil {
				f.Errorf("Resources %s: no error", typ)
			}
			if _, err := r.CountResources(tenant, typ, directory.Query{}); err == nil {
				f.Errorf("CountResources %s: no error", typ)
			}
			return nil
		})
		if err := f.tryResource(typ, `{}`); err == nil {
			f.Errorf("InsertResource %s: no error", typ)
		}
	}
	wrong := []directory.Term{{Field: directory.FieldUserName}, {Field: directory.FieldDisplayName}, {Field: directory.FieldActive},
		{Field: directory.FieldMember}, {Field: directory.FieldGroup}, {Field: directory.FieldEmail},
		{Field: directory.FieldAttribute, Attribute: "nothing"}, {Field: directory.FieldAttribute, Attribute: "title"}, {Field: directory.FieldAttribute}}
	for _, typ := range []string{device, "Nothing"} {
		f.view(func(r storage.Reader) error {
			for _, term := range wrong {
				if _, err := r.CountResources(tenant, typ, directory.Query{Where: term}); err == nil {
					f.Errorf("%s by %+v: no error", typ, term)
				}
				q := directory.Query{Limit: 1, Sort: &directory.Sort{Field: term.Field, Attribute: term.Attribute}}
				if err := r.Resources(tenant, typ, q, func(*directory.Resource) bool { return true }); err == nil {
					f.Errorf("%s sorted by %+v: no error", typ, term)
				}
			}
			return nil
		})
		if got := f.resources(typ, directory.Query{Limit: -1, Where: directory.Term{Field: directory.FieldID, Op: directory.Prefix}}); got != nil {
			f.Errorf("%s: %v", typ, got)
		}
	}
}

// someDevices stores random devices and returns what the oracle sees of them.
func (f *fixture) someDevices(rng *rand.Rand, n int) (all []sortedResource, ids []string) {
	f.Helper()
	pick := func(from []string) string { return from[rng.IntN(len(from))] }
	f.insertUser("a", externalID(okta, "a"))
	f.insertResource(printer, `{"serial":"a"}`)
	f.insertResource(device, `{"serial":"a","model":"a"}`, func(r *directory.Resource) { r.Tenant = otherTenant })
	for i := range n {
		doc := map[string]any{"serial": pick(awkward) + fmt.Sprint(i), "notes": "a"}
		if rng.IntN(3) > 0 {
			doc["model"] = pick(awkward)
		}
		if rng.IntN(3) > 0 {
			doc["place"] = map[string]any{"room": pick(awkward), "model": "b"}
		}
		var ports []any
		for range rng.IntN(4) {
			ports = append(ports, map[string]any{"number": pick(awkward), "kind": "usb"})
		}
		if ports != nil {
			doc["ports"] = ports
		}
		if rng.IntN(2) == 0 {
			doc["codes"] = []any{fmt.Sprint("c", i), fmt.Sprint("C", i), fmt.Sprint("c", i)}
		}
		if i%5 == 0 {
			delete(doc, "serial")
		}
		r := f.insertResource(device, f.json(doc), func(r *directory.Resource) {
			r.ID = directory.NewID(epoch.Add(time.Duration(rng.IntN(1<<30)) * time.Second))
			r.Created = epoch.Add(time.Duration(rng.IntN(4)) * time.Millisecond)
			r.Modified = epoch.Add(time.Duration(rng.IntN(4)) * time.Millisecond)
			if rng.IntN(2) == 0 {
				r.SetExternalID(okta, fmt.Sprint(pick(awkward), i))
			}
		})
		s := subject{created: r.Created, modified: r.Modified, text: map[directory.Field][]string{directory.FieldID: {r.ID.String()}}}
		if id := r.ExternalIDs[okta]; id != "" {
			s.text[directory.FieldExternalID] = []string{prepared(directory.FieldExternalID, id)}
		}
		f.addAttributes(s, device, r.Document)
		all, ids = append(all, sortedResource{r.Seq, s}), append(ids, r.ID.String())
	}
	return all, ids
}

func resourceOracle(f *fixture) {
	rng := rand.New(rand.NewPCG(21, 22))
	all, ids := f.someDevices(rng, 60)
	fields := append(attributeFields(device), directory.FieldID, directory.FieldExternalID, directory.FieldCreated, directory.FieldLastModified)
	values := func(field directory.Field) string {
		if field == directory.FieldID {
			return clipped(rng, ids[rng.IntN(len(ids))])
		}
		return awkward[rng.IntN(len(awkward))] + []string{"", "", "1", "3"}[rng.IntN(4)]
	}
	for range 500 {
		c := condition(rng, fields, values, 3)
		var want []int64
		for _, r := range all {
			if r.subject.matches(c) {
				want = append(want, r.seq)
			}
		}
		if got := f.resources(device, directory.Query{Client: okta, Where: asked(c), Limit: -1}); !slices.Equal(got, want) {
			f.Fatalf("%#v: %v, want %v", c, got, want)
		}
	}
}

func resourceSorts(f *fixture) {
	rng := rand.New(rand.NewPCG(23, 24))
	all, _ := f.someDevices(rng, 60)
	sorts := append(attributeFields(device)[:3], directory.FieldID, directory.FieldCreated, directory.FieldLastModified)
	values := func(directory.Field) string { return awkward[rng.IntN(len(awkward))] }
	for range 200 {
		s := &directory.Sort{Field: sorts[rng.IntN(len(sorts))], Descending: rng.IntN(2) == 0}
		q := directory.Query{Client: okta, Limit: -1, Sort: s}
		if rng.IntN(2) == 0 {
			q.Where = condition(rng, append(attributeFields(device), directory.FieldLastModified), values, 2)
		}
		var want []sortedResource
		for _, r := range all {
			if r.subject.matches(q.Where) {
				want = append(want, r)
			}
		}
		f.checkSorted(rng, q, want, func(r storage.Reader, q directory.Query, fn func(int64, directory.Position) bool) error {
			q.Sort, q.Where = askedSort(q.Sort), asked(q.Where)
			var failed error
			err := r.Resources(tenant, device, q, func(x *directory.Resource) bool {
				p, err := x.Position(q.Sort)
				failed = errors.Join(failed, err)
				return fn(x.Seq, p)
			})
			return errors.Join(err, failed)
		})
	}
}

// covers: T-46 where configured attributes are concerned
func oneValueWins(f *fixture) {
	const n = 40
	var won, lost atomic.Int64
	var wg sync.WaitGroup
	for i := range n {
		r := f.resource(device, fmt.Sprintf(`{"serial":%q}`, []string{"s-1", "S-1"}[i%2]))
		wg.Go(func() {
			err := f.try(func(tx storage.Tx) error { return tx.InsertResource(r) })
			var c *directory.ConflictError
			switch {
			case err == nil:
				won.Add(1)
			case errors.As(err, &c) && c.Attribute == "serial" && !c.Existing.IsZero():
				lost.Add(1)
			default:
				f.Errorf("InsertResource: %v", err)
			}
		})
	}
	wg.Wait()
	rows := int64(len(f.resources(device, directory.Query{Limit: -1})))
	if cmp.Or(won.Load()-1, lost.Load()-(n-1), rows-1) != 0 {
		f.Errorf("%d won, %d lost, %d are stored; want 1, %d, 1", won.Load(), lost.Load(), rows, n-1)
	}
}
