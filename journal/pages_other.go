//go:build !linux

package journal

func adviseHuge([]byte) {}
