package config

import (
	"errors"
	"testing"
)

// TestUnknownInDefault: a key of [DEFAULT] that nobody reads is a mistake, whatever sections a
// bot has of its own.
func TestUnknownInDefault(t *testing.T) {
	const inherits = "[inherit]\nfrom = common.conf\n"
	for _, c := range []struct {
		what        string
		text        string // below the line [DEFAULT] of bot.conf or, if that inherits, of common.conf
		bot         string // all of bot.conf, if it inherits
		own, refuse string // a key for OwnKeys, and the one that is refused, if any
	}{
		{"mistyped", "adress = a:1\n[strategy]\nedge = 2\n", "", "", "adress"},
		{"mistyped, without sections of the bot's", "adress = a:1\n", "", "", "adress"},
		{"of a setting", "address = a:1\n[strategy]\nedge = 2\n", "", "", ""},
		{"for a reference", "Host = a\n[engine]\naddress = %(hOst)s:1\n", "", "", ""},
		{"for a reference in [DEFAULT]", "host = a\naddress = x%(host)s:1\n", "", "", ""},
		{"for the second reference", "port = 1\nhost = a\n[engine]\naddress = %%%(host)s:%(port)s\n", "", "", ""},
		{"for the bot's reference", "unit = 1\n[strategy]\nsize = %(unit)s0\n", "", "", ""},
		{"behind an escaped sign", "unit = 1\n[strategy]\nsize = %%(unit)s0\n", "", "", "unit"},
		{"that a section of the bot's has too", "edge = 1\n[strategy]\nedge = 2\n", "", "", ""},
		{"that another section of the bot's has", "edge = 1\n[strategy]\n[model]\nedge = 2\n", "", "", ""},
		{"that only the bot's code reads", "edge = 1\n[strategy]\n", "", "", "edge"},
		{"that only the bot's code reads, declared", "edge = 1\n[strategy]\n", "", "Edge", ""},
		{"of [inherit]", "from = common.conf\n", "", "", "from"},
		{
			"for a reference in a file that inherits", "host = a\n", inherits + "[engine]\naddress = %(host)s:1\n", "",
			"",
		},
		{
			"for a reference that another file replaces",
			"host = a\n[engine]\naddress = %(host)s:1\n", inherits + "[engine]\naddress = b:2\n", "", "",
		},
		{
			"mistyped in a file that is inherited from",
			"hots = a\n", inherits + "[DEFAULT]\nhost = b\n[engine]\naddress = %(host)s:1\n", "", "hots",
		},
	} {
		content := map[string]string{"bot.conf": "[DEFAULT]\n" + c.text}
		if c.bot != "" {
			content = map[string]string{"common.conf": "[DEFAULT]\n" + c.text, "bot.conf": c.bot}
		}
		_, err := Load("bot.conf", Options{
			Directories: []string{files(t, content)}, Environ: []string{},
			Own: []string{"strategy", "model", "DEFAULT", "engine"}, OwnKeys: []string{c.own},
		})
		var e *Error
		switch {
		case c.refuse == "" && err != nil:
			t.Errorf("%s: %v", c.what, err)
		case c.refuse == "":
		case !errors.As(err, &e) || e.Err != ErrUnknown || e.Key != "DEFAULT."+c.refuse || e.Origin.Line != 2:
			t.Errorf("%s: %v", c.what, err)
		}
	}
	// A section of ours is checked though the bot says that it is its own.
	dir := files(t, map[string]string{"bot.conf": "[engine]\nadress = a:1\n"})
	_, err := Load("bot.conf", Options{Directories: []string{dir}, Environ: []string{}, Own: []string{"engine"}})
	want(t, err, ErrUnknown, "engine.adress")
}
