package config

import (
	"os"
	"path/filepath"
	"testing"
)

// TestBacktest keeps a run of smk backtest away from what the live bot has: its files, its token, its certificates.
func TestBacktest(t *testing.T) {
	live := t.TempDir()
	file := filepath.Join(live, "bot.conf")
	err := os.WriteFile(file, []byte(`[engine]
state_file = state
[risk]
halt_file = halt
[journal]
dir = journal
[session]
token_file = token
[tls]
server_name = stream.example
roots_file = roots.pem
`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	run := t.TempDir()
	environ := []string{
		"SMK_ADDRESS=127.0.0.1:3801", "SMK_PLAIN=yes", "SMK_USERNAME=demo", "SMK_PASSWORD=demo",
		BacktestVariable + "=" + run,
	}
	s, err := Load(file, Options{Environ: environ})
	if err != nil {
		t.Fatal(err)
	}
	c := &s.Engine
	for name, path := range map[string]string{
		"engine.state_file": c.State.File, "risk.halt_file": c.State.HaltFile, "journal.dir": c.Journal.Dir,
	} {
		o, _ := s.Origin(name)
		if filepath.Dir(path) != run || o.Variable != BacktestVariable {
			t.Errorf("%s is %q, from %v", name, path, o)
		}
		if text, ok := s.Text(name); !ok || text != path {
			t.Errorf("%s is shown as %q", name, text)
		}
	}
	if o, _ := s.Origin("tls.roots_file"); c.TLS != nil || c.Session.Token != "" || !o.IsDefault() {
		t.Errorf("TLS %v, a token of %d bytes, roots from %v", c.TLS, len(c.Session.Token), o)
	}
	if s, err = Load("", Options{Environ: environ}); err != nil {
		t.Fatal(err)
	}
	if c = &s.Engine; c.State.File+c.State.HaltFile+c.Journal.Dir != "" {
		t.Errorf("files that are not set: %q, %q, %q", c.State.File, c.State.HaltFile, c.Journal.Dir)
	}
}
