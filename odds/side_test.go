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
	for _, n := range []int32{-1 << 31, -255, -1, 0, 1, 2, 3, 255, 256, 257, 258, 1<<31 - 1} {
		want, wantErr := Side(0), ErrSide
		if n == 1 || n == 2 {
			want, wantErr = Side(n), nil
		}
		if s, err := NewSide(n); s != want || err != wantErr {
			t.Errorf("NewSide(%d) is %v, %v, want %v, %v", n, s, err, want, wantErr)
		}
	}
}
