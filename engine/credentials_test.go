package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/eto"
	"github.com/smk-go/smk/gen/seto"
)

// TestCredentials logs in with what the function returns for each login, fresh or
// resumed, and survives its failures.
func TestCredentials(t *testing.T) {
	for _, resume := range []session.ResumeMode{session.ResumeAccount, session.ResumeSession} {
		inBubble(t, func(t *testing.T, n *network) {
			failure := errors.New("no token today")
			calls := 0
			config := n.config()
			config.Session = session.Config{Resume: resume}
			config.Credentials = func(ctx context.Context) (session.Credentials, error) {
				if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) != engine.CredentialsTimeout {
					t.Errorf("a context with %v left, want %v", time.Until(deadline), engine.CredentialsTimeout)
				}
				switch calls++; calls {
				case 2:
					return session.Credentials{}, failure
				case 4:
					return session.Credentials{Username: "user", Password: "secret"}, nil
				case 5:
					<-ctx.Done()
					return session.Credentials{}, ctx.Err()
				}
				return session.Credentials{Token: fmt.Sprint("token ", calls)}, nil
			}
			var causes []error
			r := startInBubble(t, config, func(e *engine.Engine) {
				e.OnState(func(ev *engine.Event) {
					if ev.State == session.Disconnected {
						causes = append(causes, ev.Cause)
					}
				})
			})
			var got []string
			var last *peer
			for range 4 {
				p := n.accept(t)
				if last != nil && resume == session.ResumeSession {
					p.seq, p.got = last.seq, last.got
				}
				m := p.login().GetLogin()
				got = append(got, string(m.GetCookie())+m.GetUsername()+m.GetPassword())
				synctest.Wait()
				if len(got) < 4 {
					p.close()
				}
				last = p
			}
			r.Stop()
			last.confirmLogout()
			if err := r.wait(); err != nil {
				t.Errorf("Run: %v", err)
			}
			if want := "[token 1 token 3 usersecret token 6]"; fmt.Sprint(got) != want {
				t.Errorf("logged in with %v, want %v", got, want)
			}
			refused := 0
			for _, err := range causes {
				var c *engine.CredentialsError
				if errors.As(err, &c) {
					refused++
					if engine.CauseOf(err) != engine.CauseCredentials ||
						!errors.Is(err, failure) && !errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("lost because of %v", err)
					}
				}
			}
			if refused != 2 || r.Stats().Lost[engine.CauseCredentials] != 2 {
				t.Errorf("%d times without credentials, counted %v, want 2", refused, r.Stats().Lost)
			}
		})
	}
}

// TestCredentialsAreBounded refuses what no login can be made of, as the function's
// failure, and what contradicts the settings.
func TestCredentialsAreBounded(t *testing.T) {
	for _, c := range []session.Credentials{
		{}, {Username: "user"}, {Password: "secret"}, {Token: strings.Repeat("x", session.CredentialBytesMax+1)},
	} {
		inBubble(t, func(t *testing.T, n *network) {
			config := n.config()
			config.Session = session.Config{}
			config.Credentials = func(context.Context) (session.Credentials, error) { return c, nil }
			var cause error
			r := startInBubble(t, config, func(e *engine.Engine) {
				e.OnState(func(ev *engine.Event) {
					if ev.State == session.Disconnected {
						cause = ev.Cause
						e.Stop()
					}
				})
			})
			_ = r.wait()
			var wrong *engine.CredentialsError
			var field *session.ConfigError
			if !errors.As(cause, &wrong) || !errors.As(cause, &field) || len(n.accepted) > 0 {
				t.Errorf("%v: %v, and %d connections", c, cause, len(n.accepted))
			}
		})
	}
	for _, s := range []session.Config{{Username: "u"}, {Password: "p"}, {Token: "t"}} {
		never := func(context.Context) (session.Credentials, error) { panic("asked") }
		_, err := engine.New(engine.Config{Session: s, Credentials: never})
		var wrong *engine.ConfigError
		if !errors.As(err, &wrong) || wrong.Field != "Credentials" {
			t.Errorf("%v beside the function: %v, want a ConfigError", s, err)
		}
	}
}

// TestCredentialsStayHidden searches for them in the log, in every error and in dumps, also
// where the function's error holds one.
func TestCredentialsStayHidden(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		var out bytes.Buffer
		calls := 0
		config := n.config()
		config.Logger = slog.New(slog.NewTextHandler(&out, nil))
		config.Session = session.Config{}
		config.Credentials = func(context.Context) (session.Credentials, error) {
			c := session.Credentials{Username: "hunter1", Password: "hunter2", Token: "hunter3"}
			if calls++; calls == 1 {
				return c, fmt.Errorf("token %s has expired", c.Token)
			}
			return c, nil
		}
		var texts []string
		r := startInBubble(t, config, func(e *engine.Engine) {
			e.OnState(func(ev *engine.Event) {
				texts = append(texts, printed(ev.Cause)...)
				for err := ev.Cause; err != nil; err = errors.Unwrap(err) {
					texts = append(texts, printed(err)...)
				}
			})
		})
		p := n.accept(t)
		if m := p.want(seto.PayloadType_PAYLOAD_LOGIN); string(m.GetLogin().GetCookie()) != "hunter3" {
			t.Errorf("login %v", m)
		}
		p.send(loggedOut(eto.LogoutReason_LOGOUT_UNAUTHORISED))
		p.wantEnd()
		err := r.wait()
		var refused *session.LogoutError
		if !errors.As(err, &refused) || calls != 2 {
			t.Errorf("%v after %d calls, want the refusal", err, calls)
		}
		texts = append(texts, out.String(), fmt.Sprintf("%+v %#v", r.Engine, r.Engine), err.Error())
		texts = append(texts, printed(session.Credentials{
			Username: "hunter1", Password: "hunter2",
			Token: "hunter3",
		})...)
		for _, text := range texts {
			if strings.Contains(text, "hunter") {
				t.Errorf("shows a credential: %s", text)
			}
		}
	})
}

// TestCredentialsWhileStopping cancels the function's context when no login is needed any
// more, and asks it for one if orders are to be cancelled.
func TestCredentialsWhileStopping(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		config := n.config()
		config.Session = session.Config{}
		asked := make(chan struct{})
		config.Credentials = func(ctx context.Context) (session.Credentials, error) {
			close(asked)
			<-ctx.Done()
			return session.Credentials{}, ctx.Err()
		}
		began := time.Now()
		r := startInBubble(t, config, nil)
		<-asked
		r.Stop()
		err := r.wait()
		if !errors.Is(err, engine.ErrNotConfirmed) || !errors.Is(err, context.Canceled) || time.Since(began) != 0 {
			t.Errorf("%v after %v, want a context that was cancelled at once", err, time.Since(began))
		}
	})
	calls := 0
	stopping(t, func(c *engine.Config) {
		c.Session = session.Config{}
		c.Credentials = func(context.Context) (session.Credentials, error) {
			calls++
			return session.Credentials{Token: "token"}, nil
		}
	}, func(t *testing.T, n *network, r *running, p *peer) {
		p.close()
		r.Stop()
		p = n.accept(t)
		p.login()
		p.send(cancelled(p.cancelAll(), 2))
		p.confirmLogout()
		if err := r.wait(); err != nil || calls != 2 {
			t.Errorf("Run: %v, asked %d times", err, calls)
		}
	})
}
