package main

import (
	"context"
	"io"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Limits of the log of a command that serves others. What it writes must not depend on who reads it, nor on what a
// client does again and again.
const (
	logLines     = 1024        // that wait to be written
	logBurst     = 50          // lines with one text at once
	logEvery     = time.Second // one more of it
	logTexts     = 256         // texts that are limited by themselves
	logGoodbye   = time.Second // that the last lines may take
	logLineBytes = 64 << 10    // of a line
)

// newLog returns a logger whose methods never wait for out, and end, which waits until what was logged is written.
func newLog(out io.Writer, asJSON bool) (log *slog.Logger, end func()) {
	w := newLogWriter(out, asJSON)
	return slog.New(&limitedLog{logHandler(w, asJSON), &logLimits{texts: make(map[string]*logText)}}), w.end
}

func logHandler(out io.Writer, asJSON bool) slog.Handler {
	if asJSON {
		return slog.NewJSONHandler(out, nil)
	}
	return slog.NewTextHandler(out, nil)
}

// limitedLog is a handler that leaves out lines with a text that comes too often. The next one that is written says how
// many: left_out.
type limitedLog struct {
	slog.Handler
	limits *logLimits
}

type logLimits struct {
	mu    sync.Mutex
	texts map[string]*logText
}

// logText is how often a text may come.
type logText struct {
	tokens  float64
	at      time.Time
	leftOut uint64
}

// Handle writes a line, or counts it.
func (l *limitedLog) Handle(ctx context.Context, r slog.Record) error {
	leftOut, ok := l.limits.take(r.Message, r.Time)
	if !ok {
		return nil
	}
	if leftOut > 0 {
		r = r.Clone()
		r.AddAttrs(slog.Uint64("left_out", leftOut))
	}
	return l.Handler.Handle(ctx, r)
}

// WithAttrs returns a handler with the same limits.
func (l *limitedLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &limitedLog{l.Handler.WithAttrs(attrs), l.limits}
}

// WithGroup returns a handler with the same limits.
func (l *limitedLog) WithGroup(name string) slog.Handler {
	return &limitedLog{l.Handler.WithGroup(name), l.limits}
}

// take reports whether a line with a text may be written, and how many were left out before it.
func (l *logLimits) take(text string, now time.Time) (leftOut uint64, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.texts[text]
	if t == nil {
		if len(l.texts) >= logTexts {
			text = ""
		}
		if t = l.texts[text]; t == nil {
			t = &logText{tokens: logBurst, at: now}
			l.texts[text] = t
		}
	}
	if passed := now.Sub(t.at); passed > 0 {
		t.tokens, t.at = min(t.tokens+float64(passed)/float64(logEvery), logBurst), now
	}
	if t.tokens < 1 {
		t.leftOut++
		return 0, false
	}
	t.tokens--
	leftOut, t.leftOut = t.leftOut, 0
	return leftOut, true
}

// logWriter passes lines to a goroutine that writes them. Lines for which there is no room, and those that
// are too long, are lost and counted.
type logWriter struct {
	lines chan []byte
	lost  atomic.Uint64
	done  chan struct{}
}

func newLogWriter(out io.Writer, asJSON bool) *logWriter {
	w := &logWriter{lines: make(chan []byte, logLines), done: make(chan struct{})}
	go func() {
		defer close(w.done)
		log := slog.New(logHandler(out, asJSON))
		for line := range w.lines {
			if line != nil {
				_, _ = out.Write(line)
			}
			if n := w.lost.Swap(0); n > 0 {
				log.Warn("lines of the log are lost: too long, or not read as fast as they come", "lines", n)
			}
			if line == nil {
				return
			}
		}
	}()
	return w
}

// Write takes a line.
func (w *logWriter) Write(line []byte) (int, error) {
	if len(line) > logLineBytes { // the end of it is what ends a line
		w.lost.Add(1)
		return len(line), nil
	}
	select {
	case w.lines <- slices.Clone(line):
	default:
		w.lost.Add(1)
	}
	return len(line), nil
}

// end waits until the lines before it are written, unless nobody reads them.
func (w *logWriter) end() {
	patience := time.NewTimer(logGoodbye)
	defer patience.Stop()
	select {
	case w.lines <- nil:
	case <-patience.C:
		return
	}
	select {
	case <-w.done:
	case <-patience.C:
	}
}
