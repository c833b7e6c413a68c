// Package bugs holds errors that somebody could have made in the project, as changes of a few lines each, to test
// what package prove notices. Nothing here changes a file: [Bug.Apply] works on text, and tools/bugs builds with it.
//
// The files *.bugs hold them, a few lines each:
//
//	bug   name
//	file  the file that is changed
//	says  what it breaks
//	needs what days have to have for it to be noticed, and do not have yet
//	- a line of the file that goes
//	+ a line that comes in its place
//
// Lines are compared without the space around them. Those that go follow each other in the file, and have to be found
// in it once. A bug may change several places, also of several files.
package bugs

import (
	"bytes"
	"embed"
	"fmt"
	"path"
	"strings"
)

//go:embed *.bugs
var files embed.FS

// Bug is an error in one or more places.
type Bug struct {
	Name    string
	Says    string // what it breaks
	Needs   string // what days have to have for it to be noticed, and do not have yet
	Changes []Change
}

// Change is lines of a file and what comes in their place.
type Change struct {
	File     string // from the project's root
	Old, New []string
}

// Package returns the folder of the first file that the bug changes.
func (b *Bug) Package() string { return path.Dir(b.Changes[0].File) }

// Files returns the files that the bug changes.
func (b *Bug) Files() (names []string) {
	seen := make(map[string]bool)
	for _, c := range b.Changes {
		if !seen[c.File] {
			seen[c.File] = true
			names = append(names, c.File)
		}
	}
	return names
}

// Apply returns the text of a file with the bug in it. The error says which lines are not found, or not once.
func (b *Bug) Apply(file string, text []byte) ([]byte, error) {
	lines := strings.Split(string(text), "\n")
	for _, c := range b.Changes {
		if c.File != file {
			continue
		}
		at := -1
		for i := range lines {
			if !matches(lines[i:], c.Old) {
				continue
			}
			if at >= 0 {
				return nil, fmt.Errorf("%s: %s: lines %d and %d are both %q", b.Name, file, at+1, i+1, c.Old[0])
			}
			at = i
		}
		if at < 0 {
			return nil, fmt.Errorf("%s: %s: not found: %q", b.Name, file, c.Old)
		}
		rest := append(append([]string(nil), c.New...), lines[at+len(c.Old):]...)
		lines = append(lines[:at], rest...)
	}
	return []byte(strings.Join(lines, "\n")), nil
}

func matches(lines, want []string) bool {
	if len(lines) < len(want) {
		return false
	}
	for i := range want {
		if strings.TrimSpace(lines[i]) != want[i] {
			return false
		}
	}
	return true
}

// All returns the bugs, by file and in the order in it.
func All() ([]Bug, error) {
	entries, err := files.ReadDir(".")
	if err != nil {
		return nil, err
	}
	var all []Bug
	for _, e := range entries {
		text, err := files.ReadFile(e.Name())
		if err != nil {
			return nil, err
		}
		bugs, err := parse(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.Name(), err)
		}
		all = append(all, bugs...)
	}
	return all, nil
}

// parse reads the bugs of a file.
func parse(text []byte) (bugs []Bug, err error) {
	file := ""
	var change *Change
	n := 0
	for line := range bytes.Lines(text) {
		n++
		key, value, _ := strings.Cut(strings.TrimSpace(string(line)), " ")
		value = strings.TrimSpace(value)
		if key != "" && key != "bug" && key != "#" && len(bugs) == 0 {
			return nil, fmt.Errorf("line %d: before the first bug", n)
		}
		switch key {
		case "", "#":
			change = nil
		case "bug":
			bugs = append(bugs, Bug{Name: value})
			file, change = "", nil
		case "file":
			file, change = value, nil
		case "says":
			bugs[len(bugs)-1].Says = value
		case "needs":
			bugs[len(bugs)-1].Needs = value
		case "-":
			b := &bugs[len(bugs)-1]
			if change == nil || len(change.New) > 0 {
				b.Changes = append(b.Changes, Change{File: file})
				change = &b.Changes[len(b.Changes)-1]
			}
			change.Old = append(change.Old, value)
		case "+":
			if change == nil {
				return nil, fmt.Errorf("line %d: a line in the place of none", n)
			}
			change.New = append(change.New, value)
		default:
			return nil, fmt.Errorf("line %d: %q", n, key)
		}
	}
	for _, b := range bugs {
		if b.Name == "" || b.Says == "" || len(b.Changes) == 0 || b.Changes[0].File == "" {
			return nil, fmt.Errorf("bug %q lacks a name, a file, a change, or what it breaks", b.Name)
		}
	}
	return bugs, nil
}
