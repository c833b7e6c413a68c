package engine_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/eto"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
	"github.com/smk-go/smk/internal/envelope"
	"github.com/smk-go/smk/wire"
)

// play runs an engine against messages of the exchange, waits until they are handled
// and logs out.
func play(t *testing.T, register func(*engine.Engine), messages ...*seto.Payload) {
	t.Helper()
	n := newNetwork(t, "pipe", false, pipe)
	r := start(t, n.config(), register)
	p := n.accept(t)
	p.login()
	for _, m := range messages {
		p.send(m)
	}
	r.Stop()
	p.logout()
	if err := r.wait(); err != nil {
		t.Errorf("Run: %v", err)
	}
}

// TestRegisterAndRemove registers and removes before and during events: those there
// are called in order, those removed never again, those added from the next event
// on.
func TestRegisterAndRemove(t *testing.T) {
	var log []string
	record := func(name string) func(*engine.Event, *msg.ContractQuotes) {
		return func(ev *engine.Event, _ *msg.ContractQuotes) { log = append(log, fmt.Sprint(name, ev.Seq)) }
	}
	play(t, func(e *engine.Engine) {
		var b, d engine.Registration
		e.OnContractQuotes(record("a"))
		b = e.OnContractQuotes(record("b"))
		e.OnContractQuotes(func(ev *engine.Event, q *msg.ContractQuotes) {
			record("c")(ev, q)
			switch ev.Seq {
			case 2:
				d.Remove()
				b.Remove()
				b.Remove()
				e.OnContractQuotes(record("e"))
			case 3:
				engine.Registration{}.Remove()
			}
		})
		d = e.OnContractQuotes(record("d"))
		e.OnMessage(func(ev *engine.Event) { log = append(log, fmt.Sprint("every", ev.Seq)) })
	}, quotes(7, 8, 2500), quotes(7, 8, 2600), quotes(7, 8, 2700))
	want := "every2 a2 b2 c2 every3 a3 c3 e3 every4 a4 c4 e4"
	if got := strings.Join(log, " "); got != want {
		t.Errorf("called %s, want %s", got, want)
	}
}

// TestHandlerRemovesItself is a handler that wants one event.
func TestHandlerRemovesItself(t *testing.T) {
	calls := 0
	play(t, func(e *engine.Engine) {
		var once engine.Registration
		once = e.OnMessage(func(*engine.Event) { calls++; once.Remove() })
	}, quotes(7, 8, 2500), quotes(7, 8, 2600))
	if calls != 1 {
		t.Errorf("called %d times, want once", calls)
	}
}

// TestNilHandler is refused where it is registered.
func TestNilHandler(t *testing.T) {
	n := newNetwork(t, "pipe", false, pipe)
	e, err := engine.New(n.config())
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	defer func() {
		if recover() == nil {
			t.Error("a nil handler was taken")
		}
	}()
	e.OnOrderAccepted(nil)
}

// TestEveryKindHasItsHandlers sends one message of every type that the exchange
// has, and of one that the schema does not name: each reaches exactly the handlers
// of its type, and those of every message.
func TestEveryKindHasItsHandlers(t *testing.T) {
	var types, typed []string
	counts := make(map[string]int)
	note := func(kind string) { typed = append(typed, kind) }
	var messages []*seto.Payload
	for _, m := range everyMessage() {
		messages = append(messages, m)
		types = append(types, m.GetType().String())
	}
	play(t, func(e *engine.Engine) {
		registerAll(e, note)
		e.OnMessage(func(ev *engine.Event) { counts[ev.Payload.GetType().String()]++ })
	}, messages...)
	if !slices.Equal(types, typed) {
		t.Errorf("handlers of\n  %v\nwere called for\n  %v", typed, types)
	}
	for _, typ := range types {
		if counts[typ] != 1 {
			t.Errorf("%s reached the handler of every message %d times", typ, counts[typ])
		}
	}
	if len(types) != 25 {
		t.Errorf("%d types, want 25", len(types))
	}
}

// everyMessage is one message of each type that the exchange sends, found in the
// schema.
func everyMessage() (all []*seto.Payload) {
	fields := new(seto.Payload).ProtoReflect().Descriptor().Fields()
	sent := map[seto.PayloadType]bool{
		2: true, 3: true, 7: true, 10: true, 11: true, 17: true, 18: true, 24: true, 25: true, 27: true, 28: true,
		29: true, 33: true, 37: true, 41: true,
	}
	for i := range fields.Len() {
		field := fields.Get(i)
		typ := seto.PayloadType(field.Number() - 1)
		if field.Number() < 3 || sent[typ] {
			continue
		}
		m := &seto.Payload{Type: typ.Enum()}
		m.ProtoReflect().Set(field, m.ProtoReflect().NewField(field))
		all = append(all, m)
	}
	return all
}

