package cpp

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/smk-go/smk/bench/internal/fixture"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/wire"
)

// TestProcess holds the program to the values that gen/msg reads and writes. Where it cannot be
// built the reason has to be a clear one, and that is all there is to test.
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
	for _, feed := range append(fixture.Inbound(), fixture.Create()) {
		if err := p.Check(feed); err != nil {
			t.Error(err)
		}
		for _, kind := range []Kind{Reused, Arena, Copy, Sum} {
			loop, err := p.Loop(kind, feed)
			if err != nil {
				t.Fatal(err)
			}
			once, err1 := loop(1000)
			often, err2 := loop(20_000)
			if err1 != nil || err2 != nil || once <= 0 || often <= once {
				t.Errorf("%s %s: 1000 times in %v, 20000 in %v; %v, %v", kind, feed.Name, once, often, err1, err2)
			}
		}
	}
	testFrame(t, p)
	changed := fixture.Executed()
	if changed.Payloads[0][20] ^= 1; p.Check(changed) == nil {
		t.Error("values that are not ours pass the check")
	}

	dir := p.dir
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("%s is still there", dir)
	}
	if _, err := p.Loop(Sum, fixture.QuotesVar()); err != nil && p.Check(fixture.Quotes()) == nil {
		t.Error("a closed process answers")
	}
}

// testFrame compares what the encoding loop writes with our encoder.
func testFrame(t *testing.T, p *Process) {
	t.Helper()
	const seq, reference = 70_000, 1_800_000_000_000_001
	feed := fixture.Create()
	var m msg.Payload
	if err := m.Decode(feed.Payloads[0], nil); err != nil {
		t.Fatal(err)
	}
	m.MutableEtoPayload().SetSeq(seq)
	m.MutableOrderCreate().SetReference(reference)
	payload, err := m.MarshalVT()
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.Frame(feed, seq, reference)
	if want := wire.AppendFrame(nil, payload); err != nil || !bytes.Equal(got, want) {
		t.Errorf("frame is %x, %v, want %x", got, err, want)
	}
	loop, err := p.Loop(Encode, feed)
	if err != nil {
		t.Fatal(err)
	}
	if d, err := loop(1000); err != nil || d <= 0 {
		t.Errorf("encode: %v, %v", d, err)
	}
}

func TestVersion(t *testing.T) {
	if got, err := version("3021012"); got != "3.21.12" || err != nil {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := version("new"); err == nil {
		t.Error("any text is a version")
	}
}

// TestUnavailable expects a machine without the tools, or with broken ones, to be told which.
func TestUnavailable(t *testing.T) {
	bin := t.TempDir()
	t.Setenv("PATH", bin)
	_, err := Start(t.Context(), nil)
	if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "protoc") {
		t.Errorf("without protoc: %v", err)
	}
	for _, c := range []struct{ name, script, want string }{
		{"protoc", "#!/bin/sh\necho too old >&2; echo more >&2; exit 1\n", "protoc: too old"},
		{"protoc", "#!/bin/sh\n", "c++"},
		{"c++", "#!/bin/sh\necho no headers >&2; exit 1\n", "c++: no headers"},
	} {
		if err := os.WriteFile(filepath.Join(bin, c.name), []byte(c.script), 0o700); err != nil {
			t.Fatal(err)
		}
		_, err := Start(t.Context(), nil)
		if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}
