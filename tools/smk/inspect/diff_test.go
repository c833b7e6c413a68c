package inspect

import (
	"errors"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/gen/seto"
	"github.com/smk-go/smk/journal"
)

// writeOrders writes a journal with a few orders. change changes one of them.
func writeOrders(t *testing.T, base uint64, change func(i int, m *seto.OrderCreate)) string {
	p := newPen(t)
	p.message(journal.KindOutbound, login())
	for i := range 10 {
		m := envelope(uint64(i)+2, seto.PayloadType_PAYLOAD_ORDER_CREATE)
		m.OrderCreate = &seto.OrderCreate{
			Side: seto.Side_SIDE_SELL.Enum(), Quantity: proto.Uint64(20_000), Price: proto.Uint32(2500),
			Reference: proto.Uint64(base + uint64(i)), MarketId: proto.Uint32(1), ContractId: proto.Uint32(2),
			Label: proto.String("a label"),
		}
		if change != nil {
			change(i, m.OrderCreate)
		}
		p.message(journal.KindOutbound, m)
	}
	p.message(journal.KindInbound, heartbeat(1, false))
	return p.close()
}

func TestDiff(t *testing.T) {
	a, b := writeOrders(t, 1000, nil), writeOrders(t, 5000, nil)
	d, err := Diff(t.Context(), a, b, DiffOptions{})
	if err != nil || !d.Equal || d.Sent != 11 || d.Received != 1 {
		t.Errorf("%v: %+v", err, d)
	}
	d, err = Diff(t.Context(), a, b, DiffOptions{Exact: true})
	if err != nil || d.Equal || d.What != "payload sent" || d.Number != 2 {
		t.Errorf("exact: %v: %+v", err, d)
	}
	c := writeOrders(t, 9000, func(i int, m *seto.OrderCreate) {
		if i == 6 {
			m.Price = proto.Uint32(2510)
		}
	})
	d, err = Diff(t.Context(), a, c, DiffOptions{})
	if err != nil || d.Equal || d.What != "payload sent" || d.Number != 8 || d.A.Record != 9 || d.B.Record != 9 ||
		!strings.Contains(d.A.Text, "price=25%") || !strings.Contains(d.B.Text, "price=25.1%") {
		t.Errorf("%v: %+v %+v %+v", err, d, d.A, d.B)
	}
	var text strings.Builder
	if err := d.WriteText(&text); err != nil ||
		!strings.HasPrefix(text.String(), "payload sent 8 differs\n  A record 9, ") {
		t.Errorf("%v: %s", err, &text)
	}
}

// TestRedact holds a copy to having the same messages without texts.
func TestRedact(t *testing.T) {
	from, to := writeOrders(t, 1000, nil), t.TempDir()
	r, err := Redact(t.Context(), from, to, RedactOptions{Amounts: true})
	if err != nil || r.Records < 13 {
		t.Fatalf("%v: %+v", err, r)
	}
	n := 0
	for e, err := range Read(t.Context(), to, Options{}) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Message == nil || e.Message.Type != typeCreate {
			continue
		}
		n++
		m := e.Message.Payload.GetOrderCreate()
		if m.GetLabel() != "*******" || m.GetPrice() != maskedPrice || m.GetQuantity() != maskedQuantity ||
			m.GetReference() < 1000 || e.At == 0 || e.Wall/1e9 != 1_800_000_000 {
			t.Errorf("%s", e.Text())
		}
	}
	if n != 10 {
		t.Errorf("%d orders", n)
	}
	var refused *engine.ReplayError
	start := func(*engine.Engine) error { return nil }
	_, err = engine.Replay(engine.ReplayConfig{Dir: to}, engine.Config{Address: "exchange.test:1"}, start)
	if !errors.As(err, &refused) || !strings.Contains(refused.Reason, "redacted copy") {
		t.Errorf("a replay of the copy: %v", err)
	}
	if _, err := Redact(t.Context(), from, to, RedactOptions{}); err == nil {
		t.Error("a journal was written over")
	}
}
