package engine_test

import (
	"context"
	"net"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/latency"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/eto"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
)

// latencyOf returns a copy of an engine's histograms.
func latencyOf(e *engine.Engine) *engine.Latency {
	l := new(engine.Latency)
	e.Latency(l)
	return l
}

// counts returns how many answers of each kind of request were measured.
func counts(l *engine.Latency) (n [engine.RequestKinds]uint64) {
	for i := range l.Acknowledgement {
		n[i] = l.Acknowledgement[i].Count()
	}
	return n
}

// isAbout reports whether all that was recorded is one duration, or the bucket that it is in.
func isAbout(h *latency.Histogram, n uint64, want time.Duration) bool {
	all := slices.Collect(h.All())
	return len(all) == 1 && all[0].Count == n && all[0].From <= want && want <= all[0].To && h.Max() == want
}

// TestAcknowledgements measures what the answer to each kind of request takes, and nothing for orders that end without
// a request.
func TestAcknowledgements(t *testing.T) {
	onExchange(t, nil, func(t *testing.T, server *sim.Server, config engine.Config) {
		config.OnStop = engine.StopLeave
		d := &tradingDay{t: t}
		r := startInBubble(t, config, func(e *engine.Engine) { d.Engine = e })
		advance(time.Second)
		var placed [4]engine.Placed
		d.do(r, func() {
			for i := range placed {
				var err error
				if placed[i], err = d.Place(limit(odds.Buy, 1000+odds.Price(i))); err != nil {
					t.Error(err)
				}
			}
			refused := small()
			refused.SetMarketId(999_999) // there is none
			if _, err := d.SendOrderCreate(refused); err != nil {
				t.Error(err)
			}
		})
		advance(time.Second)
		d.do(r, func() {
			for _, err := range []error{
				placed[0].Cancel(), placed[1].Reduce(100),
				func() error { _, err := placed[2].Replace(900, 20_000); return err }(),
				func() error { _, err := d.Ping(); return err }(),
			} {
				if err != nil {
					t.Error(err)
				}
			}
		})
		advance(10 * time.Second)
		d.do(r, func() {
			if _, err := d.SendOrderCancelAll(new(msg.OrderCancelAll)); err != nil {
				t.Error(err)
			}
		})
		advance(time.Second)
		l := latencyOf(d.Engine)
		want := [engine.RequestKinds]uint64{5, 1, 1, 1, 1, 1}
		got := counts(l)
		if got[engine.RequestPing] >= 1 { // the engine sends its own, too
			got[engine.RequestPing] = 1
		}
		if got != want {
			t.Errorf("answers by kind %v, want %v", got, want)
		}
		r.Stop()
		_ = r.wait()
	})
}

// TestAcknowledgementTime is from the send to the answer, also if that is sent again after a gap, and is not measured
// if the request was sent on an earlier connection.
func TestAcknowledgementTime(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		r := startInBubble(t, n.config(), func(e *engine.Engine) {
			e.OnLoggedIn(func(ev *engine.Event) {
				if ev.Epoch > 1 {
					return
				}
				for i := range uint64(2) {
					order := backHome()
					order.SetReference(1 + i)
					if _, err := e.SendOrderCreate(order); err != nil {
						t.Error(err)
					}
				}
			})
		})
		p := n.accept(t)
		p.login()
		first := p.want(seto.PayloadType_PAYLOAD_ORDER_CREATE).GetEtoPayload().GetSeq()
		p.want(seto.PayloadType_PAYLOAD_ORDER_CREATE)
		advance(7 * time.Millisecond)
		p.send(accepted(first, 1, 1001, 1))
		advance(time.Second)
		p.close()
		p = n.accept(t)
		p.login()
		p.send(accepted(first+1, 2, 1002, 2)) // of the earlier session
		advance(time.Second)
		if h := &latencyOf(r.Engine).Acknowledgement[engine.RequestCreate]; !isAbout(h, 1, 7*time.Millisecond) {
			t.Errorf("acknowledgements %v, want one of 7 ms", slices.Collect(h.All()))
		}
		_ = r.Close()
		_ = r.wait()
	})
}

