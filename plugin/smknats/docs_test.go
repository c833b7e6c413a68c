package smknats

import (
	"os"
	"strings"
	"testing"
)

// TestDocs holds that the consumer in docs/nats.md is Example, which is compiled.
func TestDocs(t *testing.T) {
	page, err := os.ReadFile("../../docs/nats.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, imports, _ := strings.Cut(string(source), "import (")
	imports, rest, _ := strings.Cut(imports, ")")
	_, body, _ := strings.Cut(rest, "func Example() {")
	body, _, _ = strings.Cut(body, "\n}\n")
	want := "```go\npackage main\n\nimport (" + imports + ")\n\nfunc main() {" + body + "\n}\n```\n"
	if !strings.Contains(string(page), want) {
		t.Errorf("docs/nats.md does not have\n%s", want)
	}
	if n := strings.Count(body, "\n"); n > 20 {
		t.Errorf("the consumer has %d lines, want 20", n)
	}
}
