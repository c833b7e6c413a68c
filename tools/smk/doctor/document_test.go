package doctor

import (
	"os"
	"strings"
	"testing"
)

// TestDocumented holds that the page for newcomers has each check, in the order of the report, in its table and in its
// sample.
func TestDocumented(t *testing.T) {
	page, err := os.ReadFile("../../../docs/connect.md")
	if err != nil {
		t.Fatal(err)
	}
	_, sample, ok := strings.Cut(string(page), "```text\n")
	sample, table, end := strings.Cut(sample, "```\n")
	if !ok || !end {
		t.Fatal("there is no sample")
	}
	r := examine(t, Options{Address: "127.0.0.1:1", NoLogin: true})
	for _, c := range r.Checks {
		at := strings.Index(table, "\n| `"+c.Name+"` |")
		if at < 0 {
			t.Fatalf("the table has no %s, or not in this place", c.Name)
		}
		table = table[at+1:]
		if _, sample, ok = strings.Cut(sample, "  "+c.Name+" "); !ok {
			t.Fatalf("the sample has no %s, or not in this place", c.Name)
		}
	}
}
