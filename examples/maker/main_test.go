package main

import (
	"bytes"
	"context"
	"regexp"
	"testing"
)

// stopAfter ends a context when so many fills were printed.
type stopAfter struct {
	bytes.Buffer
	fills int
	stop  func()
}

func (w *stopAfter) Write(b []byte) (int, error) {
	if bytes.HasPrefix(b, []byte("filled")) {
		if w.fills--; w.fills == 0 {
			w.stop()
		}
	}
	return w.Buffer.Write(b)
}

// TestMaker makes a market until a few fills have come, and expects no order to be left.
func TestMaker(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out := &stopAfter{fills: 3, stop: stop}
	err := run(ctx, "", out)
	text := out.String()
	if err != nil || !regexp.MustCompile(`(?m)^\d+ fills, position `).MatchString(text) ||
		regexp.MustCompile(`may be live|look:|no quote|not subscribed`).MatchString(text) {
		t.Errorf("%v\n%s", err, text)
	}
	t.Log(text)
}
