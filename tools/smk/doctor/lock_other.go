//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package doctor

import "errors"

// lockHeld is not known on this system, whose state files have no locks.
func lockHeld(string) (bool, error) { return false, errors.ErrUnsupported }
