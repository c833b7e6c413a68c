package proxy

import (
	"context"
	"net"
	"testing"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
)

// BenchmarkRoundTrip is an order and its acceptance, and a cancel and its answer, of a client over a socket: on the
// exchange, and through the proxy.
func BenchmarkRoundTrip(b *testing.B) {
	exchange := simConfig()
	x, err := sim.Listen("127.0.0.1:0", exchange)
	if err != nil {
		b.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- x.Serve(context.Background()) }()
	e, err := engine.New(engine.Config{
		Address: x.Addr().String(), DisableTLS: true, OnStop: engine.StopLeave,
		Session: session.Config{Username: sim.DemoUsername, Password: sim.DemoPassword, DisableThrottle: true},
	})
	if err != nil {
		b.Fatal(err)
	}
	config := one()
	config.Clients[0].Rate, config.Clients[0].Burst = 1e9, 1e9
	config.InputRate = 1 << 30
	p, err := New(e, config)
	if err != nil {
		b.Fatal(err)
	}
	addr, err := p.Listen("127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	ready := make(chan struct{})
	e.OnCaughtUp(func(*engine.Event) { close(ready) })
	ended := make(chan error, 1)
	go func() { ended <- e.Run(context.Background()) }()
	<-ready
	for name, address := range map[string]string{"exchange": x.Addr().String(), "proxy": addr.String()} {
		b.Run(name, func(b *testing.B) {
			conn, err := net.Dial("tcp", address)
			if err != nil {
				b.Fatal(err)
			}
			defer conn.Close()
			c := &python{conn: conn, out: 1, name: sim.DemoUsername}
			if !c.tryLogin() {
				b.Fatal("not logged in")
			}
			next := func(typ msg.PayloadType) *msg.Payload {
				for {
					m, err := c.next()
					if err != nil {
						b.Fatal(err)
					}
					if m.GetType() == typ {
						return m
					}
				}
			}
			for n := range b.N {
				if err := c.send(create(buy, 1000, 3000, uint64(n))); err != nil {
					b.Fatal(err)
				}
				id := next(orderAccepted).GetOrderAccepted().GetOrderId()
				if err := c.send(func(m *msg.Payload) { m.MutableOrderCancel().SetOrderId(id) }); err != nil {
					b.Fatal(err)
				}
				next(cancelled)
			}
		})
	}
	e.Stop()
	if err := <-ended; err != nil {
		b.Error(err)
	}
	if err := p.Close(); err != nil {
		b.Error(err)
	}
	if err := x.Close(); err != nil {
		b.Error(err)
	}
	<-served
}
