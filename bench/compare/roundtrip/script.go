package roundtrip

import (
	"encoding/binary"

	"github.com/smk-go/smk/bench/internal/fixture"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/wire"
)

// Credentials that open nothing.
const (
	username = "bench"
	password = "bench"
)

// Orders are in so many contracts in turn, so that few are live in each.
const (
	scriptMarket      = 317_482
	scriptContract    = 1_203_731
	scriptContracts   = 4_000
	contractsInMarket = 4

	cash = 1e6 // of the account
)

// exchange is a request and what answers it.
type exchange struct{ request, reply []byte }

// newScript prepares a login and orders. Exchange 0 is the login; exchange n is the n-th order, which is answered by
// its acceptance: one message there and one back.
func newScript(orders int) []exchange {
	var login, order, accepted msg.Payload
	login.MutableEtoPayload().SetType(msg.EtoPayloadLogin)
	login.MutableLogin().SetUsernameString(username)
	login.MutableLogin().SetPasswordString(password)
	script := []exchange{{frame(&login, 1), fixture.LoginAnswer("6f0d6a3e5c", 1, 2)}}
	fixture.Must(0, accepted.Decode(fixture.Accepted().Payloads[0], nil))
	reserved := 0.0
	for n := 1; n <= orders; n++ {
		fill(order.MutableOrderCreate(), n)
		a, o := accepted.MutableOrderAccepted(), order.GetOrderCreate()
		a.SetSeq(uint64(n + 1))
		a.SetReference(o.GetReference())
		a.SetPrice(o.GetPrice())
		a.SetQuantity(o.GetQuantity())
		a.SetMarketId(o.GetMarketId())
		a.SetContractId(o.GetContractId())
		reserved += float64(o.GetQuantity()*uint64(o.GetPrice())) / 1e8
		a.SetAvailableBalance(cash - reserved)
		a.SetExposure(-reserved)
		a.SetOrderId(82_892_989_397_900_000 + uint64(n))
		a.SetAccountSequence_64(uint64(n))
		script = append(script, exchange{frame(&order, n+1), frame(&accepted, n+2)})
	}
	return script
}

// fill makes m the n-th order. No two consecutive ones are alike.
func fill(m *msg.OrderCreate, n int) {
	m.SetMarketId(scriptMarket + uint32(n%scriptContracts/contractsInMarket))
	m.SetContractId(scriptContract + uint32(n%scriptContracts))
	m.SetSide(msg.SideBuy)
	m.SetPrice(uint32(1 + n*37%9999))
	m.SetQuantity(uint64(10_000 + n*7919%1_000_000))
	m.SetReference(1_700_000_000_000_000 + uint64(n))
}

// frame gives a message a sequence and encodes it.
func frame(m *msg.Payload, seq int) []byte {
	m.MutableEtoPayload().SetSeq(uint64(seq))
	return wire.AppendFrame(nil, fixture.Must(m.MarshalVT()))
}

// scriptForC returns the script as floor.c reads it. Of the requests it holds only the first and the last: floor.c
// sends no others.
func scriptForC(script []exchange) (b []byte) {
	for i, e := range script {
		if i > 0 && i < len(script)-1 {
			e.request = nil
		}
		b = binary.LittleEndian.AppendUint32(b, uint32(len(e.request)))
		b = binary.LittleEndian.AppendUint32(b, uint32(len(e.reply)))
		b = append(append(b, e.request...), e.reply...)
	}
	return b
}
