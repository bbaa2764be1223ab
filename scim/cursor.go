package scim

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/scim/fault"
)

// A cursor is a place in a list, sealed (RFC 9865). Nothing is kept of it: a
// million cursors cost the server nothing (T-45). The seal binds it to who asked
// for what: tenant, client, resource types, filter, order and attributes are
// authenticated with it, so that it opens for the same question of the same
// client only and everything else looks like a forgery (T-26). It gives no
// rights: each page is authorised as any request is.

// place is where a page by cursor begins: behind a resource, which need not exist
// any more.
type place struct {
	// typ is the resource type in whose part of the list the page begins.
	typ string
	// seq is that of the resource before it, 0 at the beginning of the part.
	seq int64
	// key is what the list is sorted by and the resource had; missing says that
	// it had nothing.
	key     string
	missing bool
	// id is the resource, and digest that of its key: all that a cursor holds of a
	// key that is too long for a URL. Nil: the key is there. See Server.recall.
	id     directory.ID
	digest []byte
}

// longestKey is how many bytes of a key a cursor holds. Beyond that it would
// outgrow what servers and intermediaries take for a URL.
const longestKey = 1024

// What follows the number of the resource in a cursor.
const (
	keyHeld byte = iota
	keyMissing
	keyElsewhere
)

func digestOf(key string) []byte {
	sum := sha256.Sum256([]byte(key))
	return sum[:]
}

// walk is a list that is read by cursor.
type walk struct {
	seal    *seal
	query   []byte // digest of the question
	from    *place // nil: the beginning
	total   int64  // of the first page, or unknown
	count   int
	expires time.Time // of the cursors of this page
}

// seal makes and opens cursors.
type seal struct {
	aead    cipher.AEAD
	timeout time.Duration
	now     func() time.Time
}

func newSeal(key []byte, timeout time.Duration, now func() time.Time) (*seal, error) {
	if len(key) == 0 { // cursors do not outlive the process
		key = make([]byte, 32)
		if _, err := rand.Read(key); err != nil {
			return nil, fmt.Errorf("scim: cursor key: %w", err)
		}
	}
	if len(key) < 16 {
		return nil, errors.New("scim: the cursor key must have 16 bytes or more")
	}
	derived, err := hkdf.Key(sha256.New, key, nil, "scimbridge cursor 1", 32)
	if err != nil {
		return nil, fmt.Errorf("scim: cursor key: %w", err)
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, fmt.Errorf("scim: cursor key: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("scim: cursor key: %w", err)
	}
	return &seal{aead, timeout, now}, nil
}

// newWalk reads the listing's cursor; nil if it is paged by index. The listing's
// count becomes that of the first page.
func (s *Server) newWalk(r *request, l *listing, sources []source) (*walk, error) {
	if !l.byCursor {
		return nil, nil
	}
	w := &walk{seal: s.seal, query: l.digest(r, sources), total: unknown, count: l.count, expires: s.seal.now().Add(s.seal.timeout)}
	if l.cursor == "" {
		return w, nil
	}
	expires, err := w.open(l.cursor)
	switch {
	case err != nil:
		// One text for all that is wrong, also for another client's cursor.
		return nil, fault.InvalidCursor("this cursor was not given to this query; repeat every parameter of the page before but the cursor, or begin again with an empty one")
	case !s.seal.now().Before(expires):
		return nil, fault.ExpiredCursor("this cursor was valid for %s; begin again with an empty one", s.seal.timeout)
	case l.counted && l.count != w.count:
		return nil, fault.InvalidCount("count: the pages of this query have %d resources; begin again with an empty cursor to change that", w.count)
	}
	l.count = w.count
	return w, nil
}

// digest is what a cursor is bound to.
func (l *listing) digest(r *request, sources []source) []byte {
	h := sha256.New()
	field := func(s string) {
		h.Write(binary.AppendUvarint(nil, uint64(len(s))))
		h.Write([]byte(s))
	}
	list := func(names []string) {
		h.Write(binary.AppendUvarint(nil, uint64(len(names))))
		for _, n := range names {
			field(n)
		}
	}
	h.Write(binary.AppendVarint(nil, int64(r.caller.Actor.Tenant)))
	h.Write(binary.AppendVarint(nil, int64(r.caller.Actor.Client)))
	h.Write([]byte{flag(l.filtered), flag(l.descending)})
	field(l.filter)
	field(l.sortBy)
	list(names(l.attributes))
	list(names(l.excluded))
	h.Write(binary.AppendUvarint(nil, uint64(len(sources))))
	for _, src := range sources {
		field(src.typ().Name)
	}
	return h.Sum(nil)
}

// next seals a place into a cursor, of URL-unreserved characters only.
func (w *walk) next(p place) string {
	b := binary.AppendVarint(nil, w.expires.Add(time.Second-1).Unix()) // valid at least as long as is announced
	b = binary.AppendUvarint(b, uint64(w.count))
	b = binary.AppendVarint(b, w.total)
	b = binary.AppendUvarint(b, uint64(len(p.typ)))
	b = append(b, p.typ...)
	b = binary.AppendVarint(b, p.seq)
	switch {
	case p.missing:
		b = append(b, keyMissing)
	case len(p.key) > longestKey:
		b = append(b, keyElsewhere)
		b = append(append(b, p.id[:]...), digestOf(p.key)...)
	default:
		b = append(append(b, keyHeld), p.key...)
	}
	return base64.RawURLEncoding.EncodeToString(w.seal.aead.Seal(nil, nil, b, w.query))
}

var errCursor = errors.New("scim: not a cursor of this query")

// open takes what next put into a cursor.
func (w *walk) open(cursor string) (expires time.Time, err error) {
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || strings.ContainsAny(cursor, "\r\n") { // line breaks, which even the strict decoder skips
		return expires, errCursor
	}
	b, err := w.seal.aead.Open(nil, nil, sealed, w.query)
	if err != nil {
		return expires, errCursor
	}
	signed := func() int64 {
		v, n := binary.Varint(b)
		b = b[max(n, 0):]
		if n <= 0 {
			err = errCursor
		}
		return v
	}
	unsigned := func() uint64 {
		v, n := binary.Uvarint(b)
		b = b[max(n, 0):]
		if n <= 0 {
			err = errCursor
		}
		return v
	}
	expires = time.Unix(signed(), 0)
	w.count = int(unsigned())
	w.total = signed()
	n := unsigned()
	if err != nil || n > uint64(len(b)) {
		return expires, errCursor
	}
	p := place{typ: string(b[:n])}
	b = b[n:]
	if p.seq = signed(); err != nil || len(b) < 1 {
		return expires, errCursor
	}
	what, b := b[0], b[1:]
	switch {
	case what == keyHeld:
		p.key = string(b)
	case what == keyMissing:
		p.missing = true
	case what == keyElsewhere && len(b) == len(p.id)+sha256.Size:
		p.digest = b[copy(p.id[:], b):]
	default:
		return expires, errCursor
	}
	w.from = &p
	return expires, nil
}
