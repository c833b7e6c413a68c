package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/eto"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
)

// TestTimers sets timers before Run, in handlers, in each other and from another goroutine, and
// notes when they fire: in time, in order, and once or again and again.
func TestTimers(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		began := time.Now()
		var log []string
		note := func(what string) func() {
			return func() { log = append(log, fmt.Sprint(what, " ", time.Since(began))) }
		}
		set := func(_ engine.Registration, err error) {
			if err != nil {
				t.Error(err)
			}
		}
		config := n.config()
		config.Session.HeartbeatAfter, config.Session.PeerTimeout = time.Hour, time.Hour
		r := startInBubble(t, config, func(e *engine.Engine) {
			set(e.After(25*time.Millisecond, note("before Run")))
			set(e.Every(10*time.Millisecond, note("every")))
			e.OnLoggedIn(func(*engine.Event) {
				set(e.After(25*time.Millisecond, func() {
					note("in a handler")()
					set(e.After(0, note("at once")))
					set(e.After(-time.Hour, note("at once, too")))
				}))
				set(e.After(1<<63-1, note("never")))
			})
		})
		p := n.accept(t)
		p.login()
		<-time.After(5 * time.Millisecond)
		var s engine.Submission
		if err := r.Submitter().Do(func() { set(r.After(7*time.Millisecond, note("elsewhere"))) }, &s); err != nil {
			t.Fatal(err)
		}
		advance(30 * time.Millisecond)
		want := []string{
			"every 10ms", "elsewhere 12ms", "every 20ms", "before Run 25ms", "in a handler 25ms",
			"at once 25.000001ms", "at once, too 25.000001ms", "every 30ms",
		}
		if !slices.Equal(log, want) {
			t.Errorf("fired\n  %s\nwant\n  %s", strings.Join(log, "\n  "), strings.Join(want, "\n  "))
		}
		_ = r.Close()
		_ = r.wait()
	})
}

// TestTimersWithoutAConnection fire while the engine dials, rests and has lost a connection,
// and not once it has ended.
func TestTimersWithoutAConnection(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		config := n.config()
		config.ReconnectBackoff = []time.Duration{time.Hour}
		config.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			<-time.After(50 * time.Millisecond)
			return nil, errors.New("no one is there")
		}
		fired := 0
		r := startInBubble(t, config, func(e *engine.Engine) {
			if _, err := e.Every(10*time.Millisecond, func() { fired++ }); err != nil {
				t.Error(err)
			}
		})
		advance(105 * time.Millisecond)
		if fired != 10 {
			t.Errorf("fired %d times in 105 ms, want 10", fired)
		}
		_ = r.Close()
		_ = r.wait()
		advance(time.Second)
		if fired != 10 {
			t.Errorf("fired %d times after the end", fired-10)
		}
		if _, err := r.After(0, func() {}); !errors.Is(err, engine.ErrClosed) {
			t.Errorf("set after the end: %v, want ErrClosed", err)
		}
	})
}

// TestMissedTimes: several missed calls are made up for by one, and later ones keep to their times.
func TestMissedTimes(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		began := time.Now()
		var at []time.Duration
		r := startInBubble(t, n.config(), func(e *engine.Engine) {
			e.OnContractQuotes(func(*engine.Event, *msg.ContractQuotes) { <-time.After(35 * time.Millisecond) })
			if _, err := e.Every(10*time.Millisecond, func() { at = append(at, time.Since(began)) }); err != nil {
				t.Error(err)
			}
		})
		p := n.accept(t)
		p.login()
		p.send(quotes(7, 8, 2500))
		advance(60 * time.Millisecond)
		ms := time.Millisecond
		if !slices.Equal(at, []time.Duration{35 * ms, 40 * ms, 50 * ms, 60 * ms}) {
			t.Errorf("fired at %v", at)
		}
		_ = r.Close()
		_ = r.wait()
	})
}

