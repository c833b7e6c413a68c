package main

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/smk-go/smk/tools/smk/doctor"
)

// runDoctor runs the command with credentials in the environment, which no output may have.
func runDoctor(t *testing.T, password string, args ...string) (code int, out, errs string) {
	t.Helper()
	t.Setenv("SMK_USERNAME", "demo")
	t.Setenv("SMK_PASSWORD", password)
	var o, e bytes.Buffer
	code = run(t.Context(), append([]string{"doctor"}, args...), stdio{strings.NewReader(""), &o, &e})
	if said := o.String() + e.String(); password != "demo" && strings.Contains(said, password) {
		t.Errorf("says the password:\n%s", said)
	}
	return code, o.String(), e.String()
}

func containsAll(text string, parts ...string) bool {
	return !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(text, part) })
}

// TestDoctor runs against the program's own exchange, as text and as JSON, with the right password and a wrong one.
func TestDoctor(t *testing.T) {
	p := startSim(t)
	code, out, errs := runDoctor(t, "demo", "--address", p.Address, "--plain", "--timeout=1m")
	if code != exitOK || errs != "" || !containsAll(out, "\nok    login       logged in within ", "\nhealthy: ",
		"session.password = set (environment SMK_PASSWORD)") {
		t.Errorf("exit %d: %s\n%s", code, errs, out)
	}
	code, out, errs = runDoctor(t, "planted-wrong", "--address", p.Address, "--plain", "--timeout=1m", "--json")
	var r doctor.Report
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if code != exitUnhealthy || r.Healthy || r.Count(doctor.Fail) != 1 ||
		errs != "smk: unhealthy: 1 of 16 checks failed\n" {
		t.Errorf("exit %d: %s\n%s", code, errs, out)
	}
	_, out, _ = runDoctor(t, "demo", "--address", p.Address, "--plain", "--defaults", "--no-login")
	if !containsAll(out, "engine.wait (default)\n", "skip  login       --no-login\n") {
		t.Errorf("says\n%s", out)
	}
}

// TestDoctorMarket logs in to a market with trades.
func TestDoctorMarket(t *testing.T) {
	p := startSim(t, "--life=500")
	code, out, errs := runDoctor(t, "demo", "--address", p.Address, "--plain", "--timeout=1m", "--market=100000")
	if code != exitOK || !strings.Contains(out, " the exchange, by the times of ") {
		t.Errorf("exit %d: %s\n%s", code, errs, out)
	}
}
