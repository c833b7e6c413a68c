package config

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/journal"
)

// Options say where Load looks.
type Options struct {
	// Directories are those of [Reader].
	Directories []string

	// Environ is the environment, as os.Environ returns it, and what nil means. Of a variable
	// that is there twice the last counts.
	Environ []string

	// Own are the names of sections that are the bot's own. They are not checked, and are
	// read by Settings.Values.
	Own []string

	// Profile is the name of the profile whose sections, such as [engine:NAME], win over the others. "" is what
	// SMK_PROFILE says, and without that no profile.
	Profile string

	// Flags are settings of the command line, which win over all others. Of one setting the last counts.
	Flags []Flag

	// OwnKeys are keys of [DEFAULT] that are the bot's own although none of its sections
	// has them and no value refers to them.
	OwnKeys []string
}

// Settings are what an engine is made of, and where each came from.
type Settings struct {
	// Engine is ready for engine.New. It is the caller's: what cannot be written in
	// files, such as Logger, is added here.
	Engine engine.Config

	values  *Values
	origins map[string]Origin // by the setting's name
	texts   map[string]string // for String: of what is no secret
}

// Load reads a file with all it inherits from, and the environment over it. name
// may be "": then there is only the environment. The error is an *InheritError, an
// *Error, or several of these joined.
func Load(name string, o Options) (*Settings, error) {
	if o.Environ == nil {
		o.Environ = os.Environ()
	}
	v := new(Values)
	v.profile = o.profile()
	if name != "" {
		if err := (Reader{o.Directories}).ReadInto(name, v); err != nil {
			return nil, err
		}
	}
	return resolve(v, o)
}

// resolve makes settings of what was read.
func resolve(v *Values, o Options) (*Settings, error) {
	l := loader{options: o, values: v, origins: make(map[string]Origin), texts: make(map[string]string)}
	l.readEnviron()
	l.readFlags()
	l.checkKeys()
	l.checkProfile()
	for i := range settings {
		l.apply(&settings[i])
	}
	l.backtest()
	l.secret("password", l.target.passwordFile, &l.target.Session.Password)
	l.secret("token", l.target.tokenFile, &l.target.Session.Token)
	if l.target.Session.Token != "" && l.target.Session.Password != "" {
		l.add(&Error{
			Origin: l.origins["session.token"], Key: "session.token",
			Err: fmt.Errorf("%w: session.password, from %s", ErrContradiction, l.origins["session.password"]),
		})
	}
	if file := &l.target.State.File; *file != "" {
		*file = l.path("state_file", *file)
	}
	if file := &l.target.State.HaltFile; *file != "" {
		*file = l.path("halt_file", *file)
	}
	if dir := &l.target.Journal.Dir; *dir != "" {
		*dir = l.path("dir", *dir)
	}
	c, err := l.target.tls(l.path)
	var wrong *tlsError
	if errors.As(err, &wrong) {
		l.add(&Error{Origin: l.origins["tls."+wrong.key], Key: "tls." + wrong.key, Err: wrong.err})
	}
	l.target.TLS = c
	if err := l.err(); err != nil {
		return nil, err
	}
	return &Settings{l.target.Config, l.values, l.origins, l.texts}, nil
}

// loader is one call of Load.
type loader struct {
	options Options
	values  *Values
	environ map[string]string // our variables
	flags   map[string]Flag   // by the setting's name
	target  target
	origins map[string]Origin
	texts   map[string]string
	problems
}