// TestTimersDuringABacklog fire in time however much has arrived, and a timer that works all the
// time does not keep the loop from the socket.
func TestTimersDuringABacklog(t *testing.T) {
	for _, c := range []struct {
		name     string
		messages func(p *peer) []byte
		register func(e *engine.Engine)
	}{
		{"messages", func(p *peer) []byte { return p.frame(quotes(7, 8, 2500)) }, func(e *engine.Engine) {
			e.OnContractQuotes(func(*engine.Event, *msg.ContractQuotes) { work(backlogWork) })
		}},
		{"payloads that are no events", func(p *peer) []byte { return p.frame(gapfill()) }, func(e *engine.Engine) {
			e.OnPayload(func(*engine.TapRecord) { work(backlogWork) })
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *network) {
				fired := 0
				last, worst := time.Now(), time.Duration(0)
				r := startInBubble(t, n.config(), func(e *engine.Engine) {
					c.register(e)
					if _, err := e.Every(time.Millisecond, func() {
						fired++
						worst, last = max(worst, time.Since(last)), time.Now()
					}); err != nil {
						t.Error(err)
					}
				})
				p := n.accept(t)
				p.login()
				var b []byte
				for range backlogMessages {
					b = append(b, c.messages(p)...)
				}
				go func() { _, _ = p.conn.Write(b) }()
				advance(time.Duration(backlogMessages) * backlogWork)
				_ = r.Close()
				_ = r.wait()
				if worst > 2*time.Millisecond || fired < 100 {
					t.Errorf("a timer of 1 ms fired %d times in 200 ms, with a pause of %v", fired, worst)
				}
			})
		})
	}
	inBubble(t, func(t *testing.T, n *network) {
		handled := make(chan time.Time, 1)
		r := startInBubble(t, n.config(), func(e *engine.Engine) {
			for range 20 {
				if _, err := e.Every(time.Millisecond, func() { work(time.Millisecond) }); err != nil {
					t.Error(err)
				}
			}
			e.OnContractQuotes(func(*engine.Event, *msg.ContractQuotes) { handled <- time.Now() })
		})
		p := n.accept(t)
		p.login()
		advance(10 * time.Millisecond)
		before := time.Now()
		p.send(quotes(7, 8, 2500))
		if took := (<-handled).Sub(before); took > 3*time.Millisecond {
			t.Errorf("a message waited %v for timers", took)
		}
		_ = r.Close()
		_ = r.wait()
	})
}

func gapfill() *seto.Payload {
	return etoMessage(&eto.Payload{Type: eto.PayloadType_PAYLOAD_GAPFILL.Enum()})
}

// TestTimersAreCancelled before they fire, by others that are due at the same time, by
// themselves, and again.
func TestTimersAreCancelled(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		var log []string
		r := startInBubble(t, n.config(), func(e *engine.Engine) {
			var timers [5]engine.Registration
			set := func(i int, timer engine.Registration, err error) {
				if timers[i] = timer; err != nil {
					t.Error(err)
				}
			}
			in := func(d time.Duration, i int, f func()) {
				timer, err := e.After(d, f)
				set(i, timer, err)
			}
			ms := time.Millisecond
			in(2*ms, 0, func() { log = append(log, "cancelled at once") })
			timers[0].Remove()
			timers[0].Remove()
			in(2*ms, 0, func() { log = append(log, "in its place") })
			in(3*ms, 1, func() { log = append(log, "first"); timers[2].Remove(); timers[1].Remove() })
			in(3*ms, 2, func() { log = append(log, "cancelled by the first") })
			in(3*ms, 3, func() { log = append(log, "third"); timers[1].Remove() })
			timer, err := e.Every(5*ms, func() {
				if log = append(log, "again"); len(log) == 5 {
					timers[4].Remove()
				}
			})
			set(4, timer, err)
		})
		n.accept(t).login()
		advance(50 * time.Millisecond)
		if want := []string{"in its place", "first", "third", "again", "again"}; !slices.Equal(log, want) {
			t.Errorf("fired %q, want %q", log, want)
		}
		_ = r.Close()
		_ = r.wait()
	})
}

