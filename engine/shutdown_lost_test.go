package engine_test

import (
	"context"
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
)

// TestStopWithoutAConnection connects again to cancel, in the time that there is.
func TestStopWithoutAConnection(t *testing.T) {
	t.Run("lost before", func(t *testing.T) {
		set := func(c *engine.Config) { c.ReconnectBackoff = []time.Duration{time.Second} }
		stopping(t, set, func(t *testing.T, n *network, r *running, p *peer) {
			p.close()
			advance(time.Millisecond)
			r.Stop()
			p = n.accept(t)
			p.login()
			p.send(cancelled(p.cancelAll(), 2))
			p.confirmLogout()
			if err := r.wait(); err != nil {
				t.Errorf("Run: %v", err)
			}
		})
	})
	t.Run("in a long pause", func(t *testing.T) {
		set := func(c *engine.Config) { c.ReconnectBackoff = []time.Duration{time.Hour} }
		stopping(t, set, func(t *testing.T, n *network, r *running, p *peer) {
			p.close()
			advance(time.Minute)
			r.Stop()
			p = n.accept(t)
			p.login()
			p.send(cancelled(p.cancelAll(), 2))
			p.confirmLogout()
			if err := r.wait(); err != nil {
				t.Errorf("Run: %v", err)
			}
		})
	})
	t.Run("lost during it", func(t *testing.T) {
		stopping(t, nil, func(t *testing.T, n *network, r *running, p *peer) {
			r.Stop()
			p.cancelAll()
			p.close()
			p = n.accept(t)
			p.login()
			p.send(cancelled(p.cancelAll(), 2))
			p.confirmLogout()
			if err := r.wait(); err != nil {
				t.Errorf("Run: %v", err)
			}
		})
	})
	t.Run("with an order under way", func(t *testing.T) {
		for _, answer := range []string{"accepted", "rejected", "none", "rejected without a reference"} {
			set := func(c *engine.Config) {
				c.DisableReferences = answer == "rejected without a reference"
				c.State.Disable = c.DisableReferences
			}
			stopping(t, set, func(t *testing.T, n *network, r *running, p *peer) {
				began := time.Now()
				var s engine.Submission
				if err := r.Submitter().SendOrderCreate(backHome(), &s); err != nil {
					t.Fatal(err)
				}
				create := p.want(seto.PayloadType_PAYLOAD_ORDER_CREATE)
				r.Stop()
				p.cancelAll()
				p.close()
				p = n.accept(t)
				p.login()
				all := p.cancelAll()
				p.send(cancelled(all, 2))
				switch answer {
				case "accepted": // it entered, and is cancelled once more
					p.accept(create, 3)
					p.caughtUp()
					p.send(cancelled(p.cancelAll(), 4), ended(1001, 5), ended(1003, 6))
				case "rejected", "rejected without a reference": // which may be about another order
					p.send(rejected(create, 3), ended(1001, 4))
					p.caughtUp()
				case "none":
					p.send(ended(1001, 3))
					p.caughtUp()
				}
				p.confirmLogout()
				switch err := r.wait(); answer {
				case "accepted", "rejected":
					if err != nil {
						t.Errorf("%s: %v", answer, err)
					}
				default:
					wantLive(t, err, engine.CancelError{Sent: true, Accepted: true, InDoubt: 1})
				}
				if took := time.Since(began); took > time.Second {
					t.Errorf("%s: after %v", answer, took)
				}
			})
		}
	})
	t.Run("with an order that did not leave", func(t *testing.T) {
		set := func(c *engine.Config) { c.SendTimeout = time.Second }
		stopping(t, set, func(t *testing.T, n *network, r *running, p *peer) {
			var s engine.Submission
			var fates []session.Fate
			if err := r.Submitter().Do(func() {
				r.OnSendResolved(func(ev *engine.Event) { fates = append(fates, ev.Fate) })
				_, _ = r.SendOrderCreate(backHome()) // the peer does not read them
				_, _ = r.SendOrderCreate(backHome())
				r.Stop()
			}, &s); err != nil {
				t.Fatal(err)
			}
			if _, err := p.conn.Read(make([]byte, 10)); err != nil { // a part of the first
				t.Fatal(err)
			}
			p = n.accept(t)
			p.login()
			p.send(cancelled(p.cancelAll(), 3))
			p.caughtUp()
			p.confirmLogout()
			wantLive(t, r.wait(), engine.CancelError{Sent: true, Accepted: true, InDoubt: 1})
			if fmt.Sprint(fates[:2]) != "[in doubt not sent]" {
				t.Errorf("fates %v", fates)
			}
		})
	})
	t.Run("with a late order", func(t *testing.T) {
		stopping(t, nil, func(t *testing.T, n *network, r *running, p *peer) {
			var s engine.Submission
			if err := r.Submitter().SendOrderCreate(backHome(), &s); err != nil {
				t.Fatal(err)
			}
			create := p.want(seto.PayloadType_PAYLOAD_ORDER_CREATE)
			r.Stop()
			p.send(cancelled(p.cancelAll(), 2))
			p.accept(create, 3)
			synctest.Wait()
			p.close()
			p = n.accept(t)
			p.login()
			p.send(cancelled(p.cancelAll(), 4))
			p.confirmLogout()
			if err := r.wait(); err != nil {
				t.Errorf("Run: %v", err)
			}
		})
	})
	t.Run("and does not subscribe again", func(t *testing.T) {
		stopping(t, nil, func(t *testing.T, n *network, r *running, p *peer) {
			var s engine.Submission
			if err := r.Submitter().SendPriceFeedSubscribe(new(msg.PriceFeedSubscribe), &s); err != nil {
				t.Fatal(err)
			}
			p.want(seto.PayloadType_PAYLOAD_PRICE_FEED_SUBSCRIBE)
			p.close()
			r.Stop()
			p = n.accept(t)
			p.login()
			p.send(cancelled(p.cancelAll(), 2))
			p.confirmLogout()
			if err := r.wait(); err != nil {
				t.Errorf("Run: %v", err)
			}
		})
	})
	t.Run("not to be had", func(t *testing.T) {
		refused := errors.New("refused, for the test")
		var down bool
		stopping(t, func(c *engine.Config) {
			dial := c.Dial
			c.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				if down {
					return nil, refused
				}
				return dial(ctx, network, address)
			}
			c.StopTimeout = 2500 * time.Millisecond // the pauses are 0, 0.4..0.6, 0.8..1.2, 1.6..2.4 s
		}, func(t *testing.T, _ *network, r *running, p *peer) {
			down = true
			p.close()
			began := time.Now()
			r.Stop()
			err := r.wait()
			wantLive(t, err, engine.CancelError{Err: refused})
			took := time.Since(began) // the third pause would be too long
			if !errors.Is(err, engine.ErrNotConfirmed) || took > 2*time.Second {
				t.Errorf("%v after %v", err, took)
			}
		})
	})
	t.Run("hanging", func(t *testing.T) {
		var down bool
		stopping(t, func(c *engine.Config) {
			dial := c.Dial
			c.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				if down {
					<-ctx.Done()
					return nil, ctx.Err()
				}
				return dial(ctx, network, address)
			}
		}, func(t *testing.T, _ *network, r *running, p *peer) {
			down = true
			p.close()
			synctest.Wait()
			began := time.Now()
			r.Stop()
			wantLive(t, r.wait(), engine.CancelError{Err: engine.ErrStopTimeout})
			wantTook(t, "ended", began, engine.StopTimeout)
		})
	})
	t.Run("refused for good", func(t *testing.T) {
		stopping(t, nil, func(t *testing.T, n *network, r *running, p *peer) {
			r.Stop()
			p.cancelAll()
			p.send(loggedOut(eto.LogoutReason_LOGOUT_UNVERIFIED))
			p.wantEnd()
			err := r.wait()
			wantLive(t, err, engine.CancelError{Sent: true})
			var out *session.LogoutError
			if !errors.As(err, &out) || out.Reason != msg.EtoLogoutUnverified {
				t.Errorf("%v, want why", err)
			}
		})
	})
}

