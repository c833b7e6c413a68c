package proxy

import (
	"context"
	"log/slog"
	"testing"
)

// strict is the log of a world. A line that an order is not what the file says is an error, unless a crash has taken
// something from the file: orders are right by the messages, and not because they are compared with the engine's later.
type strict struct {
	slog.Handler
	world *world
}

func (w *world) log() *slog.Logger {
	if testing.Verbose() {
		return slog.New(strict{slog.NewTextHandler(w.t.Output(), nil), w})
	}
	return slog.New(strict{slog.DiscardHandler, w})
}

// Enabled implements slog.Handler.
func (s strict) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelInfo }

// Handle implements slog.Handler.
func (s strict) Handle(ctx context.Context, r slog.Record) error {
	if r.Message == notAsFile && !s.world.outdated {
		r.Attrs(func(a slog.Attr) bool { s.world.t.Errorf("%s: %v", r.Message, a); return true })
	}
	return s.Handler.Handle(ctx, r)
}
