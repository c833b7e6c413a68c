package engine_test

import (
	"net"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
	"github.com/smk-go/smk/ring"
)

// TestSlowReaderGetsEverything sends more than the socket takes at once to an
// exchange that reads in small pieces and sends meanwhile: every frame arrives
// whole, once and in order.
func TestSlowReaderGetsEverything(t *testing.T) {
	const orders, batch = 1500, 100
	onEach(t, func(t *testing.T, n *network) {
		config := n.config()
		config.Session.DisableThrottle = true
		config.Session.Send = ring.SendRingConfig{Bytes: 1 << 20, Records: 2048}
		sent := 0
		r := start(t, config, func(e *engine.Engine) {
			var m msg.OrderCreate
			e.OnContractQuotes(func(*engine.Event, *msg.ContractQuotes) {
				for range batch {
					m.Reset()
					m.SetSide(msg.SideBuy)
					m.SetQuantity(10000)
					m.SetPrice(2500)
					m.SetMarketId(7)
					m.SetContractId(8)
					m.SetReference(uint64(sent + 1))
					m.SetLabel(make([]byte, 300))
					if _, err := e.SendOrderCreate(&m); err != nil {
						t.Errorf("order %d: %v", sent, err)
						return
					}
					sent++
				}
			})
		})
		p := n.accept(t)
		p.login()
		p.conn = slowReader{p.conn}
		go func() {
			var b []byte
			for range orders / batch {
				b = append(b, p.frame(quotes(7, 8, 2500))...)
			}
			_, _ = p.conn.Write(b)
		}()
		for i := range orders {
			if m := p.want(seto.PayloadType_PAYLOAD_ORDER_CREATE); m.GetOrderCreate().GetReference() != uint64(i+1) {
				t.Fatalf("order %d came as %v", i+1, m)
			}
		}
		r.Stop()
		p.logout()
		if err := r.wait(); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

// slowReader reads at most 1000 bytes at a time.
type slowReader struct{ net.Conn }

func (r slowReader) Read(b []byte) (int, error) { return r.Conn.Read(b[:min(len(b), 1000)]) }

// TestHandlersSendMoreThanTheRingHolds has one handler's call send four rings full:
// the ring is written to the socket as it fills.
func TestHandlersSendMoreThanTheRingHolds(t *testing.T) {
	onEach(t, func(t *testing.T, n *network) {
		const sends = 256
		config := n.config()
		config.Session.Send.Records = 64
		r := start(t, config, func(e *engine.Engine) {
			e.OnContractQuotes(func(*engine.Event, *msg.ContractQuotes) {
				for i := range sends {
					var m msg.MarketSubscribe
					m.SetMarketId(uint32(i + 1))
					if _, err := e.SendMarketSubscribe(&m); err != nil {
						t.Errorf("subscription %d: %v", i+1, err)
						return
					}
				}
			})
		})
		p := n.accept(t)
		p.login()
		p.send(quotes(7, 8, 2500))
		for i := range sends {
			m := p.want(seto.PayloadType_PAYLOAD_MARKET_SUBSCRIBE)
			if m.GetMarketSubscribe().GetMarketId() != uint32(i+1) {
				t.Fatalf("subscription %d came as %v", i+1, m)
			}
		}
		r.Stop()
		p.logout()
		if err := r.wait(); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

// TestTinyPieces receives a stream that arrives byte by byte, in records of TLS as
// small as that, and all at once, into a buffer that is shorter than it.
func TestTinyPieces(t *testing.T) {
	onEach(t, func(t *testing.T, n *network) {
		for _, size := range []int{1, 3, 7, 1 << 20} {
			var got []uint32
			config := n.config()
			config.Session.ReceiveBytes = 256 // less than a record of TLS holds
			// Nothing else wakes the loop up to look again.
			config.Session.HeartbeatAfter, config.Session.PeerTimeout = time.Hour, time.Hour
			r := start(t, config, func(e *engine.Engine) {
				e.OnContractQuotes(func(_ *engine.Event, q *msg.ContractQuotes) {
					got = append(got,
						q.GetContractId())
				})
			})
			p := n.accept(t)
			p.login()
			var stream []byte
			for i := range 50 {
				stream = append(stream, p.frame(quotes(7, uint32(i), 2500))...)
			}
			stream = append(stream, p.frame(heartbeat())...)
			for len(stream) > 0 {
				k := min(size, len(stream))
				p.write(stream[:k])
				stream = stream[k:]
			}
			p.receive() // the heartbeat's answer
			r.Stop()
			p.logout()
			if err := r.wait(); err != nil {
				t.Errorf("Run: %v", err)
			}
			for i := range 50 {
				if len(got) != 50 || got[i] != uint32(i) {
					t.Fatalf("in pieces of %d got %v", size, got)
				}
			}
		}
	})
}

// TestLargeFrames receives frames larger than a TLS record and than the receive
// buffer.
func TestLargeFrames(t *testing.T) {
	onEach(t, func(t *testing.T, n *network) {
		config := n.config()
		config.Session.ReceiveBytes = 4096
		levels := 0
		r := start(t, config, func(e *engine.Engine) {
			e.OnContractQuotes(func(_ *engine.Event, q *msg.ContractQuotes) {
				levels = len(q.GetBids())
				e.Stop()
			})
		})
		p := n.accept(t)
		p.login()
		m := quotes(7, 8, 2500)
		for i := range 9000 {
			m.ContractQuotes.Bids = append(m.ContractQuotes.Bids, &seto.Quote{
				Price:    proto.Uint32(uint32(i%9999 + 1)),
				Quantity: proto.Uint64(1 << 40),
			})
		}
		p.send(m)
		p.logout()
		if err := r.wait(); err != nil || levels != 9001 {
			t.Errorf("Run: %v after %d levels, want 9001", err, levels)
		}
	})
}
