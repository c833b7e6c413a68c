package engine_test

import (
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
)

// benchEngine is an engine that is polled by the benchmark, logged in, and the
// exchange's end of its connection.
func benchEngine(b *testing.B, set func(*engine.Config)) (*engine.Engine, *peer) {
	t := new(testing.T) // for helpers that want one; it fails nothing
	accepted := make(chan net.Conn, 1)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = listener.Close() })
	config := (&network{}).config()
	config.Address, config.Dial, config.DisableTLS = listener.Addr().String(), nil, true
	config.Session.DisableThrottle = true
	if set != nil {
		set(&config)
	}
	e, err := engine.New(config)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = e.Close() })
	go func() {
		conn, err := listener.Accept()
		if err == nil {
			accepted <- conn
		}
	}()
	loggedIn := false
	e.OnLoggedIn(func(*engine.Event) { loggedIn = true })
	var p *peer
	for p == nil {
		if err := e.Poll(); err != nil {
			b.Fatal(err)
		}
		select {
		case conn := <-accepted:
			p = &peer{t: t, conn: conn}
		default:
		}
	}
	go p.login()
	for !loggedIn {
		if err := e.Poll(); err != nil {
			b.Fatal(err)
		}
	}
	b.Cleanup(func() { _ = p.conn.Close() })
	return e, p
}

// BenchmarkReceive is what one message costs from the socket to its handler, when
// many arrive at once.
func BenchmarkReceive(b *testing.B) {
	const batch = 500
	for _, c := range []struct {
		name string
		m    func(i int) *seto.Payload
		set  func(*engine.Config)
	}{
		{"quotes", func(int) *seto.Payload { return quotes(7, 8, 2500) }, nil},
		{"executions", func(i int) *seto.Payload { return executed(i) }, nil},
		{
			"executions, handlers not timed", func(i int) *seto.Payload { return executed(i) },
			func(c *engine.Config) { c.SlowHandler = -time.Second },
		},
	} {
		b.Run(c.name, func(b *testing.B) {
			e, p := benchEngine(b, c.set)
			handled := 0
			e.OnContractQuotes(func(*engine.Event, *msg.ContractQuotes) { handled++ })
			e.OnOrderExecuted(func(*engine.Event, *msg.OrderExecuted) { handled++ })
			var stream []byte
			bytes := 0
			b.ReportAllocs()
			b.ResetTimer()
			for n := 0; n < b.N; {
				b.StopTimer()
				stream = stream[:0]
				want := n + min(batch, b.N-n)
				for ; n < want; n++ {
					stream = append(stream, p.frame(c.m(n))...)
				}
				bytes += len(stream)
				p.write(stream)
				b.StartTimer()
				for handled < n {
					if err := e.Poll(); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.SetBytes(int64(bytes / b.N))
		})
	}
}

// BenchmarkSend is what one message costs from the bot to the socket, alone and
// with others.
func BenchmarkSend(b *testing.B) {
	for _, batch := range []int{1, 32} {
		b.Run(fmt.Sprintf("%d a round", batch), func(b *testing.B) {
			e, p := benchEngine(b, nil)
			go func() {
				sink := make([]byte, 1<<16)
				for {
					if _, err := p.conn.Read(sink); err != nil {
						return
					}
				}
			}()
			var m msg.MarketUnsubscribe
			m.SetMarketId(7)
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				if _, err := e.SendMarketUnsubscribe(&m); err != nil {
					b.Fatal(err)
				}
				if n%batch == batch-1 {
					if err := e.Poll(); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

// BenchmarkIdleRound is a round in which nothing happens: what a loop that spins
// does.
func BenchmarkIdleRound(b *testing.B) {
	e, _ := benchEngine(b, nil)
	b.ReportAllocs()
	for b.Loop() {
		if err := e.Poll(); err != nil {
			b.Fatal(err)
		}
	}
}
