package smknats

import (
	"context"
	"sync"

	"github.com/nats-io/nats.go"
)

// link knows when a connection is lost, so that nobody waits for the answer to a request that went with it.
type link struct {
	mu   sync.Mutex
	ctx  context.Context // ends when the connection is lost
	lose context.CancelFunc
}

func newLink() *link {
	l := &link{}
	l.ctx, l.lose = context.WithCancel(context.Background())
	return l
}

// watch follows a connection until ctx ends.
func (l *link) watch(ctx context.Context, nc *nats.Conn) {
	changes := nc.StatusChanged(nats.RECONNECTING, nats.CLOSED, nats.DISCONNECTED)
	defer nc.RemoveStatusListener(changes)
	for {
		select {
		case <-ctx.Done():
			return
		case _, open := <-changes:
			if !open { // the connection is closed: requests say so
				return
			}
			l.mu.Lock()
			l.lose()
			l.ctx, l.lose = context.WithCancel(context.Background())
			l.mu.Unlock()
		}
	}
}

// request returns the context of a request, which ends after a while and when the connection is lost.
func (l *link) request(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	l.mu.Lock()
	stop := context.AfterFunc(l.ctx, cancel)
	l.mu.Unlock()
	return ctx, func() {
		stop()
		cancel()
	}
}
