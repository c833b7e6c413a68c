package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ProfileVariable is the variable of the environment that names the profile, unless Options do.
const ProfileVariable = variablePrefix + "PROFILE"

// ErrProfile: no section of the files belongs to the profile that was asked for.
var ErrProfile = errors.New("no section of the files has this profile")

// ErrOnCommandLine: a flag has a credential, which other users of the machine could read.
var ErrOnCommandLine = errors.New(
	"is a credential, which has no place on a command line: use a file or the environment")

// Flag is a setting of the command line.
type Flag struct {
	Flag  string // as the user wrote it, such as "--address"; errors and origins name it
	Name  string // the setting, such as "engine.address"
	Value string
}

// profile returns the name of the profile that was asked for, or "".
func (o *Options) profile() string {
	if o.Profile != "" {
		return o.Profile
	}
	name := ""
	for _, line := range o.Environ {
		if v, text, _ := strings.Cut(line, "="); v == ProfileVariable {
			name = text
			if name == "" {
				name = " " // checkProfile refuses it
			}
		}
	}
	return name
}

// Profiles returns the names of the profiles that the files have, in the order in which they were first read.
func (v *Values) Profiles() (names []string) {
	for _, s := range v.sections {
		if _, name, ok := strings.Cut(s.name, ":"); ok && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// baseOf returns the section that a section of a profile belongs to, or the name as it is.
func baseOf(section string) string {
	if base, profile, ok := strings.Cut(section, ":"); ok && profile != "" {
		return base
	}
	return section
}

// profiled returns the name of a section in the profile, or the section itself without a profile.
func (v *Values) profiled(section string) string {
	if v.profile == "" {
		return section
	}
	return section + ":" + v.profile
}

// checkProfile reports a profile that no file has, and those that differ in case alone.
func (l *loader) checkProfile() {
	l.checkProfileCase()
	name := l.values.profile
	all := l.values.Profiles()
	if name == "" || slices.Contains(all, name) {
		return
	}
	e := &Error{Key: shown(name), Err: ErrProfile, Nearest: nearest(name, all)}
	if l.options.Profile == "" {
		e.Origin.Variable = ProfileVariable
	}
	if blank(name) {
		e.Key, e.Err, e.Nearest = ProfileVariable, ErrEmpty, ""
	}
	l.add(e)
}

// checkProfileCase reports sections of a profile whose name another one has in other case.
func (l *loader) checkProfileCase() {
	first := make(map[string]string) // section, by its profile in lower case
	for _, s := range l.values.sections {
		base, name, _ := strings.Cut(s.name, ":")
		if name == "" || slices.Contains(l.options.Own, s.name) ||
			!slices.Contains(sections, base) && !slices.Contains(l.options.Own, base) {
			continue
		}
		was, ok := first[strings.ToLower(name)]
		if !ok {
			first[strings.ToLower(name)] = s.name
			continue
		}
		if _, other, _ := strings.Cut(was, ":"); other != name {
			l.add(&Error{
				Origin: s.origin, Key: "[" + shown(s.name) + "]",
				Err: fmt.Errorf("%w than [%s], by case alone", ErrProfileCase, shown(was)),
			})
		}
	}
}

// readFlags keeps the flags and reports those of settings that do not exist, and of credentials.
func (l *loader) readFlags() {
	l.flags = make(map[string]Flag)
	for _, f := range l.options.Flags {
		section, key, _ := strings.Cut(strings.ToLower(f.Name), ".")
		s := findSetting(section, key)
		switch {
		case s == nil:
			l.add(&Error{
				Origin: Origin{Flag: f.Flag}, Key: shown(f.Name), Err: ErrUnknown, Nearest: nearestKey(section, key),
			})
		case s.secret:
			l.add(&Error{Origin: Origin{Flag: f.Flag}, Key: s.name(), Err: ErrOnCommandLine})
		default:
			l.flags[s.name()] = f
		}
	}
}

// ParseFlag returns the setting that a flag such as --set engine.address=HOST:PORT has as its value.
func ParseFlag(flag, text string) (Flag, error) {
	name, value, ok := strings.Cut(text, "=")
	if !ok || name == "" {
		return Flag{}, fmt.Errorf("config: flag %s: %s is not a setting with its value, such as engine.dial_timeout=3s",
			flag, inQuotes(text))
	}
	return Flag{flag, name, value}, nil
}
