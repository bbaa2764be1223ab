package patch

import (
	"unicode/utf8"

	"github.com/scimbridge/scimbridge/scim/fault"
	"github.com/scimbridge/scimbridge/scim/resource"
	"github.com/scimbridge/scimbridge/scim/schema"
)

// work is what the operations of one request have cost so far. The unit is one
// look at a small element, which takes one or two tenths of a microsecond.
type work int

// maxWork bounds the work of one request, during which no one else may be able
// to write, to about half a second (T-43). A thousand values of usual length
// can still be added one by one.
const maxWork work = 3_000_000

// spend adds to the work what is about to be done to a list: weight is that of
// the list, times how often each element is looked at. The error is tooMany.
func (w *work) spend(a *schema.Attribute, weight, times int) error {
	// Both are bounded by the size of a request and of what is stored, so the
	// product does not overflow.
	if *w += work(weight) * work(max(1, times)); *w > maxWork {
		return fault.TooMany("%s: the operations are too much work for a list this long; send fewer of them, with shorter filters, in one request", a.Path)
	}
	return nil
}

// weigh returns the weight of a list: how much work it is to look at each of its
// elements once.
func weigh(list []resource.Value) int {
	total := 0
	for _, v := range list {
		total += weight(v)
	}
	return total
}

// weight returns the weight of one value: 1, and more if it has many
// sub-attributes or long texts. Letters beyond ASCII count for more, as their
// case is laborious to fold.
func weight(v resource.Value) int {
	switch v.Kind() {
	case resource.String:
		ascii, other, text := 0, 0, v.Text()
		for i := 0; i < len(text); i++ {
			if text[i] < utf8.RuneSelf {
				ascii++
			} else {
				other++
			}
		}
		return 1 + ascii/16 + other/2
	case resource.List:
		return 1 + weigh(v.List())
	case resource.Complex:
		total := 0
		for _, f := range v.Object().Fields() {
			total += weight(f.Value)
		}
		return 1 + total/2
	}
	return 1
}
