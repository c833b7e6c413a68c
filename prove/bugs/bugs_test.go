package bugs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAllApply expects each bug to change its files in exactly one way, and the table to list each once.
func TestAllApply(t *testing.T) {
	all, err := All()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 60 {
		t.Errorf("%d bugs", len(all))
	}
	table, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	names := make(map[string]bool)
	for _, b := range all {
		if names[b.Name] {
			t.Errorf("%s comes twice", b.Name)
		}
		names[b.Name] = true
		if n := strings.Count(string(table), "| "+b.Name+" |"); n != 1 {
			t.Errorf("the table lists %s %d times: run make bugs", b.Name, n)
		}
		for _, name := range b.Files() {
			text, err := os.ReadFile(filepath.Join("../..", name))
			if err != nil {
				t.Errorf("%s: %v", b.Name, err)
				continue
			}
			if changed, err := b.Apply(name, text); err != nil {
				t.Error(err)
			} else if string(changed) == string(text) {
				t.Errorf("%s changes nothing in %s", b.Name, name)
			}
		}
	}
}

// TestApply changes a text.
func TestApply(t *testing.T) {
	list, err := parse([]byte("# of nothing\nbug x\nfile f.go\nsays what\n- b\n- c\n+ d\n- e\n+\n"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := list[0].Apply("f.go", []byte("a\n\tb\n\tc\ne\nf"))
	if want := "a\nd\n\nf"; err != nil || string(got) != want {
		t.Errorf("%q, %v instead of %q", got, err, want)
	}
	for _, text := range []string{"a\nb\ne", "b\nc\nb\nc\ne", ""} {
		if got, err := list[0].Apply("f.go", []byte(text)); err == nil {
			t.Errorf("%q becomes %q", text, got)
		}
	}
	for _, text := range []string{"file f\n", "bug x\nfile f\n- a\n", "bug x\n+ a\n", "bug x\nnonsense\n"} {
		if list, err := parse([]byte(text)); err == nil {
			t.Errorf("%q is %+v", text, list)
		}
	}
}
