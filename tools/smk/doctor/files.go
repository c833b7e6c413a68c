package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// linksMax is how many links lead to a state file at most.
const linksMax = 40

// stateFile checks whether a bot can keep its state. The file itself is not read.
func (d *doctor) stateFile() Check {
	file := d.engine.State.File
	if file == "" {
		return skip(nameStateFile, "engine.state_file is not set: a bot that starts again knows nothing of its orders")
	}
	for range linksMax { // as the engine does: its files are beside the one that a link leads to
		to, err := os.Readlink(file)
		if err != nil {
			break
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(file), to)
		}
		file = to
	}
	dir := filepath.Dir(file)
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		c := ok(nameStateFile, "the folder %q does not exist", dir)
		return c.fail("Make the folder, or correct engine.state_file (from " + d.origin("engine.state_file") + ").")
	case err == nil && !info.IsDir():
		c := ok(nameStateFile, "%q is no folder", dir)
		return c.fail("Correct engine.state_file (from " + d.origin("engine.state_file") + ").")
	}
	if err == nil {
		err = tryWrite(dir)
	}
	if err != nil {
		c := ok(nameStateFile, "the folder %q cannot be written: %v", dir, cause(err))
		return c.fail("Let the bot's user write there, or free room on the disk.")
	}
	c := ok(nameStateFile, "%q is new, its folder can be written", file)
	switch info, err := os.Stat(file); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		c.Measured = fmt.Sprintf("%q cannot be read: %v", file, cause(err))
		return c.fail("Let the bot's user read and write it.")
	case !info.Mode().IsRegular():
		c.Measured = fmt.Sprintf("%q is no file", file)
		return c.fail("Correct engine.state_file (from " + d.origin("engine.state_file") + ").")
	default:
		c.Measured = fmt.Sprintf("%q of %s, %d bytes, its folder can be written", file,
			info.ModTime().UTC().Format(time.DateTime), info.Size())
		c.value("bytes", float64(info.Size()))
	}
	switch held, err := lockHeld(file + ".lock"); {
	case errors.Is(err, errors.ErrUnsupported):
		c.Measured += "; this system has no locks"
	case err != nil:
		c.Measured = fmt.Sprintf("its lock cannot be tried: %v", cause(err))
		return c.fail("Let the bot's user read and write the lock, or remove it if no bot runs.")
	case held:
		c.Measured += "; locked"
		return c.fail("Another process uses it, perhaps this bot: it has to end before one can start " +
			"with the same file.")
	default:
		c.Measured += ", not locked"
	}
	return c
}

// tryWrite writes a file of its own into a folder, and removes it.
func tryWrite(dir string) error {
	f, err := os.CreateTemp(dir, ".smk-doctor-*")
	if err != nil {
		return err
	}
	_, err = f.WriteString("smk doctor\n")
	return errors.Join(err, f.Close(), os.Remove(f.Name()))
}

// cause returns an error of a file without the name.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// haltFile checks whether a file keeps the bot from trading, as the engine does.
func (d *doctor) haltFile() Check {
	file := d.engine.State.HaltFile
	if file == "" {
		return skip(nameHaltFile, "risk.halt_file is not set: no file throws the kill switch")
	}
	_, err := os.Lstat(file)
	if errors.Is(err, fs.ErrNotExist) {
		dir := filepath.Dir(file)
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			c := ok(nameHaltFile, "the folder %q does not exist: the bot is halted", dir)
			return c.fail("Make the folder, or correct risk.halt_file (from " + d.origin("risk.halt_file") + ").")
		}
		return ok(nameHaltFile, "%q is not there", file)
	}
	if err != nil {
		c := ok(nameHaltFile, "%q cannot be read: %v: the bot is halted", file, cause(err))
		return c.fail("Let the bot's user read the folder.")
	}
	c := ok(nameHaltFile, "%q is there: the bot is halted", file)
	return c.fail("Remove it when the bot may trade: no order leaves while it is there.")
}
