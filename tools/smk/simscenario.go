package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/smk-go/smk/sim/script"
)

// listedScenario is a scenario that comes with the exchange.
type listedScenario struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"seconds"` // of the exchange's time
	About   string  `json:"about"`
}

// listScenarios prints the scenarios that come with the exchange.
func listScenarios(out io.Writer, asJSON bool) error {
	if asJSON {
		var list []listedScenario
		for _, s := range script.Builtin() {
			list = append(list, listedScenario{s.Name, s.End.Seconds(), s.About})
		}
		return json.NewEncoder(out).Encode(list)
	}
	var b strings.Builder
	for _, s := range script.Builtin() {
		fmt.Fprintf(&b, "%-18s %-6v %s\n", s.Name, s.End, s.About)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// findScenario finds a shipped scenario, or reads a file.
func findScenario(flag, name string) (*script.Scenario, error) {
	if s := script.Find(name); s != nil {
		return s, nil
	}
	if !strings.ContainsAny(name, "./\\") {
		return nil, usageError{fmt.Errorf("%s: there is no scenario %q (smk sim --scenarios lists them)", flag, name)}
	}
	content, err := readFile(flag, name)
	if err != nil {
		return nil, err
	}
	return script.Parse(name, content)
}

// play runs a scenario in virtual time.
func (c *simCommand) play(out io.Writer) error {
	s, err := findScenario("--play", c.Play)
	if err != nil {
		return err
	}
	config, explain, err := c.config()
	if err != nil {
		return err
	}
	if err := s.Run(config); err != nil {
		return errors.New(strings.ReplaceAll(explain(err).Error(), "\n", "; "))
	}
	if c.JSON {
		return json.NewEncoder(out).Encode(listedScenario{s.Name, s.End.Seconds(), s.About})
	}
	_, err = fmt.Fprintf(out, "%s: as expected, %v of the exchange's time\n", s.Name, s.End)
	return err
}

// happened returns what prints a scenario's statements, or nil if nothing is to be printed.
func (c *simCommand) happened(to *lines) func(time.Duration, string, error) {
	if c.JSON {
		return nil
	}
	return func(at time.Duration, text string, err error) {
		line := fmt.Sprintf("%-11s %s", "+"+at.String(), text)
		if err != nil {
			line += " (not possible: " + err.Error() + ")"
		}
		to.say(line)
	}
}
