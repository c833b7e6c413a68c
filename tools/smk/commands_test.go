package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/smk-go/smk/tools/smk/cmdline"
)

// program returns the command line and its commands.
func program(t *testing.T) (*kong.Kong, *cmdline.Command) {
	t.Helper()
	parser, err := newParser(new(commands), stdio{nil, new(bytes.Buffer), new(bytes.Buffer)})
	if err != nil {
		t.Fatal(err)
	}
	return parser, cmdline.Of(parser.Model)
}

// TestExamples holds that each command has examples, and that each can be parsed.
func TestExamples(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, dir := range []string{"j", "k"} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	_, root := program(t)
	for _, c := range root.All() {
		found := 0
		for line := range strings.Lines(c.Detail) {
			example, ok := strings.CutPrefix(strings.TrimSpace(line), "smk ")
			if !ok || !strings.HasPrefix(line, "    ") {
				continue
			}
			found++
			parser, _ := program(t)
			got, err := parser.Parse(strings.Fields(example))
			if err != nil {
				t.Errorf("smk %s: %v", example, err)
				continue
			}
			if name := strings.Join(c.Path[1:], " "); !strings.HasPrefix(got.Command(), name) {
				t.Errorf("smk %s is an example of %s", example, name)
			}
		}
		if len(c.Commands) == 0 && found == 0 {
			t.Errorf("%s has no example: give its type a method Help", c.Name(" "))
		}
	}
}

// noJSON are the commands whose output is a format of its own.
var noJSON = []string{"smk completion", "smk man"}

// TestEveryCommand holds every command to one help text, to --json, to exit code 2 for what is no flag of it, and to
// sentences that end.
func TestEveryCommand(t *testing.T) {
	_, root := program(t)
	leaves := 0
	for _, c := range root.All() {
		var out, errs bytes.Buffer
		args := c.Path[1:]
		if code := run(t.Context(), append(args[:len(args):len(args)], "--help"),
			stdio{nil, &out, &errs}); code != exitOK ||
			errs.Len() > 0 || !strings.Contains(out.String(), "Usage: smk") {
			t.Errorf("%s --help: exit %d: %s%s", c.Name(" "), code, &out, &errs)
		}
		if !strings.HasSuffix(c.Help, ".") {
			t.Errorf("%s: %q is no sentence", c.Name(" "), c.Help)
		}
		json := false
		for _, f := range c.Flags {
			json = json || f.Long == "json"
			if !strings.HasSuffix(f.Help, ".") {
				t.Errorf("%s --%s: %q is no sentence", c.Name(" "), f.Long, f.Help)
			}
		}
		if len(c.Commands) > 0 {
			continue
		}
		leaves++
		if json == slices.Contains(noJSON, c.Name(" ")) {
			t.Errorf("%s: --json %v", c.Name(" "), json)
		}
		errs.Reset()
		if code := run(t.Context(), append(args[:len(args):len(args)], "--no-such-flag"),
			stdio{nil, &out, &errs}); code != exitUsage ||
			strings.Count(errs.String(), "\n") != 1 ||
			!strings.HasSuffix(errs.String(), "("+c.Name(" ")+" --help lists its flags)\n") {
			t.Errorf("%s --no-such-flag: exit %d: %s", c.Name(" "), code, &errs)
		}
	}
	if leaves < 18 {
		t.Errorf("only %d commands", leaves)
	}
}

// TestExitCodes holds that the help has every code.
func TestExitCodes(t *testing.T) {
	usage := usageError{errDiffer}
	for err, want := range map[error]int{
		errUnhealthy: exitUnhealthy, errMissed: exitMissed, errDiffer: exitFailed,
		fmt.Errorf("of a job: %w", usage): exitUsage,
	} {
		if got := exitCodeOf(err); got != want {
			t.Errorf("%v: %d, want %d", err, got, want)
		}
	}
	var out bytes.Buffer
	if code := run(t.Context(), []string{"--help"}, stdio{nil, &out, &out}); code != exitOK ||
		!containsAll(out.String(),
			"\n    0   well\n", "\n    1   the work failed\n", "\n    2   the command line is wrong\n",
			"\n    3   something was checked and found unhealthy\n",
			"\n    4   something was measured and misses its threshold\n") {
		t.Errorf("exit %d: %s", code, &out)
	}
}

