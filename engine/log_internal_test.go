package engine

import (
	"context"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/smk-go/smk/engine/internal/transport"
)

// always is a handler that panics at everything.
type always struct{ slog.Handler }

func (always) Enabled(context.Context, slog.Level) bool { panic("always") }

// TestLoggerAlwaysPanics: a logger that panics at everything is reported once, on the standard error, also by the loop
// where that writes.
func TestLoggerAlwaysPanics(t *testing.T) {
	for _, inline := range []bool{false, true} {
		read, write, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		func() {
			defer func(before *os.File) { os.Stderr = before }(os.Stderr)
			os.Stderr = write
			l, err := newLogs(slog.New(always{}), transport.NewClock(), inline, nil)
			if err != nil {
				t.Fatal(err)
			}
			for range 3 {
				l.push(record{text: "x"})
			}
			l.close()
			if n := l.lost(); n != 3 {
				t.Errorf("inline %t: %d records are lost, want 3", inline, n)
			}
		}()
		_ = write.Close()
		text, err := io.ReadAll(read)
		if err != nil || strings.Count(string(text), "panic in Config.Logger at ") != 1 ||
			!strings.Contains(string(text), "always.Enabled") {
			t.Errorf("inline %t: %s, %v", inline, text, err)
		}
		_ = read.Close()
	}
}
