package resource

// names finds the member names of one object that are the same without regard
// to ASCII case. The zero value is for an object without members yet.
type names struct {
	seen map[string]struct{} // in lower case, once there are many
}

// few is the number of members up to which comparing with each is faster than
// a map. Objects of SCIM have seldom more.
const few = 24

// add reports whether the name is new; fields are the members so far, all of
// which were added.
func (n *names) add(fields []Field, name string) bool {
	if len(fields) < few {
		for i := range fields {
			if EqualFold(fields[i].Name, name) {
				return false
			}
		}
		return true
	}
	if n.seen == nil {
		n.seen = make(map[string]struct{}, 2*few)
		for i := range fields {
			n.seen[lower(fields[i].Name)] = struct{}{}
		}
	}
	key := lower(name)
	if _, found := n.seen[key]; found {
		return false
	}
	n.seen[key] = struct{}{}
	return true
}

// lower maps ASCII letters to lower case, the folding of EqualFold.
func lower(s string) string {
	for i := 0; i < len(s); i++ {
		if 'A' <= s[i] && s[i] <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if 'A' <= b[i] && b[i] <= 'Z' {
					b[i] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}