// TestFailures has each command fail, or find something unhealthy, and holds it to the exit code for that and to saying
// so on standard error.
func TestFailures(t *testing.T) {
	empty := t.TempDir()
	missing := filepath.Join(empty, "missing", "name")
	failures := map[string]struct {
		code int
		args []string
	}{
		"demo":           {exitFailed, []string{"--timeout=1ns"}},
		"sim":            {exitFailed, []string{"--addr=nowhere"}},
		"dash":           {exitFailed, []string{"--journal=" + empty, "--listen=nowhere"}},
		"watch":          {exitFailed, []string{"--journal=" + empty}},
		"backtest":       {exitFailed, []string{"--journal=" + empty, "--", missing}},
		"nats publish":   {exitFailed, []string{"--url=nats://127.0.0.1:1", "--journal=" + empty}},
		"nats follow":    {exitFailed, []string{"--url=nats://127.0.0.1:1"}},
		"nats restore":   {exitFailed, []string{"--url=nats://127.0.0.1:1", "--to=" + missing}},
		"nats ask":       {exitFailed, []string{"--url=nats://127.0.0.1:1", "status"}},
		"proxy":          {exitFailed, []string{"--clients=" + missing}},
		"doctor":         {exitUnhealthy, []string{"--address=127.0.0.1:1", "--plain", "--timeout=1s"}},
		"journal cat":    {exitFailed, []string{empty}},
		"journal verify": {exitFailed, []string{empty}},
		"journal stat":   {exitFailed, []string{empty}},
		"journal orders": {exitFailed, []string{empty}},
		"journal book":   {exitFailed, []string{empty}},
		"journal slow":   {exitFailed, []string{empty}},
		"journal export": {exitFailed, []string{empty, "--to=csv", "--output=" + missing}},
		"journal diff":   {exitFailed, []string{empty, empty}},
		"journal redact": {exitFailed, []string{empty, "--output=" + empty}},
		"journal repair": {exitFailed, []string{empty, "--output=" + missing}},
		"journal replay": {exitFailed, []string{empty}},
		"import betfair": {exitFailed, []string{missing, "--out=" + filepath.Join(empty, "out")}},
		"config show":    {exitFailed, []string{"--profile=none"}},
		"prove":          {exitFailed, []string{"--trace=" + missing}},
		"chaos":          {exitFailed, []string{"--listen=nowhere"}},
		"soak":           {exitFailed, []string{"--for=5s", "--dir=" + missing}},
		"version":        {exitOK, nil}, // nothing can fail
		"completion":     {exitUsage, []string{"csh"}},
		"man":            {exitUsage, []string{"nothing"}},
	}
	_, root := program(t)
	for _, c := range root.All() {
		name := strings.Join(c.Path[1:], " ")
		if len(c.Commands) > 0 {
			continue
		}
		f, ok := failures[name]
		if !ok {
			t.Errorf("%s: how can it fail? Add it to this test", name)
			continue
		}
		var out, errs bytes.Buffer
		code := run(t.Context(), append(slices.Clone(c.Path[1:]), f.args...), stdio{nil, &out, &errs})
		if code != f.code || (code != exitOK) != strings.HasPrefix(errs.String(), "smk: ") {
			t.Errorf("%s %q: exit %d, want %d: %s", name, f.args, code, f.code, &errs)
		}
	}
}

// TestEmptyArguments: a variable that is not set is no address, folder or file.
func TestEmptyArguments(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel() // who does not refuse does not serve either
	for want, args := range map[string][]string{
		"smk: --addr: is empty (smk sim --help lists its flags)\n":              {"sim", "--play=empty", "--addr", ""},
		"smk: --addr: is empty (smk demo --help lists its flags)\n":             {"demo", "--timeout=1ns", "--addr="},
		"smk: -listen: is empty (smk dash --help lists its flags)\n":            {"dash", "--journal=.", "-listen="},
		"smk: --config: is empty (smk config show --help lists its flags)\n":    {"config", "show", "--config", ""},
		"smk: an argument is empty (smk journal stat --help lists its flags)\n": {"journal", "stat", ""},
	} {
		var out, errs bytes.Buffer
		if code := run(ended, args, stdio{nil, &out, &errs}); code != exitUsage || errs.String() != want {
			t.Errorf("%q: exit %d: %s", args, code, &errs)
		}
	}
	if err := refuseEmpty([]string{"backtest", "--set=a=", "--", "bot", "", "--x="}); err != nil {
		t.Errorf("of the bot's own arguments, and of a setting's: %v", err)
	}
}

