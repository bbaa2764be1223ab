package schema

import (
	"strconv"
	"strings"
)

// isNumber reports whether s is a JSON number.
func isNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	n := digits(s)
	if n == 0 || n > 1 && s[0] == '0' {
		return false
	}
	s = s[n:]
	if strings.HasPrefix(s, ".") {
		if n = digits(s[1:]); n == 0 {
			return false
		}
		s = s[1+n:]
	}
	if s != "" && (s[0] == 'e' || s[0] == 'E') {
		s = s[1:]
		if s != "" && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		if n = digits(s); n == 0 {
			return false
		}
		s = s[n:]
	}
	return s == ""
}

// digits returns how many decimal digits s begins with.
func digits(s string) int {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}

// integer returns the canonical literal of a whole number of 64 bits; a
// fraction or an exponent is none, even if it is zero (R-7643-2.3.4-01).
func integer(literal string) (string, bool) {
	if strings.ContainsAny(literal, ".eE+") {
		return "", false
	}
	n, err := strconv.ParseInt(literal, 10, 64)
	if err != nil {
		return "", false
	}
	return strconv.FormatInt(n, 10), true
}

// maxExponent bounds what is written out: a double reaches 308.
const maxExponent = 400

// decimal returns the canonical literal of a decimal: no exponent, at least one
// digit on each side of the point, no other zeros that say nothing
// (R-7643-2.3.3-01). No digit is lost.
func decimal(literal string) (string, bool) {
	if !isNumber(literal) {
		return "", false
	}
	s, negative := strings.CutPrefix(literal, "-")
	exponent := 0
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		n, err := strconv.Atoi(s[i+1:])
		if err != nil || n > maxExponent || n < -maxExponent {
			return "", false
		}
		s, exponent = s[:i], n
	}
	whole, fraction, _ := strings.Cut(s, ".")
	all := whole + fraction
	point := len(whole) + exponent // position of the point in all
	if point < 0 {
		all, point = strings.Repeat("0", -point)+all, 0
	} else if point > len(all) {
		all += strings.Repeat("0", point-len(all))
	}
	whole = strings.TrimLeft(all[:point], "0")
	fraction = strings.TrimRight(all[point:], "0")
	if whole == "" {
		whole = "0"
	}
	if fraction == "" {
		fraction = "0"
	}
	if negative && (whole != "0" || fraction != "0") {
		whole = "-" + whole
	}
	return whole + "." + fraction, true
}
