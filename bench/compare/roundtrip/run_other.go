//go:build !linux

package roundtrip

import (
	"context"
	"errors"
)

// ErrCores is returned where the two ends cannot have a core each.
var ErrCores = errors.New("roundtrip: client and server need a core each")

// Run returns an error: round trips are measured on Linux only.
func Run(context.Context, Config) (Report, error) {
	return Report{}, errors.New("roundtrip: not measured on this system")
}
