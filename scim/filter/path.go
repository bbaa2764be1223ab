package filter

import "strings"

// path reads the whole text as RFC 7644 figure 7 (section 3.5.2) has it:
//
//	path = attrPath / attrPath "[" filter "]" ["." ATTRNAME]
func (p *reader) path() (Path, error) {
	if err := p.begin(); err != nil {
		return Path{}, err
	}
	start := p.pos
	name := p.word()
	attr, err := p.attributePath(name, start)
	if err != nil {
		// A URN may end in a version, which is no name: "urn:example:hr:2.0".
		colon := strings.LastIndexByte(name, ':')
		if colon < 0 || digits(name[colon+1:]) == 0 || !schemaURN(name) {
			return Path{}, err
		}
		return Path{AttributePath: AttributePath{URIPrefix: &name}}, p.end("the end")
	}
	path := Path{AttributePath: attr}
	if p.next() != '[' {
		return path, p.end(`"[" or the end`)
	}
	if path.ValueExpression, err = p.valueFilter(); err != nil {
		return Path{}, err
	}
	if p.next() != '.' {
		return path, p.end(`"." or the end`)
	}
	p.pos++
	at := p.pos
	sub := p.word()
	if !attributeName(sub) {
		return Path{}, p.expected(at, "the name of a sub-attribute")
	}
	path.SubAttribute = &sub
	return path, p.end("the end")
}
