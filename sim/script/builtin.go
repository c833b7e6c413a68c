package script

import (
	"embed"
	"strings"
)

//go:embed scenarios
var scenarioFiles embed.FS

// Builtin returns the scenarios that come with the package, sorted by name.
func Builtin() []*Scenario {
	entries, err := scenarioFiles.ReadDir("scenarios")
	if err != nil {
		panic("BUG: sim: " + err.Error())
	}
	var list []*Scenario
	for _, e := range entries {
		b, err := scenarioFiles.ReadFile("scenarios/" + e.Name())
		if err != nil {
			panic("BUG: sim: " + err.Error())
		}
		s, err := Parse(e.Name(), b)
		if err != nil {
			panic("BUG: sim: " + err.Error())
		}
		list = append(list, s)
	}
	return list
}

// Find returns the built-in scenario of a name, with or without ".txt", or nil if there is none.
func Find(name string) *Scenario {
	for _, s := range Builtin() {
		if s.Name == strings.TrimSuffix(name, ".txt") {
			return s
		}
	}
	return nil
}