// registerAll registers a handler of each type.
func registerAll(e *engine.Engine, note func(string)) {
	named := func(ev *engine.Event) { note(ev.Payload.GetType().String()) }
	e.OnOrderRejected(func(ev *engine.Event, _ *msg.OrderRejected) { named(ev) })
	e.OnOrderAccepted(func(ev *engine.Event, _ *msg.OrderAccepted) { named(ev) })
	e.OnOrderExecuted(func(ev *engine.Event, _ *msg.OrderExecuted) { named(ev) })
	e.OnOrderCancelled(func(ev *engine.Event, _ *msg.OrderCancelled) { named(ev) })
	e.OnOrderInvalid(func(ev *engine.Event, _ *msg.OrderInvalid) { named(ev) })
	e.OnMarketQuotes(func(ev *engine.Event, _ *msg.MarketQuotes) { named(ev) })
	e.OnContractQuotes(func(ev *engine.Event, _ *msg.ContractQuotes) { named(ev) })
	e.OnOrderCancelRejected(func(ev *engine.Event, _ *msg.OrderCancelRejected) { named(ev) })
	e.OnOrderExecuteVoided(func(ev *engine.Event, _ *msg.OrderExecutedVoid) { named(ev) })
	e.OnMarketState(func(ev *engine.Event, _ *msg.MarketState) { named(ev) })
	e.OnRunningballNotification(func(ev *engine.Event, _ *msg.RunningballNotification) { named(ev) })
	e.OnMarketManagedState(func(ev *engine.Event, _ *msg.MarketManagedState) { named(ev) })
	e.OnOrderExecuteConfirmed(func(ev *engine.Event, _ *msg.OrderExecuteConfirmed) { named(ev) })
	e.OnOrderQuantityReduced(func(ev *engine.Event, _ *msg.OrderQuantityReduced) { named(ev) })
	e.OnOrderQuantityReduceRejected(func(ev *engine.Event, _ *msg.OrderQuantityReduceRejected) { named(ev) })
	e.OnOrderReduced(func(ev *engine.Event, _ *msg.OrderReduced) { named(ev) })
	e.OnOrderCancelAllAccepted(func(ev *engine.Event, _ *msg.OrderCancelAllAccepted) { named(ev) })
	e.OnOrderCancelAllRejected(func(ev *engine.Event, _ *msg.OrderCancelAllRejected) { named(ev) })
	e.OnThrottleLimitsChanged(func(ev *engine.Event, _ *msg.ThrottleLimitsChanged) { named(ev) })
	e.OnSettingsAccepted(func(ev *engine.Event, _ *msg.SettingsAccepted) { named(ev) })
	e.OnBalanceChanged(func(ev *engine.Event, _ *msg.BalanceChanged) { named(ev) })
	e.OnOrderVoided(func(ev *engine.Event, _ *msg.OrderVoided) { named(ev) })
	e.OnOrderPendingReplace(func(ev *engine.Event, _ *msg.OrderPendingReplace) { named(ev) })
	e.OnOrderCancelReplaceAccepted(func(ev *engine.Event, _ *msg.OrderCancelReplaceAccepted) { named(ev) })
	e.OnOrderCancelReplaceRejected(func(ev *engine.Event, _ *msg.OrderCancelReplaceRejected) { named(ev) })
}

// TestUnknownTypes reach the handler of every message and no one else, and are
// counted.
func TestUnknownTypes(t *testing.T) {
	n := newNetwork(t, "pipe", false, pipe)
	var seen []msg.PayloadType
	r := start(t, n.config(), func(e *engine.Engine) {
		registerAll(e, func(kind string) { t.Errorf("handler of %s", kind) })
		e.OnMessage(func(ev *engine.Event) { seen = append(seen, ev.Payload.GetType()) })
	})
	p := n.accept(t)
	p.login()
	for _, typ := range []uint64{21, 45, 100, 1 << 20} {
		p.seq++
		head := envelope.Header{Type: uint32(typ), Seq: p.seq}
		payload := make([]byte, head.Size())
		head.Put(payload)
		p.write(wire.AppendFrame(nil, payload))
	}
	r.Stop()
	p.logout()
	if err := r.wait(); err != nil {
		t.Errorf("Run: %v", err)
	}
	if !slices.Equal(seen, []msg.PayloadType{21, 45, 100, 1 << 20}) {
		t.Errorf("seen %v", seen)
	}
	if got := r.Stats().Received[0] + r.Stats().Received[21]; got != 4 {
		t.Errorf("%d unknown messages counted, want 4", got)
	}
}

