//go:build !linux

package transport

// CanPin reports whether PinThread works on this system.
const CanPin = false

// setAffinity is not called: callers of PinThread check CanPin first.
func setAffinity(int) (restore func() error, err error) {
	panic("BUG: transport: PinThread on a system without CanPin")
}
