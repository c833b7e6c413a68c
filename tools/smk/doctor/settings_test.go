package doctor

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/smk-go/smk/config"
)

// TestOrigins shows each value with its origin, and credentials not at all.
func TestOrigins(t *testing.T) {
	path := settingsFile(t, "[inherit]\nfrom = common.conf\n[engine]\nwait = spin\n"+
		"[session]\npassword = "+plantedPassword+"\n[strategy]\nsize = 3\n")
	common := filepath.Join(filepath.Dir(path), "common.conf")
	if err := os.WriteFile(common, []byte("[engine]\naddress = 127.0.0.1:1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := examine(t, Options{
		Config: path, Plain: true, NoLogin: true,
		Load: config.Options{Environ: []string{"SMK_USERNAME=" + plantedUser}, Own: []string{"strategy"}},
	})
	expect(t, r, nameSettings, OK, "5 set, ", "read "+common+", "+path)
	if want := []string{common, path}; !slices.Equal(r.Files, want) {
		t.Errorf("files %q, want %q", r.Files, want)
	}
	for _, want := range []Setting{
		{"engine.address", "127.0.0.1:1", common + ":2"},
		{"engine.plain", "yes", "flag --plain"},
		{"engine.wait", "spin", path + ":4"},
		{"engine.pin", "", "default"},
		{"session.username", "set", "environment SMK_USERNAME"},
		{"session.password", "set", path + ":6"},
		{"session.token", "unset", "default"},
	} {
		if !slices.Contains(r.Settings, want) {
			t.Errorf("there is no %+v", want)
		}
	}
	text := textOf(t, r)
	if !strings.Contains(text, "engine.wait = spin ("+path+":4)\n") || strings.Contains(text, "engine.pin") {
		t.Errorf("says\n%s", text)
	}
	var all strings.Builder
	if err := r.WriteText(&all, true); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"engine.pin (default)\n", "session.token = unset (default)\n"} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("does not say %q:\n%s", want, &all)
		}
	}
}

// TestUnusableSettings names what is wrong, and skips what depends on it.
func TestUnusableSettings(t *testing.T) {
	for _, c := range []struct{ name, text, says, config string }{
		{name: "no file", config: "nowhere.conf", says: `no such file: "nowhere.conf"`},
		{
			name: "unknown key", text: "[engine]\nadress = a:1\n",
			says: "bot.conf:2: engine.adress: is not known; the nearest is engine.address",
		},
		{name: "unknown section", text: "[strategy]\nsize = 3\n", says: "bot.conf:1: [strategy]: is not known"},
		{
			name: "no port", text: "[engine]\naddress = a\n",
			says: "bot.conf:2: engine.address: engine: Config.Address is not host:port",
		},
		{
			name: "password alone", text: "[session]\npassword = " + plantedPassword,
			says: "Password is set without Username",
		},
		{
			name: "plain without an address", text: "[engine]\nplain = yes\n",
			says: "bot.conf:2: engine.plain: engine: Config.DisableTLS needs an Address",
		},
		{
			name: "risk", text: "[risk]\nburst = 3\n", says: "bot.conf:2: risk.burst: ",
		},
		{
			name: "state file without an account",
			text: "[engine]\nstate_file = state\n[session]\ntoken = " + plantedToken,
			says: "State.Account must name the account",
		},
		{
			name: "risk beside a state file", says: "bot.conf:5: risk.burst: ",
			text: "[engine]\nstate_file = state\nstate_account = a\n[risk]\nburst = 3\n",
		},
		{
			name: "session beside a state file", says: "bot.conf:5: session.unanswered_max: ",
			text: "[engine]\nstate_file = state\nstate_account = a\n[session]\nunanswered_max = -1\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := c.config
			if path == "" {
				path = settingsFile(t, c.text)
			}
			r := examine(t, Options{Config: path, Load: bare(), NoLogin: true})
			expect(t, r, nameSettings, Fail, c.says)
			expect(t, r, nameDNS, Skip, "the settings cannot be used")
			expect(t, r, nameStateFile, Skip, "the settings cannot be used")
			if files, err := os.ReadDir(filepath.Dir(path)); err == nil && c.config == "" && len(files) != 1 {
				t.Errorf("left %v", files)
			}
		})
	}
}

// TestSettingsTouchNothing holds that to try settings makes no file, and is stopped by no halt file.
func TestSettingsTouchNothing(t *testing.T) {
	path := settingsFile(t, "[engine]\nstate_file = state\nstate_account = a\nstate_durable_intents = yes\n"+
		"state_save_every = 2s\nstate_on_save_failed = trade_unsaved\n"+
		"[risk]\nhalt_file = halt\nhalt_file_period = 1s\n")
	r := examine(t, Options{Config: path, Address: "127.0.0.1:1", NoLogin: true})
	expect(t, r, nameSettings, OK)
	expect(t, r, nameStateFile, OK, "is new")
	files, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(files) != 1 {
		t.Errorf("left %v, %v", files, err)
	}
}

// TestJSON holds the names that machines read.
func TestJSON(t *testing.T) {
	r := examine(t, Options{Address: "127.0.0.1:1", NoLogin: true})
	encoded, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Healthy  *bool
		Address  string
		TLS      *bool
		Files    []string
		Settings []Setting
		Checks   []struct {
			Name, Status, Measured, Do string
			Values                     map[string]float64
		}
	}
	if err := json.Unmarshal(encoded, &got); err != nil {
		t.Fatal(err)
	}
	if got.Healthy == nil || *got.Healthy || got.TLS == nil || !*got.TLS || got.Address != "127.0.0.1:1" ||
		got.Files == nil || len(got.Settings) < 100 || len(got.Checks) != 16 {
		t.Errorf("is %s", encoded)
	}
	for _, c := range got.Checks {
		if c.Name == nameTCP && (c.Status != "fail" || c.Do == "" || c.Measured == "") {
			t.Errorf("tcp is %+v", c)
		}
	}
}
