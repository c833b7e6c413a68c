package watch

import (
	"strings"

	"charm.land/lipgloss/v2"
)

// Colours of the sixteen that every terminal with colours has.
var (
	good  = newStyle(lipgloss.NewStyle().Foreground(lipgloss.Color("2")))
	warn  = newStyle(lipgloss.NewStyle().Foreground(lipgloss.Color("3")))
	bad   = newStyle(lipgloss.NewStyle().Foreground(lipgloss.Color("1")).Bold(true))
	blue  = newStyle(lipgloss.NewStyle().Foreground(lipgloss.Color("4")))
	dim   = newStyle(lipgloss.NewStyle().Faint(true))
	bold  = newStyle(lipgloss.NewStyle().Bold(true))
	shout = newStyle(lipgloss.NewStyle().Reverse(true).Bold(true))
)

// style is a lipgloss style without anything that depends on the text: rendering a word by lipgloss takes thousands of
// instructions, and a bot on the same processor waits for them.
type style struct{ begin, end string }

func newStyle(s lipgloss.Style) style {
	begin, end, _ := strings.Cut(s.Render("x"), "x")
	return style{begin, end}
}

// Render returns a text of one line in the style.
func (s style) Render(text string) string {
	if text == "" {
		return ""
	}
	return s.begin + text + s.end
}

// beside puts a text to the right of the ladder.
func beside(left, right string) string {
	var b strings.Builder
	lefts, rights := strings.Split(left, "\n"), strings.Split(right, "\n")
	for i := range max(len(lefts), len(rights)) {
		if i > 0 {
			b.WriteByte('\n')
		}
		width := 0
		if i < len(lefts) {
			width = lipgloss.Width(lefts[i])
			b.WriteString(lefts[i])
		}
		if i < len(rights) {
			b.WriteString(strings.Repeat(" ", max(ladderWidth-width, 1)))
			b.WriteString(rights[i])
		}
	}
	return b.String()
}
