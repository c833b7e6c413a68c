package proxy

import (
	"errors"
	"iter"

	"github.com/smk-go/smk/sim/gateway"
)

// Why Open refuses a login.
var (
	ErrUnauthorised = errors.New("proxy: no client has these credentials")
	ErrUnavailable  = errors.New("proxy: it is being shut down")
	ErrTooMany      = errors.New("proxy: the client has too many connections")
)

// Login is a login that does not speak the protocol, for other ways to reach the proxy. Its requests are those of the
// protocol, and its sink gets the answers. Like a Proxy it belongs to the engine's loop, but for Client.
type Login struct {
	gateway.Login
	login *login
}

// Open opens a login of the client with a token, also while there is no session with the exchange: its sink is told of
// that. The error is ErrUnauthorised, ErrUnavailable or ErrTooMany.
func (p *Proxy) Open(token []byte, sink OrderSink) (*Login, error) {
	c := p.clientOfToken(token)
	switch {
	case c == nil:
		p.refused("")
		return nil, ErrUnauthorised
	case p.stopping:
		return nil, ErrUnavailable
	}
	n := 0
	for _, l := range c.logins {
		if l.opened {
			n++
		}
	}
	if n >= c.Connections {
		return nil, ErrTooMany
	}
	l := p.open(c, sink)
	l.opened = true
	return &Login{l, l}, nil
}

// Client returns the client's settings, without its credentials. Any goroutine.
func (l *Login) Client() Client {
	c := l.login.client.Client
	c.Password, c.Token = "", ""
	return c
}

// Sequence returns the account sequence of the client's newest message.
func (l *Login) Sequence() uint64 { return l.login.client.sequence }

// Up reports whether there is a session with the exchange.
func (l *Login) Up() bool { return l.login.proxy.up }

// Flush gives the sink what waits for the disk, with Config.Sync: the answer to a request, if it came at once.
func (l *Login) Flush() { l.login.proxy.syncState() }

// Orders yields the client's orders that are live, or without an answer. They are valid until the next call of a method
// of the proxy or a login.
func (l *Login) Orders() iter.Seq[*Order] {
	return func(yield func(*Order) bool) {
		for o := range l.login.client.orders {
			if !yield(&o.Order) {
				return
			}
		}
	}
}

// Order returns an order of the client by its id, nil if the client has none or it is not kept any more.
func (l *Login) Order(id uint64) *Order { return l.login.find(id).exported() }

// Subscribes reports whether the login subscribes to a market.
func (l *Login) Subscribes(market uint32) bool { _, ok := l.login.markets[market]; return ok }
