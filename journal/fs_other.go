//go:build !linux

package journal

import "os"

// allocate gives a file its size; a write may find the disk full.
func allocate(f *os.File, size int64) error { return f.Truncate(size) }

func syncData(f *os.File) error { return f.Sync() }
