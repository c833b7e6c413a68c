package main

import (
	"encoding/json"
	"errors"
	"flag"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smk-go/smk/bench/peers"
	"github.com/smk-go/smk/bench/peers/internal/measure"
)

// TestBadFlags expects one clear line for each of them.
func TestBadFlags(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"-x", "not defined: -x"},
		{"-rounds", "needs an argument: -rounds"},
		{"-rounds x", `"x" for flag -rounds`},
		{"-rounds 0", "rounds must be 1 to 1000, not 0"},
		{"-rounds 1001", "rounds must be 1 to 1000, not 1001"},
		{"-slice 1ns", "slice must be 1ms to 10s, not 1ns"},
		{"-slice 30", `"30" for flag -slice`},
		{"-json=maybe", `"maybe" for -json`},
		{"-what nonsense", `unknown message "nonsense", have executed,`},
		{"-what executed,", `unknown message ""`},
		{"executed", `unexpected argument "executed"`},
		{"-json -- -x", `unexpected argument "-x"`},
	} {
		var help strings.Builder
		_, err := parse(strings.Fields(c.line), &help)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.line, err, c.want)
		} else if strings.Contains(err.Error(), "\n") || help.Len() > 0 {
			t.Errorf("%s: more than a line: %v %s", c.line, err, help.String())
		}
	}
}

func TestFlags(t *testing.T) {
	o, err := parse(nil, io.Discard)
	if err != nil || o.Rounds != 7 || o.Slice != 30*time.Millisecond || o.json || len(o.what) != 0 {
		t.Errorf("without flags: %+v, %v", o, err)
	}
	o, err = parse(strings.Fields("-json -rounds 3 -slice 2ms -what quotes,create"), io.Discard)
	want := measure.Config{Rounds: 3, Slice: 2 * time.Millisecond}
	if err != nil || o.Config != want || !o.json || !slices.Equal(o.what, []string{"quotes", "create"}) {
		t.Errorf("with flags: %+v, %v", o, err)
	}
	var help strings.Builder
	if _, err := parse([]string{"-h"}, &help); !errors.Is(err, flag.ErrHelp) || !strings.Contains(help.String(), "-rounds") {
		t.Errorf("-h: %v, %q", err, help.String())
	}
}

// TestTable runs everything for one short round and reads both outputs.
func TestTable(t *testing.T) {
	o := options{Config: measure.Config{Rounds: 1, Slice: measure.SliceMin}}
	var markdown strings.Builder
	if err := run(o, &markdown, io.Discard); err != nil {
		t.Fatal(err)
	}
	columns := 0
	for line := range strings.Lines(markdown.String()) {
		if !strings.HasPrefix(line, "| ") {
			continue
		}
		if n := strings.Count(line, "|"); columns == 0 {
			columns = n
		} else if n != columns {
			t.Errorf("%d columns, the head has %d: %s", n, columns, line)
		}
	}
	for _, want := range []string{
		"| decode | by |", "| encode | by |",
		"| executed, 81 B | **gen/msg** |", "| quotes, 199 B | vtprotobuf pooled |",
		"| mixed, 61 B | hyperpb |", "| create, 43 B | easyproto |", "| heartbeat, 12 B | floor: memcpy |",
		"C++ libprotobuf is not measured", "go1.",
	} {
		if !strings.Contains(markdown.String(), want) {
			t.Errorf("no %q in\n%s", want, markdown.String())
		}
	}

	o.json, o.what = true, []string{"accepted"}
	var text strings.Builder
	if err := run(o, &text, io.Discard); err != nil {
		t.Fatal(err)
	}
	var r report
	if err := json.Unmarshal([]byte(text.String()), &r); err != nil {
		t.Fatal(err)
	}
	// Everyone decodes and all but hyperpb encode; of the two floors only a copy is one of encoding.
	if want := 2*len(peers.All()) - 1 + 3; len(r.Rows) != want {
		t.Errorf("%d results, want %d", len(r.Rows), want)
	}
	for i, row := range r.Rows {
		if row.What != "accepted" || row.Bytes != 73 || row.Ns <= 0 || row.MBPerSecond <= 0 || row.Ratio <= 0 {
			t.Errorf("result %d is %+v", i, row)
		}
		if row.Who == peers.Flat && (row.Ratio != 1 || row.Allocs != 0) {
			t.Errorf("gen/msg is %+v", row)
		}
	}
	if r.Rounds != 1 || r.Slice != measure.SliceMin || r.Machine.Cores < 1 || !strings.HasPrefix(r.Machine.Go, "go") {
		t.Errorf("report is %+v", r)
	}
}

func TestCPUName(t *testing.T) {
	const info = "processor\t: 0\nvendor_id\t: X\nmodel\t\t: 7\nmodel name\t: Some CPU @ 3 GHz\nmodel name\t: second\n"
	if got := cpuName([]byte(info)); got != "Some CPU @ 3 GHz" {
		t.Errorf("name is %q", got)
	}
	if got := cpuName([]byte("no such\nthing")); got != "" {
		t.Errorf("name is %q", got)
	}
}
