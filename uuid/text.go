package uuid

import "encoding/json"

// Parse returns the identifier of a text that says what it is: a slug in base 36 with
// its prefix, or hex of [HexPad] digits or more. A slug without prefix and
// shorter hex look like each other and are refused. The error is an [*Error].
func Parse[T ~string | ~[]byte](text T) (UUID, error) {
	switch {
	case len(text) >= prefixBytes && text[1] == '-':
		return ParseSlug(text)
	case len(text) >= HexPad:
		return ParseHex(text)
	case len(text) == 0:
		return UUID{}, &Error{Form: formText, Err: ErrEmpty}
	}
	return UUID{}, &Error{Form: formText, Err: ErrForm}
}

// check returns an error if there is nothing to write in this form.
func (u UUID) check(form string) error {
	if !u.Valid() {
		return &Error{Form: form, Err: ErrTag, Tag: u.tag}
	}
	return nil
}

// AppendText appends the slug that people see. The error is an [*Error], for a UUID
// that is not valid.
func (u UUID) AppendText(dst []byte) ([]byte, error) {
	if err := u.check(formText); err != nil {
		return dst, err
	}
	return u.AppendSlug(dst, SlugFormat{}), nil
}

// MarshalText returns the slug that people see. The error is an [*Error], for a UUID
// that is not valid.
func (u UUID) MarshalText() ([]byte, error) { return u.AppendText(nil) }

// UnmarshalText sets u to what [Parse] returns. After an error u is as it was.
func (u *UUID) UnmarshalText(text []byte) error {
	v, err := Parse(text)
	if err == nil {
		*u = v
	}
	return err
}

// MarshalJSON returns the slug that people see as a string, and null for the zero
// UUID. The error is an [*Error], for any other UUID that is not valid.
func (u UUID) MarshalJSON() ([]byte, error) {
	if u.IsZero() {
		return []byte("null"), nil
	}
	if err := u.check(formJSON); err != nil {
		return nil, err
	}
	dst := append(make([]byte, 0, stackBytes), '"')
	return append(u.AppendSlug(dst, SlugFormat{}), '"'), nil
}

// UnmarshalJSON sets u to what [Parse] returns for a string, and to zero for null. Places
// in errors count from the string's first character. After an error u is as it
// was.
func (u *UUID) UnmarshalJSON(value []byte) error {
	if string(value) == "null" {
		*u = UUID{}
		return nil
	}
	if len(value) < 2 || value[0] != '"' || value[len(value)-1] != '"' {
		return &Error{Form: formJSON, Err: ErrForm}
	}
	text := value[1 : len(value)-1]
	for _, c := range text {
		if c == '\\' || c == '"' {
			return u.unmarshalEscaped(value)
		}
	}
	return u.UnmarshalText(text)
}

// unmarshalEscaped sets u from a string that spells some of its characters in
// another way.
func (u *UUID) unmarshalEscaped(value []byte) error {
	var text string
	if err := json.Unmarshal(value, &text); err != nil {
		return &Error{Form: formJSON, Err: ErrForm}
	}
	return u.UnmarshalText([]byte(text))
}
