package engine

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
)

// PanicError is a panic in a handler, or in a function of [Config]. The engine has ended.
type PanicError struct {
	Handler string // the function's name in the program
	At      string // file:line that panicked, "" if it is unknown
	Value   any    // argument of panic
	Stack   []byte // of the goroutine, as debug.Stack writes it

	// Cancelled reports whether the exchange confirmed the cancellation of all orders of
	// the account after the panic. CancelErr, a *[CancelError], says why it did not, and
	// is nil if there was nothing to cancel.
	Cancelled bool
	CancelErr error
}

// newPanicError must be called by the deferred function that recovered value, while the frames that panicked are
// on the stack.
func newPanicError(handler string, value any) *PanicError {
	return &PanicError{Handler: handler, At: panickedAt(), Value: value, Stack: debug.Stack()}
}

// Error returns the handler, the place and the value, without the stack, and what is known of the orders.
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

// panickedAt returns the place of the innermost frame outside of package runtime below a panic.
func panickedAt() string {
	pcs := make([]uintptr, panicFrames)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(0, pcs)])
	panicking := false
	for {
		frame, more := frames.Next()
		switch {
		case frame.Function == "runtime.gopanic":
			panicking = true
		case panicking && !inRuntime(frame.Function):
			return frame.File + ":" + strconv.Itoa(frame.Line)
		}
		if !more {
			return ""
		}
	}
}

func inRuntime(function string) bool {
	return strings.HasPrefix(function, "runtime.") || strings.HasPrefix(function, "internal/runtime/")
}