// checkKeys reports sections and keys that nobody knows.
func (l *loader) checkKeys() {
	ours := slices.Concat([]string{"inherit", defaultSection}, sections)
	all := slices.Concat(ours, l.options.Own)
	for _, s := range l.values.sections {
		switch {
		case slices.Contains(ours, s.name):
		case slices.Contains(l.options.Own, s.name), slices.Contains(l.options.Own, baseOf(s.name)):
			continue
		case slices.Contains(sections, baseOf(s.name)):
		default:
			err := &Error{Origin: s.origin, Key: "[" + shown(s.name) + "]", Err: ErrUnknown}
			switch n := nearest(baseOf(s.name), all); {
			case n == baseOf(s.name):
				err.Err = fmt.Errorf("%w: this section has no profiles", ErrUnknown)
			case n != "":
				err.Nearest = "[" + n + strings.TrimPrefix(s.name, baseOf(s.name)) + "]"
			}
			l.add(err)
			continue
		}
		for _, key := range s.keys {
			if !l.known(baseOf(s.name), key) {
				l.add(&Error{
					Origin: s.values[key].origin, Key: full(s.name, key), Err: ErrUnknown,
					Nearest: nearestKey(baseOf(s.name), key),
				})
			}
		}
	}
}

// known reports whether a key of a section of ours means anything.
func (l *loader) known(section, key string) bool {
	switch section {
	case "inherit":
		return key == "from"
	case defaultSection:
		return slices.ContainsFunc(settings, func(s setting) bool { return s.key == key }) ||
			l.values.referred[key] || l.isOwn(key)
	default:
		return findSetting(section, key) != nil
	}
}

// isOwn reports whether a key of [DEFAULT] is for the bot's sections.
func (l *loader) isOwn(key string) bool {
	for _, section := range l.values.sections {
		own := slices.Contains(l.options.Own, section.name) || slices.Contains(l.options.Own, baseOf(section.name))
		if own && section.name != defaultSection && slices.Contains(section.keys, key) {
			return true
		}
	}
	return slices.ContainsFunc(l.options.OwnKeys, func(own string) bool { return strings.ToLower(own) == key })
}

// nearestKey is nearest among the keys of all sections, those of the same one first.
func nearestKey(section, key string) string {
	var keys, names []string
	for _, own := range []bool{true, false} {
		for i := range settings {
			if s := &settings[i]; (s.section == section) == own {
				keys, names = append(keys, s.key), append(names, s.name())
			}
		}
	}
	if section == "inherit" {
		keys, names = append([]string{"from"}, keys...), append([]string{"inherit.from"}, names...)
	}
	if i := slices.Index(keys, nearest(key, keys)); i >= 0 {
		return names[i]
	}
	return ""
}

// apply sets one setting, if anybody gave it.
func (l *loader) apply(s *setting) {
	section := s.section
	if l.values.section(section) == nil && l.values.section(l.values.profiled(section)) == nil {
		section = defaultSection // it holds in sections that no file has, too
	}
	text, origin, ok, secret, err := l.values.get(section, s.key)
	if value, set := l.environ[s.variable()]; set {
		text, origin, ok, secret, err = value, Origin{Variable: s.variable()}, true, s.secret, nil
	}
	if f, set := l.flags[s.name()]; set {
		text, origin, ok, secret, err = f.Value, Origin{Flag: f.Flag}, true, false, nil
	}
	if !ok {
		return
	}
	if err != nil {
		l.add(err)
		return
	}
	if blank(text) {
		err := ErrEmpty
		if origin.File != "" {
			err = l.values.emptied(section, s.key)
		}
		l.add(&Error{Origin: origin, Key: s.name(), Err: err})
		return
	}
	if secret {
		l.texts[s.name()] = "set"
	} else {
		l.texts[s.name()] = text
	}
	l.origins[s.name()] = origin
	if want, ok := s.set(&l.target, text); !ok {
		value := inQuotes(text)
		if secret {
			value = "a credential"
		}
		l.add(&Error{Origin: origin, Key: s.name(), Err: &valueError{value, want}})
	}
}

// secret reads a credential from its file, unless a stronger source has it.
func (l *loader) secret(key, file string, to *string) {
	name := "session." + key
	origin := l.origins[name+"_file"]
	if file == "" || l.origins[name].Variable != "" && origin.Flag == "" ||
		origin.Flag == "" && origin.Variable == "" && l.onlyInProfile(key, key+"_file") {
		return
	}
	path := l.path(key+"_file", file)
	text, err := readSecret(path)
	if err != nil {
		l.add(&Error{Origin: origin, Key: name + "_file", Err: err})
		return
	}
	*to = text
	l.origins[name] = Origin{File: path}
	l.texts[name] = "set"
}

