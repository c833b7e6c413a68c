//go:build !linux

package lease

import (
	"errors"
	"time"
)

// killTimer is Linux only. A nil one does nothing.
type killTimer struct{}

func newKillTimer() (*killTimer, error) { return nil, errors.New("lease: Config.Kill is for Linux") }

func (k *killTimer) arm(time.Time) {}
func (k *killTimer) disarm()       {}
