package provision

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
)

// userFields is a user's state as the journal keeps it: each attribute of the
// document by its name, everything else under a name that begins with "$".
// Nothing in it is a secret: a password's hash and the digest of an API user's
// client secret stay out, so a journal can be exported without care for them.
// That one of them changed shows in a mark, from which nothing can be tried: it
// is of the hash together with its random salt, which is not in the journal
// either, or of the digest of a secret that is all random.
func userFields(u *directory.User, s *directory.AppState) (journal.Fields, error) {
	f, err := documentFields(u.Document)
	if err != nil {
		return nil, fmt.Errorf("user %s: %w", u.ID, err)
	}
	put := fieldSetter(f)
	put("$created", u.Created)
	put("$modified", u.Modified)
	put("$asserted", u.Asserted)
	put("$origin", u.Origin)
	put("$protected", u.Protected)
	put("$assertedActive", u.AssertedActive)
	put("$state", u.Status.State.String())
	put("$disabledBy", u.Status.DisabledBy)
	put("$deletedAt", u.Status.DeletedAt)
	put("$deletedBy", u.Status.DeletedBy)
	put("$deleteOrigin", u.Status.DeleteOrigin)
	putExternalIDs(put, u.ExternalIDs)
	if u.Snapshot != nil {
		f["$snapshot"] = json.RawMessage(u.Snapshot)
	}
	if s != nil {
		put("$uniphoreId", s.UniphoreID)
		put("$syncariId", s.SyncariID)
		put("$servicemobilityId", s.MobilityUserID)
		public := *s
		put("$passwordMark", mark(s.Mobility.PasswordHash))
		put("$clientSecretMark", mark(s.Syncari.SecretSHA256))
		public.Mobility.PasswordHash, public.Syncari.SecretSHA256 = "", ""
		raw, err := encode(public)
		if err != nil {
			return nil, fmt.Errorf("user %s: %w", u.ID, err)
		}
		var apps map[string]json.RawMessage
		if err := json.Unmarshal(raw, &apps); err != nil {
			return nil, fmt.Errorf("user %s: %w", u.ID, err)
		}
		for name, v := range apps {
			f["$"+name] = v
		}
	}
	return f, nil
}

// mark returns what tells one hash from another and no more, "" for none.
func mark(hash string) string {
	if hash == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(hash))
	return hex.EncodeToString(sum[:8])
}

// groupFields is userFields for a group; members are rows, see journal.WithMembers.
func groupFields(g *directory.Group) (journal.Fields, error) {
	f, err := documentFields(g.Document)
	if err != nil {
		return nil, fmt.Errorf("group %s: %w", g.ID, err)
	}
	put := fieldSetter(f)
	put("$created", g.Created)
	put("$modified", g.Modified)
	put("$duplicateName", g.AllowDuplicateName)
	putExternalIDs(put, g.ExternalIDs)
	return f, nil
}

// resourceFields is userFields for a resource of a configured type.
func resourceFields(r *directory.Resource) (journal.Fields, error) {
	f, err := documentFields(r.Document)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", r.Type, r.ID, err)
	}
	put := fieldSetter(f)
	put("$type", r.Type)
	put("$created", r.Created)
	put("$modified", r.Modified)
	putExternalIDs(put, r.ExternalIDs)
	return f, nil
}

func documentFields(d directory.Document) (journal.Fields, error) {
	f := journal.Fields{}
	if len(d) == 0 {
		return f, nil
	}
	if err := json.Unmarshal(d, &f); err != nil {
		return nil, fmt.Errorf("decode document: %w", err)
	}
	return f, nil
}

// fieldSetter returns a function that sets a field unless its value is the
// zero value, which the journal writes as absent.
func fieldSetter(f journal.Fields) func(name string, v any) {
	return func(name string, v any) {
		switch v := v.(type) {
		case time.Time:
			if !v.IsZero() {
				f[name] = quote(v.UTC().Format("2006-01-02T15:04:05.000Z"))
			}
		case bool:
			if v {
				f[name] = json.RawMessage("true")
			}
		case int64:
			if v != 0 {
				f[name] = strconv.AppendInt(nil, v, 10)
			}
		case directory.Origin:
			if v != "" {
				f[name] = quote(string(v))
			}
		case string:
			if v != "" {
				f[name] = quote(v)
			}
		case directory.ObjectID:
			if v != (directory.ObjectID{}) {
				f[name] = quote(v.String())
			}
		default:
			panic(fmt.Sprintf("provision: journal field %s has type %T", name, v))
		}
	}
}

func putExternalIDs(put func(string, any), ids map[directory.ClientID]string) {
	for client, id := range ids {
		put("$externalId."+strconv.FormatInt(int64(client), 10), id)
	}
}

func quote(s string) json.RawMessage {
	raw, err := encode(s)
	if err != nil {
		panic(err) // a string always encodes
	}
	return raw
}

// encode is json.Marshal without the escaping of <, > and &.
func encode(v any) (json.RawMessage, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encode for the journal: %w", err)
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}
