package engine

import (
	"fmt"
	"io"
	"log/slog"
)

// String returns the address of the exchange, and no credential. Any goroutine.
func (e *Engine) String() string { return "engine{" + e.config.Address + "}" }

// Format is String for every verb.
func (e *Engine) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, e.String()) }

// LogValue is String for package slog.
func (e *Engine) LogValue() slog.Value { return slog.StringValue(e.String()) }
