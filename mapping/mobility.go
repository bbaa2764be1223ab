package mapping

import (
	"slices"

	"github.com/scimbridge/scimbridge/directory"
)

// statusCheckedOut is ServiceMobility's category of a mobile worker who has not
// begun to work (M14).
const statusCheckedOut = "1003"

// mobility derives what only ServiceMobility has (documented-apis 4.5). What
// was set through its API comes first, then what was pushed, then the rules.
func (d *derivation) mobility() {
	a, st := &d.a.Mobility, &d.state.Mobility
	var pushed directory.MobilityAttributes
	if s := d.bridge().Mobility; s != nil {
		pushed = *s
	}
	p := &d.profile
	d.text(&a.UserID, "servicemobility.userId",
		candidate{d.state.MobilityUserID, "state servicemobility user id"},
		candidate{d.a.UserName, "user userName"})
	d.text(&a.Email, "servicemobility.email", primaryEmail(p), workEmail(p), firstEmail(p))
	d.text(&a.AuthenticationID, "servicemobility.authenticationId",
		candidate{st.AuthenticationID, "state servicemobility.authenticationId"},
		candidate{d.a.UserName, "user userName"})
	d.text(&a.StorageLocationID, "servicemobility.storageLocationId",
		candidate{st.StorageLocationID, "state servicemobility.storageLocationId"},
		candidate{pushed.StorageLocationID, "user bridge servicemobility.storageLocationId"})
	d.first(&a.Diagnostics, "servicemobility.diagnostics",
		said{st.Diagnostics, "state servicemobility.diagnostics"},
		said{pushed.EnableMobileDiagnostics, "user bridge servicemobility.enableMobileDiagnostics"})

	d.deploymentGroup(st.DGroupID, pushed.DGroupID)
	d.mobileWorker(st.MobileWorker, pushed.IsMobileWorker)
	d.teams()
	status := candidate{}
	if a.MobileWorker {
		status = candidate{statusCheckedOut, "default of mobile workers"}
	}
	d.text(&a.Status, "servicemobility.status", candidate{st.Status, "state servicemobility.status"}, status)
	d.extensions()
}

func (d *derivation) deploymentGroup(stored, pushed string) {
	const path = "servicemobility.dGroupId"
	d.text(&d.a.Mobility.DGroupID, path,
		candidate{stored, "state servicemobility.dGroupId"},
		candidate{pushed, "user bridge servicemobility.dGroupId"})
	if d.a.Mobility.DGroupID != "" {
		return
	}
	if g := d.granting(ServiceMobility, scopeDGroup, ""); g != nil {
		d.a.Mobility.DGroupID = g.Role
		d.noteGrant(path, g)
		return
	}
	d.text(&d.a.Mobility.DGroupID, path, candidate{d.m.settings.Mobility.DefaultDGroup, "settings servicemobility default deployment group"})
}

// mobileWorker: a pushed false does not take away what a rule grants, because
// identity providers send false for every boolean they know nothing of.
func (d *derivation) mobileWorker(stored, pushed *bool) {
	const path = "servicemobility.mobileWorker"
	a := &d.a.Mobility
	d.first(&a.MobileWorker, path,
		said{stored, "state servicemobility.mobileWorker"},
		said{pushed, "user bridge servicemobility.isMobileWorker"})
	if stored != nil || a.MobileWorker {
		return
	}
	if g := d.granting(ServiceMobility, "", roleMobileWorker); g != nil {
		a.MobileWorker = true
		d.noteGrant(path, g)
	}
}

func (d *derivation) teams() {
	const path = "servicemobility.teams"
	a := &d.a.Mobility
	if stored := d.state.Mobility.Teams; stored != nil {
		a.Teams = slices.Clone(stored)
		d.note(path, "state servicemobility.teams")
	} else {
		d.note(path, "nothing grants one")
		var teams unique[string]
		for i := range d.a.Grants {
			if g := &d.a.Grants[i]; g.API == ServiceMobility && g.Scope == scopeTeam {
				teams.add(g.Role)
				d.note(path, fromGrants)
			}
		}
		a.Teams = teams.list
	}
	if d.m.settings.Mobility.SingleTeam && len(a.Teams) > 1 {
		d.warn("a user can be in one service team only: " + quoted(a.Teams[0]) + " counts, the others do not")
		a.Teams = a.Teams[:1]
	}
}

// extensions: the enterprise attributes, then what was pushed, then what was
// set through the API; the later one wins a key.
func (d *derivation) extensions() {
	const path = "servicemobility.extensions"
	a := &d.a.Mobility
	d.note(path, fromNobody)
	put := func(key, value, source string) {
		if a.Extensions == nil {
			a.Extensions = make(map[string]string, 4)
		}
		a.Extensions[key] = value
		if d.rec != nil {
			d.note(path, "its keys")
			d.note(path+"["+key+"]", source)
		}
	}
	set := func(key, value, source string) {
		if key != "" && value != "" {
			put(key, value, source)
		}
	}
	set("EmployeeNumber", d.a.EmployeeNumber, "user enterprise employeeNumber")
	set("Department", d.a.Department, "user enterprise department")
	set("CostCenter", d.a.CostCenter, "user enterprise costCenter")
	set("Division", d.a.Division, "user enterprise division")
	for _, e := range d.bridge().Extensions {
		set(e.Display, e.Value, "user bridge extensions")
	}
	for key, value := range d.state.Mobility.Extensions {
		put(key, value, "state servicemobility.extensions") // "" is a choice, too
	}
}
