package config

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

const profiled = `[DEFAULT]
host = a
login_timeout = 7s
[engine]
address = %(host)s:1
dial_timeout = 1s
[engine:sim]
address = %(host)s%(host)s:2
[session]
answer_timeout = 1s
[session:test]
answer_timeout = 2s
[risk:test]
rate = 9
[strategy]
edge = 1
[strategy:test]
edge = 2
size = 3
`

// TestPrecedence goes down from flags to defaults.
func TestPrecedence(t *testing.T) {
	dir := files(t, map[string]string{"bot.conf": profiled})
	flag := []Flag{{"--address", "engine.address", "d:4"}}
	for _, c := range []struct {
		profile       string
		environ       []string
		flags         []Flag
		value, origin string
	}{
		{"", nil, nil, "a:1", "bot.conf:5"},
		{"sim", nil, nil, "aa:2", "bot.conf:8"},
		{"test", nil, nil, "a:1", "bot.conf:5"}, // the profile says nothing of it
		{"", []string{"SMK_PROFILE=sim"}, nil, "aa:2", "bot.conf:8"},
		{"test", []string{"SMK_PROFILE=sim"}, nil, "a:1", "bot.conf:5"},
		{"sim", []string{"SMK_ADDRESS=c:3"}, nil, "c:3", "environment SMK_ADDRESS"},
		{"sim", []string{"SMK_ADDRESS=c:3"}, flag, "d:4", "flag --address"},
		{"", nil, append([]Flag{{"--set", "Engine.Address", "x:1"}}, flag...), "d:4", "flag --address"},
	} {
		s, err := Load("bot.conf", Options{
			Directories: []string{dir}, Environ: slices.Concat([]string{"LANG=C"}, c.environ), Profile: c.profile,
			Flags: c.flags, Own: []string{"strategy"},
		})
		if err != nil {
			t.Errorf("%+v: %v", c, err)
			continue
		}
		origin, _ := s.Origin("engine.address")
		if text, _ := s.Text("engine.address"); text != c.value || s.Engine.Address != c.value ||
			!strings.HasSuffix(origin.String(), c.origin) {
			t.Errorf("%+v: %s (%s)", c, text, origin)
		}
	}
}

// TestProfile holds that a profile adds sections and keys, that [DEFAULT] and sections of the bot's own go with it,
// and that other profiles say nothing.
func TestProfile(t *testing.T) {
	dir := files(t, map[string]string{"bot.conf": profiled})
	for profile, want := range map[string][3]string{
		"": {"1s", "", "1"}, "sim": {"1s", "", "1"}, "test": {"2s", "9", "2"},
	} {
		s, err := Load("bot.conf", Options{
			Directories: []string{dir}, Environ: []string{}, Profile: profile, Own: []string{"strategy"},
		})
		if err != nil {
			t.Fatalf("%q: %v", profile, err)
		}
		answer, _ := s.Text("session.answer_timeout")
		rate, _ := s.Text("risk.rate")
		edge, _, _, _ := s.Values().Get("strategy", "edge")
		if got := [3]string{answer, rate, edge}; got != want {
			t.Errorf("%q: %q, want %q", profile, got, want)
		}
		if text, _ := s.Text("session.login_timeout"); text != "7s" {
			t.Errorf("%q: of [DEFAULT]: %q", profile, text)
		}
		keys := s.Values().Keys("strategy")
		if wanted := []string{"edge", "size"}[:1+len(rate)]; !slices.Equal(keys, wanted) {
			t.Errorf("%q: keys %q", profile, keys)
		}
		if names := s.Values().Profiles(); !slices.Equal(names, []string{"sim", "test"}) {
			t.Errorf("profiles %q", names)
		}
	}
}

