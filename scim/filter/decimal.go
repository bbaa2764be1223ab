package filter

import (
	"cmp"
	"strings"
)

// decimal is a number of any size, exactly: ±0.digits × 10^exponent, where
// digits neither begins nor ends with 0; zero has none. It is compared without
// ever being written out, so 1e999999999 costs no more than 1.
type decimal struct {
	negative bool
	digits   string
	exponent int64
}

// furthest is where exponents stop being told apart. No number a filter may
// name is that far out (see moderate), so comparisons stay exact.
const furthest = 1 << 40

// parseDecimal reads a JSON number; other text is read as zero.
func parseDecimal(s string) decimal {
	var d decimal
	if !numberLiteral(s) {
		return d
	}
	if s[0] == '-' {
		d.negative = true
		s = s[1:]
	}
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		d.exponent = exponentOf(s[i+1:])
		s = s[:i]
	}
	whole, fraction, _ := strings.Cut(s, ".")
	d.digits = whole
	if fraction != "" {
		d.digits = whole + fraction
	}
	d.exponent += int64(len(whole))
	significant := strings.TrimLeft(d.digits, "0")
	d.exponent -= int64(len(d.digits) - len(significant))
	if d.digits = strings.TrimRight(significant, "0"); d.digits == "" {
		return decimal{}
	}
	return d
}

// exponentOf reads the digits behind the e.
func exponentOf(s string) int64 {
	n, sign := int64(0), int64(1)
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '-':
			sign = -1
		case s[i] == '+':
		case n < furthest:
			n = n*10 + int64(s[i]-'0')
		}
	}
	return sign * min(n, furthest)
}

// moderate reports whether a filter may compare with the number.
func (d decimal) moderate() bool {
	return -furthest/2 < d.exponent && d.exponent < furthest/2
}

// compare returns -1, 0 or 1 as d is less than, equal to or greater than e.
func (d decimal) compare(e decimal) int {
	if c := cmp.Compare(d.sign(), e.sign()); c != 0 {
		return c
	}
	c := cmp.Compare(d.exponent, e.exponent)
	if c == 0 {
		c = cmp.Compare(d.digits, e.digits)
	}
	return c * d.sign()
}

func (d decimal) sign() int {
	switch {
	case d.digits == "":
		return 0
	case d.negative:
		return -1
	}
	return 1
}
