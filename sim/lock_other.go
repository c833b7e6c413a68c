//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package sim

import "os"

// lockFile opens a file. There is no lock that ends with the process.
func lockFile(path string) (*os.File, error) { return os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) }
