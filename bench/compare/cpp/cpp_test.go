package cpp

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/smk-go/smk/bench/internal/fixture"
)

// TestProcess compares the program with the values that gen/msg reads and writes. If it cannot be built, only the
// reason is logged.
func TestProcess(t *testing.T) {
	p, err := Start(t.Context(), []string{"-O0"})
	if errors.Is(err, ErrUnavailable) {
		t.Log(err)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(p.Version, ".") != 2 || strings.HasPrefix(p.Version, "0.") {
		t.Errorf("version is %q", p.Version)
	}
	check := func(feed fixture.Feed, encode bool, works []Work) {
		if err := p.Check(feed, encode); err != nil {
			t.Error(err)
		}
		for _, w := range works {
			loop := p.Loop(w, feed)
			once, err1 := loop(1000)
			often, err2 := loop(20_000)
			if err1 != nil || err2 != nil || once <= 0 || often <= once {
				t.Errorf("%s %s: 1000 times in %v, 20000 in %v; %v, %v", w.Name, feed.Name, once, often, err1, err2)
			}
		}
	}
	for _, feed := range fixture.Inbound() {
		check(feed, false, Decoding)
	}
	for _, feed := range fixture.Outbound() {
		check(feed, true, Encoding)
	}
	changed := fixture.Executed()
	if changed.Payloads[0][20] ^= 1; p.Check(changed, false) == nil {
		t.Error("values that are not ours pass the check")
	}
	changed = fixture.Create()
	if changed.Payloads[0][42] ^= 1; p.Check(changed, true) == nil { // the last byte of its label
		t.Error("frames that are not ours pass the check")
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(p.dir); !os.IsNotExist(err) {
		t.Errorf("%s is still there", p.dir)
	}
}

// TestUnavailable expects the error to name the tool that is missing or broken.
func TestUnavailable(t *testing.T) {
	bin := t.TempDir()
	t.Setenv("PATH", bin)
	for _, c := range []struct{ name, script, want string }{
		{"none", "", "protoc"},
		{"protoc", "#!/bin/sh\necho too old >&2; echo more >&2; exit 1\n", "protoc: too old"},
		{"protoc", "#!/bin/sh\n", "c++"},
		{"c++", "#!/bin/sh\necho no headers >&2; exit 1\n", "c++: no headers"},
	} {
		if err := os.WriteFile(filepath.Join(bin, c.name), []byte(c.script), 0o700); err != nil {
			t.Fatal(err)
		}
		_, err := Start(t.Context(), nil)
		if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), c.want) ||
			strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}
