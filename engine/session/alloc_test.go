package session

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/wire"
)

// repeater is a server whose messages cost nothing to make: a payload is encoded
// once, with a sequence of a fixed width that is patched each time.
type repeater struct {
	frame []byte
	at    int // of the sequence
	width int
	also  []int // further places that count up, of the same width
	value uint64
}

// sequenceBase makes every sequence in a test a varint of five bytes.
const sequenceBase = 1 << 28

func newRepeater(t testing.TB, p *msg.Payload) *repeater {
	t.Helper()
	p.MutableEtoPayload().SetSeq(sequenceBase)
	b, err := p.MarshalVT()
	if err != nil {
		t.Fatal(err)
	}
	r := &repeater{frame: wire.AppendFrame(nil, b), width: 5}
	var marker [5]byte
	binary.PutUvarint(marker[:], sequenceBase)
	for i := 0; i+5 <= len(r.frame); i++ {
		if [5]byte(r.frame[i:]) == marker {
			if r.at == 0 {
				r.at = i
			} else {
				r.also = append(r.also, i)
			}
		}
	}
	return r
}

func (r *repeater) next(seq uint64) []byte {
	binary.PutUvarint(r.frame[r.at:], seq)
	for _, at := range r.also {
		r.value++
		binary.PutUvarint(r.frame[at:], sequenceBase+r.value)
	}
	return r.frame
}

// newFar makes an established session with both counters at sequenceBase.
func newFar(t testing.TB, config Config) *kit {
	t.Helper()
	config.Resume = ResumeSession
	config.ResumeFrom = Resumption{ID: "A", In: sequenceBase - 1, Out: sequenceBase - 1}
	k := newKit(t, config)
	k.open()
	k.server = sequenceBase - 1
	k.feed(k.eto(msg.EtoPayloadLoginResponse, func(e *msg.EtoPayload) {
		e.MutableLoginResponse().SetSessionString("A")
	}))
	k.events()
	k.sent()
	k.counters(sequenceBase, sequenceBase)
	return k
}