// TestProveTrace: a day that is traced is one JSON document if that is asked for, and a trace that could not be written
// is no success.
func TestProveTrace(t *testing.T) {
	var out, errs bytes.Buffer
	code := run(t.Context(), []string{"prove", "--from=3", "--json", "--trace", filepath.Join(t.TempDir(), "day")},
		stdio{nil, &out, &errs})
	var report proveReport
	if err := json.Unmarshal(out.Bytes(), &report); code != exitOK || err != nil || report.From != 3 ||
		report.Days != 1 || report.Messages == 0 {
		t.Errorf("exit %d: %v: %s%s", code, err, &out, &errs)
	}
	for _, args := range [][]string{{"--trace", "/dev/full"}, {"--seeds=1"}} {
		if _, err := os.Stat("/dev/full"); err != nil {
			t.Logf("%q: there is no full device here", args)
			continue
		}
		full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		std := stdio{nil, full, &errs}
		if args[0] == "--trace" {
			std.out = &out
		}
		code := run(t.Context(), append([]string{"prove", "--from=3"}, args...), std)
		if err := full.Close(); err != nil || code != exitFailed {
			t.Errorf("%q: exit %d, %v", args, code, err)
		}
	}
}

// TestCompletions has each shell that is installed read its completions; bash always is.
func TestCompletions(t *testing.T) {
	_, root := program(t)
	tried := 0
	for shell, complete := range map[string]string{
		"bash": `source "$1"; COMP_WORDS=(smk journal verif) COMP_CWORD=2; _smk; echo "${COMPREPLY[@]}"`,
		"zsh": `autoload -U compinit; compinit -D; source "$1"; ` +
			`(( $+functions[_smk_journal_verify] && $+_comps[smk] )) && echo verify`,
		"fish": `source $argv[1]; complete -C "smk journal verif" | cut -f1`,
	} {
		path, err := exec.LookPath(shell)
		if err != nil {
			continue
		}
		tried++
		file := filepath.Join(t.TempDir(), "smk."+shell)
		var script, errs bytes.Buffer
		if code := run(t.Context(), []string{"completion", shell}, stdio{nil, &script, &errs}); code != exitOK {
			t.Fatalf("exit %d: %s", code, &errs)
		}
		if err := os.WriteFile(file, script.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.CommandContext(t.Context(), path, "-n", file).CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s -n: %v\n%s", shell, err, out)
		}
		args := []string{"-c", complete, file}
		if shell != "fish" {
			args = []string{"-c", complete, shell, file}
		}
		cmd := exec.CommandContext(t.Context(), path, args...)
		cmd.Env = append(os.Environ(), "HOME="+t.TempDir(), "XDG_CONFIG_HOME=", "XDG_DATA_HOME=")
		out, err := cmd.CombinedOutput()
		if err != nil || strings.TrimSpace(string(out)) != "verify" {
			t.Errorf("%s: %v: %q", shell, err, out)
		}
		for _, c := range root.All() {
			for _, f := range c.Flags {
				if !strings.Contains(script.String(), f.Long) {
					t.Errorf("%s does not complete %s --%s", shell, c.Name(" "), f.Long)
				}
			}
		}
	}
	if tried == 0 {
		t.Error("no shell is installed")
	}
}

