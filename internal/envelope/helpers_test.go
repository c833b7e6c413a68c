package envelope

import (
	"encoding/hex"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

// vector is one message as a reference encodes it.
type vector struct {
	name     string // of a captured message, or "" for one of the reference library
	envelope Envelope
	payload  []byte
	frame    []byte
}

const (
	common = hasType | hasEto | hasSeq
	typed  = common | hasEtoType
	marked = common | hasIsReplay
)

// vectors returns the messages of wire's testdata/frames.txt.
func vectors(tb testing.TB) (all []vector) {
	tb.Helper()
	file, err := os.ReadFile("../../wire/testdata/frames.txt")
	if err != nil {
		tb.Fatal(err)
	}
	for line := range strings.Lines(string(file)) {
		line, name, _ := strings.Cut(line, "#")
		column := strings.Fields(line)
		if len(column) == 0 {
			continue
		}
		if len(column) != 6 {
			tb.Fatalf("frames.txt: %q", line)
		}
		v := vector{name: strings.TrimSpace(name), payload: unhex(tb, column[4]), frame: unhex(tb, column[5])}
		v.envelope = Envelope{
			Seq: number(tb, column[1]), Type: uint32(number(tb, column[0])), EtoType: EtoNone,
			Flags: Flags{has: common},
		}
		if column[2] != "-" {
			v.envelope.EtoType = uint32(number(tb, column[2]))
			v.envelope.has |= hasEtoType
		}
		if column[3] != "-" {
			v.envelope.IsReplay = column[3] == "1"
			v.envelope.has |= hasIsReplay
		}
		all = append(all, v)
	}
	if len(all) < 217 {
		tb.Fatalf("only %d vectors in frames.txt", len(all))
	}
	return all
}

func unhex(tb testing.TB, s string) []byte {
	tb.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func number(tb testing.TB, s string) uint64 {
	tb.Helper()
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		tb.Fatal(err)
	}
	return n
}

// wantBug expects f to panic with a message that blames this package.
func wantBug(t *testing.T, name string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if text := fmt.Sprint(recover()); !strings.HasPrefix(text, "BUG: envelope: ") {
			t.Errorf("%s: panic %q", name, text)
		}
	}()
	f()
}
