package scim

import (
	"bytes"
	"hash/fnv"
	"slices"
	"strconv"
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// timeLayout is how the bridge writes dateTimes.
const timeLayout = "2006-01-02T15:04:05.000Z"

// userTag is a user's entity tag. The version alone would miss that a user's
// groups are part of its representation and change without the user, so the
// memberships are digested into it (R-7644-3.14-04).
func userTag(u *directory.User) string {
	b := append(make([]byte, 0, 40), `W/"`...)
	b = strconv.AppendInt(b, u.Version, 10)
	if len(u.Groups) > 0 {
		h := fnv.New64a()
		for _, g := range u.Groups {
			h.Write(g.Group[:])
			h.Write([]byte(g.DisplayName))
			h.Write([]byte{0, flag(g.Indirect)})
		}
		b = append(b, '-')
		b = strconv.AppendUint(b, h.Sum64(), 36)
	}
	return string(append(b, '"'))
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// groupTag is a group's entity tag: its version moves with its members.
func groupTag(g *directory.Group) string {
	return `W/"` + strconv.FormatInt(g.Version, 10) + `"`
}

func (s *Server) userLocation(id directory.ID) string  { return s.base + "/Users/" + id.String() }
func (s *Server) groupLocation(id directory.ID) string { return s.base + "/Groups/" + id.String() }

// appendUser appends the representation of a user as the client sees it, or of
// it the members in only. The stored document is copied through as it is.
func (s *Server) appendUser(b []byte, u *directory.User, client directory.ClientID, only *resource.Members) []byte {
	begin := len(b)
	b = appendHead(b, s.user, u.Document, u.ID, u.ExternalIDs, client, only)
	if only.Has("active") {
		b = append(b, `,"active":`...)
		b = strconv.AppendBool(b, u.Active)
	}
	if len(u.Groups) > 0 && only.Has("groups") {
		b = append(b, `,"groups":[`...)
		for i, g := range u.Groups {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(b, `{"value":"`...)
			b = g.Group.Append(b)
			b = append(b, `","$ref":`...)
			b = resource.AppendString(b, s.groupLocation(g.Group))
			b = append(b, `,"display":`...)
			b = resource.AppendString(b, g.DisplayName)
			if g.Indirect {
				b = append(b, `,"type":"indirect"}`...)
			} else {
				b = append(b, `,"type":"direct"}`...)
			}
		}
		b = append(b, ']')
	}
	if only.Has("meta") {
		b = appendMeta(b, "User", u.Created, u.Modified, s.userLocation(u.ID), userTag(u))
	}
	return appendEnd(b, begin)
}

// appendGroup is appendUser for a group; members is nil where the client does
// not want them.
func (s *Server) appendGroup(b []byte, g *directory.Group, members []directory.Member, client directory.ClientID, only *resource.Members) []byte {
	begin := len(b)
	b = appendHead(b, s.group, g.Document, g.ID, g.ExternalIDs, client, only)
	if len(members) > 0 && only.Has("members") {
		b = append(b, `,"members":[`...)
		for i, m := range members {
			if i > 0 {
				b = append(b, ',')
			}
			b = s.appendMember(b, m)
		}
		b = append(b, ']')
	}
	if only.Has("meta") {
		b = appendMeta(b, "Group", g.Created, g.Modified, s.groupLocation(g.ID), groupTag(g))
	}
	return appendEnd(b, begin)
}

func (s *Server) appendMember(b []byte, m directory.Member) []byte {
	b = append(b, `{"value":"`...)
	b = m.ID.Append(b)
	b = append(b, `","$ref":`...)
	if m.Kind == directory.GroupMember {
		b = resource.AppendString(b, s.groupLocation(m.ID))
		return append(b, `,"type":"Group"}`...)
	}
	b = resource.AppendString(b, s.userLocation(m.ID))
	return append(b, `,"type":"User"}`...)
}

// visible returns the part of a stored document that clients may see. Nearly
// always that is the document as it is.
func visible(t *schema.ResourceType, d directory.Document) directory.Document {
	if t.Plain(d) {
		return d
	}
	o, err := documentTree(d)
	if err != nil {
		return nil // unreadable: nothing of it is shown
	}
	return t.Visible(o).AppendJSON(nil)
}

// appendHead appends the document's members and those before them. Each has a
// comma before it; see appendEnd.
func appendHead(b []byte, t *schema.ResourceType, d directory.Document, id directory.ID, externalIDs map[directory.ClientID]string, client directory.ClientID, only *resource.Members) []byte {
	whole := only.Has("schemas") // which tell of all extensions
	if whole {
		d = visible(t, d)
		b = append(b, `,"schemas":["`...)
		b = append(b, t.Core.URN...)
		b = append(b, '"')
		for _, e := range t.Extensions {
			if hasMember(d, e.URN) {
				b = append(b, ',')
				b = resource.AppendString(b, e.URN)
			}
		}
		b = append(b, ']')
	}
	if only.Has("id") {
		b = append(b, `,"id":"`...)
		b = id.Append(b)
		b = append(b, '"')
	}
	if only.Has("externalId") && externalIDs[client] != "" {
		b = append(b, `,"externalId":`...)
		b = resource.AppendString(b, externalIDs[client])
	}
	begin := len(b)
	b = appendMembers(b, d, only)
	if part := b[begin:]; !whole && len(part) > 0 && !t.Plain(part) {
		d = visible(t, appendEnd(slices.Clone(part), 0))
		b = appendMembers(b[:begin], d, nil)
	}
	return b
}

// hasMember reports whether a document has the object of an extension. It reads
// bytes: within a string the quotes around the URN would be escaped, so what
// is found is a member. A long pattern is slow to look for, so only its
// beginning is.
func hasMember(d directory.Document, urn string) bool {
	const enough = 16
	begin := urn[:min(len(urn), enough)]
	for rest := []byte(d); ; {
		i := bytes.Index(rest, []byte(begin))
		if i < 0 {
			return false
		}
		before, after := rest[:i], rest[i:]
		tail, found := bytes.CutPrefix(after, []byte(urn))
		if found && bytes.HasSuffix(before, []byte{'"'}) && bytes.HasPrefix(tail, []byte(`":{`)) {
			return true
		}
		rest = after[1:]
	}
}

// appendMembers appends the document's members. Of a text that is none that the
// bridge writes it appends all, for whoever decodes it to see what it is.
func appendMembers(b []byte, d directory.Document, only *resource.Members) []byte {
	b, ok := only.Append(b, d)
	if !ok && len(d) > 2 {
		b = append(b, ',')
		b = append(b, d[1:len(d)-1]...)
	}
	return b
}

// appendEnd makes an object of the members that were appended behind begin, each
// with a comma before it.
func appendEnd(b []byte, begin int) []byte {
	if len(b) == begin {
		return append(b, `{}`...)
	}
	b[begin] = '{'
	return append(b, '}')
}

func appendMeta(b []byte, typ string, created, modified time.Time, location, tag string) []byte {
	b = append(b, `,"meta":{"resourceType":"`...)
	b = append(b, typ...)
	b = append(b, `","created":"`...)
	b = appendTime(b, created)
	b = append(b, `","lastModified":"`...)
	b = appendTime(b, modified)
	b = append(b, `","location":`...)
	b = resource.AppendString(b, location)
	b = append(b, `,"version":`...)
	b = resource.AppendString(b, tag)
	return append(b, '}')
}

// appendTime is AppendFormat with timeLayout, which is the same for every
// resource of a list and need not be read each time.
func appendTime(b []byte, t time.Time) []byte {
	t = t.UTC()
	year, month, day := t.Date()
	if year < 1000 || year > 9999 {
		return t.AppendFormat(b, timeLayout)
	}
	hour, minute, second := t.Clock()
	two := func(before byte, n int) { b = append(b, before, byte('0'+n/10), byte('0'+n%10)) }
	b = strconv.AppendInt(b, int64(year), 10)
	two('-', int(month))
	two('-', day)
	two('T', hour)
	two(':', minute)
	two(':', second)
	ms := t.Nanosecond() / 1_000_000
	two('.', ms/10)
	return append(b, byte('0'+ms%10), 'Z')
}

// storedLimits are for decoding what the bridge itself has stored.
var storedLimits = resource.Limits{}

// tree decodes a representation, for filters and projections.
func tree(rendered []byte) (*resource.Object, error) {
	return resource.DecodeObject(rendered, storedLimits)
}

// userAttributes is what a PATCH works on: the attributes a client may write,
// but for active. Whether that is there afterwards tells whether the client
// spoke of it.
func userAttributes(t *schema.ResourceType, u *directory.User, client directory.ClientID) (*resource.Object, error) {
	return attributesOf(t, u.Document, u.ExternalIDs[client])
}

func attributesOf(t *schema.ResourceType, d directory.Document, externalID string) (*resource.Object, error) {
	o, err := documentTree(d)
	if err != nil {
		return nil, err
	}
	if externalID != "" {
		o.Set("externalId", resource.StringOf(externalID))
	}
	t.Order(o)
	return o, nil
}

// replacement is what a PUT of these attributes makes of a stored document; see
// schema.ResourceType.Replace.
func replacement(t *schema.ResourceType, d directory.Document, attrs *resource.Object) (*resource.Object, error) {
	if t.Plain(d) {
		return attrs, nil
	}
	prev, err := documentTree(d)
	if err != nil {
		return nil, err
	}
	return t.Replace(prev, attrs)
}

// takeUser puts attributes, in canonical form, back into the user. A missing
// active leaves the user as it is (R-7644-3.5.1-02); one that is there is the
// client's word even where the user is so already. A password is not kept (A0-7).
// The error is fault.InvalidValue when there is more than may be stored, and in
// strict mode a *directory.InvalidError for a new userName that is none by the
// letter; what no mode accepts is the backend's to refuse.
func (s *Server) takeUser(r *request, u *directory.User, o *resource.Object) error {
	if a := o.Get("active"); a.Kind() == resource.Bool {
		u.Active, u.AssertedActive = a.Bool(), a.Bool()
	}
	u.SetExternalID(r.caller.Actor.Client, o.Get("externalId").Text())
	before := u.Document
	if r.strict() {
		if err := checkIdentifier(before, o.Get("userName").Text()); err != nil {
			return err
		}
	}
	u.Document = document(o, "active", "password", "groups")
	return s.checkSize("user", before, u.Document)
}

// checkIdentifier holds a userName to PRECIS, unless the user has it already.
func checkIdentifier(d directory.Document, name string) error {
	refused := directory.CheckIdentifier(name)
	if refused == nil {
		return nil
	}
	before, err := d.Profile()
	if err != nil || before.UserName == name {
		return err
	}
	return refused
}

func groupAttributes(t *schema.ResourceType, g *directory.Group, client directory.ClientID) (*resource.Object, error) {
	return attributesOf(t, g.Document, g.ExternalIDs[client])
}

func (s *Server) takeGroup(g *directory.Group, o *resource.Object, client directory.ClientID) error {
	g.SetExternalID(client, o.Get("externalId").Text())
	before := g.Document
	g.Document = document(o, "members")
	return s.checkSize("group", before, g.Document)
}

// checkSize refuses a document that is too large and has grown: one that was
// stored when more was allowed can still be changed, deactivated above all.
func (s *Server) checkSize(what string, before, after directory.Document) error {
	if most := s.c.Limits.Document; len(after) > most && len(after) > len(before) {
		return fault.InvalidValue("the attributes of this %s would take %d bytes, and at most %d are stored; send fewer or shorter values", what, len(after), most)
	}
	return nil
}

func documentTree(d directory.Document) (*resource.Object, error) {
	if len(d) == 0 {
		return resource.NewObject(), nil
	}
	return resource.DecodeObject(d, storedLimits)
}

// document encodes the attributes that a directory.Document holds.
func document(o *resource.Object, without ...string) directory.Document {
	fields := make([]resource.Field, 0, o.Len())
	for _, f := range o.Fields() {
		switch f.Name {
		case "schemas", "id", "externalId", "meta":
			continue
		}
		if !slices.Contains(without, f.Name) {
			fields = append(fields, f)
		}
	}
	const usual = 1024 // bytes of a user; it is copied to its size, as it is kept
	return slices.Clone(resource.NewObject(fields...).AppendJSON(make([]byte, 0, usual)))
}
