package config

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"io/fs"
	"math/big"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/smk-go/smk/engine/session"
)

// TestPasswordLayers walks through the sources of a password from the weakest on.
func TestPasswordLayers(t *testing.T) {
	dir := files(t, map[string]string{
		"none.conf":       "[session]\npassword = inline\n",
		"conf/bot.conf":   "[session]\npassword = inline\npassword_file = ../secret/one\n",
		"secret/one":      "from file\n",
		"secret/two":      " from environment's file\r\n",
		"secret/token":    byteOrderMark + "tok",
		"conf/token.conf": "[session]\ntoken_file = ../secret/token\n",
	})
	two := filepath.Join(dir, "secret", "two")
	for _, c := range []struct {
		name     string
		environ  []string
		password string
		origin   string
	}{
		{"none.conf", nil, "inline", filepath.Join(dir, "none.conf") + ":2"},
		{"conf/bot.conf", nil, "from file", filepath.Join(dir, "secret", "one")},
		{"none.conf", []string{"SMK_PASSWORD_FILE=" + two}, " from environment's file", two},
		{"conf/bot.conf", []string{"SMK_PASSWORD_FILE=" + two}, " from environment's file", two},
		{"conf/bot.conf", []string{"SMK_PASSWORD_FILE=" + two, "SMK_PASSWORD=a=b"}, "a=b", "environment SMK_PASSWORD"},
		{"conf/bot.conf", []string{"SMK_PASSWORD=a"}, "a", "environment SMK_PASSWORD"},
	} {
		s, err := Load(c.name, Options{Directories: []string{dir}, Environ: append([]string{""}, c.environ...)})
		if err != nil {
			t.Fatal(err)
		}
		if o, _ := s.Origin("session.password"); s.Engine.Session.Password != c.password || o.String() != c.origin {
			t.Errorf("%s with %q: %q from %v, want %q from %s", c.name, c.environ, s.Engine.Session.Password, o,
				c.password, c.origin)
		}
	}
	s, err := Load("conf/token.conf", Options{Directories: []string{dir}, Environ: []string{}})
	if err != nil || s.Engine.Session.Token != "tok" {
		t.Errorf("token: %v", err)
	}
}

// TestPasswordOfProfile takes the credential of the profile, be it there or in a file, and never that of the account
// which the sections without a profile are for: it would go to the profile's address.
func TestPasswordOfProfile(t *testing.T) {
	dir := files(t, map[string]string{
		"live": "live\n", "sim": "sim\n",
		"bot.conf": "[session]\nusername = a\npassword_file = live\n[session:inline]\npassword = inline\n" +
			"[session:file]\npassword_file = sim\n[session:both]\npassword = inline\npassword_file = sim\n" +
			"[session:none]\nusername = b\n",
	})
	sim := filepath.Join(dir, "sim")
	for _, c := range []struct {
		profile, password string
		environ           []string
		flags             []Flag
	}{
		{"", "live", nil, nil},
		{"none", "live", nil, nil},
		{"inline", "inline", nil, nil},
		{"file", "sim", nil, nil},
		{"both", "sim", nil, nil},
		{"inline", "sim", []string{"SMK_PASSWORD_FILE=" + sim}, nil},
		{"inline", "env", []string{"SMK_PASSWORD=env"}, nil},
		{"inline", "sim", nil, []Flag{{"--set", "session.password_file", sim}}},
	} {
		s, err := Load("bot.conf", Options{
			Directories: []string{dir}, Environ: append([]string{""}, c.environ...), Profile: c.profile, Flags: c.flags,
		})
		if err != nil || s.Engine.Session.Password != c.password {
			t.Errorf("%+v: %v, %q", c, err, s.Engine.Session.Password)
		}
	}
}

