package config

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
)

// files writes files, by their slashed names, below a folder of the test's own.
func files(t *testing.T, content map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range content {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// load loads bot.conf of a single folder, without an environment.
func loadText(t *testing.T, text string, environ ...string) (*Settings, string, error) {
	t.Helper()
	dir := files(t, map[string]string{"bot.conf": text})
	if environ == nil {
		environ = []string{}
	}
	s, err := Load("bot.conf", Options{Directories: []string{dir}, Environ: environ})
	return s, dir, err
}

// want fails if err does not wrap target or lacks a part of its text.
func want(t *testing.T, err, target error, parts ...string) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Fatalf("error is %v, want %v", err, target)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error does not name %q: %v", part, err)
		}
	}
}

// otherKeys are the keys that are not their field's name: files say what they want, and not what is disabled.
var otherKeys = map[string]string{
	"DisableTLS": "plain", "ReconnectBackoff": "pauses", "DisableRestore": "restore_off",
	"DisableReferences": "references_off", "DisableThrottle": "throttle_off",
	"State.Disable": "state_off", "State.DisableFollow": "follow_off",
	"State.Quotes.DisableReplace": "replace_off", "State.DisableQuoteCancelAll": "cancel_all_off",
	"State.HaltFile": "halt_file", "State.HaltFilePeriod": "halt_file_period",
	"State.HaltIncomplete": "halt_incomplete", "State.OnUnresolved": "on_unresolved",
	"State.DoubtTimeout":   "doubt_timeout",
	"State.HandleReplayed": "handle_replayed",
}

// fieldSections are the sections of fields by the beginnings of their names, the first one that fits.
var fieldSections = [][2]string{
	{"Session.", "session"},
	{"State.Orders.", "orders"},
	{"State.Books.", "books"},
	{"State.Risk.", "risk"},
	{"State.Quotes.", "quotes"},
	{"State.HandleReplayed", "orders"},
	{"State.DisableQuoteCancelAll", "quotes"},
	{"State.Halt", "risk"},
	{"State.OnUnresolved", "risk"},
	{"State.DoubtTimeout", "risk"},
	{"Journal.", "journal"},
	{"", "engine"},
}

// TestEveryFieldHasASetting fails when a field of the engine's settings is added
// that files can neither say nor are known not to say.
func TestEveryFieldHasASetting(t *testing.T) {
	inCode := []string{
		"State.HaltSignals", "State.Files", "Clock", "Dial", "Logger", "Credentials", "Session.Tap", "Session.Record",
		"Session.ResumeFrom", "Fence", "ReferenceTerm",
		"Session.AccountApplied", "Session.InDoubt", "Session.AccountMark",
		"Session.LateCredentials", "Session.Send.OnDemand",
		"Journal.Clock", "Journal.Wall", "Journal.Failed", "Journal.FS",
	}
	named := map[string]string{}
	for _, s := range settings {
		if s.field != "" && s.field != "TLS" {
			named[s.field] = s.name()
		}
	}
	var walk func(typ reflect.Type, prefix string)
	walk = func(typ reflect.Type, prefix string) {
		for f := range typ.Fields() {
			field := prefix + f.Name
			switch {
			case field == "TLS" || slices.Contains(inCode, field):
			case f.Type.Kind() == reflect.Struct:
				walk(f.Type, field+".")
			case named[field] == "":
				t.Errorf("engine.Config.%s has no setting", field)
			default:
				i := slices.IndexFunc(fieldSections, func(s [2]string) bool { return strings.HasPrefix(field, s[0]) })
				short, section := strings.TrimPrefix(field, "Session."), fieldSections[i][1]
				key, other := otherKeys[short]
				if strings.HasSuffix(fieldSections[i][0], ".") {
					short = strings.TrimPrefix(strings.TrimPrefix(field, fieldSections[i][0]), "Limits.")
				}
				if !other {
					key = snake(strings.ReplaceAll(short, ".", ""))
				}
				if got := named[field]; got != section+"."+key {
					t.Errorf("%s is set by %s, want %s.%s", field, got, section, key)
				}
				delete(named, field)
			}
		}
	}
	walk(reflect.TypeFor[engine.Config](), "")
	if len(named) > 0 {
		t.Errorf("settings without a field: %v", named)
	}
}

