package resource

import (
	"github.com/scimbridge/scimbridge/scim/fault"
)

// DecodeEach is DecodeObject for a message whose one long list need not be held
// in memory: the elements of the array that is the member of this name (without
// regard to ASCII case) are handed to each as they are read, with their index
// from 0, and are null in the object that is returned. An error of each ends the
// reading and is returned. What is behind the list is checked only afterwards,
// so an element counts for nothing before DecodeEach has returned. A member of
// this name that is no array is returned as it is.
//
// The limits are those of Decode and hold for the whole text.
func DecodeEach(data []byte, limits Limits, name string, each func(i int, v Value) error) (*Object, error) {
	list := &stream{name: name, each: each}
	v, err := decode(data, limits, list)
	if list.err != nil {
		return nil, list.err
	}
	if err != nil {
		return nil, err
	}
	if v.kind != Complex {
		return nil, fault.InvalidSyntax("the body must be a JSON object, not %s", article(v.kind))
	}
	return v.obj, nil
}

// stream is the list of the outermost object whose elements are handed out.
type stream struct {
	name string
	each func(int, Value) error
	err  error // of each
}

// stream reads the list and hands out its elements. What it returns is null.
func (d *decoder) stream(depth int) (Value, error) {
	if _, err := d.json.ReadToken(); err != nil {
		return Value{}, err
	}
	if depth >= d.limits.Depth {
		return Value{}, d.fail("the JSON is nested deeper than %d levels", d.limits.Depth)
	}
	if err := d.count(); err != nil {
		return Value{}, err
	}
	for i := 0; d.json.PeekKind() != ']'; i++ {
		v, err := d.value(depth + 1)
		if err != nil {
			return Value{}, err
		}
		if d.each.err = d.each.each(i, v); d.each.err != nil {
			return Value{}, d.each.err
		}
	}
	_, err := d.json.ReadToken()
	return Value{}, err
}
