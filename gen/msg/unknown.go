package msg

// Unknown counts what a decode met that the schema does not name. The counts only grow; a caller
// that wants them per message zeroes the value.
type Unknown struct {
	Fields uint64 // fields skipped, and bodies of a payload that its type does not name
	Values uint64 // enum values outside of the schema, kept as numbers
}

func (u *Unknown) field() {
	if u != nil {
		u.Fields++
	}
}

func (u *Unknown) value() {
	if u != nil {
		u.Values++
	}
}

func (u *Unknown) add(more Unknown) {
	if u != nil {
		u.Fields += more.Fields
		u.Values += more.Values
	}
}
