package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/smk-go/smk/bench/compare/internal/goal"
	"github.com/smk-go/smk/bench/compare/internal/suite"
)

// TestBadFlags expects one clear line for each of them, before anything is measured.
func TestBadFlags(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"-x", "unknown flag -x"},
		{"-rounds x", "x"},
		{"-rounds 0", "rounds must be 1 to 1000, not 0"},
		{"-slice 1ns", "slice must be 1ms to 10s, not 1ns"},
		{"-slice 30", "30"},
		{"-parts nonsense", `unknown part "nonsense", have codec,`},
		{"-feeds nonsense", `unknown message "nonsense", have executed,`},
		{"-from /nowhere/at/all", "/nowhere/at/all"},
		{"executed", "unexpected argument executed"},
	} {
		var out, progress strings.Builder
		code := run(t.Context(), strings.Fields(c.line), &out, &progress)
		if code != exitUsage || out.Len() > 0 || strings.Count(progress.String(), "\n") != 1 || !strings.Contains(progress.String(), c.want) {
			t.Errorf("%s: %d, %q, %q, want %q", c.line, code, out.String(), progress.String(), c.want)
		}
	}
}

func TestHelp(t *testing.T) {
	var out, progress strings.Builder
	code := run(t.Context(), []string{"-help"}, &out, &progress)
	if code != exitOK || !strings.Contains(out.String(), "--strict") || !strings.Contains(out.String(), "codec,") {
		t.Errorf("%d, %q, %q", code, out.String(), progress.String())
	}
}

// TestJSON measures a little, and expects the same as Markdown when it is read again.
func TestJSON(t *testing.T) {
	var out, progress strings.Builder
	if code := run(t.Context(), strings.Fields("-smoke -json -parts slug"), &out, &progress); code != exitOK {
		t.Fatal(code, progress.String())
	}
	var r suite.Results
	if err := json.Unmarshal([]byte(out.String()), &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Goals) != len(goal.All()) || r.Count(goal.NotMeasured) != len(goal.All())-2 || !r.Smoke || r.Machine.Cores < 1 {
		t.Errorf("results are %+v", r)
	}
	name := filepath.Join(t.TempDir(), "results.json")
	if err := os.WriteFile(name, []byte(out.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	out.Reset()
	if code := run(t.Context(), []string{"-from", name}, &out, &progress); code != exitOK ||
		!strings.Contains(out.String(), "| identifier to slug, math/big / ours") {
		t.Errorf("%d, %s", code, out.String())
	}
	if err := os.WriteFile(name, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code := run(t.Context(), []string{"-from", name}, &out, &progress); code != exitFailed {
		t.Errorf("half a file: %d", code)
	}
}

// TestFiles writes everything that can be written, and refuses a document without marks.
func TestFiles(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	const marks = "<!-- measured: written by make bench-report, edits get lost -->\n<!-- end of what was measured -->\n"
	for name, content := range map[string]string{"marked.md": "# Before\n" + marks + "after\n", "plain.md": "nothing\n"} {
		if err := os.WriteFile(at(name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out, progress strings.Builder
	args := []string{"-rounds", "1", "-slice", "1ms", "-parts", "slug", "-save", at("new/r.json"), "-page", at("new/r.html"), "-docs", at("marked.md")}
	if code := run(t.Context(), args, &out, &progress); code != exitOK {
		t.Fatal(code, progress.String())
	}
	for name, want := range map[string]string{"new/r.json": `"goals": [`, "new/r.html": "</html>", "marked.md": "## Goals\n"} {
		content, err := os.ReadFile(at(name))
		if err != nil || !strings.Contains(string(content), want) {
			t.Errorf("%s: %v, no %q", name, err, want)
		}
	}
	for _, bad := range [][]string{{"-docs", at("plain.md")}, {"-docs", at("none.md")}, {"-page", dir}, {"-save", at("plain.md/x")}} {
		progress.Reset()
		code := run(t.Context(), append([]string{"-from", at("new/r.json")}, bad...), &out, &progress)
		if code != exitFailed || strings.Count(progress.String(), "\n") != 1 {
			t.Errorf("%s: %d, %q", bad, code, progress.String())
		}
	}
}

// TestStrict tells results apart that differ in one verdict.
func TestStrict(t *testing.T) {
	for _, c := range []struct {
		verdict goal.Verdict
		unbuilt bool
		want    int
	}{
		{goal.Stretched, false, exitOK},
		{goal.Reached, false, exitOK},
		{goal.Missed, false, exitFailed},
		{goal.NotMeasured, false, exitFailed},
		{goal.NotMeasured, true, exitOK},
	} {
		r := suite.Results{Goals: []suite.GoalRow{
			{Number: 1, Verdict: goal.Reached}, {Number: 2, Verdict: c.verdict, Unbuilt: c.unbuilt},
		}}
		content, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(t.TempDir(), "results.json")
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
		var out, progress strings.Builder
		if code := run(t.Context(), []string{"-strict", "-from", name}, &out, &progress); code != c.want {
			t.Errorf("%v: exit status %d, want %d", c.verdict, code, c.want)
		}
		if code := run(t.Context(), []string{"-from", name}, &out, &progress); code != exitOK {
			t.Errorf("%v, not strict: exit status %d", c.verdict, code)
		}
	}
}
