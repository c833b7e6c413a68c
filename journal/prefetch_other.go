//go:build !amd64

package journal

// prefetch does nothing here.
func prefetch(*byte, int) {}
