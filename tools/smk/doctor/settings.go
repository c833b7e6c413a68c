package doctor

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/smk-go/smk/config"
	"github.com/smk-go/smk/engine"
)

const (
	originDefault = "default"
	originAddress = "flag --address"
	originPlain   = "flag --plain"
)

// checkSettings reads the settings and reports whether the others can be checked with them.
func (d *doctor) checkSettings() bool {
	c := ok(nameSettings, "")
	read, err := d.load()
	if err != nil {
		c.Measured, c.Details = "cannot be used", lines(err)
		d.report.add(c.fail("Correct what is named; go doc github.com/smk-go/smk/config lists all settings."))
		return false
	}
	d.engine = read.Engine
	d.list(read)
	set := 0
	for _, s := range d.report.Settings {
		if s.Origin != originDefault {
			set++
		}
	}
	from := "the environment alone"
	if len(d.report.Files) > 0 {
		from = strings.Join(d.report.Files, ", ")
	}
	c.Measured = fmt.Sprintf("%d set, %d at their defaults; read %s", set, len(d.report.Settings)-set, from)
	c.value("set", float64(set))
	if err := tryEngine(d.engine); err != nil {
		c.Measured, c.Details = "an engine refuses them", lines(read.Explain(err))
		d.report.add(c.fail("Correct what is named; go doc github.com/smk-go/smk/engine Config says what may be set."))
		return false
	}
	if d.engine.Address == "" {
		d.engine.Address = engine.Address
	}
	if d.host, d.port, err = net.SplitHostPort(d.engine.Address); err != nil {
		panic("BUG: doctor: the engine took an address: " + err.Error())
	}
	if !d.hasCredentials() {
		c = c.warn("Set SMK_USERNAME and SMK_PASSWORD or SMK_TOKEN, or have a file set them, " +
			"unless the bot's code does.")
		c.Measured += "; no credentials"
	}
	d.report.add(c)
	return true
}

// load reads the files, the environment and the flags.
func (d *doctor) load() (*config.Settings, error) {
	name, o := d.Config, d.Load
	if name != "" && len(o.Directories) == 0 {
		o.Directories = []string{filepath.Dir(name)}
		name = filepath.Base(name)
	}
	read, err := config.Load(name, o)
	if err != nil {
		return nil, err
	}
	if name != "" {
		if d.report.Files, err = (config.Reader{Directories: o.Directories}).Files(name); err != nil {
			return nil, err
		}
	}
	if d.Address != "" {
		read.Engine.Address = d.Address
	}
	if d.Plain {
		read.Engine.DisableTLS, read.Engine.TLS = true, nil
	}
	return read, nil
}

// list notes each setting with its origin.
func (d *doctor) list(read *config.Settings) {
	for name, origin := range read.Origins() {
		text, isSet := read.Text(name)
		if !isSet && read.Secret(name) {
			text = "unset"
		}
		s := Setting{name, text, origin.String()}
		switch {
		case name == "engine.address" && d.Address != "":
			s.Value, s.Origin = d.Address, originAddress
		case name == "engine.plain" && d.Plain:
			s.Value, s.Origin = "yes", originPlain
		}
		d.report.Settings = append(d.report.Settings, s)
	}
}

// origin returns where a setting comes from.
func (d *doctor) origin(name string) string {
	for _, s := range d.report.Settings {
		if s.Name == name {
			return s.Origin
		}
	}
	panic("BUG: doctor: there is no setting " + name)
}

func (d *doctor) hasCredentials() bool {
	s := &d.engine.Session
	return s.Token != "" || s.Username != "" && s.Password != ""
}

// errUntouched is what the files of an engine that is only tried fail with.
var errUntouched = errors.New("files are not touched")

// noFiles is a file system on which nothing can be done.
type noFiles struct{}

func (noFiles) Open(string, int) (engine.File, error)      { return nil, errUntouched }
func (noFiles) Rename(string, string) error                { return errUntouched }
func (noFiles) Remove(string) error                        { return errUntouched }
func (noFiles) SyncDir(string) error                       { return errUntouched }
func (noFiles) Lock(string) (_ io.Closer, _ bool, _ error) { return nil, false, errUntouched }

// tryEngine returns why no engine can be made of settings. Neither the state file nor the halt file is touched.
func tryEngine(c engine.Config) error {
	if c.Session.Username == "" && c.Session.Password == "" && c.Session.Token == "" {
		c.Session.LateCredentials = true // code may add them
	}
	if c.State.HaltFile != "" {
		c.State.HaltFile = os.DevNull
	}
	if c.State.File != "" {
		c.State.Files = noFiles{}
		if e, err := engine.New(c); err == nil {
			_ = e.Close()
		} else if !errors.Is(err, errUntouched) {
			return err
		}
		c.State.File, c.State.Account, c.State.SaveEvery = "", "", 0
		c.State.DurableIntents, c.State.OnSaveFailed, c.State.Files = false, 0, nil
	}
	e, err := engine.New(c)
	if err != nil {
		return err
	}
	return e.Close()
}

// linesMax is how many lines of an error are shown.
const linesMax = 20

// lines returns the lines of an error of package config.
func lines(err error) []string {
	all := strings.Split(strings.TrimSpace(err.Error()), "\n")
	if len(all) > linesMax {
		all = append(all[:linesMax], fmt.Sprintf("and %d more lines", len(all)-linesMax))
	}
	return all
}
