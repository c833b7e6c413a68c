package msg

// extend returns s with one element more, which may hold old values: elements behind the length
// keep their own repeated fields' memory for reuse.
func extend[T any](s []T) []T {
	if len(s) < cap(s) {
		return s[:len(s)+1]
	}
	var zero T
	return append(s, zero)
}

// shrink drops memory for more than KeptMax elements. It is for a repeated field inside of an element
// that is reused: otherwise the largest sizes that a peer ever sent for each element would add up.
func shrink[T any](s []T) []T {
	if cap(s) > KeptMax {
		return nil
	}
	return s
}