func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		if r >= 'A' && r <= 'Z' && i > 0 {
			b.WriteByte('_')
		}
		b.WriteString(strings.ToLower(string(r)))
	}
	return b.String()
}

// TestDocumentedNames holds the table in the package's comment to the settings.
func TestDocumentedNames(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	var have, wanted []string
	for line := range strings.Lines(string(doc)) {
		if f := strings.Fields(line); len(f) > 3 && strings.HasPrefix(f[1], "[") && strings.HasPrefix(f[3], "SMK_") {
			have = append(have, strings.Join(f[1:4], " "))
		}
	}
	for _, s := range settings {
		wanted = append(wanted, "["+s.section+"] "+s.key+" "+s.variable())
	}
	if !slices.Equal(have, wanted) {
		t.Errorf("doc.go lists\n%q\nwant\n%q", have, wanted)
	}
	seen := map[string]bool{}
	for _, s := range settings {
		if seen[s.variable()] {
			t.Errorf("two settings are %s", s.variable())
		}
		seen[s.variable()] = true
	}
}

// TestEverySetting sets each one to something, from a file and from the
// environment, and looks at the field.
func TestEverySetting(t *testing.T) {
	special := map[string]string{
		"wait": "spinblock", "on_stop": "leave", "resume": "none", "reconnect_backoff": "0s, 1.5s", "address": "h:1",
		"username": "u", "password": "p", "token": "t", "state_on_save_failed": "trade_unsaved",
		"collar_on_absent": "skip_collar", "collar_on_suspect": "use_book", "collar_on_empty": "Skip_Collar",
		"on_loss": "report", "on_drift": "reduce", "on_unresolved": "cancel_market",
		"halt_incomplete": "sequence_reset, Overflow", "ignore": "gap",
		"on_full": "wait", "durability": "each", "on_failure": "stop", "dir": os.TempDir(),
	}
	for _, s := range settings {
		if s.section == "tls" || strings.HasSuffix(s.key, "_file") {
			continue // these have their own tests
		}
		value := special[s.key]
		for _, guess := range []string{"7", "7s", "yes"} {
			var probe target
			if value == "" {
				if _, ok := s.set(&probe, guess); ok {
					value = guess
				}
			}
		}
		fromFile, dir, err := loadText(t, "["+s.section+"]\n"+strings.ToUpper(s.key)+" = "+value+"\n")
		if err != nil {
			t.Fatal(err)
		}
		fromEnv, err := Load("", Options{Environ: []string{s.variable() + "=" + value}})
		if err != nil {
			t.Fatal(err)
		}
		for _, got := range []*Settings{fromFile, fromEnv} {
			field := reflect.ValueOf(got.Engine)
			for part := range strings.SplitSeq(s.field, ".") {
				field = field.FieldByName(part)
			}
			if field.IsZero() {
				t.Errorf("%s = %s does not set %s", s.name(), value, s.field)
			}
		}
		if !reflect.DeepEqual(fromFile.Engine, fromEnv.Engine) {
			t.Errorf("%s: a file and the environment give different settings", s.name())
		}
		if o, ok := fromFile.Origin(s.name()); !ok || o != (Origin{File: filepath.Join(dir, "bot.conf"), Line: 2}) {
			t.Errorf("%s: origin %v", s.name(), o)
		}
		if o, ok := fromEnv.Origin(s.name()); !ok || o != (Origin{Variable: s.variable()}) {
			t.Errorf("%s: origin %v", s.name(), o)
		}
		others := 0
		for name, o := range fromFile.Origins() {
			if name != s.name() && !o.IsDefault() {
				others++
			}
		}
		if others > 0 {
			t.Errorf("%s set %d others", s.name(), others)
		}
	}
}