// TestTimerPanics is a panic like a handler's, and no timer fires after one.
func TestTimerPanics(t *testing.T) {
	for _, cancelAll := range []bool{false, true} {
		inBubble(t, func(t *testing.T, n *network) {
			config := n.config()
			config.CancelAllOnPanic = cancelAll
			later := 0
			r := startInBubble(t, config, func(e *engine.Engine) {
				e.OnLoggedIn(func(*engine.Event) {
					_, _ = e.After(time.Second, explodeTimer)
					_, _ = e.Every(time.Second, func() { later++ })
				})
			})
			p := n.accept(t)
			p.login()
			if cancelAll {
				p.want(seto.PayloadType_PAYLOAD_ORDER_CANCEL_ALL)
				advance(3 * time.Second)
			}
			_ = p.conn.Close()
			err := r.wait()
			var panicked *engine.PanicError
			if !errors.As(err, &panicked) || !errors.Is(err, errExplode) ||
				!strings.HasSuffix(panicked.Handler, ".explodeTimer") {
				t.Errorf("Run: %v, want the panic", err)
			}
			if later != 0 {
				t.Errorf("a timer fired %d times after the panic", later)
			}
		})
	}
}

func explodeTimer() { panic(errExplode) }

// TestSlowTimers are named like slow handlers, alone.
func TestSlowTimers(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		var out bytes.Buffer
		config := n.config()
		config.Logger = slog.New(slog.NewTextHandler(&out, nil))
		r := startInBubble(t, config, func(e *engine.Engine) {
			_, _ = e.After(time.Second, func() {})
			_, _ = e.After(time.Second, slowTimer)
			_, _ = e.After(time.Second, func() {})
		})
		p := n.accept(t)
		p.login()
		advance(2 * time.Second)
		got := r.Stats()
		if got.SlowHandlers != 1 || got.HandlerMax != 30*time.Millisecond ||
			!strings.HasSuffix(got.SlowestHandler, "_test.slowTimer") {
			t.Errorf("%d slow, %q took %v", got.SlowHandlers, got.SlowestHandler, got.HandlerMax)
		}
		_ = r.Close()
		_ = r.wait()
		if want := "engine_test.slowTimer took=30ms"; !strings.Contains(out.String(), want) {
			t.Errorf("the log does not have %q:\n%s", want, out.String())
		}
	})
}

func slowTimer() { <-time.After(30 * time.Millisecond) }

// TestTimersAreLimited refuses one too many, and takes one again when another is cancelled.
func TestTimersAreLimited(t *testing.T) {
	e, err := engine.New(newNetwork(t, "pipe", false, pipe).config())
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	var timers []engine.Registration
	for range engine.TimersMax {
		timer, err := e.After(time.Hour, func() {})
		if err != nil {
			t.Fatal(err)
		}
		timers = append(timers, timer)
	}
	for range 3 {
		if _, err := e.After(time.Hour, func() {}); !errors.Is(err, engine.ErrTimers) {
			t.Errorf("one too many: %v, want ErrTimers", err)
		}
	}
	timers[len(timers)-1].Remove()
	timers[17].Remove()
	for range 2 {
		if _, err := e.Every(time.Hour, func() {}); err != nil {
			t.Errorf("in the place of another: %v", err)
		}
	}
	if _, err := e.After(time.Hour, func() {}); !errors.Is(err, engine.ErrTimers) {
		t.Errorf("one too many: %v, want ErrTimers", err)
	}
}

// TestWrongTimers are refused where they are set.
func TestWrongTimers(t *testing.T) {
	e, err := engine.New(newNetwork(t, "pipe", false, pipe).config())
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for name, set := range map[string]func(){
		"nil":       func() { _, _ = e.After(0, nil) },
		"no period": func() { _, _ = e.Every(0, func() {}) },
		"backwards": func() { _, _ = e.Every(-1, func() {}) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: taken", name)
				}
			}()
			set()
		}()
	}
}

// TestTimersOfAPoll fire in rounds of the bot's own loop.
func TestTimersOfAPoll(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		e, err := engine.New(n.config())
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		fired := 0
		if _, err := e.Every(10*time.Millisecond, func() { fired++ }); err != nil {
			t.Fatal(err)
		}
		go func() {
			p := n.accept(t)
			p.login()
			p.wantEnd()
		}()
		for !e.State().LoggedIn() || fired < 5 {
			if err := e.Poll(); err != nil {
				t.Fatal(err)
			}
			<-time.After(time.Millisecond)
		}
		if e.State() != session.Established {
			t.Error(e.State())
		}
	})
}
