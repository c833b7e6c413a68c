package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

// TestDashBot refuses a bot on another machine, which would be sent the token, and what is no address.
func TestDashBot(t *testing.T) {
	t.Setenv("SMK_CONTROL_TOKEN", "a token of the test")
	ended, cancel := context.WithCancel(t.Context())
	cancel() // what is not refused ends at once
	dir := t.TempDir()
	for bot, want := range map[string]int{
		"http://192.0.2.1:9465": exitUsage, "https://127.0.0.1:9465": exitUsage, "127.0.0.1:9465": exitUsage,
		"http://localhost.example:9465": exitUsage, "http://u:p@127.0.0.1:9465": exitUsage,
		"http://127.0.0.1:9465/halt": exitUsage, "http://127.0.0.1:9465": exitOK, "http://[::1]:9465/": exitOK,
	} {
		var out, errs bytes.Buffer
		code := run(ended, []string{"dash", "--journal", dir, "--control", "--bot", bot}, stdio{nil, &out, &errs})
		if code != want || want == exitUsage && !strings.Contains(errs.String(), "--bot") {
			t.Errorf("%s: exit %d, want %d: %s", bot, code, want, &errs)
		}
	}
}