func TestValuesOfSettings(t *testing.T) {
	s, _, err := loadText(t, `
[engine]
address = 127.0.0.1:3700
plain = On
dial_timeout = 1.5s
pauses = 0s, 500ms,2s
wait = spin
core = 3
[session]
username = bob
password = a = "b" ; c  # d
resume = session
login_timeout: 250ms
account_sequence = 18446744073709551615
send_bytes = 65536
`)
	if err != nil {
		t.Fatal(err)
	}
	c := s.Engine
	if c.Address != "127.0.0.1:3700" || !c.DisableTLS || c.DialTimeout != 1500*time.Millisecond ||
		c.Wait != engine.WaitSpin || c.Core != 3 {
		t.Errorf("engine: %+v", c)
	}
	if !slices.Equal(c.ReconnectBackoff, []time.Duration{0, 500 * time.Millisecond, 2 * time.Second}) {
		t.Errorf("pauses: %v", c.ReconnectBackoff)
	}
	p := c.Session
	if p.Username != "bob" || p.Password != `a = "b" ; c  # d` || p.Resume != session.ResumeSession ||
		p.LoginTimeout != 250*time.Millisecond || p.AccountSequence != 1<<64-1 || p.Send.Bytes != 65536 {
		t.Errorf("session: %+v", p)
	}
	if _, err := engine.New(engine.Config{Session: p, Address: c.Address, DisableTLS: true}); err != nil {
		t.Errorf("engine.New: %v", err)
	}
}

func TestBadValues(t *testing.T) {
	for _, c := range []struct{ line, part string }{
		{"[session]\nlogin_timeout = 10", `bot.conf:2: session.login_timeout: is "10", which is not a time such as`},
		{"[session]\n\nlogin_timeout = soon", "bot.conf:3"},
		{"[session]\nunanswered_max = 1e3", `session.unanswered_max: is "1e3"`},
		{"[session]\nunanswered_max = +1", "session.unanswered_max"},
		{"[session]\nunanswered_max = 1_000", "session.unanswered_max"},
		{"[session]\nunanswered_max = 99999999999", "session.unanswered_max"},
		{"[session]\naccount_sequence = -1", "session.account_sequence"},
		{"[session]\nresume = all", "one of account, session, none"},
		{"[engine]\nwait = spin-block", "one of block, spin, spinblock"},
		{"[engine]\nplain = maybe", "yes or no"},
		{"[risk]\nloss_max = 0", "bot.conf:2: risk.loss_max: is \"0\", which is not an amount of money greater than 0"},
		{"[risk]\nloss_max = -1", "risk.loss_max"},
		{"[risk]\nloss_max = 12,50", "risk.loss_max"},
		{"[risk]\nloss_max = 0.000000001", "risk.loss_max"},
		{"[risk]\nloss_max = 99999999999999999999", "risk.loss_max"},
		{"[risk]\norder_quantity_max = 0.00001", "risk.order_quantity_max"},
		{"[risk]\norders_max = 0", "a number from 1"},
		{"[risk]\nwatchdog = 0s", "greater than 0"},
		{"[risk]\ncollar_fraction = 0", "a percentage"},
		{"[risk]\ncollar_fraction = 0.001", "a percentage"},
		{"[risk]\nmarkets = 1, 0", "numbers from 1"},
		{"[risk]\nmarkets = 1,", "numbers from 1"},
		{"[risk]\nhalt_incomplete = overflow, reset", "some of not_caught_up, catching_up_lacked_something"},
		{"[risk]\non_loss = stop", "one of halt, reduce, report"},
		{"[orders]\ncommission = 100.01", "a percentage"},
		{"[engine]\npauses = 1s,,2s", "engine.pauses"},
		{"[engine]\naddress = a:1\n  b:2", "one line of text"},
		{"[engine]\naddress =\n  a:1", "one line of text"},
		{"[engine]\naddress = a:\r1", "one line of text"},
		{
			"[session]\npassword = " + byteOrderMark + "x",
			"a credential, which is not one line of text without a byte order mark",
		},
	} {
		_, _, err := loadText(t, c.line)
		want(t, err, ErrValue, c.part)
		var e *Error
		if !errors.As(err, &e) || e.Origin.Line == 0 || e.Key == "" {
			t.Errorf("%q: %#v", c.line, e)
		}
	}
	_, err := Load("", Options{Environ: []string{"SMK_LOGIN_TIMEOUT=x"}})
	want(t, err, ErrValue, "environment SMK_LOGIN_TIMEOUT: session.login_timeout")
	for _, text := range []string{"bob\r", "bob\n", "b\x00b", "b\xffb", byteOrderMark + "bob"} {
		_, err := Load("", Options{Environ: []string{"SMK_USERNAME=" + text}})
		want(t, err, ErrValue,
			"environment SMK_USERNAME: session.username: is a credential, which is not one line of text")
	}
}

