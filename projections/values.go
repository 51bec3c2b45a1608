package projections

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"andu/domain"
)

// Instant is the column value of an instant: what is not stated is null.
func Instant(i domain.Instant) any {
	if i.IsZero() {
		return nil
	}
	return i.Time
}

// Date is the column value of a day: what is not stated is null.
func Date(d domain.Date) any {
	if d.IsZero() {
		return nil
	}
	return d.String()
}

// Day is the day of an instant where the office of a record is.
func Day(r domain.Recorded, i domain.Instant) domain.Date {
	zone, known := zones.Load(r.Zone)
	if !known {
		z, err := time.LoadLocation(r.Zone)
		if err != nil {
			z = time.UTC // the zone was checked when it was recorded
		}
		zone, _ = zones.LoadOrStore(r.Zone, z)
	}
	return domain.DateOf(i.Time, zone.(*time.Location))
}

// zones are those that records have named, by name.
var zones sync.Map

// Array is the column value of a list, which is never null.
func Array[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// Into reads a column of an instant or a day into a field; null is "not stated".
func Into[T domain.Instant | domain.Date](field *T) any {
	switch f := any(field).(type) {
	case *domain.Instant:
		return instantField{f}
	case *domain.Date:
		return dateField{f}
	}
	return nil
}

type instantField struct{ to *domain.Instant }

func (f instantField) ScanTimestamptz(v pgtype.Timestamptz) error {
	*f.to = domain.Instant{}
	if v.Valid {
		*f.to = domain.At(v.Time)
	}
	return nil
}

type dateField struct{ to *domain.Date }

func (f dateField) ScanDate(v pgtype.Date) error {
	*f.to = domain.Date{}
	if v.Valid {
		*f.to = domain.Date{Year: v.Time.Year(), Month: v.Time.Month(), Day: v.Time.Day()}
	}
	return nil
}

// ErrCursor: what was given to go on from is not from this list.
var ErrCursor = errors.New("the cursor is not of this list")

// Cursor is the place behind which a list goes on, for a client to hand back as it is.
func Cursor(place any) string {
	b, err := json.Marshal(place)
	if err != nil {
		panic(err) // a place is made of texts and numbers
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// Seek reads a cursor; "" is the beginning of the list and leaves place as it is.
func Seek(cursor string, place any) error {
	if cursor == "" {
		return nil
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || json.Unmarshal(b, place) != nil {
		return ErrCursor
	}
	return nil
}