// TestStopBeforeTheLogin ends a bot that the exchange has not let in: at once, unless it
// goes on with an earlier run, whose orders may be live.
func TestStopBeforeTheLogin(t *testing.T) {
	for _, earlier := range []uint64{0, 7} {
		for _, action := range []engine.StopAction{engine.StopAuto, engine.StopCancelAll, engine.StopLeave} {
			t.Run(fmt.Sprintf("%v %d", action, earlier), func(t *testing.T) {
				inBubble(t, func(t *testing.T, n *network) {
					config := n.config()
					config.OnStop = action
					config.Session.AccountSequence = earlier
					r := startInBubble(t, config, nil)
					p := n.accept(t)
					m := p.want(seto.PayloadType_PAYLOAD_LOGIN)
					began := time.Now()
					r.Stop()
					synctest.Wait()
					if earlier != 0 && action != engine.StopLeave {
						p.send(loginResponse(m.GetEtoPayload().GetSeq() + 1))
						p.wantEto(eto.PayloadType_PAYLOAD_PING)
						p.send(cancelled(p.cancelAll(), 8))
						p.confirmLogout()
						if err := r.wait(); err != nil {
							t.Errorf("Run: %v", err)
						}
						return
					}
					p.wantEnd()
					err := r.wait()
					if took := time.Since(began); !errors.Is(err, engine.ErrNotConfirmed) ||
						took > 100*time.Millisecond {
						t.Errorf("%v after %v, want ErrNotConfirmed at once", err, took)
					}
					var live *engine.CancelError
					if errors.As(err, &live) != (action == engine.StopCancelAll) {
						t.Errorf("%v with %v", err, action)
					}
				})
			})
		}
	}
}

// TestStopInAGap cancels while messages are missing, and waits for the answer among
// them.
func TestStopInAGap(t *testing.T) {
	stopping(t, nil, func(t *testing.T, _ *network, r *running, p *peer) {
		p.seq++ // lost
		p.send(quotes(9, 9, 2500))
		p.wantEto(eto.PayloadType_PAYLOAD_REPLAY)
		r.Stop()
		all := p.cancelAll()
		p.seq -= 2
		gapfill := func() *seto.Payload {
			return etoMessage(&eto.Payload{Type: eto.PayloadType_PAYLOAD_GAPFILL.Enum(), IsReplay: proto.Bool(true)})
		}
		p.send(gapfill(), gapfill(), cancelled(all, 2))
		p.confirmLogout()
		if err := r.wait(); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}
