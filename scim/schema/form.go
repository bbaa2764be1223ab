package schema

import (
	"encoding/asn1"
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // the zones must be known also where no database is installed
	"unicode"

	"golang.org/x/text/language"
)

// form is what is asked of a value beyond its type.
type form uint8

const (
	formNone        form = iota
	formName             // no control characters
	formLanguages        // Accept-Language
	formLocale           // a language tag, "_" may stand for "-"
	formTimezone         // a name of the IANA database
	formCountry          // ISO 3166-1 alpha-2
	formPageURL          // the URL of a page
	formImageURL         // the URL of an image
	formCertificate      // base64 of exactly one DER certificate
	formGrant            // the name of a role or entitlement, not an object spelled out
	formMessaging        // an address of instant messaging, in which blanks and case mean nothing
)

// canonical returns the spelling in which a text is kept and shown. It is the
// text itself but for addresses of instant messaging, of which RFC 7643 section
// 4.1.2 says how they are spelled (R-7643-4.1.2-01).
func (f form) canonical(s string) string {
	if f != formMessaging {
		return s
	}
	return strings.ToLower(strings.Join(strings.Fields(s), ""))
}

// check returns what the text should have been, or "" if it fits. Rules that
// only keep data tidy are for strict mode: refusing a user for ever because a
// directory has "USA" for a country helps nobody, and the text is stored as it
// came either way.
func (f form) check(s string, strict bool) string {
	switch f {
	case formName:
		if strings.ContainsFunc(s, func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp) }) {
			return "free of control characters and line breaks" // T-67
		}
	case formLanguages:
		if !isLanguageList(s) && (strict || hasBlank(s)) {
			return "a list of languages such as \"en-US, de;q=0.5\"" // R-7643-4.1.1-05
		}
	case formLocale:
		if !isLanguageTag(s) && (strict || hasBlank(s)) {
			return "a language tag such as en-US" // R-7643-4.1.1-05
		}
	case formTimezone:
		if strict && !isTimezone(s) {
			return "a zone of the IANA database such as Europe/Berlin" // R-7643-4.1.1-06
		}
	case formCountry:
		if strict && !isCountry(s) {
			return "a country code of two letters (ISO 3166-1) such as DE" // R-7643-4.1.2-03
		}
	case formGrant:
		if _, packed := grantValue(s); packed {
			return "the value itself, not the text of an object that holds it"
		}
	case formPageURL:
		switch scheme(s) {
		case "javascript", "vbscript", "data":
			return "the URL of a page"
		}
	case formImageURL:
		switch scheme(s) {
		case "", "http", "https":
		case "data":
			if len(s) < 11 || !strings.EqualFold(s[:11], "data:image/") {
				return "the URL of an image" // R-7643-4.1.2-02
			}
		default:
			return "the URL of an image" // R-7643-4.1.2-02
		}
	case formCertificate:
		// A directory may keep what only it can read, such as a certificate in a
		// wrapping of its own; but one value is never several.
		der, ok := base64Bytes(s)
		if one, more := certificate(der); !ok || more || strict && !one {
			return "exactly one X.509 certificate, DER in base64" // R-7643-4.1.2-06
		}
	}
	return ""
}

func hasBlank(s string) bool { return strings.ContainsFunc(s, unicode.IsSpace) }

// isLanguageTag accepts the shape of a language tag (RFC 5646) without asking
// whether the language exists.
func isLanguageTag(s string) bool {
	for i, part := range strings.FieldsFunc(s, func(r rune) bool { return r == '-' || r == '_' }) {
		if len(part) > 8 || i == 0 && digits(part) > 0 {
			return false
		}
		for j := range len(part) {
			if !isLetter(part[j]) && (i == 0 || !isDigit(part[j])) {
				return false
			}
		}
	}
	return s != "" && !strings.Contains(strings.ReplaceAll(s, "_", "-"), "--") && !strings.ContainsAny(s[:1]+s[len(s)-1:], "-_")
}

