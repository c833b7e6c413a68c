package uuid

import (
	"database/sql/driver"
	"fmt"
)

// Value returns the slug that people see, and nil for the zero UUID. The error is an
// [*Error], for any other UUID that is not valid.
func (u UUID) Value() (driver.Value, error) {
	if u.IsZero() {
		return nil, nil
	}
	if err := u.check(formSQL); err != nil {
		return nil, err
	}
	return u.String(), nil
}

// Scan sets u to what [Parse] returns for a string or bytes, and to zero for NULL.
// After an error, which is an [*Error], u is as it was.
func (u *UUID) Scan(src any) error {
	switch src := src.(type) {
	case nil:
		*u = UUID{}
		return nil
	case string:
		v, err := Parse(src)
		if err == nil {
			*u = v
		}
		return err
	case []byte:
		return u.UnmarshalText(src)
	}
	return &Error{Form: fmt.Sprintf("%s %T", formSQL, src), Err: ErrForm}
}
