//go:build !race

package proxy

const effort = 1
