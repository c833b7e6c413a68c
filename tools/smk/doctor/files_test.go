package doctor

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
)

// TestStateFile has folders and files in which a bot cannot keep its state, and some in which it can.
func TestStateFile(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "file"), "12345")
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path   string
		status Status
		says   []string
	}{
		{"", Skip, []string{"engine.state_file is not set"}},
		{"new", OK, []string{"is new, its folder can be written", "not locked"}},
		{"file", OK, []string{"5 bytes"}},
		{"none/state", Fail, []string{"does not exist", "Make the folder", "environment SMK_STATE_FILE"}},
		{"file/state", Fail, []string{"is no folder", "Correct engine.state_file"}},
		{"folder", Fail, []string{"is no file"}},
	} {
		environ := []string{}
		if c.path != "" {
			environ = append(environ, "SMK_STATE_FILE="+filepath.Join(dir, filepath.FromSlash(c.path)))
		}
		r := examine(t, Options{Address: "127.0.0.1:1", NoLogin: true}, environ...)
		expect(t, r, nameStateFile, c.status, c.says...)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 2 {
		t.Errorf("left %v, %v", left, err)
	}
}

// TestStateFileInUse runs the doctor beside an engine with the same file, and after it.
func TestStateFileInUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	e, err := engine.New(engine.Config{
		Address: "127.0.0.1:1", Session: session.Config{Username: "u", Password: "p"},
		State: engine.StateConfig{File: path},
	})
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Address: "127.0.0.1:1", NoLogin: true}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, link} {
		r := examine(t, o, "SMK_STATE_FILE="+name)
		if _, err := lockHeld(path); err == nil { // else this system has no locks
			expect(t, r, nameStateFile, Fail, "locked", "Another process uses it")
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	expect(t, examine(t, o, "SMK_STATE_FILE="+path), nameStateFile, OK)
	if e, err = engine.New(engine.Config{
		Address: "127.0.0.1:1", Session: session.Config{Username: "u", Password: "p"},
		State: engine.StateConfig{File: path},
	}); err != nil {
		t.Fatalf("the doctor keeps the lock: %v", err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

// TestHaltFile is there, or not.
func TestHaltFile(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "halt"), "")
	for path, want := range map[string]Check{
		"":          {Status: Skip, Measured: "risk.halt_file is not set"},
		"halt":      {Status: Fail, Measured: "is there: the bot is halted", Do: "Remove it"},
		"none":      {Status: OK, Measured: "is not there"},
		"no/where":  {Status: Fail, Measured: "does not exist: the bot is halted", Do: "SMK_RISK_HALT_FILE"},
		"halt/file": {Status: Fail, Measured: "cannot be read"},
	} {
		environ := []string{}
		if path != "" {
			environ = append(environ, "SMK_RISK_HALT_FILE="+filepath.Join(dir, filepath.FromSlash(path)))
		}
		r := examine(t, Options{Address: "127.0.0.1:1", NoLogin: true}, environ...)
		expect(t, r, nameHaltFile, want.Status, want.Measured, want.Do)
	}
}

// TestBounded holds that a check that hangs ends.
func TestBounded(t *testing.T) {
	d := &doctor{Options: Options{Timeout: short / 20}}
	hang := make(chan struct{})
	defer close(hang)
	c := d.bounded(t.Context(), "planted", func() Check { <-hang; return Check{} })
	expect(t, &Report{Checks: []Check{c}}, "planted", Fail, "no answer within 100ms", "file system")
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
