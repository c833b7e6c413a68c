package sim

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
)

// Hundreds of clients trade with each other over sockets and follow the market: each receives every message
// once and in order, and all of them together agree with the exchange.
func TestServerHundredsOfClients(t *testing.T) {
	const clients, orders = 300, 8
	c := testConfig()
	c.Accounts = nil
	for i := range clients {
		name := fmt.Sprint("client ", i)
		c.Accounts = append(c.Accounts, Account{Username: name, Password: name, Balance: 1000 * Currency})
	}
	c.Agents = Agents{Rate: 100}
	c.Limits = Limits{
		Connections: clients, InBytes: 1 << 14, PayloadBytes: 1 << 12, OutBytes: 1 << 19,
		OutFrames: 1 << 13,
	}
	s := serve(t, c)
	var wait sync.WaitGroup
	var bought, sold, finished atomic.Uint64
	all := make(chan struct{})
	allIn := sync.OnceFunc(func() { close(all) })
	for i := range clients {
		l := dial(t, s, nil)
		wait.Add(1)
		go func() {
			defer wait.Done()
			l.login(fmt.Sprint("client ", i))
			l.send(func(m *msg.Payload) { m.MutableMarketSubscribe().SetMarketId(DemoMarket) })
			for n := range uint64(orders) {
				l.send(func(m *msg.Payload) {
					o := m.MutableOrderCreate()
					o.SetSide(msg.SideBuy + msg.Side(i%2))
					o.SetQuantity(1000)
					o.SetPrice(5000)
					o.SetReference(n + 1)
					o.SetMarketId(DemoMarket)
					o.SetContractId(DemoAway)
				})
			}
			answered := 0
			for seq := uint64(1); ; seq++ {
				m := l.read()
				if m == nil || m.GetEtoPayload().GetSeq() != seq {
					t.Errorf("client %d: message %d is %v", i, seq, m)
					allIn() // do not wait for this one
					return
				}
				switch {
				case m.HasOrderExecuted() && i%2 == 0:
					bought.Add(m.GetOrderExecuted().GetQuantity())
				case m.HasOrderExecuted():
					sold.Add(m.GetOrderExecuted().GetQuantity())
				case m.HasOrderAccepted() || m.HasOrderRejected():
					if answered++; answered < orders {
						continue
					}
					if finished.Add(1) == clients {
						allIn()
					}
					l.send(func(m *msg.Payload) { m.MutableEtoPayload().SetType(msg.EtoPayloadPing) })
				case m.GetEtoPayload().GetType() == msg.EtoPayloadPong:
					<-all // read fills until every order is in
					l.send(func(m *msg.Payload) { m.MutableEtoPayload().SetType(msg.EtoPayloadLogout) })
				case m.GetEtoPayload().GetType() == msg.EtoPayloadLogout:
					return
				}
			}
		}()
	}
	wait.Wait()
	var truth [2]uint64
	s.Do(func(s *Sim) {
		for i := range clients {
			for _, o := range s.Exchange.Orders(fmt.Sprint("client ", i)) {
				truth[i%2] += o.Executed
			}
		}
		if d := s.Exchange.Audit(); d != "" {
			t.Error(d)
		}
	})
	if bought.Load() != truth[0] || sold.Load() != truth[1] || truth[0] == 0 {
		t.Errorf("clients received %d bought and %d sold, the exchange knows %v", bought.Load(), sold.Load(), truth)
	}
}

// A connection beyond the limit is closed at once, and the others stay.
func TestServerIsFull(t *testing.T) {
	c := testConfig()
	c.Limits.Connections = 3
	s := serve(t, c)
	var in []*tcpClient
	for range 3 {
		l := dial(t, s, nil)
		l.login(DemoUsername)
		l.want("S1 LOGIN_RESPONSE reset=2")
		in = append(in, l)
	}
	if tooMany := dial(t, s, nil); tooMany.read() != nil {
		t.Error("a fourth client is sent something")
	}
	for _, l := range in {
		l.send(func(m *msg.Payload) { m.MutableEtoPayload().SetType(msg.EtoPayloadPing) })
		l.want("S2 PONG")
	}
	s.Do(func(s *Sim) {
		s.Exchange.Submit(DemoUsername, exchange.Create{
			Market: DemoMarket, Contract: DemoHome, Side: msg.SideBuy,
			Quantity: 1000, Price: 100,
		})
	})
	for _, l := range in {
		l.want("S3 accepted seq=0 #1 1000@100")
	}
}
