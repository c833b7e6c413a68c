//go:build race

package proxy

// effort divides what random tests do under the race detector.
const effort = 4