// TestTickToOrder is the time from the read to the write, once for several orders, and not for what a timer or another
// goroutine sends.
func TestTickToOrder(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		create := func(e *engine.Engine) {
			if _, err := e.SendOrderCreate(backHome()); err != nil {
				t.Error(err)
			}
		}
		r := startInBubble(t, n.config(), func(e *engine.Engine) {
			e.OnContractQuotes(func(ev *engine.Event, m *msg.ContractQuotes) {
				takeLong(ev, m) // 30 ms
				create(e)
				create(e)
			})
		})
		p := n.accept(t)
		p.login()
		synctest.Wait()
		if err := r.Submitter().Do(func() { create(r.Engine) }, nil); err != nil {
			t.Error(err)
		}
		if err := r.Submitter().Do(func() {
			if _, err := r.After(time.Millisecond, func() { create(r.Engine) }); err != nil {
				t.Error(err)
			}
		}, nil); err != nil {
			t.Error(err)
		}
		p.want(seto.PayloadType_PAYLOAD_ORDER_CREATE)
		p.want(seto.PayloadType_PAYLOAD_ORDER_CREATE)
		p.send(heartbeat())
		synctest.Wait()
		if got := latencyOf(r.Engine).TickToOrder.Count(); got != 0 {
			t.Errorf("%d measured for orders of no message", got)
		}
		p.send(quotes(7, 8, 2500))
		p.wantEto(eto.PayloadType_PAYLOAD_HEARTBEAT)
		p.want(seto.PayloadType_PAYLOAD_ORDER_CREATE)
		p.want(seto.PayloadType_PAYLOAD_ORDER_CREATE)
		synctest.Wait()
		l := latencyOf(r.Engine)
		if h := &l.TickToOrder; !isAbout(h, 1, 30*time.Millisecond) {
			t.Errorf("tick to order %v, want once 30 ms", slices.Collect(h.All()))
		}
		if l.Handler.Max() != 30*time.Millisecond || l.Handler.Quantile(0.5) > time.Millisecond {
			t.Errorf("handlers took up to %v, half of them %v", l.Handler.Max(), l.Handler.Quantile(0.5))
		}
		if l.LoopDelay.Max() != 30*time.Millisecond || l.LoopDelay.Count() < 5 {
			t.Errorf("%d loop delays up to %v, want one of 30 ms", l.LoopDelay.Count(), l.LoopDelay.Max())
		}
		if l.Submit.Count() != 0 {
			t.Errorf("%d submissions were timed without Config.TimeSubmissions", l.Submit.Count())
		}
		_ = r.Close()
		_ = r.wait()
	})
}

// TestSubmissionsAreTimed while a handler keeps the loop from taking them.
func TestSubmissionsAreTimed(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		c := n.config()
		c.TimeSubmissions = true
		r := startInBubble(t, c, func(e *engine.Engine) { e.OnContractQuotes(takeLong) })
		p := n.accept(t)
		p.login()
		synctest.Wait()
		p.send(quotes(7, 8, 2500))
		<-time.After(10 * time.Millisecond)
		if err := r.Submitter().SendPriceFeedSubscribe(new(msg.PriceFeedSubscribe), nil); err != nil {
			t.Error(err)
		}
		p.want(seto.PayloadType_PAYLOAD_PRICE_FEED_SUBSCRIBE)
		synctest.Wait()
		if h := &latencyOf(r.Engine).Submit; !isAbout(h, 1, 20*time.Millisecond) {
			t.Errorf("submissions %v, want one of 20 ms", slices.Collect(h.All()))
		}
		_ = r.Close()
		_ = r.wait()
	})
}

// lateConn is a connection that accepts nothing while it is blocked.
type lateConn struct {
	net.Conn
	blocked *atomic.Bool
}

func (c lateConn) Write(b []byte) (int, error) {
	if c.blocked.Load() {
		<-time.After(time.Millisecond)
		return 0, nil
	}
	return c.Conn.Write(b)
}

// TestTickToOrderOfTheFirst has orders of two messages wait for the socket: the time is that from the first read.
func TestTickToOrderOfTheFirst(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		c := n.config()
		var blocked atomic.Bool
		c.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := n.dial(ctx, network, address)
			return lateConn{conn, &blocked}, err
		}
		r := startInBubble(t, c, func(e *engine.Engine) {
			e.OnContractQuotes(func(*engine.Event, *msg.ContractQuotes) {
				if _, err := e.SendOrderCreate(backHome()); err != nil {
					t.Error(err)
				}
			})
		})
		p := n.accept(t)
		p.login()
		synctest.Wait()
		blocked.Store(true)
		for range 2 {
			p.send(quotes(7, 8, 2500))
			advance(300 * time.Millisecond)
		}
		blocked.Store(false)
		p.want(seto.PayloadType_PAYLOAD_ORDER_CREATE)
		p.want(seto.PayloadType_PAYLOAD_ORDER_CREATE)
		synctest.Wait()
		h := &latencyOf(r.Engine).TickToOrder
		if h.Count() != 1 || h.Max() < 600*time.Millisecond || h.Max() > 700*time.Millisecond {
			t.Errorf("tick to order %v, want once 600 ms", slices.Collect(h.All()))
		}
		_ = r.Close()
		_ = r.wait()
	})
}