// TestMan holds that there is a page for each command.
func TestMan(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "man1")
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"man", "--output", dir}, stdio{nil, &out, &errs}); code != exitOK {
		t.Fatalf("exit %d: %s", code, &errs)
	}
	_, root := program(t)
	for _, c := range root.All() {
		page, err := os.ReadFile(filepath.Join(dir, c.Name("-")+".1"))
		if err != nil {
			t.Error(err)
		}
		if !bytes.Contains(page, []byte(".SH EXIT STATUS\n")) {
			t.Errorf("%s: no exit status", c.Name(" "))
		}
	}
	if code := run(t.Context(), []string{"man", "journal", "cat"}, stdio{nil, &out, &errs}); code != exitOK ||
		!strings.Contains(out.String(), "SMK\\-JOURNAL\\-CAT") {
		t.Errorf("exit %d: %s", code, &out)
	}
	if code := run(t.Context(), []string{"man", "nothing"}, stdio{nil, &out, &errs}); code != exitUsage {
		t.Errorf("exit %d", code)
	}
}

// TestConfigShow goes down the precedence.
func TestConfigShow(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "bot.conf")
	content := "[engine]\naddress = a:1\ndial_timeout = 1s\n[session]\npassword = planted\nusername = planted\n" +
		"[engine:sim]\naddress = b:2\n"
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	show := func(args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		args = append([]string{"config", "show", "--config", file}, args...)
		if code := run(t.Context(), args, stdio{nil, &out, &errs}); code != exitOK || errs.Len() > 0 {
			t.Errorf("%q: exit %d: %s", args, code, &errs)
		}
		if strings.Contains(out.String(), "planted") {
			t.Errorf("%q shows a credential:\n%s", args, &out)
		}
		return strings.ReplaceAll(out.String(), dir+"/", "")
	}
	base := "engine.dial_timeout = 1s (bot.conf:3)\nsession.username = set (bot.conf:6)\nsession.password = set " +
		"(bot.conf:5)\n"
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "engine.address = a:1 (bot.conf:2)\n"},
		{[]string{"--profile", "sim"}, "engine.address = b:2 (bot.conf:8)\n"},
		{[]string{"--set", "engine.address=d:4"}, "engine.address = d:4 (flag --set)\n"},
	} {
		if got := show(append(c.args, "--origin")...); got != c.want+base {
			t.Errorf("%q shows\n%s", c.args, got)
		}
	}
	t.Setenv("SMK_ADDRESS", "c:3")
	if got := show("--profile", "sim", "--origin"); got != "engine.address = c:3 (environment SMK_ADDRESS)\n"+base {
		t.Errorf("shows\n%s", got)
	}
	t.Setenv("SMK_PROFILE", "sim")
	if got := show("--defaults"); !containsAll(got, "engine.address = c:3\n", "session.token = unset\n",
		"\nengine.wait =\n") {
		t.Errorf("shows\n%s", got)
	}
	var s shownSettings
	if err := json.Unmarshal([]byte(show("--json", "--set=engine.wait=spin")), &s); err != nil || s.Profile != "sim" ||
		!slices.Equal(s.Profiles, []string{"sim"}) || !slices.Equal(s.Files, []string{"bot.conf"}) ||
		!slices.Contains(s.Settings, shownSetting{"engine.wait", "spin", "flag --set"}) {
		t.Errorf("%v: %+v", err, s)
	}
}

// TestConfigErrors: each setting that is wrong has a line.
func TestConfigErrors(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--set", "engine.adress=a:1", "--set", "engine.wait=x"}, exitFailed, "smk: config: flag --set: " +
			"engine.adress: is not known; the nearest is engine.address\nsmk: config: flag --set: engine.wait: " +
			"is \"x\", which is not one of block, spin, spinblock\n"},
		{
			[]string{"--set", "engine.address"},
			exitUsage,
			"smk: config show: --set: \"engine.address\" is not a setting with its value",
		},
		{[]string{"--config", "missing.conf"}, exitFailed, "smk: config: no such file: \"missing.conf\""},
		{[]string{"--profile", "sim"}, exitFailed, "smk: config: profile sim: no section"},
	} {
		var out, errs bytes.Buffer
		code := run(t.Context(), append([]string{"config", "show"}, c.args...), stdio{nil, &out, &errs})
		if code != c.code || !strings.HasPrefix(errs.String(), c.want) {
			t.Errorf("%q: exit %d: %s", c.args, code, &errs)
		}
	}
}
