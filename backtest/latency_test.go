package backtest

import (
	"slices"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
)

// TestRoundTrips measures answers: not those of another connection than their requests, and those behind more requests
// without an answer than are remembered.
func TestRoundTrips(t *testing.T) {
	m := measure{sent: make(map[uint64]int64)}
	send := func(at time.Duration, reference uint64) {
		var p msg.Payload
		p.SetType(msg.PayloadOrderCreate)
		p.MutableOrderCreate().SetReference(reference)
		m.outbound(int64(at), &p)
	}
	accept := func(at time.Duration, reference uint64) {
		var p msg.Payload
		p.SetType(msg.PayloadOrderAccepted)
		p.MutableOrderAccepted().SetReference(reference)
		m.inbound(int64(at), &p)
	}
	send(0, 1)
	accept(time.Millisecond, 1)
	send(0, 2)
	m.disconnected()
	accept(time.Minute, 2)
	for n := range uint64(createsMax) {
		send(0, 3+n)
	}
	send(0, 3+createsMax)
	accept(2*time.Millisecond, 3+createsMax)
	accept(3*time.Millisecond, 3+createsMax) // again
	if got, want := m.result().RoundTrips, []time.Duration{1e6, 2e6}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestFirstBalance finds what the account had when it began: what was sent again says it until something new does, and
// pence are exact.
func TestFirstBalance(t *testing.T) {
	s := scanner{recording: &Recording{}}
	for n, step := range []struct {
		available, exposure float64
		again               bool
		want                exchange.Money
	}{
		{100, 0, true, 100}, {200, -5, true, 205}, {300, -1, false, 301}, {400, 0, true, 301}, {500, 0, false, 301},
	} {
		s.firstBalance(true, step.available, step.exposure, step.again)
		if got := s.recording.Balance; got != step.want*exchange.Currency {
			t.Errorf("after %d: %v, want %d", n, got, step.want)
		}
	}
	for pence := range exchange.Money(1000) {
		s := scanner{recording: &Recording{}}
		s.firstBalance(true, float64(pence)/100, 0, false)
		if got := s.recording.Balance; got != pence*exchange.Currency/100 {
			t.Errorf("%d pence: %d", pence, got)
		}
	}
}