// onlyInProfile reports whether the profile has a key of [session] and not another one.
func (l *loader) onlyInProfile(key, other string) bool {
	if l.values.profile == "" {
		return false
	}
	s := l.values.section(l.values.profiled("session"))
	return s != nil && slices.Contains(s.keys, key) && !slices.Contains(s.keys, other)
}

// path is where the file is that a setting names.
func (l *loader) path(key, file string) string {
	for _, section := range sections {
		if o := l.origins[section+"."+key]; o.File != "" && !filepath.IsAbs(file) {
			return filepath.Join(filepath.Dir(o.File), file)
		}
	}
	return file
}

// Origin returns where a setting comes from, by its name such as
// "session.login_timeout", and whether there is such a setting.
func (s *Settings) Origin(name string) (origin Origin, ok bool) {
	section, key, _ := strings.Cut(name, ".")
	return s.origins[name], findSetting(section, key) != nil
}

// Text returns the value of a setting as it was written, with its references replaced, and whether anybody set it. Of
// a credential it is "set". A text that is too long, or that a terminal would obey, is quoted.
func (s *Settings) Text(name string) (text string, ok bool) {
	text, ok = s.texts[name]
	return shown(text), ok
}

// Secret reports whether a setting, by its name, is a credential, of which nothing shows the value.
func (s *Settings) Secret(name string) bool {
	section, key, _ := strings.Cut(name, ".")
	f := findSetting(section, key)
	return f != nil && f.secret
}

// Origins returns all settings with their origins, in a fixed order.
func (s Settings) Origins() iter.Seq2[string, Origin] {
	return func(yield func(string, Origin) bool) {
		for i := range settings {
			if name := settings[i].name(); !yield(name, s.origins[name]) {
				return
			}
		}
	}
}

// Values returns what the files say, sections of the bot's own included.
func (s *Settings) Values() *Values { return s.values }

// Explain returns err, an error of engine.New, with the key and the origin of the
// setting that it is about, as an *Error, or as it is if it is about none of them.
func (s *Settings) Explain(err error) error {
	field := fieldOf(err)
	for i := range settings {
		if name := settings[i].name(); field != "" && settings[i].field == field {
			return &Error{Origin: s.origins[name], Key: name, Err: err}
		}
	}
	return err
}

// fieldOf returns the field of engine.Config that an error of engine.New is about, "" if it is about none.
func fieldOf(err error) string {
	var e *engine.ConfigError
	var p *session.ConfigError
	var o *order.ConfigError
	var b *book.ConfigError
	var r *risk.ConfigError
	var q *quote.ConfigError
	var j *journal.ConfigError
	switch {
	case errors.As(err, &e):
		return e.Field
	case errors.As(err, &p):
		return "Session." + p.Field
	case errors.As(err, &o):
		return "State.Orders." + o.Field
	case errors.As(err, &b):
		return "State.Books." + b.Field
	case errors.As(err, &r):
		return "State.Risk." + r.Field
	case errors.As(err, &q):
		return "State.Quotes." + q.Field
	case errors.As(err, &j):
		return "Journal." + j.Field
	}
	return ""
}

// String lists what was set, a line each, with its origin. Of credentials it says only that
// they are set.
func (s Settings) String() string {
	var b strings.Builder
	for name, origin := range s.Origins() {
		if !origin.IsDefault() {
			fmt.Fprintf(&b, "%s = %s (%s)\n", name, shown(s.texts[name]), origin)
		}
	}
	return b.String()
}

// Format is String for every verb, so that none shows a credential.
func (s Settings) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue is String.
func (s Settings) LogValue() slog.Value { return slog.StringValue(s.String()) }
