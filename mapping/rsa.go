package mapping

import "github.com/scimbridge/scimbridge/directory"

// rsa derives what only RSA has (documented-apis 2.6).
func (d *derivation) rsa() {
	a, st := &d.a.RSA, &d.state.RSA
	var pushed directory.RSAAttributes
	if r := d.bridge().RSA; r != nil {
		pushed = *r
	}
	d.text(&a.IdentitySource, "rsa.identitySource",
		candidate{pushed.IdentitySource, "user bridge rsa.identitySource"},
		candidate{d.m.settings.RSA.IdentitySource, "settings rsa identity source"})

	d.first(&a.HighRisk, "rsa.highRisk", said{pushed.HighRiskUser, "user bridge rsa.highRiskUser"})
	if g := d.granting(RSA, "", roleHighRisk); g != nil && !a.HighRisk {
		a.HighRisk = true
		d.noteGrant("rsa.highRisk", g)
	}
	a.TokenLocked, a.SMSLocked, a.VoiceLocked = st.TokenLocked, st.SMSLocked, st.VoiceLocked
	d.note("rsa.tokenLocked", "state rsa.tokenLocked")
	d.note("rsa.smsLocked", "state rsa.smsLocked")
	d.note("rsa.voiceLocked", "state rsa.voiceLocked")
	d.latest(&a.LastSync, "rsa.lastSync", d.user.Asserted, "directory record: last SCIM write",
		st.LastSync, "state rsa.lastSync")
}
