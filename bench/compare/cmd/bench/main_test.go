package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/smk-go/smk/bench/compare/internal/suite"
)

// try executes a command line.
func try(t *testing.T, args ...string) (code int, out, progress string) {
	t.Helper()
	var o, p strings.Builder
	code = run(t.Context(), args, &o, &p)
	return code, o.String(), p.String()
}

// TestBadFlags expects one clear line for each of them, before anything is measured.
func TestBadFlags(t *testing.T) {
	for line, want := range map[string]string{
		"-x":              "-x",
		"-rounds x":       `"x" for flag -rounds`,
		"-rounds 0":       "rounds must be 1 to 1000, not 0",
		"-slice 1ns":      "slice must be 1ms to 10s, not 1ns",
		"-parts nonsense": `unknown part "nonsense", have codec,`,
		"executed":        "unexpected argument executed",
	} {
		code, out, progress := try(t, strings.Fields(line)...)
		if code != exitUsage || out != "" || strings.Count(progress, "\n") != 1 || !strings.Contains(progress, want) {
			t.Errorf("%s: %d, %q, %q, want %q", line, code, out, progress, want)
		}
	}
	code, out, _ := try(t, "-help")
	if code != exitOK || !strings.Contains(out, "-strict") || !strings.Contains(out, "codec,") {
		t.Errorf("-help: %d, %q", code, out)
	}
}

// TestFiles measures a little, writes everything that can be written, reads it again, and refuses what cannot be
// written or read.
func TestFiles(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	const marks = "<!-- measured: written by make bench-report, edits get lost -->\n<!-- end of what was measured -->\n"
	for name, content := range map[string]string{
		"marked.md": "# Before\n" + marks + "after\n", "plain.md": "nothing\n", "half.json": "{",
	} {
		if err := os.WriteFile(at(name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	code, _, progress := try(t, "-rounds", "1", "-slice", "1ms", "-parts", "slug",
		"-save", at("new/r.json"), "-page", at("new/r.html"), "-docs", at("marked.md"))
	if code != exitOK {
		t.Fatal(code, progress)
	}
	for name, want := range map[string]string{
		"new/r.json": `"goals"`, "new/r.html": "</html>", "marked.md": "## Goals\n",
	} {
		content, err := os.ReadFile(at(name))
		if err != nil || !strings.Contains(string(content), want) {
			t.Errorf("%s: %v, no %q", name, err, want)
		}
	}
	var r suite.Results
	content, err := os.ReadFile(at("new/r.json"))
	if err := errors.Join(err, json.Unmarshal(content, &r)); err != nil {
		t.Fatal(err)
	}
	if r.Count(suite.NotMeasured) != len(r.Goals)-2 || r.Smoke || r.Rounds != 1 ||
		!strings.Contains(r.Machine, "cores") {
		t.Errorf("results are %+v", r)
	}
	code, out, _ := try(t, "-from", at("new/r.json"))
	if code != exitOK || !strings.Contains(out, "| identifier to slug, math/big / ours") {
		t.Errorf("%d, %s", code, out)
	}
	for _, bad := range [][]string{
		{"-docs", at("plain.md")},
		{"-docs", at("none.md")},
		{"-page", dir},
		{"-save", at("plain.md/x")},
		{"-from", at("half.json")},
		{"-from", at("none.json")},
	} {
		code, _, progress := try(t, append([]string{"-from", at("new/r.json")}, bad...)...)
		if code != exitFailed || strings.Count(progress, "\n") != 1 {
			t.Errorf("%s: %d, %q", bad, code, progress)
		}
	}
}

// TestStrict expects results to be told apart that differ in one verdict.
func TestStrict(t *testing.T) {
	for _, c := range []struct {
		verdict suite.Verdict
		unbuilt bool
		want    int
	}{
		{suite.Stretched, false, exitOK},
		{suite.Reached, false, exitOK},
		{suite.Missed, false, exitMissed},
		{suite.NotMeasured, false, exitMissed},
		{suite.NotMeasured, true, exitOK},
	} {
		content, err := json.Marshal(suite.Results{Goals: []suite.Goal{
			{Number: 1, Verdict: suite.Reached}, {Number: 2, Verdict: c.verdict, Unbuilt: c.unbuilt},
		}})
		name := filepath.Join(t.TempDir(), "results.json")
		if err != nil || os.WriteFile(name, content, 0o600) != nil {
			t.Fatal(err)
		}
		strict, _, _ := try(t, "-strict", "-from", name)
		lenient, _, _ := try(t, "-from", name)
		if strict != c.want || lenient != exitOK {
			t.Errorf("%v: exit status %d, want %d, and %d without -strict", c.verdict, strict, c.want, lenient)
		}
	}
}
