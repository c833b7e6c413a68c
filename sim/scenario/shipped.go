package scenario

import (
	"embed"
	"strings"
)

//go:embed scenarios
var files embed.FS

// Shipped returns the scenarios that come with the exchange, by name.
func Shipped() []*Scenario {
	entries, err := files.ReadDir("scenarios")
	if err != nil {
		panic("BUG: sim: " + err.Error())
	}
	var list []*Scenario
	for _, e := range entries {
		b, err := files.ReadFile("scenarios/" + e.Name())
		if err != nil {
			panic("BUG: sim: " + err.Error())
		}
		s, err := Read(e.Name(), b)
		if err != nil {
			panic("BUG: sim: " + err.Error())
		}
		list = append(list, s)
	}
	return list
}

// Find returns a shipped scenario by its name, nil if there is none.
func Find(name string) *Scenario {
	for _, s := range Shipped() {
		if s.Name == strings.TrimSuffix(name, ".txt") {
			return s
		}
	}
	return nil
}