// TestSocketTime is that of writes, and the wait for a socket that accepts nothing.
func TestSocketTime(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		c := n.config()
		var blocked atomic.Bool
		c.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := n.dial(ctx, network, address)
			return lateConn{conn, &blocked}, err
		}
		r := startInBubble(t, c, nil)
		p := n.accept(t)
		p.login()
		synctest.Wait()
		if h := &latencyOf(r.Engine).Socket; h.Count() == 0 || h.Max() > time.Millisecond {
			t.Errorf("%d writes of up to %v, want that of the login", h.Count(), h.Max())
		}
		blocked.Store(true)
		if err := r.Submitter().SendPriceFeedSubscribe(new(msg.PriceFeedSubscribe), nil); err != nil {
			t.Error(err)
		}
		advance(300 * time.Millisecond)
		before := latencyOf(r.Engine).Socket.Count()
		blocked.Store(false)
		p.want(seto.PayloadType_PAYLOAD_PRICE_FEED_SUBSCRIBE)
		synctest.Wait()
		h := latencyOf(r.Engine).Socket
		if h.Count() != before+1 || h.Max() < 300*time.Millisecond || h.Max() > time.Second {
			t.Errorf("%d more writes, the longest of %v, want one of 300 ms", h.Count()-before, h.Max())
		}
		_ = r.Close()
		_ = r.wait()
	})
}

// TestLatencyFromOtherGoroutines: readers see counts that never fall, while the loop records.
func TestLatencyFromOtherGoroutines(t *testing.T) {
	n := newNetwork(t, "tcp", false, loopback(t))
	r := start(t, n.config(), func(e *engine.Engine) {
		e.OnContractQuotes(func(*engine.Event, *msg.ContractQuotes) {})
	})
	p := n.accept(t)
	p.login()
	const readers, rounds = 3, 300
	ended := make(chan uint64)
	stop := make(chan struct{})
	for range readers {
		go func() {
			last := uint64(0)
			for {
				select {
				case <-stop:
					ended <- last
					return
				default:
				}
				now := latencyOf(r.Engine).Handler.Count()
				if now < last {
					t.Errorf("%d handlers after %d", now, last)
				}
				last = now
			}
		}()
	}
	for range rounds {
		p.send(quotes(7, 8, 2500))
	}
	for latencyOf(r.Engine).Handler.Count() < rounds {
		p.send(heartbeat()) // the loop publishes before it sleeps unless it is being read
	}
	close(stop)
	for range readers {
		if n := <-ended; n > rounds {
			t.Errorf("%d handlers, want %d", n, rounds)
		}
	}
}

// TestPendingReplacesAreNoAnswers: a replace is answered by its outcome.
func TestPendingReplacesAreNoAnswers(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		r := startInBubble(t, n.config(), func(e *engine.Engine) {
			e.OnLoggedIn(func(*engine.Event) {
				var m msg.OrderCancelReplace
				m.SetOrigOrderId(1001)
				m.SetPrice(2500)
				m.SetQuantity(10_000)
				m.SetReference(3)
				m.SetMarketId(7)
				if _, err := e.SendOrderCancelReplace(&m); err != nil {
					t.Error(err)
				}
			})
		})
		p := n.accept(t)
		p.login()
		p.want(seto.PayloadType_PAYLOAD_ORDER_CANCEL_REPLACE)
		advance(time.Millisecond)
		p.send(&seto.Payload{
			Type: seto.PayloadType_PAYLOAD_ORDER_PENDING_REPLACE.Enum(),
			OrderPendingReplace: &seto.OrderPendingReplace{
				Reference: proto.Uint64(3), OrigOrderId: proto.Uint64(1001), AccountSequence_64: proto.Uint64(1),
			},
		})
		advance(time.Millisecond)
		p.send(&seto.Payload{
			Type: seto.PayloadType_PAYLOAD_ORDER_CANCEL_REPLACE_REJECTED.Enum(),
			OrderCancelReplaceRejected: &seto.OrderCancelReplaceRejected{
				Reference: proto.Uint64(3), OrigOrderId: proto.Uint64(1001), AccountSequence_64: proto.Uint64(2),
			},
		})
		synctest.Wait()
		if h := &latencyOf(r.Engine).Acknowledgement[engine.RequestReplace]; !isAbout(h, 1, 2*time.Millisecond) {
			t.Errorf("replaces %v, want one of 2 ms", slices.Collect(h.All()))
		}
		_ = r.Close()
		_ = r.wait()
	})
}

// TestLatencyIsKeptAfterTheEnd with what the last round measured.
func TestLatencyIsKeptAfterTheEnd(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		c := n.config()
		c.OnStop = engine.StopLeave
		r := startInBubble(t, c, func(e *engine.Engine) {
			e.OnLoggedOut(func(ev *engine.Event) { takeLong(ev, nil) })
		})
		p := n.accept(t)
		p.login()
		select {
		case <-r.Done():
			t.Error("done before the end")
		default:
		}
		r.Stop()
		p.logout()
		if err := r.wait(); err != nil {
			t.Error(err)
		}
		<-r.Done()
		if got := latencyOf(r.Engine).Handler.Max(); got != 30*time.Millisecond {
			t.Errorf("the longest handler took %v, want the last one, of 30 ms", got)
		}
		if r.State() != session.Disconnected {
			t.Errorf("state %v", r.State())
		}
	})
}