// TestProfileErrors: mistakes in a profile are found whether it is asked for or not.
func TestProfileErrors(t *testing.T) {
	const ok = "[engine:sim]\naddress = a:1\n"
	for _, c := range []struct {
		text    string
		options Options
		want    string
	}{
		{
			"[engine:sim]\nadress = a:1\n",
			Options{},
			"bot.conf:2: engine:sim.adress: is not known; the nearest is engine.address",
		},
		{"[engin:sim]\n", Options{}, "bot.conf:1: [engin:sim]: is not known; the nearest is [engine:sim]"},
		{
			ok + "[risk:Sim]\nloss_max = 5\n",
			Options{Profile: "sim"},
			"bot.conf:3: [risk:Sim]: is of another profile than [engine:sim], by case alone",
		},
		{"[DEFAULT:sim]\n", Options{}, "bot.conf:1: [DEFAULT:sim]: is not known: this section has no profiles"},
		{"[inherit:sim]\n", Options{}, "bot.conf:1: [inherit:sim]: is not known: this section has no profiles"},
		{
			ok,
			Options{Profile: "sin"},
			"config: profile sin: no section of the files has this profile; the nearest is sim",
		},
		{
			ok,
			Options{Environ: []string{"SMK_PROFILE=sin"}},
			"config: environment SMK_PROFILE: sin: no section of the files has this profile; the nearest is sim",
		},
		{ok, Options{Environ: []string{"SMK_PROFILE="}}, "config: environment: SMK_PROFILE: is empty"},
		{"[engine:sim]\naddress =\n", Options{Profile: "sim"}, "bot.conf:2: engine.address: is empty"},
		{
			ok,
			Options{Flags: []Flag{{"--set", "engine.adress", "a:1"}}},
			"config: flag --set: engine.adress: is not known; the nearest is engine.address",
		},
		{ok, Options{Flags: []Flag{{"--set", "engine.address", " "}}}, "config: flag --set: engine.address: is empty"},
		{
			ok,
			Options{Flags: []Flag{{"--wait", "engine.wait", "no"}}},
			`config: flag --wait: engine.wait: is "no", which is not one of block, spin, spinblock`,
		},
		{
			ok,
			Options{Flags: []Flag{{"--set", "session.password", "planted"}}},
			"config: flag --set: session.password: is a credential",
		},
	} {
		if c.options.Environ == nil {
			c.options.Environ = []string{}
		}
		c.options.Directories = []string{files(t, map[string]string{"bot.conf": c.text})}
		_, err := Load("bot.conf", c.options)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "planted") {
			t.Errorf("%q: %v, want %s", c.text, err, c.want)
		}
	}
	if _, err := Load("", Options{Environ: []string{}, Profile: "sim"}); !errors.Is(err, ErrProfile) {
		t.Error(err)
	}
}

// TestSecretFileOfFlag: the file that a flag names wins over a credential of the environment.
func TestSecretFileOfFlag(t *testing.T) {
	dir := files(t, map[string]string{"secret": "of the file\n"})
	s, err := Load("", Options{
		Environ: []string{"SMK_PASSWORD=of the environment"},
		Flags:   []Flag{{"--set", "session.password_file", dir + "/secret"}},
	})
	if err != nil || s.Engine.Session.Password != "of the file" {
		t.Error(err)
	}
}

func TestParseFlag(t *testing.T) {
	if f, err := ParseFlag("--set", "a.b=c=d"); err != nil || f != (Flag{"--set", "a.b", "c=d"}) {
		t.Error(f, err)
	}
	for _, text := range []string{"", "a.b", "=c"} {
		if _, err := ParseFlag("--set", text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

// TestVariablesOfPrograms: a bot that smk backtest starts, or that has the token of its control page, is not refused.
func TestVariablesOfPrograms(t *testing.T) {
	environ := []string{
		"SMK_BACKTEST_PORT=1", "SMK_BACKTEST_SET_EDGE=2", "SMK_CONTROL_TOKEN=t", "SMK_NATS_PASSWORD=p", "SMK_WAIT=spin",
	}
	if s, err := Load("", Options{Environ: environ}); err != nil || s.Engine.Wait != 1 {
		t.Error(err)
	}
	if _, err := Load("", Options{Environ: []string{"SMK_BACK_PORT=1"}}); err == nil {
		t.Error("any variable is one of our programs'")
	}
}
