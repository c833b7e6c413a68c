package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/smk-go/smk/config"
)

// configureTexts are those of flags and commands whose declarations have no room for them.
var configureTexts = kong.Vars{
	"configure_config": "The bot's settings; without it the environment alone (SMK_ADDRESS and so on).",
	"configure_profile": "The profile, whose sections such as [engine:NAME] win over the others; without it that of " +
		"SMK_PROFILE, if any.",
	"configure_set": "A setting that wins over the environment and the files, such as engine.dial_timeout=3s; " +
		"not for " +
		"credentials.",
	"configure_dir": "Where files of settings are looked for, as the bot does; an earlier one wins. Without it " +
		"the folder " +
		"of --config.",
}

// settingsFlags say where the settings of a bot come from.
type settingsFlags struct {
	Config  string   `placeholder:"FILE" help:"${configure_config}"`
	Profile string   `placeholder:"NAME" help:"${configure_profile}"`
	Set     []string `placeholder:"SETTING=VALUE" sep:"none" help:"${configure_set}"`
	Dir     []string `placeholder:"DIR" help:"${configure_dir}"`
	Own     []string `placeholder:"SECTION" help:"Sections of the file that only the bot's code reads."`
	OwnKey  []string `placeholder:"KEY" help:"Keys of [DEFAULT] that only the bot's code reads."`
}

// options returns what config.Load is asked for.
func (f *settingsFlags) options() (o config.Options, err error) {
	o = config.Options{Directories: f.Dir, Own: f.Own, OwnKeys: f.OwnKey, Profile: f.Profile}
	for _, text := range f.Set {
		flag, err := config.ParseFlag("--set", text)
		if err != nil {
			return o, errors.New(strings.TrimPrefix(err.Error(), "config: flag "))
		}
		o.Flags = append(o.Flags, flag)
	}
	return o, nil
}

// configCommand has what is asked of a bot's settings.
type configCommand struct {
	Show configShow `cmd:"" help:"Print the settings that a bot would have, and where each comes from."`
}

type configShow struct {
	settingsFlags
	Origin   bool `help:"Print where each setting comes from."`
	Defaults bool `help:"List the settings at their defaults, too."`
	JSON     bool `name:"json" help:"Print JSON, with origins."`
}

// Validate is called by the command line's parser.
func (c *configShow) Validate() error {
	_, err := c.options()
	return err
}

// shownSettings are the settings that a bot would have.
type shownSettings struct {
	Files    []string       `json:"files"` // in the order of reading: a later one wins
	Profile  string         `json:"profile,omitempty"`
	Profiles []string       `json:"profiles"` // that there are
	Settings []shownSetting `json:"settings"`
}

type shownSetting struct {
	Name   string `json:"name"`
	Value  string `json:"value"` // "set" or "unset" of a credential
	Origin string `json:"origin"`
}

// Run prints settings. An error of the settings may have several lines, each of which is about another setting.
func (c *configShow) Run(std stdio) error {
	s, err := c.load()
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(std.out).Encode(s)
	}
	for _, setting := range s.Settings {
		line := setting.Name + " = " + setting.Value
		if setting.Value == "" {
			line = setting.Name + " ="
		}
		if c.Origin {
			line += " (" + setting.Origin + ")"
		}
		if _, err := fmt.Fprintln(std.out, line); err != nil {
			return err
		}
	}
	return nil
}

// load reads the settings.
func (c *configShow) load() (*shownSettings, error) {
	o, err := c.options()
	if err != nil {
		return nil, err
	}
	name := c.Config
	if name != "" && len(o.Directories) == 0 {
		o.Directories = []string{filepath.Dir(name)}
		name = filepath.Base(name)
	}
	read, err := config.Load(name, o)
	if err != nil {
		return nil, err
	}
	s := &shownSettings{Files: []string{}, Profiles: []string{}, Settings: []shownSetting{}, Profile: c.Profile}
	if s.Profile == "" {
		s.Profile = os.Getenv(config.ProfileVariable)
	}
	if name != "" {
		if s.Files, err = (config.Reader{Directories: o.Directories}).Files(name); err != nil {
			return nil, err
		}
	}
	s.Profiles = append(s.Profiles, read.Values().Profiles()...)
	for name, origin := range read.Origins() {
		text, isSet := read.Text(name)
		if !isSet && read.Secret(name) {
			text = "unset"
		}
		if c.Defaults || !origin.IsDefault() {
			s.Settings = append(s.Settings, shownSetting{name, text, origin.String()})
		}
	}
	return s, nil
}