// TestPayloads shows both directions, what arrives before it is decoded, to the session's own tap first.
func TestPayloads(t *testing.T) {
	n := newNetwork(t, "pipe", false, pipe)
	var tapped, seen [][]byte
	directions := ""
	config := n.config()
	config.Session.Tap = func(r *engine.TapRecord) {
		tapped = append(tapped, bytes.Clone(r.Payload))
	}
	r := start(t, config, func(e *engine.Engine) {
		e.OnPayload(func(r *engine.TapRecord) {
			seen = append(seen, bytes.Clone(r.Payload))
			directions += r.Direction.String()[:1]
			if len(seen) != len(tapped) || r.At == 0 || r.Epoch != 1 {
				t.Errorf("payload %d at %d, epoch %d, after %d at the tap", len(seen), r.At, r.Epoch, len(tapped))
			}
		})
	})
	p := n.accept(t)
	p.login()
	m := heartbeat()
	p.send(m)
	p.wantEto(eto.PayloadType_PAYLOAD_HEARTBEAT)
	p.write([]byte{0, 0, 0, 0}) // a frame without a payload
	r.Stop()
	p.logout()
	if err := r.wait(); err != nil {
		t.Errorf("Run: %v", err)
	}
	// Our login, its answer, two heartbeats, the empty payload; our logout may come before that.
	rest, login := strings.CutPrefix(directions, "oiio")
	if !login || strings.Count(rest, "i") != 1 || !slices.EqualFunc(tapped, seen, bytes.Equal) {
		t.Fatalf("payloads %s, %d tapped", directions, len(tapped))
	}
	got := new(seto.Payload)
	if err := proto.Unmarshal(seen[2], got); err != nil || !proto.Equal(got, m) {
		t.Errorf("the third payload is %v (%v), want %v", got, err, m)
	}
}

// TestGapEvents loses a message: the gap is reported, then what is sent again comes as
// replayed, then the recovery is reported.
func TestGapEvents(t *testing.T) {
	n := newNetwork(t, "pipe", false, pipe)
	var log []string
	r := start(t, n.config(), func(e *engine.Engine) {
		e.OnGap(func(ev *engine.Event) { log = append(log, fmt.Sprintf("gap %d-%d", ev.From, ev.To)) })
		e.OnRecovered(func(ev *engine.Event) { log = append(log, fmt.Sprintf("recovered %d-%d", ev.From, ev.To)) })
		e.OnContractQuotes(func(ev *engine.Event, _ *msg.ContractQuotes) {
			log = append(log, fmt.Sprintf("quotes %d %v", ev.Seq, ev.Origin))
		})
	})
	p := n.accept(t)
	p.login()
	lost := quotes(7, 8, 2500)
	p.frame(lost)
	late := quotes(7, 8, 2600)
	p.send(late)
	if m := p.wantEto(eto.PayloadType_PAYLOAD_REPLAY); m.GetEtoPayload().GetReplay().GetSeq() != 2 {
		t.Errorf("asks for %v, want 2", m)
	}
	p.seq = 1
	lost.EtoPayload.IsReplay, late.EtoPayload.IsReplay = proto.Bool(true), proto.Bool(true)
	p.send(lost, late)
	p.send(quotes(7, 8, 2700))
	r.Stop()
	p.logout()
	if err := r.wait(); err != nil {
		t.Errorf("Run: %v", err)
	}
	want := []string{"gap 2-2", "quotes 2 replayed", "quotes 3 replayed", "recovered 2-3", "quotes 4 live"}
	if !slices.Equal(log, want) {
		t.Errorf("handlers saw %q, want %q", log, want)
	}
}

// TestEndReportsFates of what was sent, though the session could have been resumed.
func TestEndReportsFates(t *testing.T) {
	n := newNetwork(t, "pipe", false, pipe)
	config := n.config()
	config.Session.Resume = session.ResumeSession
	var fates []session.Fate
	r := start(t, config, func(e *engine.Engine) {
		e.OnLoggedIn(func(*engine.Event) {
			var m msg.OrderCancel
			m.SetOrderId(5)
			_, _ = e.SendOrderCancel(&m)
		})
		e.OnSendResolved(func(ev *engine.Event) { fates = append(fates, ev.Fate) })
	})
	p := n.accept(t)
	p.login()
	p.want(seto.PayloadType_PAYLOAD_ORDER_CANCEL)
	_ = r.Close()
	p.wantEnd()
	_ = r.wait()
	if !slices.Equal(fates, []session.Fate{session.InDoubt}) {
		t.Errorf("fates %v, want one in doubt", fates)
	}
}
