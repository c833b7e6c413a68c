package exchange

import (
	"testing"

	"github.com/smk-go/smk/gen/msg"
)

// The published examples of what the sides risk.
func TestLiability(t *testing.T) {
	for _, c := range []struct {
		quantity      uint64
		price         uint32
		buyer, seller string
	}{
		{400000, 2500, "10.00", "30.00"},
		{100000, 2500, "2.50", "7.50"},
		{500000, 50, "0.25", "49.75"},
		{25000, 2000, "0.50", "2.00"},
		{25000, 2500, "0.625", "1.875"},
		{150000, 2500, "3.75", "11.25"},
		{1000, 5000, "0.05", "0.05"},
		{quantityMaxMax, 9999, "89991000000.00", "9000000.00"},
	} {
		buyer, seller := Liability(msg.SideBuy, c.quantity, c.price), Liability(msg.SideSell, c.quantity, c.price)
		if buyer.String() != c.buyer || seller.String() != c.seller {
			t.Errorf("%d@%d: buyer %v seller %v, want %s and %s", c.quantity, c.price, buyer, seller, c.buyer, c.seller)
		}
	}
	if s := (-Currency / 4).String(); s != "-0.25" {
		t.Error(s)
	}
	if a := average(100000*2400+50000*2500, 150000); a != 2433 {
		t.Error(a)
	}
	if a := average(3, 2); a != 2 {
		t.Error("a half is rounded to", a)
	}
}
