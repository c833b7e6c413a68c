package session

import (
	"errors"
	"testing"

	"github.com/smk-go/smk/gen/convert"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
)

// TestUnknownSide refuses orders that would end the connection, in every family, and takes
// no sequence for them.
func TestUnknownSide(t *testing.T) {
	k := newEstablished(t, Config{})
	_, before := k.s.Counters()
	var flat msg.OrderCreate
	flat.SetQuantity(10000)
	flat.SetMarketId(1)
	flat.SetContractId(2)
	for _, side := range []msg.Side{-1, 0, 3, 9} {
		flat.SetSide(side)
		if _, err := send(k.s, k.now, msg.PayloadOrderCreate, &flat); !errors.Is(err, ErrSide) || !SafeToResend(err) {
			t.Errorf("side %d: %v", side, err)
		}
		standard := convert.OrderCreateToProto(&flat)
		standard.Side = new(seto.Side(side))
		if _, err := send(k.s, k.now, msg.PayloadOrderCreate, standard); !errors.Is(err, ErrSide) {
			t.Errorf("side %d in the standard type: %v", side, err)
		}
	}
	if _, err := send(k.s, k.now, msg.PayloadOrderCreate, &rawMessage{}); !errors.Is(err, ErrSide) {
		t.Errorf("no side: %v", err)
	}
	if _, after := k.s.Counters(); after != before || len(k.s.Pending()) != 0 {
		t.Errorf("a refused order took a sequence: %d, was %d", after, before)
	}
	for _, side := range []msg.Side{msg.SideBuy, msg.SideSell} {
		flat.SetSide(side)
		if _, err := send(k.s, k.now, msg.PayloadOrderCreate, &flat); err != nil {
			t.Errorf("side %v: %v", side, err)
		}
	}
}
