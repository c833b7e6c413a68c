package report

import (
	"strings"
	"unicode/utf8"
)

// table is a Markdown table whose columns are also aligned for readers of the text.
type table struct {
	head  []string // a name that ends in ">" belongs to a column of numbers
	cells [][]string
}

func newTable(head ...string) *table { return &table{head: head} }

func (t *table) row(cells ...string) {
	if len(cells) != len(t.head) {
		panic("BUG: report: a row is not as wide as its table")
	}
	t.cells = append(t.cells, cells)
}

// unlessEmpty is the table and what follows it, or nothing if it has no rows.
func (t *table) unlessEmpty(after string) string {
	if len(t.cells) == 0 {
		return ""
	}
	return t.String() + after
}

func (t *table) String() string {
	widths := make([]int, len(t.head))
	right := make([]bool, len(t.head))
	names := make([]string, len(t.head))
	for i, name := range t.head {
		names[i] = strings.TrimSuffix(name, ">")
		right[i] = names[i] != name
		widths[i] = max(3, utf8.RuneCountInString(names[i]))
		for _, row := range t.cells {
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i]))
		}
	}
	var b strings.Builder
	line := func(cells []string) {
		for i, cell := range cells {
			space := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if right[i] {
				b.WriteString("| " + space + cell + " ")
			} else {
				b.WriteString("| " + cell + space + " ")
			}
		}
		b.WriteString("|\n")
	}
	line(names)
	for i := range names {
		dashes := strings.Repeat("-", widths[i])
		if right[i] {
			dashes = dashes[1:] + ":"
		}
		b.WriteString("| " + dashes + " ")
	}
	b.WriteString("|\n")
	for _, row := range t.cells {
		line(row)
	}
	return b.String()
}
