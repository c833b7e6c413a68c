package inspect

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/gen/seto"
	"github.com/smk-go/smk/journal"
)

// TestOrders follows one order through a replace, a fill that is voided, and a doubt.
func TestOrders(t *testing.T) {
	in, out := journal.KindInbound, journal.KindOutbound
	p := newPen(t)
	p.message(out, login())
	m := envelope(2, seto.PayloadType_PAYLOAD_ORDER_CREATE)
	m.OrderCreate = &seto.OrderCreate{
		Side: seto.Side_SIDE_BUY.Enum(), Quantity: proto.Uint64(20_000), Price: proto.Uint32(2500),
		Reference: proto.Uint64(7),
		MarketId:  proto.Uint32(1), ContractId: proto.Uint32(2),
	}
	p.message(out, m)
	m = envelope(1, seto.PayloadType_PAYLOAD_ORDER_ACCEPTED)
	m.OrderAccepted = &seto.OrderAccepted{
		Seq: proto.Uint64(2), Reference: proto.Uint64(7), OrderId: proto.Uint64(100),
		AccountSequence_64: proto.Uint64(1),
	}
	p.message(in, m)
	p.message(in, m) // arrives again
	m = envelope(3, seto.PayloadType_PAYLOAD_ORDER_CANCEL_REPLACE)
	m.OrderCancelReplace = &seto.OrderCancelReplace{
		OrigOrderId: proto.Uint64(100), Price: proto.Uint32(2600), Quantity: proto.Uint64(30_000),
		Reference: proto.Uint64(8),
	}
	p.message(out, m)
	p.text(journal.KindLog, `level=WARN msg="session disconnected" epoch=1`)
	m = envelope(2, seto.PayloadType_PAYLOAD_ORDER_CANCEL_REPLACE_ACCEPTED)
	m.OrderCancelReplaceAccepted = &seto.OrderCancelReplaceAccepted{
		OrderId: proto.Uint64(101), OrigOrderId: proto.Uint64(100), Price: proto.Uint32(2600),
		Quantity:     proto.Uint64(30_000),
		QuantityLeft: proto.Uint64(30_000), Reference: proto.Uint64(8), MarketId: proto.Uint32(1),
		ContractId: proto.Uint32(2),
		Side:       seto.Side_SIDE_BUY.Enum(), AccountSequence_64: proto.Uint64(2),
	}
	p.message(in, m)
	m = envelope(3, seto.PayloadType_PAYLOAD_ORDER_EXECUTED)
	m.OrderExecuted = &seto.OrderExecuted{
		OrderId: proto.Uint64(101), Price: proto.Uint32(2550), Quantity: proto.Uint64(10_000),
		Side:     seto.Side_SIDE_BUY.Enum(),
		MarketId: proto.Uint32(1), ContractId: proto.Uint32(2), PendingTimeout: proto.Uint32(5),
		AccountSequence_64: proto.Uint64(3), AvailableQuantity: proto.Uint64(20_000),
	}
	p.message(in, m)
	m = envelope(4, seto.PayloadType_PAYLOAD_ORDER_EXECUTE_VOIDED)
	m.OrderExecuteVoided = &seto.OrderExecutedVoid{
		OrderId: proto.Uint64(101), Price: proto.Uint32(2550), Quantity: proto.Uint64(10_000),
		AccountSequence_64: proto.Uint64(4),
	}
	p.message(in, m)
	m = envelope(5, seto.PayloadType_PAYLOAD_ORDER_CANCELLED)
	m.OrderCancelled = &seto.OrderCancelled{
		OrderId: proto.Uint64(101), Reason: seto.OrderCancelledReason_ORDER_CANCELLED_MARKET_HALTED.Enum(),
		AccountSequence_64: proto.Uint64(5),
	}
	p.message(in, m)
	all, err := Orders(t.Context(), p.close())
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for l := range all {
		lines = append(lines, l.Text())
		if l.Traded() != (l.Order == 101) {
			t.Errorf("traded: %s", l.Text())
		}
		if l.Match(&Filter{Order: 100}) != true || l.Match(&Filter{Reference: 9}) || l.Match(&Filter{Market: 3}) {
			t.Errorf("filters: %+v", l)
		}
	}
	want := []string{
		"order 100 reference 7 contract 2 buy 2.00 @ 25%: TIME create sent, +1.00ms accepted, +3.00ms replace sent, " +
			"+5.00ms replaced; replaced by 101",
		"order 101 reference 8 contract 2 buy 3.00 @ 26%: TIME replace sent, +1.00ms in doubt: the connection ended, " +
			"+2.00ms accepted, +3.00ms filled provisionally 1.00@25.5%, +4.00ms fill voided 1.00@25.5%, " +
			"+5.00ms cancelled (market_halted); cancelled, replaces 100",
	}
	for i, l := range lines {
		day := strings.Index(l, ": 20") + 2
		lines[i] = l[:day] + "TIME" + l[day+len(timeLayout):]
	}
	if strings.Join(lines, "\n") != strings.Join(want, "\n") {
		t.Errorf("\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
}

// TestOrdersWithoutAnswer has orders end that no message ends.
func TestOrdersWithoutAnswer(t *testing.T) {
	p := newPen(t)
	for i := range uint64(3) {
		m := envelope(i+2, seto.PayloadType_PAYLOAD_ORDER_CREATE)
		m.OrderCreate = &seto.OrderCreate{
			Side: seto.Side_SIDE_BUY.Enum(), Quantity: proto.Uint64(20_000), Price: proto.Uint32(2500),
			Reference: proto.Uint64(7 + i), MarketId: proto.Uint32(1), ContractId: proto.Uint32(2),
		}
		p.message(journal.KindOutbound, m)
	}
	for _, line := range []string{
		`level=WARN msg="session disconnected" epoch=1`,
		`level=WARN msg="message without an answer" epoch=1 seq=2 ` +
			`type="PAYLOAD_ORDER_CREATE" reference=7 fate="in doubt"`,
		`level=WARN msg="message without an answer" epoch=1 seq=3 ` +
			`type="PAYLOAD_ORDER_CREATE" reference=8 fate="not sent"`,
		`level=INFO msg="doubt resolved, reference 7, market 1, contract 2, buy, not placed, ` +
			`of PAYLOAD_ORDER_CREATE, no trace"`,
	} {
		p.text(journal.KindLog, line)
	}
	all, err := Orders(t.Context(), p.close())
	if err != nil {
		t.Fatal(err)
	}
	var states []string
	for l := range all {
		states = append(states, fmt.Sprintf("%s %t %d", l.State, l.InDoubt, len(l.Events)))
	}
	if want := []string{"not placed true 3", "not sent false 3", "in doubt true 2"}; !slices.Equal(states, want) {
		t.Errorf("%q, want %q", states, want)
	}
}

// TestOrdersOfRun holds the lives of a real run to what the bot did.
func TestOrdersOfRun(t *testing.T) {
	dir := record(t, 20, nil, nil, nil)
	all, err := Orders(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for l := range all {
		n++
		if l.State != "cancelled" || len(l.Events) != 4 || l.Order == 0 || l.Reference == 0 || l.InDoubt {
			t.Errorf("%s", l.Text())
		}
	}
	if n != 20 {
		t.Errorf("%d orders", n)
	}
}

// TestOrdersChanged reduces an order that is filled in part, fills it further, reduces its fills for a runner that goes
// out, and ends the process: another order's fill comes before its acceptance, a third one has no answer.
func TestOrdersChanged(t *testing.T) {
	in, out := journal.KindInbound, journal.KindOutbound
	p := newPen(t)
	sequence := uint64(0)
	account := func() *uint64 { sequence++; return proto.Uint64(sequence) }
	create := func(reference uint64) {
		m := envelope(reference, seto.PayloadType_PAYLOAD_ORDER_CREATE)
		m.OrderCreate = &seto.OrderCreate{
			Side: seto.Side_SIDE_BUY.Enum(), Quantity: proto.Uint64(50_000), Price: proto.Uint32(2500),
			Reference: proto.Uint64(reference), MarketId: proto.Uint32(1), ContractId: proto.Uint32(2),
		}
		p.message(out, m)
	}
	accept := func(reference, id uint64) {
		m := envelope(1, seto.PayloadType_PAYLOAD_ORDER_ACCEPTED)
		m.OrderAccepted = &seto.OrderAccepted{
			Seq: proto.Uint64(2), Reference: proto.Uint64(reference), OrderId: proto.Uint64(id),
			AccountSequence_64: account(),
		}
		p.message(in, m)
	}
	fill := func(id, quantity, left uint64) {
		m := envelope(1, seto.PayloadType_PAYLOAD_ORDER_EXECUTED)
		m.OrderExecuted = &seto.OrderExecuted{
			OrderId: proto.Uint64(id), Price: proto.Uint32(2500), Quantity: proto.Uint64(quantity),
			Side: seto.Side_SIDE_BUY.Enum(), MarketId: proto.Uint32(1), ContractId: proto.Uint32(2),
			AccountSequence_64: account(), AvailableQuantity: proto.Uint64(left),
		}
		p.message(in, m)
	}
	create(7)
	create(8)
	accept(7, 100)
	fill(100, 20_000, 30_000)
	m := envelope(1, seto.PayloadType_PAYLOAD_ORDER_QUANTITY_REDUCED)
	m.OrderQuantityReduced = &seto.OrderQuantityReduced{
		OrderId: proto.Uint64(100), NewQuantity: proto.Uint64(20_000), Reference: proto.Uint64(70),
		Reason:             seto.OrderQuantityReducedReason_ORDER_QUANTITY_REDUCED_MEMBER_REQUESTED.Enum(),
		AccountSequence_64: account(),
	}
	p.message(in, m)
	fill(100, 10_000, 10_000)
	m = envelope(1, seto.PayloadType_PAYLOAD_ORDER_REDUCED)
	m.OrderReduced = &seto.OrderReduced{
		OrderId: proto.Uint64(100), Price: proto.Uint32(2500), Quantity: proto.Uint64(15_000),
		SourceQuantity: proto.Uint64(30_000), AccountSequence_64: account(),
	}
	p.message(in, m)
	fill(101, 10_000, 40_000)
	accept(8, 101)
	create(9)
	p.text(journal.KindLog, `level=WARN msg="account messages lost" from=20 to=21`)
	p.text(journal.KindStart, "")
	all, err := Orders(t.Context(), p.close())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for l := range all {
		got = append(got, fmt.Sprintf("%d %d %d of %d %s, %d events", l.Reference, l.Order, l.Filled, l.Quantity,
			l.State, len(l.Events)))
		unsure := "; live, or what is lost ended it, " + quantityText(l.Filled) + " filled"
		if l.Order != 0 && !strings.HasSuffix(l.Text(), unsure) {
			t.Errorf("messages are lost: %s", l.Text())
		}
	}
	want := []string{
		"7 100 15000 of 40000 live, 7 events", "8 101 10000 of 50000 live, 4 events",
		"9 0 0 of 50000 in doubt, 3 events",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
