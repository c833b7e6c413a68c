package config

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
)

// TestEmptyValues: a value that says nothing is not the default of any setting: in a file, in
// [DEFAULT], by way of a reference, or in the environment over a file that says something.
func TestEmptyValues(t *testing.T) {
	load := func(text string, environ ...string) error {
		sections, err := parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		var v Values
		v.merge("bot.conf", sections)
		_, err = resolve(&v, Options{Environ: append([]string{""}, environ...)})
		return err
	}
	for _, s := range settings {
		for _, value := range []string{"", " \t ", "\u00a0", "\u200b", `""`, "''", `" "`, byteOrderMark} {
			for _, c := range []struct{ text, origin, reason string }{
				{"[" + s.section + "]\n" + s.key + " = " + value + "\n", "bot.conf:2", "is empty"},
				{"[" + s.section + "]\n[DEFAULT]\n" + s.key + ":" + value + "\n", "bot.conf:3", "is empty"},
				{"\n[DEFAULT]\n" + s.key + ":" + value + "\n", "bot.conf:3", "is empty"},
				{
					"[DEFAULT]\nx = " + value + "\n[" + s.section + "]\n\n" + s.key + " = %(x)s\n",
					"bot.conf:5", "is empty: it refers to x, which is empty in bot.conf:2",
				},
				{
					"[DEFAULT]\n\nx =\ny = %(x)s%(x)s\n[" + s.section + "]\n" + s.key + " = \"%(y)s\"\n",
					"bot.conf:6", "is empty: it refers to x, which is empty in bot.conf:3",
				},
			} {
				err := load(c.text)
				want(t, err, ErrEmpty)
				lines := strings.Split(err.Error(), "\n") // several if sections have the same key
				if !slices.Contains(lines, "config: "+c.origin+": "+s.name()+": "+c.reason) {
					t.Errorf("%q: %v", c.text, err)
				}
			}
			err := load("["+s.section+"]\n"+s.key+" = 1\n", s.variable()+"="+value)
			want(t, err, ErrEmpty, "config: environment "+s.variable()+": "+s.name()+": is empty")
		}
		want(t, load("", s.variable()), ErrEmpty, "environment "+s.variable()) // without an equals sign
	}
}

// TestWhatIsNotEmpty: only the value that counts has to say something, and spaces or quotes
// around a value are no reason to refuse it.
func TestWhatIsNotEmpty(t *testing.T) {
	dir := files(t, map[string]string{
		"common.conf": "[engine]\naddress =\n[session]\nusername =\n[DEFAULT]\nsuffix =\n",
		"bot.conf": "[inherit]\nfrom = common.conf\n[engine]\naddress = h%(suffix)s:1\n" +
			"[strategy]\nnote =\nlist = %(note)s\n",
	})
	s, err := Load("bot.conf", Options{
		Directories: []string{dir}, Environ: []string{"SMK_USERNAME=\"", "SMK_PASSWORD=\"x\""},
		Own: []string{"strategy"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if c := s.Engine; c.Address != "h:1" || c.Session.Username != `"` || c.Session.Password != `"x"` {
		t.Errorf("%q, %q, %q", c.Address, c.Session.Username, c.Session.Password)
	}
	if text, _, ok, err := s.Values().Get("strategy", "list"); text != "" || !ok || err != nil {
		t.Errorf("the bot's own empty value: %q, %t, %v", text, ok, err)
	}
}

// TestNothingGoesToTheDefaultInClear: settings that are one mistake short of an address do not
// reach an engine.
func TestNothingGoesToTheDefaultInClear(t *testing.T) {
	const rest = "plain = yes\n[session]\nusername = demo\npassword = demo\n"
	for _, c := range []struct {
		text, environ, part string
	}{
		{"[engine]\n" + rest, "HOME=/", "bot.conf:2: engine.plain: "},
		{"[engine]\naddress =\n" + rest, "HOME=/", "bot.conf:2: engine.address: "},
		{"[engine]\naddress = 127.0.0.1:3700\n" + rest, "SMK_ADDRESS=", "environment SMK_ADDRESS: engine.address: "},
		{"[engine]\naddress = %(host)s\n" + rest + "[DEFAULT]\nhost =\n", "HOME=/", "bot.conf:2: engine.address: "},
		{
			"[engine]\naddress = %(host)s:3700\n" + rest + "[DEFAULT]\nhost =\n", "HOME=/",
			"bot.conf:2: engine.address: ",
		},
		{"[DEFAULT]\nadress = 127.0.0.1:3700\n[engine]\n" + rest, "HOME=/", "bot.conf:2: DEFAULT.adress: "},
		{"[engine]\n#address = 127.0.0.1:3700\n" + rest, "HOME=/", "bot.conf:3: engine.plain: "},
	} {
		s, _, err := loadText(t, c.text, c.environ)
		if err == nil {
			var e *engine.Engine
			if e, err = engine.New(s.Engine); err == nil {
				_ = e.Close()
			}
			err = s.Explain(err)
		}
		if err == nil || !strings.Contains(err.Error(), c.part) {
			t.Errorf("%q, %s: %v, want %s", c.text, c.environ, err, c.part)
		}
	}
}

// TestHalfOfTheCredentials: Load leaves it to code to add the other half, and Explain says
// which half there is.
func TestHalfOfTheCredentials(t *testing.T) {
	for _, c := range []struct{ text, environ, part, reason string }{
		{"[session]\nusername = bob\n", "HOME=/", "bot.conf:2: session.username: ", "is set without Password"},
		{"[session]\n\npassword = hunter2\n", "HOME=/", "bot.conf:3: session.password: ", "is set without Username"},
		{"", "SMK_USERNAME=bob", "environment SMK_USERNAME: session.username: ", "is set without Password"},
		{"", "SMK_PASSWORD=hunter2", "environment SMK_PASSWORD: session.password: ", "is set without Username"},
	} {
		s, _, err := loadText(t, c.text, c.environ)
		if err != nil {
			t.Fatal(err)
		}
		_, err = engine.New(s.Engine)
		var refused *session.ConfigError
		if err = s.Explain(err); !errors.As(err, &refused) {
			t.Fatal(err)
		}
		want(t, err, refused, c.part, c.reason)
		for _, credential := range []string{"bob", "hunter2"} {
			if strings.Contains(err.Error(), credential) {
				t.Errorf("the error shows a credential: %v", err)
			}
		}
	}
}
