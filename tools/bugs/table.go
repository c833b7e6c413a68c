package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/smk-go/smk/prove/bugs"
)

const heading = `# Planted bugs

Each of these is an error that somebody could have made: the files beside this one hold them as changes of a few lines.
` + "`make bugs`" + ` builds the project with each in turn, runs trading days of seeds from 0 until one fails, ` +
	`and writes this table.
Package prove has to notice every one of them. The step is the round of the day's world in which it does.

| bug | package | what it breaks | first seed | round | virtual time | invariant |
| --- | --- | --- | ---: | ---: | ---: | --- |
`

// row returns a line of the table.
func row(b *bugs.Bug, c caught) string {
	if !c.Failed {
		return fmt.Sprintf("| %s | %s | %s | none of %d | | | |", b.Name, b.Package(), b.Says, c.Seeds)
	}
	return fmt.Sprintf("| %s | %s | %s | %d | %d | %v | %s |",
		b.Name, b.Package(), b.Says, c.Seed, c.Round, c.At.Round(time.Millisecond), c.Invariant)
}

// needsRow is row for a bug that was not run.
func needsRow(b *bugs.Bug) string {
	return fmt.Sprintf("| %s | %s | %s | needs %s | | | |", b.Name, b.Package(), b.Says, b.Needs)
}

// readTable returns the lines of the table by the names of the bugs.
func readTable(name string) (lines map[string]string, err error) {
	lines = make(map[string]string)
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return lines, nil
	}
	for line := range strings.Lines(string(text)) {
		if cells := strings.Split(line, " | "); len(cells) > 2 {
			lines[strings.TrimPrefix(cells[0], "| ")] = strings.TrimRight(line, "\n")
		}
	}
	return lines, err
}

// writeTable writes the table: a line for each bug, and how many are noticed.
func writeTable(name string, all []bugs.Bug, lines map[string]string) error {
	var b strings.Builder
	b.WriteString(heading)
	listed, soon, late := 0, 0, 0
	for i := range all {
		line, ok := lines[all[i].Name]
		if !ok {
			continue
		}
		b.WriteString(line + "\n")
		listed++
		seed, ok := seedOf(line)
		if !ok {
			continue
		}
		if late++; seed < 100 {
			soon++
		}
	}
	fmt.Fprintf(&b, "\n%d bugs: %d noticed, %d of them within 100 seeds.\n", listed, late, soon)
	return os.WriteFile(name, []byte(b.String()), 0o644)
}

// seedOf returns the seed in a line of the table.
func seedOf(line string) (seed int, ok bool) {
	cells := strings.Split(line, " | ")
	if len(cells) < 4 {
		return 0, false
	}
	seed, err := strconv.Atoi(strings.TrimSpace(cells[3]))
	return seed, err == nil
}
