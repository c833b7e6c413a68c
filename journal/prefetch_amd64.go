package journal

// prefetch asks for the cache lines of n bytes from p, to be written, and does not wait for them.
//
//go:noescape
func prefetch(p *byte, n int)
