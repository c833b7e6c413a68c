package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestBotFollowsTheDirections checks that handlers exist for what the exchange
// sends and sends for what clients send, and for nothing else.
func TestBotFollowsTheDirections(t *testing.T) {
	files := mustGenerate(t, protoDir)
	for _, c := range []struct {
		file, want string
		times      int
	}{
		{"engine/handlers.gen.go", "func (e *Engine) On", 25},
		{
			"engine/handlers.gen.go",
			"func (e *Engine) OnOrderExecuteVoided(handler func(*Event, *msg.OrderExecutedVoid)) Registration", 1,
		},
		{"engine/handlers.gen.go", "func (e *Engine) OnOrderCreate(", 0},
		{"engine/sends.gen.go", "func (e *Engine) ", 14},
		{"engine/sends.gen.go", "func (s Submitter) ", 14},
		{
			"engine/sends.gen.go",
			"func (e *Engine) SendOrderCancelReplace(m *msg.OrderCancelReplace) (seq uint64, err error)", 1,
		},
		{"engine/sends.gen.go", "OrderAccepted(", 0},
		{"engine/sends.gen.go", ") Login(", 0},
	} {
		if n := bytes.Count(files[c.file], []byte(c.want)); n != c.times {
			t.Errorf("%s has %d times %q, want %d", c.file, n, c.want, c.times)
		}
	}
}

// TestBotNeedsDirections refuses a type whose comment does not say who sends it.
func TestBotNeedsDirections(t *testing.T) {
	dir := t.TempDir()
	for _, name := range slices.Concat(definitions, pluginDefinitions) {
		content, err := os.ReadFile(filepath.Join(protoDir, name))
		if err != nil {
			t.Fatal(err)
		}
		edited := strings.Replace(string(content), "// Exchange to client: MarketState.", "// MarketState.", 1)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(edited), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := generate(t.Context(), dir); err == nil || !strings.Contains(err.Error(),
		"PAYLOAD_MARKET_STATE: the comment does not start with who sends it") {
		t.Errorf("error %v, want it to name the type", err)
	}
}
