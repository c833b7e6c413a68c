//go:build !linux

package engine

const canPin = false

// pin is refused by New before it can be called.
func pin(int) (undo func() error, err error) { panic("BUG: engine: pin on this system") }
