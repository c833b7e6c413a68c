package engine_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/eto"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
)

// TestLogoutWaitsForRoom logs out as soon as the socket takes what fills the send ring.
func TestLogoutWaitsForRoom(t *testing.T) {
	for _, reads := range []bool{true, false} {
		inBubble(t, func(t *testing.T, n *network) {
			config := n.config()
			config.Session.Send.Records = 16
			config.SendTimeout = time.Hour
			r := startInBubble(t, config, nil)
			p := n.accept(t)
			p.login()
			synctest.Wait()
			var pings []*seto.Payload
			for range 30 {
				pings = append(pings, etoMessage(&eto.Payload{Type: eto.PayloadType_PAYLOAD_PING.Enum()}))
			}
			p.send(pings...)
			synctest.Wait()
			began := time.Now()
			r.Stop()
			advance(time.Second)
			if !reads {
				err := r.wait()
				over := time.Since(began) - session.LogoutTimeout
				if !errors.Is(err, engine.ErrNotConfirmed) || over < 0 || over > 10*time.Millisecond {
					t.Errorf("%v %v after the time", err, over)
				}
				return
			}
			for p.receive().GetEtoPayload().GetType() != eto.PayloadType_PAYLOAD_LOGOUT {
			}
			p.send(loggedOut(eto.LogoutReason_LOGOUT_CONFIRMATION))
			p.close()
			if err := r.wait(); err != nil {
				t.Errorf("Run: %v", err)
			}
		})
	}
}

// TestCloseDuringTheStop ends at once and reports what is not known.
func TestCloseDuringTheStop(t *testing.T) {
	stopping(t, nil, func(t *testing.T, _ *network, r *running, p *peer) {
		r.Stop()
		p.cancelAll()
		_ = r.Close()
		p.wantEnd()
		err := r.wait()
		wantLive(t, err, engine.CancelError{Sent: true})
		if !errors.Is(err, engine.ErrClosed) {
			t.Errorf("%v, want ErrClosed too", err)
		}
	})
}

// TestPollStops is a stop of a bot that has a loop of its own.
func TestPollStops(t *testing.T) {
	for _, confirms := range []bool{true, false} {
		n := newNetwork(t, "pipe", false, pipe)
		noLeaks(t)
		config := n.config()
		config.OnStop, config.StopTimeout = engine.StopAuto, 50*time.Millisecond
		e, err := engine.New(config)
		if err != nil {
			t.Fatal(err)
		}
		e.OnLoggedIn(func(*engine.Event) { _, _ = e.SendOrderCreate(backHome()) })
		e.OnOrderAccepted(func(*engine.Event, *msg.OrderAccepted) { e.Stop() })
		ended := make(chan error, 1)
		go func() {
			for {
				if err := e.Poll(); err != nil {
					ended <- err
					return
				}
			}
		}()
		p := n.accept(t)
		p.login()
		p.accept(p.want(seto.PayloadType_PAYLOAD_ORDER_CREATE), 1)
		all := p.cancelAll()
		if confirms {
			p.send(cancelled(all, 2))
		}
		p.logout()
		err = <-ended
		if confirms {
			if !errors.Is(err, engine.ErrLoggedOut) {
				t.Errorf("Poll: %v, want ErrLoggedOut", err)
			}
		} else {
			wantLive(t, err, engine.CancelError{Sent: true, Err: engine.ErrStopTimeout})
			if errors.Is(err, engine.ErrLoggedOut) {
				t.Errorf("%v reads as if all were well", err)
			}
		}
	}
}

// TestConfirmationBeforeStop is a confirmation of a logout that no one has asked for, also
// while orders are being cancelled: what follows is the end of a connection and no
// more.
func TestConfirmationBeforeStop(t *testing.T) {
	t.Run("before", func(t *testing.T) {
		stopping(t, func(c *engine.Config) {
			c.OnStop = engine.StopLeave
			c.Session.Resume = session.ResumeSession
		}, func(t *testing.T, n *network, r *running, p *peer) {
			p.send(loggedOut(eto.LogoutReason_LOGOUT_CONFIRMATION))
			p.wantEnd()
			again := n.accept(t)
			again.seq, again.got = p.seq, p.got
			again.login()
			r.Stop()
			again.wantEto(eto.PayloadType_PAYLOAD_LOGOUT)
			again.close()
			if err := r.wait(); !errors.Is(err, engine.ErrNotConfirmed) {
				t.Errorf("Run: %v, want ErrNotConfirmed", err)
			}
		})
	})
	t.Run("during the stop", func(t *testing.T) {
		set := func(c *engine.Config) { c.ReconnectBackoff = []time.Duration{time.Second} }
		stopping(t, set, func(t *testing.T, n *network, r *running, p *peer) {
			r.Stop()
			p.cancelAll()
			p.send(loggedOut(eto.LogoutReason_LOGOUT_CONFIRMATION))
			p.wantEnd()
			p = n.accept(t)
			p.login()
			p.cancelAll()
			p.close()
			p = n.accept(t)
			p.login()
			p.send(cancelled(p.cancelAll(), 2))
			p.wantEto(eto.PayloadType_PAYLOAD_LOGOUT)
			p.close()
			if err := r.wait(); !errors.Is(err, engine.ErrNotConfirmed) {
				t.Errorf("Run: %v, want ErrNotConfirmed", err)
			}
		})
	})
}