// isLanguageList accepts the value of an Accept-Language header (RFC 9110
// section 12.5.4).
func isLanguageList(s string) bool {
	for item := range strings.SplitSeq(s, ",") {
		tag, weight, weighted := strings.Cut(strings.Trim(item, " \t"), ";")
		if tag = strings.TrimRight(tag, " \t"); tag != "*" && !isLanguageTag(tag) {
			return false
		}
		if !weighted {
			continue
		}
		number, ok := strings.CutPrefix(strings.TrimLeft(weight, " \t"), "q=")
		if !ok || len(number) > 5 || !isNumber(number) {
			return false
		}
		if q, err := strconv.ParseFloat(number, 64); err != nil || q < 0 || q > 1 {
			return false
		}
	}
	return true
}

// zones remembers the names that were found; there are some 600.
var zones sync.Map

func isTimezone(s string) bool {
	if _, ok := zones.Load(s); ok {
		return true
	}
	if s == "" || s == "Local" || len(s) > 64 {
		return false
	}
	if _, err := time.LoadLocation(s); err != nil {
		return false
	}
	zones.Store(s, nil)
	return true
}

func isCountry(s string) bool {
	if len(s) != 2 || !isLetter(s[0]) || !isLetter(s[1]) {
		return false
	}
	region, err := language.ParseRegion(s)
	return err == nil && region.IsCountry() && strings.EqualFold(region.String(), s)
}

// isURI accepts a URI or a relative reference (RFC 3986, R-7643-2.3.7-01).
// Blanks and control characters are in neither; strict mode also refuses the
// other characters that must be percent-encoded.
func isURI(s string, strict bool) bool {
	for _, r := range s {
		if r <= ' ' || r == 0x7f || unicode.IsSpace(r) || unicode.IsControl(r) {
			return false
		}
		if strict && (r >= 0x80 || strings.ContainsRune("\"<>\\^`{|}", r)) {
			return false
		}
	}
	_, err := url.Parse(s)
	return err == nil
}

// scheme returns the scheme of a URI in lower case, "" for a relative one.
func scheme(s string) string {
	i := strings.IndexAny(s, ":/?#")
	if i <= 0 || s[i] != ':' {
		return ""
	}
	return lower(s[:i])
}

// base64Bytes decodes base64 (RFC 4648 section 4); padding may be absent, line
// breaks may not be there (R-7643-2.3.6-01).
func base64Bytes(s string) ([]byte, bool) {
	body := strings.TrimRight(s, "=")
	if pad := len(s) - len(body); pad > 2 || pad > 0 && len(s)%4 != 0 || strings.ContainsAny(s, "\r\n") {
		return nil, false
	}
	b, err := base64.RawStdEncoding.DecodeString(body)
	return b, err == nil
}

// certificate reports whether der begins with the outer structure of a
// certificate (RFC 5280 section 4.1) and ends with it, and whether there is more
// behind it. It does not judge what is certified: a directory keeps certificates
// of authorities with habits of their own.
func certificate(der []byte) (one, more bool) {
	var c struct {
		Body      asn1.RawValue
		Algorithm asn1.RawValue
		Signature asn1.BitString
	}
	rest, err := asn1.Unmarshal(der, &c)
	if err != nil || c.Body.Class != asn1.ClassUniversal || c.Body.Tag != asn1.TagSequence ||
		c.Algorithm.Class != asn1.ClassUniversal || c.Algorithm.Tag != asn1.TagSequence {
		return false, false
	}
	return len(rest) == 0, len(rest) > 0
}

// ParseDateTime reads an xsd:dateTime (R-7643-2.3.5-01): a date and a time,
// optionally with a fraction of a second and an offset; without one it is UTC.
func ParseDateTime(s string) (time.Time, bool) {
	const shape = "2006-01-02T15:04:05"
	if len(s) < len(shape) || s[10] != 'T' {
		return time.Time{}, false
	}
	tail := s[len(shape):]
	if strings.HasPrefix(tail, ".") {
		n := digits(tail[1:])
		if n == 0 {
			return time.Time{}, false
		}
		tail = tail[1+n:]
	}
	layout := shape
	switch {
	case tail == "":
	case tail == "Z", len(tail) == 6 && (tail[0] == '+' || tail[0] == '-'):
		layout += "Z07:00"
	default:
		return time.Time{}, false
	}
	t, err := time.Parse(layout, s) // accepts a fraction where the layout has none
	return t.UTC(), err == nil
}
