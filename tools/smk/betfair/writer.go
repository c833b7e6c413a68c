package betfair

import (
	"fmt"

	"github.com/smk-go/smk/gen/eto"
	"github.com/smk-go/smk/gen/seto"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/wire"
)

// writer writes the journal that an engine would have written which was there and did nothing but look: its
// subscriptions, what it received, and in its log the runners' names, which no message of the exchange has.
type writer struct {
	rec        *journal.Recorder
	now        int64 // of the newest record
	sent       uint64
	buf, frame []byte
	begun      bool
}

// record writes a record.
func (w *writer) record(kind journal.Kind, at int64, b []byte) {
	w.now = max(w.now, at)
	w.rec.Append(kind, 0, 1, w.now, b)
	w.rec.Commit()
}

// encode encodes a message into memory that is used again.
func (w *writer) encode(m *seto.Payload) ([]byte, error) {
	n := m.SizeVT()
	if cap(w.buf) < n {
		w.buf = make([]byte, n)
	}
	_, err := m.MarshalToSizedBufferVT(w.buf[:n])
	return w.buf[:n], err
}

// inbound writes a message of the exchange.
func (w *writer) inbound(at int64, m *seto.Payload) error {
	b, err := w.encode(m)
	if err != nil {
		return err
	}
	w.frame = wire.AppendFrame(w.frame[:0], b)
	w.record(journal.KindInbound, at, w.frame)
	return nil
}

// subscribe writes that a market was subscribed to.
func (w *writer) subscribe(at int64, market uint32) error {
	w.sent++
	b, err := w.encode(&seto.Payload{
		Type:            seto.PayloadType_PAYLOAD_MARKET_SUBSCRIBE.Enum(),
		EtoPayload:      &eto.Payload{Seq: new(w.sent), IsReplay: new(false)},
		MarketSubscribe: &seto.MarketSubscribe{MarketId: &market},
	})
	if err != nil {
		return err
	}
	w.open(at)
	w.record(journal.KindOutbound, at, b)
	return nil
}

// named writes the name of a runner.
func (w *writer) named(at int64, runner uint32, name string) error {
	w.open(at)
	w.record(journal.KindLog, at, fmt.Appendf(nil, `level=INFO msg="contract named" contract=%d name=%q`, runner, name))
	return nil
}

// open writes, before anything else, that a run begins, and what the log of such an engine says: that it has missed
// nothing of its account, which has nothing.
func (w *writer) open(at int64) {
	if w.begun {
		return
	}
	w.begun = true
	w.record(journal.KindStart, at, nil)
	w.record(journal.KindLog, at, []byte(`level=INFO msg="session imported"`))
	w.record(journal.KindLog, at, []byte(`level=INFO msg="account messages caught up"`))
}

// end writes that nothing follows.
func (w *writer) end() {
	if w.begun {
		w.rec.Append2(journal.KindEnd, 0, 1, w.now, 0, 0)
		w.rec.Commit()
	}
}