// TestManyErrors: all are named, up to a limit.
func TestManyErrors(t *testing.T) {
	_, _, err := loadText(t, "[session]\nlogin_timeout = a\nusrname = b\n[engin]\n")
	want(t, err, ErrValue, "session.login_timeout", "session.usrname", "[engin]")
	want(t, err, ErrUnknown)
	var b strings.Builder
	b.WriteString("[session]\n")
	for i := range 100 {
		fmt.Fprintf(&b, "zz%d = 1\n", i)
	}
	_, _, err = loadText(t, b.String())
	want(t, err, ErrUnknown, "and 84 more")
	if n := strings.Count(err.Error(), "\n") + 1; n != errorsMax+1 {
		t.Errorf("%d lines", n)
	}
}

func TestUnknownNames(t *testing.T) {
	for _, c := range []struct{ text, key, nearest string }{
		{"[session]\nusrename = x", "session.usrename", "session.username"},
		{"[session]\nadress = x", "session.adress", "engine.address"},
		{"[session]\naddress = x", "session.address", "engine.address"},
		{"[engine]\nreferences = off", "engine.references", "engine.references_off"},
		{"[engine]\nxyzzy = 1", "engine.xyzzy", ""},
		{"[inherit]\nform = a", "inherit.form", "inherit.from"},
		{"[sesion]", "[sesion]", "[session]"},
		{"[Session]", "[Session]", "[session]"},
		{"[strategy]", "[strategy]", ""},
		{"[default]", "[default]", "[DEFAULT]"},
		{"[DEFAULT]\nx = 1\n[engine]\naddress=%%(x)s:1", "DEFAULT.x", ""},
		{"[DEFAULT]\nlogintimeout = 1s", "DEFAULT.logintimeout", "session.login_timeout"},
		{"[tls]\nroots_flie = x", "tls.roots_flie", "tls.roots_file"},
	} {
		_, dir, err := loadText(t, c.text)
		want(t, err, ErrUnknown, c.key)
		var e *Error
		if !errors.As(err, &e) || e.Key != c.key || e.Nearest != c.nearest || e.Origin.File != filepath.Join(dir,
			"bot.conf") || e.Origin.Line == 0 {
			t.Errorf("%q: %#v", c.text, e)
		}
	}
	_, err := Load("", Options{Environ: []string{"SMK_PASWORD=hunter2", "PATH=/bin", "SMK", "SM_X=1"}})
	want(t, err, ErrUnknown, "environment: SMK_PASWORD", "the nearest is SMK_PASSWORD")
	if strings.Contains(err.Error(), "hunter2") {
		t.Error("the error holds the value")
	}
}

// TestOwnSections: the bot's sections are read, not judged.
func TestOwnSections(t *testing.T) {
	dir := files(t, map[string]string{"bot.conf": "[DEFAULT]\nunit = 100\n[strategy]\nSize = %(unit)s0\nedge: 2%%\n"})
	s, err := Load("bot.conf", Options{Directories: []string{dir}, Environ: []string{}, Own: []string{"strategy"}})
	if err != nil {
		t.Fatal(err)
	}
	v := s.Values()
	for key, want := range map[string]string{"size": "1000", "SIZE": "1000", "edge": "2%", "unit": "100"} {
		if got, _, ok, err := v.Get("strategy", key); got != want || !ok || err != nil {
			t.Errorf("%s = %q, %t, %v, want %q", key, got, ok, err, want)
		}
	}
	if _, o, _, _ := v.Get("strategy", "edge"); o.String() != filepath.Join(dir, "bot.conf")+":5" {
		t.Errorf("origin %v", o)
	}
	if _, _, ok, _ := v.Get("strategy", "nothing"); ok {
		t.Error("a key that is nowhere")
	}
	if _, _, ok, _ := v.Get("nowhere", "unit"); ok {
		t.Error("[DEFAULT] made a section")
	}
	if got := v.Sections(); !slices.Equal(got, []string{"strategy"}) {
		t.Errorf("sections %q", got)
	}
	if got := v.Keys("strategy"); !slices.Equal(got, []string{"size", "edge"}) {
		t.Errorf("keys %q", got)
	}
}

