package proxyjson

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write docs/proxy.schema.json anew")

// The schema that users read is the one of the types.
func TestSchema(t *testing.T) {
	path := filepath.Join("..", "..", "..", "docs", "proxy.schema.json")
	if *update {
		if err := os.WriteFile(path, Schema(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	committed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(committed, Schema()) {
		t.Error("docs/proxy.schema.json is not that of the types: run the test with -update")
	}
}
