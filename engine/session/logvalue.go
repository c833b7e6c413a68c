package session

import "log/slog"

// LogValue is String, so that every handler of package slog names the state.
func (s State) LogValue() slog.Value { return slog.StringValue(s.String()) }

// LogValue is String, so that every handler of package slog names the kind.
func (k EventKind) LogValue() slog.Value { return slog.StringValue(k.String()) }

// LogValue is String, so that every handler of package slog names the origin.
func (o Origin) LogValue() slog.Value { return slog.StringValue(o.String()) }

// LogValue is String, so that every handler of package slog names the fate.
func (f Fate) LogValue() slog.Value { return slog.StringValue(f.String()) }

// LogValue is String, so that every handler of package slog names the answer.
func (r Retry) LogValue() slog.Value { return slog.StringValue(r.String()) }

// LogValue is String, so that every handler of package slog names the mode.
func (m ResumeMode) LogValue() slog.Value { return slog.StringValue(m.String()) }
