//go:build !race

package sim

import (
	"bytes"
	"testing"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/wire"
)

// Nothing is allocated from the bytes of a request to the bytes of its answer.
func TestRequestsAllocateNothing(t *testing.T) {
	h := newHarness(t, testConfig())
	c := h.login()
	c.subscribe(DemoMarket)
	c.receiveAll()
	frame := func(fill func(*msg.Payload)) []byte {
		var m msg.Payload
		fill(&m)
		m.MutableEtoPayload().SetSeq(1 << 40)
		p, err := m.MarshalVT()
		if err != nil {
			t.Fatal(err)
		}
		return wire.AppendFrame(nil, p)
	}
	seqBytes := []byte{0x80, 0x80, 0x80, 0x80, 0x80, 0x20}
	for name, fill := range map[string]func(*msg.Payload){
		"ping": func(m *msg.Payload) { m.SetType(msg.PayloadEto); m.MutableEtoPayload().SetType(msg.EtoPayloadPing) },
		"create, killed": func(m *msg.Payload) {
			o := m.MutableOrderCreate()
			o.SetSide(buy)
			o.SetQuantity(1000)
			o.SetPrice(3000)
			o.SetReference(7)
			o.SetTif(msg.ImmediateOrCancel)
			o.SetMarketId(DemoMarket)
			o.SetContractId(DemoHome)
			o.SetLabelString("strategy 1")
		},
		"cancel of nothing": func(m *msg.Payload) { m.MutableOrderCancel().SetOrderId(1) },
		"snapshot":          func(m *msg.Payload) { m.MutableMarketSubscribe().SetMarketId(DemoMarket) },
		"settings":          func(m *msg.Payload) { m.MutableSettings() },
	} {
		request := frame(fill)
		at := bytes.Index(request, seqBytes)
		if at < 0 {
			t.Fatal("no sequence in the request")
		}
		seq := c.out
		f := func() {
			for i, s := 0, seq; i < 6; i, s = i+1, s>>7 {
				request[at+i] = byte(s)&0x7f | 0x80
			}
			request[at+5] &= 0x7f
			seq++
			n := copy(c.conn.Free(), request)
			c.conn.Filled(h.sim.Now(), n)
			for p := c.conn.Pending(); len(p) > 0; p = c.conn.Pending() {
				c.conn.Written(len(p))
			}
		}
		for range 3000 {
			f()
		}
		if n := testing.AllocsPerRun(1000, f); n != 0 {
			t.Errorf("%s allocates %v", name, n)
		}
		c.out = seq
		if c.conn.Closing() || c.conn.Stats().Discarded != 0 {
			t.Fatalf("%s: %v, %+v", name, c.conn.Err(), c.conn.Stats())
		}
	}
}
