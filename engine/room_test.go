package engine_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/eto"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
	"github.com/smk-go/smk/ring"
)

// TestHandlersWaitForRoom: a handler sends more than the ring holds, to an exchange that reads
// after a while. The send that finds no room waits for it.
func TestHandlersWaitForRoom(t *testing.T) {
	for _, c := range []struct {
		after   time.Duration // the exchange reads
		refused bool
		took    time.Duration // of all sends together
	}{
		{after: 5 * time.Millisecond, took: 6 * time.Millisecond},
		{after: 900 * time.Millisecond, took: 910 * time.Millisecond},
		{after: time.Minute, refused: true, took: engine.SendWait + 20*time.Millisecond},
	} {
		t.Run(c.after.String(), func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *network) {
				const sends = 256
				config := n.config()
				config.Session.Send.Records = 64
				config.SendTimeout, config.Session.DisableThrottle = time.Hour, true
				refused := 0
				var took time.Duration
				handled := make(chan struct{})
				r := startInBubble(t, config, func(e *engine.Engine) {
					e.OnContractQuotes(func(*engine.Event, *msg.ContractQuotes) {
						before := time.Now()
						for range sends {
							if _, err := e.SendOrderCancel(cancelOf(5)); errors.Is(err, session.ErrFull) {
								refused++
							} else if err != nil {
								t.Error(err)
							}
						}
						took = time.Since(before)
						close(handled)
					})
				})
				p := n.accept(t)
				p.login()
				p.send(quotes(7, 8, 2500))
				timer := time.AfterFunc(c.after, func() { go p.readAll() })
				defer timer.Stop()
				<-handled
				if refused > 0 != c.refused || took > c.took {
					t.Errorf("%d sends refused after %v", refused, took)
				}
				_ = r.Close()
				_ = r.wait()
			})
		})
	}
}

