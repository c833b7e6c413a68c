package engine_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
)

// TestPeerIsNotSilentWhileHandlersWork: what arrives while handlers work is read before the
// exchange is judged to be silent, be it one handler that takes long or many that do not.
func TestPeerIsNotSilentWhileHandlersWork(t *testing.T) {
	for _, c := range []struct {
		name     string
		messages int // in one write
		writes   int
		work     time.Duration
	}{
		{"one", 1, 5, 3 * time.Second},
		{"many", 40, 3, 90 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *network) {
				config := n.config()
				config.Session.PeerTimeout = time.Second
				handled := 0
				r := startInBubble(t, config, func(e *engine.Engine) {
					e.OnContractQuotes(func(*engine.Event, *msg.ContractQuotes) {
						handled++
						work(c.work)
					})
				})
				p := n.accept(t)
				p.login()
				go p.readAll()
				go func() { // the socket of a pipe is the code that waits to write
					for range c.writes {
						var b []byte
						for range c.messages {
							b = append(b, p.frame(quotes(7, 8, 2500))...)
						}
						if _, err := p.conn.Write(b); err != nil {
							return
						}
					}
				}()
				advance(time.Duration(c.writes*c.messages)*c.work - c.work/2)
				if lost := r.Stats().Lost; lost != [len(lost)]uint64{} || handled != c.writes*c.messages {
					t.Errorf("lost %v after %d messages", lost, handled)
				}
				_ = r.Close()
				_ = r.wait()
			})
		})
	}
}

// TestAnswerBehindABacklog: an answer that waits in the socket while what came before it is
// handled is read before its order is said to be in doubt, and time that a handler or the bot's
// own loop takes is not the exchange's.
func TestAnswerBehindABacklog(t *testing.T) {
	const timeout = time.Second
	for _, c := range []struct {
		name     string
		messages int
		work     time.Duration
	}{
		{"many handlers", 30, 90 * time.Millisecond},
		{"one handler", 1, 3 * timeout},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *network) {
				config := n.config()
				config.Session.AnswerTimeout = timeout
				handled, seen := 0, ""
				r := startInBubble(t, config, func(e *engine.Engine) {
					e.OnContractQuotes(func(*engine.Event, *msg.ContractQuotes) {
						if handled++; handled == 1 {
							if _, err := e.SendOrderCreate(backHome()); err != nil {
								t.Error(err)
							}
						}
						work(c.work)
					})
					e.OnOrderAccepted(func(*engine.Event, *msg.OrderAccepted) { seen += "accepted " })
					e.OnSendResolved(func(ev *engine.Event) { seen += ev.Fate.String() })
				})
				p := n.accept(t)
				p.login()
				p.sendBacklog(c.messages)
				order := p.want(seto.PayloadType_PAYLOAD_ORDER_CREATE)
				go p.readAll()
				p.send(accepted(order.GetEtoPayload().GetSeq(), order.GetOrderCreate().GetReference(), 1001, 1))
				advance(5 * timeout)
				if seen != "accepted " || handled != c.messages {
					t.Errorf("seen %q after %d messages", seen, handled)
				}
				_ = r.Close()
				_ = r.wait()
			})
		})
	}
}

// TestSlowHandlersCountDuringABacklog: of many messages one is slow, and it is named alone.
func TestSlowHandlersCountDuringABacklog(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		var handled atomic.Int64
		r := startInBubble(t, n.config(), func(e *engine.Engine) {
			e.OnContractQuotes(func(ev *engine.Event, m *msg.ContractQuotes) {
				nth := handled.Add(1)
				work(backlogWork)
				if nth%100 == 50 {
					takeLong(ev, m)
				}
			})
		})
		p := n.accept(t)
		p.login()
		p.sendBacklog(backlogMessages)
		for handled.Load() < backlogMessages {
			advance(10 * time.Millisecond)
		}
		advance(time.Second)
		got := r.Stats()
		if got.SlowHandlers != 4 || got.HandlerMax != 30*time.Millisecond+backlogWork {
			t.Errorf("%d slow handlers, want 4; the slowest took %v", got.SlowHandlers, got.HandlerMax)
		}
		_ = r.Close()
		_ = r.wait()
	})
}
