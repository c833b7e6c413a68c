package config

import "strings"

// nearest returns the candidate that differs from name in case alone, or else the one with
// the fewest edits from it, the first of several, or "" if more than half of name would have
// to change.
func nearest(name string, candidates []string) string {
	best, distance := "", len(name)/2+1
	for _, c := range candidates {
		if strings.EqualFold(c, name) {
			return c
		}
		if d := edits(name, c); d < distance {
			best, distance = c, d
		}
	}
	return best
}

// edits counts the bytes to insert, delete, replace or swap with their neighbour to make b
// of a. Names longer than any of ours are not measured.
func edits(a, b string) int {
	const longest = 64
	if len(a) > longest || len(b) > longest {
		return max(len(a), len(b))
	}
	var two, one, row [longest + 1]int // rows i-2, i-1 and i of the table
	for j := range len(b) + 1 {
		one[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			row[j] = min(one[j]+1, row[j-1]+1, one[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], two[j-2]+1)
			}
		}
		two, one = one, row
	}
	return one[len(b)]
}