// TestSlowReaderIsNotStalled: an exchange that takes a few bytes now and then is not one that
// takes none, with TLS or without, however long the whole takes.
func TestSlowReaderIsNotStalled(t *testing.T) {
	for _, secure := range []bool{false, true} {
		t.Run(fmt.Sprint("TLS ", secure), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const sends = 100
				var far net.Conn
				n := newNetwork(t, "pipe", false, pipe)
				config := n.config()
				config.Session.Send = ring.SendRingConfig{Bytes: 1 << 20, Records: 2048}
				config.Session.PeerTimeout, config.Session.DisableThrottle = time.Hour, true
				if secure {
					config.DisableTLS, config.TLS = false, clientTLS()
					config.TLS.Time = func() time.Time { return authority.Leaf.NotBefore }
				}
				lost := 0
				r := startInBubble(t, config, func(e *engine.Engine) {
					e.OnContractQuotes(func(*engine.Event, *msg.ContractQuotes) {
						m := backHome()
						m.SetLabel(make([]byte, 300))
						for range sends {
							if _, err := e.SendOrderCreate(m); err != nil {
								t.Error(err)
							}
						}
					})
					e.OnState(func(ev *engine.Event) {
						if ev.State == session.Disconnected && engine.CauseOf(ev.Cause) != engine.CauseOwn {
							lost++
							t.Errorf("lost because of %v", ev.Cause)
						}
					})
				})
				slow := &sluggish{Conn: <-n.accepted}
				if far = slow; secure {
					far = tls.Server(slow, serverTLS(t))
				}
				p := newPeer(t, far)
				_ = far.SetDeadline(time.Time{})
				p.login()
				p.send(quotes(7, 8, 2500))
				slow.pause = 200 * time.Millisecond
				began := time.Now()
				for range sends {
					if lost > 0 {
						return
					}
					for p.receive().GetType() != seto.PayloadType_PAYLOAD_ORDER_CREATE {
					}
				}
				if took := time.Since(began); took < 10*engine.SendTimeout {
					t.Errorf("took %v, which proves nothing", took)
				}
				slow.pause = 0
				r.Stop()
				p.logout()
				if err := r.wait(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// sluggish is a connection that is read in small pieces, with pauses.
type sluggish struct {
	net.Conn
	pause time.Duration
}

func (s *sluggish) Read(b []byte) (int, error) {
	if s.pause > 0 {
		<-time.After(s.pause)
		b = b[:min(len(b), 100)]
	}
	return s.Conn.Read(b)
}

// TestStalledWhileAHandlerWorks: the time that a handler works is not one in which the socket took
// nothing, be it that the handler's send found it full or that it was full before.
func TestStalledWhileAHandlerWorks(t *testing.T) {
	for _, sends := range []int{1, 100} {
		t.Run(fmt.Sprint(sends), func(t *testing.T) { checkStalledWhileAHandlerWorks(t, sends) })
	}
}

func checkStalledWhileAHandlerWorks(t *testing.T, sends int) {
	inBubble(t, func(t *testing.T, n *network) {
		config := n.config()
		config.Session.PeerTimeout, config.Session.HeartbeatAfter = time.Hour, time.Hour
		config.Session.Send.Records, config.Session.DisableThrottle = 64, true
		r := startInBubble(t, config, func(e *engine.Engine) {
			e.OnContractQuotes(func(*engine.Event, *msg.ContractQuotes) {
				<-time.After(2 * engine.SendTimeout)
				for range sends {
					_, _ = e.SendOrderCancel(cancelOf(5))
				}
			})
			e.OnState(func(ev *engine.Event) {
				if ev.State == session.Disconnected && engine.CauseOf(ev.Cause) != engine.CauseOwn {
					t.Errorf("lost because of %v", ev.Cause)
				}
			})
		})
		p := n.accept(t)
		p.login()
		for range 2 {
			p.send(quotes(7, 8, 2500))
			advance(2*engine.SendTimeout + engine.SendTimeout/2) // what is sent waits so long for a reader
			// more than the socket takes, fewer than the ring holds
			for range min(sends, 50) {
				p.want(seto.PayloadType_PAYLOAD_ORDER_CANCEL)
			}
		}
		r.Stop()
		p.logout()
		if err := r.wait(); err != nil {
			t.Error(err)
		}
	})
}

// TestStalledSocketIsClosed after SendTimeout, and not much later.
func TestStalledSocketIsClosed(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		var sent time.Time
		lost := make(chan error, 1)
		r := startInBubble(t, n.config(), func(e *engine.Engine) {
			e.OnContractQuotes(func(*engine.Event, *msg.ContractQuotes) {
				sent = time.Now()
				_, _ = e.SendOrderCreate(backHome())
			})
			e.OnState(func(ev *engine.Event) {
				if ev.State == session.Disconnected {
					lost <- ev.Cause
					_ = e.Close()
				}
			})
		})
		p := n.accept(t)
		p.login()
		p.send(quotes(7, 8, 2500))
		err := <-lost
		took := time.Since(sent)
		if late := took - engine.SendTimeout; !errors.Is(err, engine.ErrSendStalled) || late < 0 ||
			late > 50*time.Millisecond {
			t.Errorf("lost because of %v after %v, want ErrSendStalled after %v", err, took, engine.SendTimeout)
		}
		_ = r.wait()
	})
}

// TestLongReplay asks for everything again that was ever sent, which is more than one ring, and more
// than is written in one go: all of it comes.
func TestLongReplay(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		const sends = 60_000
		config := n.config()
		config.SendTimeout = time.Hour
		config.Session.Send = ring.SendRingConfig{Bytes: 64 << 10, Records: 1024}
		config.Session.HeartbeatAfter, config.Session.PeerTimeout = time.Hour, time.Hour
		r := startInBubble(t, config, func(e *engine.Engine) {
			e.OnContractQuotes(func(*engine.Event, *msg.ContractQuotes) {
				for range sends {
					if _, err := e.SendPriceFeedUnsubscribe(new(msg.PriceFeedUnsubscribe)); err != nil {
						t.Error(err)
						return
					}
				}
			})
		})
		p := n.accept(t)
		p.login()
		p.send(quotes(7, 8, 2500))
		for range sends {
			p.want(seto.PayloadType_PAYLOAD_PRICE_FEED_UNSUBSCRIBE)
		}
		p.send(replayFrom(2))
		p.got = 1
		for range sends {
			if m := p.receive(); !m.GetEtoPayload().GetIsReplay() {
				t.Fatalf("got %v, want a replay", m)
			}
		}
		r.Stop()
		p.logout()
		if err := r.wait(); err != nil {
			t.Error(err)
		}
	})
}

func replayFrom(seq uint64) *seto.Payload {
	return etoMessage(&eto.Payload{
		Type: eto.PayloadType_PAYLOAD_REPLAY.Enum(), Replay: &eto.Replay{Seq: proto.Uint64(seq)},
	})
}
