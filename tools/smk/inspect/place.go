package inspect

import (
	"fmt"
	"strconv"
	"strings"
)

// Place is where something is in a journal: a record's number and, if the record has several messages, which of them,
// from 1.
type Place struct {
	Record uint64 `json:"record"`
	Part   int    `json:"part,omitempty"`
}

// Number returns the record's number, with the part behind a point.
func (p Place) Number() string {
	text := strconv.FormatUint(p.Record, 10)
	if p.Part > 0 {
		text += "." + strconv.Itoa(p.Part)
	}
	return text
}

// ParsePlace reads what [Place.Number] returns.
func ParsePlace(text string) (p Place, err error) {
	number, part, parts := strings.Cut(text, ".")
	if p.Record, err = strconv.ParseUint(number, 10, 64); err == nil && parts {
		p.Part, err = strconv.Atoi(part)
	}
	if err != nil || p.Record == 0 || parts && p.Part < 1 {
		return Place{}, fmt.Errorf("%q is no record such as 82, or 82.3 for its third message", text)
	}
	return p, nil
}

// before reports whether an entry is behind the place. Without a part the place is the whole record.
func (p Place) before(e *Entry) bool {
	return e.Seq > p.Record || e.Seq == p.Record && p.Part > 0 && e.Part > p.Part
}
