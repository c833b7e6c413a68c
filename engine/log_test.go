package engine_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/eto"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
)

// TestLog reads the log, and searches it for credentials.
func TestLog(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		var out bytes.Buffer
		config := n.config()
		config.Session.Username, config.Session.Password = "a-user-name", "a-pass-word"
		config.Logger = slog.New(slog.NewTextHandler(&out, nil))
		r := startInBubble(t, config, func(e *engine.Engine) {
			e.OnContractQuotes(takeLong)
			e.OnLoggedIn(func(*engine.Event) {
				var m msg.OrderCancel
				m.SetOrderId(5)
				_, _ = e.SendOrderCancel(&m)
			})
		})
		p := n.accept(t)
		p.login()
		p.want(seto.PayloadType_PAYLOAD_ORDER_CANCEL)
		p.send(quotes(7, 8, 2500), quotes(7, 8, 2500))
		p.close()
		p = n.accept(t)
		p.login()
		p.want(seto.PayloadType_PAYLOAD_ORDER_CANCEL)
		r.Stop()
		p.logout()
		if err := r.wait(); err != nil {
			t.Error(err)
		}
		for _, want := range []string{
			"session connecting", "session established", "slow handler", "takeLong took=30ms",
			`level=WARN msg="session disconnected" epoch=1 cause=EOF`, "connects again",
			`msg="message without an answer" epoch=1 seq=2 type=PAYLOAD_ORDER_CANCEL reference=`,
			`fate="in doubt" cause=EOF`, "engine ended",
		} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("the log does not have %q:\n%s", want, out.String())
			}
		}
		if n := strings.Count(out.String(), "slow handler"); n != 1 {
			t.Errorf("%d warnings of slow handlers within a second, want 1", n)
		}
		for _, secret := range []string{"a-user-name", "a-pass-word", "a session"} {
			if strings.Contains(out.String(), secret) {
				t.Errorf("the log has %q:\n%s", secret, out.String())
			}
		}
	})
}

// TestStuckLogger does not hold up the loop, nor its end.
func TestStuckLogger(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		read, write := io.Pipe()
		config := n.config()
		config.Logger = slog.New(slog.NewTextHandler(write, nil))
		r := startInBubble(t, config, nil)
		var p *peer
		for range 400 {
			p = n.accept(t)
			p.login()
			p.close()
		}
		p = n.accept(t)
		p.login()
		r.Stop()
		p.logout()
		if err := r.wait(); err != nil {
			t.Error(err)
		}
		if lost := r.Stats().LogsLost; lost == 0 {
			t.Error("nothing was dropped")
		}
		_ = read.Close()
	})
}

// TestEnumsAreLoggedByName whatever handler of package slog a bot uses.
func TestEnumsAreLoggedByName(t *testing.T) {
	var out bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		for value, want := range map[any]string{
			session.Established:       "established",
			session.SendResolved:      "send resolved",
			session.Replayed:          "replayed",
			session.InDoubt:           "in doubt",
			session.RetryNow:          "now",
			session.ResumeSession:     session.ResumeSession.String(),
			engine.CauseStalled:       "stalled",
			engine.WaitSpinBlock:      "spin block",
			engine.Wait(9):            "unknown wait",
			msg.SideSell:              "SIDE_SELL",
			msg.EtoLogoutUnauthorised: "LOGOUT_UNAUTHORISED",
		} {
			out.Reset()
			slog.New(handler).Info("x", "value", value)
			if !strings.Contains(out.String(), want) {
				t.Errorf("%T is logged as %s, want %q", value, out.String(), want)
			}
		}
	}
}

// TestLogLevels: what went as the bot wanted it is no warning, and an engine that ended
// against its will is an error.
func TestLogLevels(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(*running, *peer)
		want []string
	}{
		{
			name: "logout",
			end:  func(r *running, p *peer) { r.Stop(); p.logout() },
			want: []string{
				`level=INFO msg="session disconnected" epoch=1 cause="session: logged out"`,
				`level=INFO msg="engine ended" cause="engine: logged out"`,
			},
		},
		{
			name: "close",
			end:  func(r *running, p *peer) { _ = r.Close() },
			want: []string{`level=INFO msg="engine ended" cause="engine: closed"`},
		},
		{
			name: "not confirmed",
			end: func(r *running, p *peer) {
				r.Stop()
				p.wantEto(eto.PayloadType_PAYLOAD_LOGOUT)
				p.close()
			},
			want: []string{`level=WARN msg="session disconnected"`, `level=WARN msg="engine ended"`},
		},
		{
			name: "logged out for another reason",
			end: func(r *running, p *peer) {
				p.send(loggedOut(eto.LogoutReason_LOGOUT_UNAUTHORISED))
			},
			want: []string{`level=WARN msg="session disconnected"`, `level=ERROR msg="engine ended"`},
		},
		{
			name: "panic",
			end:  func(r *running, p *peer) { p.send(quotes(7, 8, 2500)) },
			want: []string{
				`level=ERROR msg="engine ended" cause="engine: panic in `, `engine_test.explode at `,
				"run_test.go:",
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *network) {
				var out bytes.Buffer
				config := n.config()
				config.Logger = slog.New(slog.NewTextHandler(&out, nil))
				r := startInBubble(t, config, func(e *engine.Engine) { e.OnContractQuotes(explode) })
				p := n.accept(t)
				p.login()
				c.end(r, p)
				_ = r.wait()
				for _, want := range c.want {
					if !strings.Contains(out.String(), want) {
						t.Errorf("the log does not have %q:\n%s", want, out.String())
					}
				}
			})
		})
	}
}

// bombs is a handler that panics at records, and passes the others on.
type bombs struct {
	slog.Handler
	at func(text string) bool
}

func (b bombs) Handle(ctx context.Context, r slog.Record) error {
	if b.at(r.Message) {
		panic("a bomb at " + r.Message)
	}
	return b.Handler.Handle(ctx, r)
}

// TestLoggerPanics: what the logger panics at is lost and counted, and the first panic is in the log; the engine goes
// on. On the logger's goroutine a panic would end the process without the cancellation of any order.
func TestLoggerPanics(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		var out bytes.Buffer
		config := n.config()
		config.Logger = slog.New(bombs{slog.NewTextHandler(&out, nil), func(text string) bool {
			return text == "session connecting" || text == "session login sent"
		}})
		r := startInBubble(t, config, nil)
		p := n.accept(t)
		p.login()
		p.close()
		p = n.accept(t)
		p.login()
		synctest.Wait() // everything is logged, and
		p.send(quotes(7, 8, 2500))
		synctest.Wait() // the loop counts again
		lost := r.Stats().LogsLost
		_ = r.Close()
		if lost != 4 {
			t.Errorf("%d records are lost, want 4", lost)
		}
		log := out.String()
		if strings.Count(log, "panicked") != 1 || !strings.Contains(log, "a bomb at session connecting") ||
			!strings.Contains(log, "log_test.go:") || !strings.Contains(log, "engine ended") {
			t.Error(log)
		}
	})
}