func TestEnvironmentOverFiles(t *testing.T) {
	s, dir, err := loadText(t, "[engine]\naddress = file:1\nplain = yes\n", "SMK_ADDRESS=env:1", "HOME=/", "USERNAME=")
	if err != nil {
		t.Fatal(err)
	}
	if s.Engine.Address != "env:1" || !s.Engine.DisableTLS {
		t.Errorf("%+v", s.Engine)
	}
	if o, _ := s.Origin("engine.address"); o.String() != "environment SMK_ADDRESS" {
		t.Errorf("address from %v", o)
	}
	if o, _ := s.Origin("engine.plain"); o.String() != filepath.Join(dir, "bot.conf")+":3" {
		t.Errorf("plain from %v", o)
	}
	if o, ok := s.Origin("engine.wait"); o.String() != "default" || !ok || !o.IsDefault() {
		t.Errorf("wait from %v", o)
	}
	if _, ok := s.Origin("engine.nothing"); ok {
		t.Error("a setting that does not exist has an origin")
	}
	t.Setenv("SMK_CORE", "5")
	if s, err := Load("", Options{}); err != nil || s.Engine.Core != 5 {
		t.Errorf("the process's environment is not read: %v", err)
	}
}

// TestDefaultSection: what is there holds everywhere, a section's own wins.
func TestDefaultSection(t *testing.T) {
	s, _, err := loadText(t, "[DEFAULT]\ncore = 2\nhost = h\nresume = none\n[engine]\naddress = %(HOST)s:1\n")
	if err != nil {
		t.Fatal(err)
	}
	if s.Engine.Core != 2 || s.Engine.Address != "h:1" || s.Engine.Session.Resume != session.ResumeNone {
		t.Errorf("%+v", s.Engine)
	}
	if s, _, err = loadText(t, "[engine]\ncore = 3\n[DEFAULT]\ncore = 2\n"); err != nil || s.Engine.Core != 3 {
		t.Errorf("%v, %+v", err, s)
	}
}

func TestReferences(t *testing.T) {
	chain := "[DEFAULT]\na0 = x\n"
	for i := range 12 {
		chain += fmt.Sprintf("a%d = %%(a%d)s\n", i+1, i)
	}
	for _, c := range []struct {
		text, want string
		err        error
	}{
		{"[s]\nk = 100%%", "100%", nil},
		{"[s]\nk = %(j)s-%(j)s\nj = 1", "1-1", nil},
		{"[s]\nk = %(j)s\nj = %%(j)s", "%(j)s", nil},
		{"[s]\nk = 100%", "", ErrReference},
		{"[s]\nk = 5% of", "", ErrReference},
		{"[s]\nk = %(j)", "", ErrReference},
		{"[s]\nk = %(j)d", "", ErrReference},
		{"[s]\nk = %()s", "", ErrReference},
		{"[s]\nk = %(other)s", "", ErrReference},
		{"[s]\nk = %(t)s\n[q]\nt = 1", "", ErrReference},
		{"[s]\nk = %(k)s", "", ErrDepth},
		{"[s]\nk = %(j)s\nj = %(k)s", "", ErrDepth},
		{chain + "[s]\nk = %(a9)s", "x", nil},
		{chain + "[s]\nk = %(a10)s", "", ErrDepth},
		{"[s]\na =\nb = " + strings.Repeat("%(a)s", 100) + "\nk = " + strings.Repeat("%(b)s", 100), "", ErrTooLarge},
		{"[s]\na = " + strings.Repeat("x", 1000) + "\nk = " + strings.Repeat("%(a)s", 100), "", ErrTooLarge},
	} {
		sections, err := parse([]byte(c.text))
		if err != nil {
			t.Fatal(err)
		}
		var v Values
		v.merge("f", sections)
		got, _, ok, err := v.Get("s", "k")
		if got != c.want || !ok || !errors.Is(err, c.err) {
			t.Errorf("%.60q: %q, %t, %v, want %q, %v", c.text, got, ok, err, c.want, c.err)
		}
	}
}

