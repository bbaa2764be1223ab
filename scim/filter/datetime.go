package filter

import "time"

// parseDateTime reads an xsd:dateTime (RFC 7643 section 2.3.5):
// YYYY-MM-DDThh:mm:ss, a fraction of any length, and a zone; without a zone it
// is taken for UTC. Digits beyond nanoseconds are dropped.
func parseDateTime(s string) (time.Time, bool) {
	const layout = "0000-00-00T00:00:00"
	if len(s) < len(layout) || len(s) > 64 {
		return time.Time{}, false
	}
	for i := range len(layout) {
		if layout[i] == '0' && !digit(s[i]) || layout[i] != '0' && s[i] != layout[i] {
			return time.Time{}, false
		}
	}
	year, month, day := twoDigits(s[0:])*100+twoDigits(s[2:]), twoDigits(s[5:]), twoDigits(s[8:])
	hour, minute, second := twoDigits(s[11:]), twoDigits(s[14:]), twoDigits(s[17:])
	if hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	rest := s[len(layout):]
	nanos := 0
	if rest != "" && rest[0] == '.' {
		n := digits(rest[1:])
		if n == 0 {
			return time.Time{}, false
		}
		for i := 1; i <= 9; i++ {
			nanos *= 10
			if i <= n {
				nanos += int(rest[i] - '0')
			}
		}
		rest = rest[1+n:]
	}
	offset, ok := zone(rest)
	t := time.Date(year, time.Month(month), day, hour, minute, second, nanos, time.UTC)
	if !ok || t.Day() != day || t.Month() != time.Month(month) { // time.Date turns February 30 into March
		return time.Time{}, false
	}
	return t.Add(-offset), true
}

// zone reads "", "Z" or "±hh:mm", at most 14 hours.
func zone(s string) (time.Duration, bool) {
	switch {
	case s == "" || s == "Z":
		return 0, true
	case len(s) != 6 || s[0] != '+' && s[0] != '-' || s[3] != ':' || digits(s[1:3]) != 2 || digits(s[4:]) != 2:
		return 0, false
	}
	hours, minutes := twoDigits(s[1:]), twoDigits(s[4:])
	offset := time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
	if minutes > 59 || offset > 14*time.Hour {
		return 0, false
	}
	if s[0] == '-' {
		offset = -offset
	}
	return offset, true
}

func twoDigits(s string) int { return int(s[0]-'0')*10 + int(s[1]-'0') }
