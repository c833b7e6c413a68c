package transport

import (
	"context"
	"errors"
	"net"
)

// errNoConnection is what a dialer without a result failed with.
var errNoConnection = errors.New("the dialer returned neither a connection nor an error")

// Dial opens a TCP connection with a dialer such as net.Dialer.DialContext, and
// switches the delay of small writes off where the connection has one.
func Dial(
	ctx context.Context, dial func(ctx context.Context, network, address string) (net.Conn, error), address string,
) (net.Conn, error) {
	conn, err := dial(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	if conn == nil {
		return nil, errNoConnection
	}
	if tcp, ok := conn.(interface{ SetNoDelay(noDelay bool) error }); ok {
		if err := tcp.SetNoDelay(true); err != nil {
			_ = conn.Close()
			return nil, err
		}
	}
	return conn, nil
}
