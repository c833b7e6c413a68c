//go:build !linux

package roundtrip

import (
	"context"
	"errors"
)

// ErrUnavailable is returned on systems other than Linux.
var ErrUnavailable = errors.New("roundtrip: measured on Linux only")

// Run returns ErrUnavailable.
func Run(context.Context, Config) (Report, error) { return Report{}, ErrUnavailable }
