package odds

import "testing"

func TestSide(t *testing.T) {
	for n := range 256 {
		s := Side(n)
		name, opposite := "neither", Side(0)
		switch s {
		case Buy:
			name, opposite = "buy", Sell
		case Sell:
			name, opposite = "sell", Buy
		}
		if s.Valid() != (opposite != 0) || s.Opposite() != opposite || s.String() != name {
			t.Errorf("side %d: %v, valid %v, opposite %v", n, s, s.Valid(), s.Opposite())
		}
	}
	if Buy != 1 || Sell != 2 {
		t.Error("the values of messages")
	}
}
