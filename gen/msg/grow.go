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