// TestExplain: what engine.New refuses is traced to its line.
func TestExplain(t *testing.T) {
	for _, c := range []struct{ text, part string }{
		{"[engine]\nspin_rounds = -1\n", "bot.conf:2: engine.spin_rounds: "},
		{"[session]\nlogin_timeout = 48h\n", "bot.conf:2: session.login_timeout: "},
		{"[session]\n\nsend_bytes = 5\n", "bot.conf:3: session.send_bytes: "},
		{"[engine]\npauses = 0s\n", "bot.conf:2: engine.pauses: "},
		{"[engine]\naddress = nowhere\n", "bot.conf:2: engine.address: "},
	} {
		s, _, err := loadText(t, c.text, "SMK_USERNAME=u", "SMK_PASSWORD=p")
		if err != nil {
			t.Fatal(err)
		}
		_, err = engine.New(s.Engine)
		if err == nil {
			t.Fatalf("%q: engine.New takes it", c.text)
		}
		want(t, s.Explain(err), err, c.part, err.Error())
	}
	s, _, err := loadText(t, "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = engine.New(s.Engine)
	want(t, s.Explain(err), err, "default: session.token: ")
	if other := errors.New("other"); s.Explain(other) != other || s.Explain(nil) != nil {
		t.Error("an error about no setting is changed")
	}
}

// TestNothingShowsCredentials prints everything in every way.
func TestNothingShowsCredentials(t *testing.T) {
	dir := files(t, map[string]string{
		"bot.conf": "[session]\nusername = secretuser\npassword = secretpass\n",
	})
	s, err := Load("bot.conf", Options{Directories: []string{dir}, Environ: []string{}})
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	logger := slog.New(slog.NewTextHandler(&log, nil))
	logger.Info("x", "settings", s, "values", s.Values())
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&log, verb+verb+verb+verb, s, *s, s.Values(), *s.Values())
	}
	for _, o := range s.Origins() {
		log.WriteString(o.String())
	}
	for _, secret := range []string{"secretuser", "secretpass", fmt.Sprintf("%x", "secretpass"), fmt.Sprintf("%d",
		[]byte("secretpass"))} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("%s is shown:\n%s", secret, log.String())
		}
	}
	if want := "session.password = set (" + filepath.Join(dir, "bot.conf") + ":3)\n"; !strings.Contains(s.String(),
		want) {
		t.Errorf("String is\n%s", s)
	}
	for _, text := range []string{
		"[session]\npassword = zeb%qux",
		"[session]\npassword = zeb\n qux",
		"[session]\npassword = zeb%(qux)s",
		"[session]\npassword zeb qux",
		"[session]\npassword = zeb%%qux\n[engine]\nplain = %(password)s",
		"[DEFAULT]\npassword = zebqux\n[engine]\nplain = x%(password)s",
		"[DEFAULT]\npassword = zebqux\nb = %(password)s\n[engine]\nwait = %(b)s",
		"[DEFAULT]\ntoken = zebqux\n[engine]\nwait = %(TOKEN)s",
		"[session]\npassword = a\npassword = zebqux",
		"[session]\npasswrod = zebqux",
		"[sesion]\npassword = zebqux",
		"[session]\npassword = zebqux\ntoken = zebqux",
		"[session]\npassword = zebqux\x00",
	} {
		_, _, err := loadText(t, text)
		if err == nil {
			t.Fatalf("%q is taken", text)
		}
		if s := err.Error(); strings.Contains(s, "zeb") || strings.Contains(strings.TrimPrefix(s, dir), "qux") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
