package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// TestJournalDocumented holds the page and the README to the commands that there are, and the page to flags that the
// commands have.
func TestJournalDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/journal.md")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	commands := []string{
		"cat", "verify", "stat", "orders", "book", "slow", "export", "diff", "redact", "repair",
		"replay",
	}
	var help bytes.Buffer
	if code := run(t.Context(), []string{"journal", "--help"}, stdio{nil, &help, &help}); code != exitOK {
		t.Fatal(code, &help)
	}
	if n := strings.Count(help.String(), "\n  journal "); n != len(commands) {
		t.Errorf("%d commands in the help, %d here:\n%s", n, len(commands), &help)
	}
	flags := ""
	for _, c := range commands {
		if !strings.Contains(string(page), "\n    smk journal "+c+" ") || !strings.Contains(string(readme), "`"+c+"`") {
			t.Errorf("%s is not in both docs/journal.md and README.md", c)
		}
		var out bytes.Buffer
		if code := run(t.Context(), []string{"journal", c, "--help"}, stdio{nil, &out, &out}); code != exitOK {
			t.Errorf("%s: exit %d: %s", c, code, &out)
		}
		flags += out.String()
	}
	seen := 0
	for _, word := range strings.FieldsFunc(string(page), func(r rune) bool {
		return strings.ContainsRune(" `\n,;.=", r)
	}) {
		if strings.HasPrefix(word, "--") && !strings.HasPrefix(word, "---") && word != "--journal" {
			if seen++; !strings.Contains(flags, word) {
				t.Errorf("no command has %s", word)
			}
		}
	}
	if seen < 20 {
		t.Errorf("%d flags", seen)
	}
}
