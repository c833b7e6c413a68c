package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// serviceLink matches the variables that Kubernetes sets in every container of a
// namespace for each of its services, and Docker for a linked container. What comes
// before SERVICE or PORT is the service's name.
var serviceLink = regexp.MustCompile(`^([0-9A-Z_]+?)_(?:SERVICE_HOST|SERVICE_PORT(?:_[0-9A-Z_]+)?|` +
	`PORT(?:_[0-9]+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)$`)

// serviceOf returns the name of the service that a variable seems to be set for, or "".
func serviceOf(variable, value string) string {
	m := serviceLink.FindStringSubmatch(variable)
	if m == nil || variable == m[1]+"_PORT" && !strings.Contains(value, "://") {
		return "" // a person sets a number, an orchestrator tcp://10.0.0.1:3701
	}
	return strings.ToLower(strings.ReplaceAll(m[1], "_", "-"))
}

// programs are what the variables of our programs start with, which bots find in their environment: those of smk
// backtest, and the token of plugin/smkcontrol.
var programs = []string{variablePrefix + "BACKTEST_", variablePrefix + "CONTROL_", variablePrefix + "NATS_"}

// ofPrograms reports whether a variable is no setting but one of our programs'.
func ofPrograms(name string) bool {
	return slices.ContainsFunc(programs, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// readEnviron keeps our variables and reports those that nobody knows, those of one service
// together.
func (l *loader) readEnviron() {
	known := make([]string, len(settings))
	for i := range settings {
		known[i] = settings[i].variable()
	}
	var services []string
	links := make(map[string][]string) // names of variables, by service
	l.environ = make(map[string]string)
	for _, line := range l.options.Environ {
		name, text, _ := strings.Cut(line, "=")
		service := serviceOf(name, text)
		switch {
		case !strings.HasPrefix(name, variablePrefix), name == ProfileVariable, ofPrograms(name):
		case slices.Contains(known, name):
			l.environ[name] = text
		case service != "":
			if links[service] == nil {
				services = append(services, service)
			}
			links[service] = append(links[service], name)
		default:
			l.add(&Error{
				Origin: Origin{Variable: name}, Key: shown(name), Err: ErrUnknown,
				Nearest: nearest(name, known),
			})
		}
	}
	for _, service := range services {
		name, more := links[service][0], ""
		if n := len(links[service]) - 1; n > 0 {
			more = fmt.Sprintf(", and %d like it,", n)
		}
		l.add(&Error{Origin: Origin{Variable: name}, Key: shown(name), Err: fmt.Errorf(
			"%w; Kubernetes or Docker probably set it%s for a service called %s: "+
				"say enableServiceLinks: false in the pod's spec, or give the service another name",
			ErrUnknown, more, shown(service))})
	}
}
