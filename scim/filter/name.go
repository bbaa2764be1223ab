package filter

import "strings"

// attributePath reads name, a word that began at offset start, as
//
//	[URN ":"] ATTRNAME ["." ATTRNAME]
//
// A URN has colons and dots itself, so the last colon ends it.
func (p *reader) attributePath(name string, start int) (AttributePath, error) {
	const what = "an attribute name"
	if name == "" {
		return AttributePath{}, p.expected(start, what)
	}
	var path AttributePath
	rest := name
	if colon := strings.LastIndexByte(name, ':'); colon >= 0 {
		urn := name[:colon]
		if !schemaURN(urn) {
			return AttributePath{}, p.expected(start, what)
		}
		path.URIPrefix = &urn
		rest = name[colon+1:]
	}
	first, sub, dotted := strings.Cut(rest, ".")
	if dotted {
		path.SubAttribute = &sub
		if a, b, two := strings.Cut(sub, "."); two && path.URIPrefix != nil {
			// "urn:…:2.0:User.manager.value": before 2018 Entra set a dot
			// where the colon belongs. With two dots nothing else is possible.
			if !attributeName(first) || !attributeName(a) || !attributeName(b) {
				return AttributePath{}, p.expected(start, what)
			}
			if err := p.lenient(start, dottedURN, what); err != nil {
				return AttributePath{}, err
			}
			urn := *path.URIPrefix + ":" + first
			path.URIPrefix = &urn
			first = a
			path.SubAttribute = &b
		}
		if !attributeName(*path.SubAttribute) {
			return AttributePath{}, p.expected(start, what)
		}
	}
	if !attributeName(first) {
		return AttributePath{}, p.expected(start, what)
	}
	path.AttributeName = first
	return path, nil
}

// attributeName reports whether s is an ATTRNAME: a letter, then letters,
// digits, "-" and "_". The "$" of "$ref" may lead (RFC 7643 section 2.1).
func attributeName(s string) bool {
	if s != "" && s[0] == '$' {
		s = s[1:]
	}
	if s == "" || !letter(s[0]) {
		return false
	}
	for i := 1; i < len(s); i++ {
		if c := s[i]; !letter(c) && !digit(c) && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// schemaURN reports whether s has the characters of a schema's URI, in
// non-empty parts between colons, of which the first, the scheme, begins with a
// letter (RFC 3986 section 3.1).
func schemaURN(s string) bool {
	if s == "" || !letter(s[0]) {
		return false
	}
	part := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == ':':
			if part == 0 {
				return false
			}
			part = -1
		case letter(c) || digit(c):
		case strings.IndexByte("-._~/%+@", c) >= 0:
		default:
			return false
		}
		part++
	}
	return part > 0
}

func letter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func digit(c byte) bool  { return '0' <= c && c <= '9' }
