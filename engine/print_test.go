package engine_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
)

// TestPrintHidesCredentials prints an engine in every way there is, also as an unexported field,
// through which package fmt calls no methods.
func TestPrintHidesCredentials(t *testing.T) {
	e, err := engine.New(engine.Config{
		Address: "127.0.0.1:1",
		Session: session.Config{Username: "user-secret", Password: "pass-secret", Token: "token-secret"},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "engine", e)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "engine", e)
	printed := log.String()
	hidden := struct{ e *engine.Engine }{e}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		printed += fmt.Sprintf(verb, e) + fmt.Sprintf(verb, hidden)
	}
	if strings.Contains(printed, "-secret") || strings.Contains(printed, fmt.Sprintf("%x", "-secret")) {
		t.Errorf("a credential shows: %s", printed)
	}
	if !strings.Contains(printed, "engine{127.0.0.1:1}") {
		t.Errorf("the engine's address does not show: %s", printed)
	}
}