func TestPasswordFileRefusals(t *testing.T) {
	most := strings.Repeat("x", session.CredentialBytesMax)
	dir := files(t, map[string]string{
		"empty": "", "line": "\n", "blank": " \t \u00a0\r\n", "quotes": "\"\"\n", "mark": byteOrderMark + "\n",
		"two": "secret\nsecret\n", "end": "secret\n\n", "nul": "sec\x00ret", "bytes": "secret\xff",
		"utf16": "\xff\xfes\x00e\x00c\x00r\x00e\x00t\x00", "utf16be": "\xfe\xff\x00s",
		"utf32be": "\x00\x00\xfe\xff\x00\x00\x00s",
		"long":    most + "x", "longer": most + "xxxxxx", "most": most, "mostEver": byteOrderMark + most + "\r\n",
	})
	load := func(name string) error {
		_, err := Load("", Options{Environ: []string{"SMK_PASSWORD_FILE=" + filepath.Join(dir, name)}})
		return err
	}
	for name, reason := range map[string]error{
		"empty": ErrEmpty, "line": ErrEmpty, "blank": ErrEmpty, "quotes": ErrEmpty, "mark": ErrEmpty,
		"two": ErrSecret, "end": ErrSecret, "nul": ErrText, "bytes": ErrText,
		"utf16": ErrUTF16, "utf16be": ErrUTF16, "utf32be": ErrUTF16, "long": ErrTooLarge, "longer": ErrTooLarge,
	} {
		err := load(name)
		want(t, err, ErrSecret, "environment SMK_PASSWORD_FILE: session.password_file: ",
			strconv.Quote(filepath.Join(dir, name)))
		want(t, err, reason)
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
	want(t, load("nowhere"), fs.ErrNotExist, "session.password_file", "nowhere")
	for _, name := range []string{"most", "mostEver"} {
		if err := load(name); err != nil {
			t.Error(err)
		}
	}
	if err := load("."); err == nil {
		t.Error("a folder is taken for a password")
	}
	_, _, err := loadText(t, "[session]\n\npassword_file = "+filepath.Join(dir, "empty")+"\n")
	want(t, err, ErrEmpty, "bot.conf:3: session.password_file: ")
}

// TestTokenAndPassword: of two credentials only one would be sent, so which one
// is not guessed.
func TestTokenAndPassword(t *testing.T) {
	_, _, err := loadText(t, "[session]\nusername = u\npassword = p\n", "SMK_TOKEN=t")
	want(t, err, ErrContradiction, "environment SMK_TOKEN: session.token: ", "session.password, from ", "bot.conf:3")
	_, _, err = loadText(t, "[session]\nusername = u\npassword = p\n", "SMK_TOKEN=t", "SMK_PASSWORD=")
	want(t, err, ErrEmpty, "environment SMK_PASSWORD: session.password: ") // it does not take the password back
}

// pair makes a certificate and its key, as PEM.
func pair(t *testing.T) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Unix(1<<33, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyDER}))
}

func TestTLS(t *testing.T) {
	certificate, key := pair(t)
	other, _ := pair(t)
	dir := files(t, map[string]string{"c.pem": certificate, "k.pem": key, "other.pem": other, "text": "secret"})
	load := func(lines string) (*Settings, error) {
		name := filepath.Join(files(t, map[string]string{"bot.conf": "[tls]\n" + strings.ReplaceAll(lines, "@",
			dir+"/")}), "bot.conf")
		return Load(name, Options{Environ: []string{}})
	}
	s, err := load("server_name = example.com\nroots_file = @c.pem\ncertificate_file = @c.pem\nkey_file = @k.pem")
	if err != nil {
		t.Fatal(err)
	}
	if c := s.Engine.TLS; c.ServerName != "example.com" || c.RootCAs == nil || len(c.Certificates) != 1 ||
		c.InsecureSkipVerify {
		t.Errorf("%+v", c)
	}
	for _, c := range []struct {
		lines  string
		target error
		part   string
	}{
		{"roots_file = @text", ErrValue, "bot.conf:2: tls.roots_file: "},
		{"roots_file = @nowhere", fs.ErrNotExist, "tls.roots_file"},
		{"certificate_file = @c.pem", ErrContradiction, "tls.certificate_file"},
		{"key_file = @k.pem", ErrContradiction, "need each other"},
		{"certificate_file = @other.pem\nkey_file = @k.pem", ErrValue, "tls.certificate_file"},
		{"certificate_file = @c.pem\nkey_file = @text", ErrValue, "tls.certificate_file"},
		{"certificate_file = @c.pem\nkey_file = @nowhere", fs.ErrNotExist, "nowhere"},
	} {
		_, err := load(c.lines)
		want(t, err, c.target, c.part)
		if strings.Contains(err.Error(), "secret") {
			t.Error(err)
		}
	}
	// A byte order mark does not hide the certificate behind it, nor the first of several.
	marked := files(t, map[string]string{
		"one.pem": byteOrderMark + certificate, "two.pem": byteOrderMark + other + certificate, "k.pem": byteOrderMark +
			key,
		"utf16.pem": "\xff\xfe-\x00",
	})
	for name, count := range map[string]int{"one.pem": 1, "two.pem": 2} {
		pool, err := readRoots(filepath.Join(marked, name))
		if err != nil {
			t.Fatal(err)
		}
		wanted := x509.NewCertPool()
		if wanted.AppendCertsFromPEM([]byte(certificate)); count == 2 {
			wanted.AppendCertsFromPEM([]byte(other))
		}
		if !pool.Equal(wanted) {
			t.Errorf("%s: not the %d certificates that are in it", name, count)
		}
	}
	if _, err := readPair(filepath.Join(marked, "one.pem"), filepath.Join(marked, "k.pem")); err != nil {
		t.Errorf("a certificate and a key with byte order marks: %v", err)
	}
	_, err = load("roots_file = " + filepath.Join(marked, "utf16.pem"))
	want(t, err, ErrUTF16, "bot.conf:2: tls.roots_file: ")
}
