package domain

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Date is a civil date in an office's zone: a duty shift or a leave day is no instant. The zero Date is "not stated".
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf is the civil date of an instant in a zone.
func DateOf(t time.Time, zone *time.Location) Date {
	y, m, d := t.In(zone).Date()
	return Date{y, m, d}
}

// The years that a record may speak of. What lies outside is a slip of the pen, and no store could hold the day after
// the last one.
const firstYear, lastYear = 1900, 2999

// ParseDate reads 2026-04-15, of the years 1900 to 2999; "" is the zero Date.
func ParseDate(s string) (Date, error) {
	if s == "" {
		return Date{}, nil
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < firstYear || t.Year() > lastYear {
		return Date{}, fmt.Errorf("date %q: want YYYY-MM-DD, of the years %d to %d", s, firstYear, lastYear)
	}
	return DateOf(t, time.UTC), nil
}

// Start is the first instant of the day in a zone.
func (d Date) Start(zone *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, zone)
}

// End is the first instant after the day: "24:00" of the day ends before it.
func (d Date) End(zone *time.Location) time.Time { return d.Add(1).Start(zone) }

// Add moves by calendar days.
func (d Date) Add(days int) Date {
	return DateOf(time.Date(d.Year, d.Month, d.Day+days, 0, 0, 0, 0, time.UTC), time.UTC)
}

// Weekday is the day of the week.
func (d Date) Weekday() time.Weekday {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Weekday()
}

// IsZero tells whether the date is not stated.
func (d Date) IsZero() bool { return d == Date{} }

// Before and Compare order dates.
func (d Date) Before(o Date) bool { return d.Compare(o) < 0 }

// Compare is -1, 0 or 1.
func (d Date) Compare(o Date) int {
	return cmp.Or(cmp.Compare(d.Year, o.Year), cmp.Compare(d.Month, o.Month), cmp.Compare(d.Day, o.Day))
}

// String is 2026-04-15, or "" when not stated.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

// MarshalText is String.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText is ParseDate.
func (d *Date) UnmarshalText(b []byte) (err error) { *d, err = ParseDate(string(b)); return }

// TimeOfDay is a time on the office's clock to the minute, such as 08:15; 24:00 is the end of the day.
type TimeOfDay struct{ Minutes int }

// On is the instant of the time on a day in a zone.
func (t TimeOfDay) On(d Date, zone *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, t.Minutes, 0, 0, zone)
}

// String is 08:15.
func (t TimeOfDay) String() string { return fmt.Sprintf("%02d:%02d", t.Minutes/60, t.Minutes%60) }

// MarshalText is String.
func (t TimeOfDay) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads 00:00 to 24:00.
func (t *TimeOfDay) UnmarshalText(b []byte) error {
	h, m, ok := strings.Cut(string(b), ":")
	hours, err1 := strconv.Atoi(h)
	minutes, err2 := strconv.Atoi(m)
	if !ok || err1 != nil || err2 != nil || len(h) != 2 || len(m) != 2 || hours < 0 || minutes < 0 || minutes > 59 || hours*60+minutes > 24*60 {
		return fmt.Errorf("time of day %q: want HH:MM, 00:00 to 24:00", b)
	}
	t.Minutes = hours*60 + minutes
	return nil
}

// MonthDay is a day of any year, such as 06-10.
type MonthDay struct {
	Month time.Month
	Day   int
}

// In is the day in a year.
func (m MonthDay) In(year int) Date { return Date{year, m.Month, m.Day} }

// MarshalText is 06-10.
func (m MonthDay) MarshalText() ([]byte, error) {
	return fmt.Appendf(nil, "%02d-%02d", int(m.Month), m.Day), nil
}

// UnmarshalText reads 06-10; 29 February is allowed.
func (m *MonthDay) UnmarshalText(b []byte) error {
	t, err := time.Parse(time.DateOnly, "2000-"+string(b))
	if err != nil {
		return fmt.Errorf("day of the year %q: want MM-DD", b)
	}
	m.Month, m.Day = t.Month(), t.Day()
	return nil
}

// Money is an amount in the smallest unit of its currency; there is no division and no float. JSON and text are a
// decimal string with two digits, such as "100000.00", in yuan.
type Money struct{ Fen int64 }

// String is 100000.00.
func (m Money) String() string {
	sign, fen := "", m.Fen
	if fen < 0 {
		sign, fen = "-", -fen
	}
	return fmt.Sprintf("%s%d.%02d", sign, fen/100, fen%100)
}

// MarshalText is String.
func (m Money) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads digits, a point and two digits.
func (m *Money) UnmarshalText(b []byte) error {
	yuan, fen, ok := strings.Cut(string(b), ".")
	if !ok || len(fen) != 2 || yuan == "" || yuan == "-" || len(yuan) > 15 {
		return fmt.Errorf("amount %q: want yuan with two decimals, such as 500.00", b)
	}
	n, err := strconv.ParseInt(yuan+fen, 10, 64)
	if err != nil || strings.ContainsAny(fen, "+-") || strings.HasPrefix(yuan, "+") {
		return fmt.Errorf("amount %q: want yuan with two decimals, such as 500.00", b)
	}
	m.Fen = n
	return nil
}

// Class is a degree of confidentiality, in the order of the law (保守国家秘密法): public, internal and work secrets below
// the three degrees of state secrets. "" is unmarked and handled as public.
type Class string

const (
	Public       Class = "公开"
	Internal     Class = "内部"
	WorkSecret   Class = "工作秘密"
	Confidential Class = "秘密"
	Secret       Class = "机密"
	TopSecret    Class = "绝密"
)

// Rank is 0 for unmarked and public up to 5 for top secret, and -1 for a word the law does not know.
func (c Class) Rank() int {
	switch c {
	case "", Public:
		return 0
	case Internal:
		return 1
	case WorkSecret:
		return 2
	case Confidential:
		return 3
	case Secret:
		return 4
	case TopSecret:
		return 5
	}
	return -1
}

// Classified tells whether the paper is a state secret: whoever does not handle it sees number, class and holder only.
func (c Class) Classified() bool { return c.Rank() >= Confidential.Rank() }

// Hidden tells whether a refusal must look like absence (architecture 3.18).
func (c Class) Hidden() bool { return c.Rank() >= Secret.Rank() }