// TestAllocations shows that what repeats allocates nothing.
func TestAllocations(t *testing.T) {
	if raceEnabled {
		t.Log("allocations are counted without the race detector")
		return
	}
	eto := func(typ msg.EtoPayloadType, body func(*msg.EtoPayload)) *msg.Payload {
		p := new(msg.Payload)
		p.SetType(msg.PayloadEto)
		p.MutableEtoPayload().SetType(typ)
		if body != nil {
			body(p.MutableEtoPayload())
		}
		return p
	}
	quotes := new(msg.Payload)
	q := quotes.MutableContractQuotes()
	q.SetMarketId(1)
	q.SetContractId(2)
	for price := range uint32(5) {
		for _, level := range []*msg.Quote{q.AddBids(), q.AddOffers()} {
			level.SetPrice(2500 + 100*price)
			level.SetQuantity(100000)
		}
	}
	executed := new(msg.Payload)
	x := executed.MutableOrderExecuted()
	x.SetOrderId(7)
	x.SetPrice(2500)
	x.SetQuantity(100000)
	x.SetMarketId(1)
	x.SetContractId(2)
	x.SetSide(msg.SideBuy)
	x.SetAccountSequence_64(sequenceBase)
	rejected := new(msg.Payload)
	j := rejected.MutableOrderRejected()
	j.SetSeq(2)
	j.SetReason(msg.OrderRejectedMarketHalted)
	j.SetReference(5)
	j.SetAccountSequence_64(sequenceBase)
	limits := new(msg.Payload)
	l := limits.MutableThrottleLimitsChanged()
	l.SetAverageRatePs(500)
	l.SetBurstSize(1000)
	l.SetTickMs(200)

	for name, p := range map[string]*msg.Payload{
		"quotes":            quotes,
		"execution":         executed,
		"reject":            rejected,
		"throttle limits":   limits,
		"throttle exceeded": eto(msg.EtoPayloadThrottleExceeded, nil),
		"heartbeat":         eto(msg.EtoPayloadHeartbeat, nil),
		"server ping":       eto(msg.EtoPayloadPing, nil),
		"pong":              eto(msg.EtoPayloadPong, nil),
		"gapfill":           eto(msg.EtoPayloadGapfill, nil),
		"unknown":           eto(99, nil),
		"replay request": eto(msg.EtoPayloadReplay, func(e *msg.EtoPayload) {
			e.MutableReplay().SetSeq(sequenceBase + 2)
		}),
	} {
		t.Run(name, func(t *testing.T) {
			k := newFar(t, Config{})
			k.ping()
			k.ping()
			k.ping()
			r := newRepeater(t, p)
			r.also = r.also[:len(r.also):len(r.also)]
			if name == "replay request" {
				r.also = nil
			}
			seq := uint64(sequenceBase)
			k.zero(func() {
				k.receive(r.next(seq))
				seq++
			})
		})
	}
	t.Run("replay received", func(t *testing.T) {
		// Each round one message is missing; the request for it is answered.
		k := newFar(t, Config{})
		live, again := newRepeater(t, quotes), newRepeater(t, func() *msg.Payload {
			quotes.MutableEtoPayload().SetIsReplay(true)
			return quotes
		}())
		seq := uint64(sequenceBase)
		k.zero(func() {
			k.receive(live.next(seq + 1))
			k.receive(again.next(seq))
			k.receive(again.next(seq + 1))
			seq += 2
		})
		if k.s.Stats().ReplaysAsked < 1000 {
			t.Error("no replays were asked for")
		}
	})
	t.Run("sends", func(t *testing.T) {
		k := newFar(t, Config{ReferenceBase: sequenceBase, DisableThrottle: true, AnswerTimeout: 1})
		create, cancel, subscribe := orderCreate(), new(msg.OrderCancel), new(msg.MarketSubscribe)
		cancel.SetOrderId(5)
		subscribe.SetMarketId(1)
		encoded, err := create.MarshalVT()
		if err != nil {
			t.Fatal(err)
		}
		raw, keys := &rawMessage{encoded}, create.Keys()
		k.zero(func() {
			k.now += 10
			k.mustSend(msg.PayloadOrderCreate, create)
			if _, err := k.s.Send(k.now, raw, &keys); err != nil {
				t.Fatal(err)
			}
			k.mustSend(msg.PayloadOrderCancel, cancel)
			k.mustSend(msg.PayloadMarketSubscribe, subscribe)
			k.ping()
			k.s.liveness.pings.n = 0
			k.receive(nil)
		})
	})
	for name, set := range map[string]func(*msg.OrderAccepted){
		"answers by sequence": func(*msg.OrderAccepted) {},
		"mismatches":          func(m *msg.OrderAccepted) { m.SetSide(msg.SideSell) },
	} {
		t.Run(name, func(t *testing.T) {
			k := newFar(t, Config{ReferenceBase: sequenceBase, DisableThrottle: true})
			k.ping() // from here on the orders have the sequences that are answered
			accepted := new(msg.Payload)
			set(accepted.MutableOrderAccepted())
			accepted.GetOrderAccepted().SetSeq(sequenceBase)
			accepted.GetOrderAccepted().SetOrderId(5)
			r := newRepeater(t, accepted)
			create, seq := orderCreate(), uint64(sequenceBase)
			k.zero(func() {
				k.mustSend(msg.PayloadOrderCreate, create)
				k.receive(r.next(seq))
				seq++
			})
			answered, mismatches := 1101-k.s.requests.open.n, k.s.Stats().AnswerMismatches
			if answered+int(mismatches) != 1101 || answered*int(mismatches) != 0 {
				t.Errorf("%d answered, %d mismatches of 1101", answered, mismatches)
			}
		})
	}
	t.Run("replays refused", func(t *testing.T) {
		k := newFar(t, Config{})
		k.mustSend(msg.PayloadMarketSubscribe, new(msg.OrderCancelAll))
		again := newRepeater(t, eto(msg.EtoPayloadReplay, func(e *msg.EtoPayload) {
			e.MutableReplay().SetSeq(sequenceBase)
		}))
		again.also = nil
		seq := uint64(sequenceBase)
		k.zero(func() {
			k.receive(again.next(seq))
			seq++
		})
		if k.s.Stats().ReplaysRefused < 1000 {
			t.Error("no replays were refused")
		}
	})
	t.Run("refusals", func(t *testing.T) {
		k := newFar(t, Config{})
		k.s.throttle.change(k.now, 0, 0, 0)
		create := orderCreate()
		k.zero(func() {
			if _, err := send(k.s, k.now, msg.PayloadOrderCreate, create); err == nil {
				t.Fatal("not refused")
			}
		})
	})
	t.Run("idle", func(t *testing.T) {
		k := newFar(t, Config{PeerTimeout: timeMax})
		k.zero(func() {
			k.now = k.s.Deadline()
			if err := k.s.Tick(k.now); err != nil || k.now == math.MaxInt64 {
				t.Fatal(err)
			}
			k.s.liveness.lastByte, k.s.liveness.lastFrame = k.now, k.now
			k.receive(nil)
		})
	})
}

type rawMessage struct{ b []byte }

func (m *rawMessage) SizeVT() int { return len(m.b) }

func (m *rawMessage) MarshalToSizedBufferVT(b []byte) (int, error) {
	return copy(b[len(b)-len(m.b):], m.b), nil
}

func (k *kit) ping() {
	if _, err := k.s.Ping(k.now); err != nil {
		k.t.Fatal(err)
	}
}

func (k *kit) mustSend(typ msg.PayloadType, m wire.Marshaler) {
	if _, err := send(k.s, k.now, typ, m); err != nil {
		k.t.Fatal(err)
	}
}

// receive is one round of a driver: bytes in, events out, bytes out.
func (k *kit) receive(b []byte) {
	k.s.Filled(copy(k.s.Free(), b))
	for {
		e, err := k.s.Next(k.now)
		if err != nil {
			k.t.Fatal(err)
		}
		if e == nil {
			break
		}
	}
	for b := k.s.Pending(); len(b) > 0; b = k.s.Pending() {
		k.s.Written(len(b))
	}
	_ = k.s.Deadline()
}

// zero measures a round that repeats.
func (k *kit) zero(round func()) {
	k.t.Helper()
	for range 100 {
		round()
	}
	if n := testing.AllocsPerRun(1000, round); n != 0 {
		k.t.Errorf("%v allocations a round, want 0", n)
	}
}
