package engine

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
)

// PanicError is a panic in a handler, or in a function of [Config]. The loop has ended.
type PanicError struct {
	Handler string // the function's name in the program
	At      string // file:line that panicked, "" if that is not known
	Value   any    // what it panicked with
	Stack   []byte // of the goroutine, as debug.Stack writes it

	// Cancelled says that the exchange confirmed the cancellation of all orders of
	// the account after the panic. CancelErr, a *[CancelError], says why it did not,
	// and is nil if there was nothing to cancel.
	Cancelled bool
	CancelErr error
}

// newPanicError is for the goroutine that recovered value, before it returns from the
// deferred function: until then the frames that panicked are on its stack.
func newPanicError(handler string, value any) *PanicError {
	return &PanicError{Handler: handler, At: panickedAt(), Value: value, Stack: debug.Stack()}
}

// Error names the handler, the place and the value, without the stack, and what became
// of the orders.
func (e *PanicError) Error() string {
	at := ""
	if e.At != "" {
		at = " at " + e.At
	}
	text := fmt.Sprintf("engine: panic in %s%s: %v", e.Handler, at, e.Value)
	switch {
	case e.CancelErr != nil:
		text += "; " + e.CancelErr.Error()
	case e.Cancelled:
		text += "; all orders were cancelled"
	}
	return text
}

// Unwrap returns the value if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// panickedAt is the first place outside of package runtime that lies under a panic.
func panickedAt() string {
	pcs := make([]uintptr, panicFrames)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(0, pcs)])
	panicking := false
	for {
		frame, more := frames.Next()
		switch {
		case frame.Function == "runtime.gopanic":
			panicking = true
		case panicking && !ofRuntime(frame.Function):
			return frame.File + ":" + strconv.Itoa(frame.Line)
		}
		if !more {
			return ""
		}
	}
}

func ofRuntime(function string) bool {
	return strings.HasPrefix(function, "runtime.") || strings.HasPrefix(function, "internal/runtime/")
}
