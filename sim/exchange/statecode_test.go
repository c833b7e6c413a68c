package exchange

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/internal/codec"
)

// transcript is a sink that writes down everything.
type transcript struct{ bytes.Buffer }

func (l *transcript) Publish(m Message)               { fmt.Fprintf(l, "%v\n", m) }
func (l *transcript) Report(r *Report, replayed bool) { fmt.Fprintf(l, "%+v %t\n", *r, replayed) }

// keptConfig is an exchange with everything that a state has to keep.
func keptConfig(r *rand.Rand) Config {
	c := Config{Events: []Event{{ID: 1}}, OrdersMax: 1024, HistoryMax: 1 + r.IntN(200)}
	for _, name := range names {
		c.Accounts = append(c.Accounts, Account{
			Username: name, Balance: Money(1+r.Int64N(100)) * Currency, House: name == "c" && r.IntN(2) == 0,
		})
	}
	for id := uint32(1); id <= 3; id++ {
		m := Market{ID: id, EventID: 1, State: msg.MarketStateLive, WinnerTakesAll: id < 3, NonRunners: id == 1}
		if id == 2 {
			m.PendingTimeout = 8 * second
		}
		for ct := uint32(1); ct <= 3; ct++ {
			m.Contracts = append(m.Contracts, Contract{ID: ct})
		}
		c.Markets = append(c.Markets, m)
	}
	return c
}

func encode(x *Exchange) []byte {
	c := codec.Writer(nil)
	x.Code(c)
	return c.Bytes()
}

// loggedIn logs every account in, and subscribes it to everything.
func loggedIn(x *Exchange) (sessions []*Login, logs []*transcript) {
	for _, name := range names {
		log := &transcript{}
		l := x.Login(name, log)
		for id := uint32(1); id <= 3; id++ {
			l.Subscribe(id)
		}
		l.SubscribeEvent(1)
		l.Replay(0)
		sessions, logs = append(sessions, l), append(logs, log)
	}
	return sessions, logs
}

// An exchange that was written and read goes on as the one that was written: the same messages, the same ids, the
// same money, whatever was under way.
func TestStateGoesOn(t *testing.T) {
	underWay := [5]int{} // what the states held
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 77))
		config := keptConfig(r)
		x, err := New(config)
		if err != nil {
			t.Fatal(err)
		}
		if r.IntN(2) == 0 {
			x.SetReplaceDelay(second)
		}
		sessions, _ := loggedIn(x)
		var ids []uint64
		for range 30 + r.IntN(400) {
			play(x, r, sessions, &ids)
			if r.IntN(100) == 0 {
				_ = x.RemoveRunner(1, 1+r.Uint32N(3), msg.ReduceTypeQuantity, 1000, "")
			}
		}
		for _, l := range sessions {
			l.Logout()
		}
		for _, m := range x.markets {
			underWay[0] += m.provisional.len()
			underWay[1] += m.final.len()
		}
		underWay[2] += len(x.replaces.list)
		if x.orders.free != nil {
			underWay[3]++
		}
		if x.orders.ended.head != nil {
			underWay[4]++
		}

		written := encode(x)
		y, err := New(config)
		if err != nil {
			t.Fatal(err)
		}
		c := codec.Reader(written)
		y.Code(c)
		if c.End(); c.Err() != nil {
			t.Fatalf("seed %d: %v", seed, c.Err())
		}
		if !bytes.Equal(encode(y), written) {
			t.Fatalf("seed %d: what was read is written otherwise", seed)
		}
		goOn(t, seed, x, y, ids)
	}
	for i, n := range underWay {
		if n == 0 {
			t.Errorf("no state held anything of kind %d: %v", i, underWay)
		}
	}
}

// goOn plays the same on both and compares everything.
func goOn(t *testing.T, seed uint64, x, y *Exchange, ids []uint64) {
	t.Helper()
	var logs [2][]*transcript
	var states [2][]byte
	for i, x := range []*Exchange{x, y} {
		r := rand.New(rand.NewPCG(seed, 78))
		sessions, log := loggedIn(x)
		known := append([]uint64(nil), ids...)
		for range 200 {
			play(x, r, sessions, &known)
		}
		if d := x.Audit(); d != "" {
			t.Errorf("seed %d: %s", seed, d)
		}
		logs[i], states[i] = log, encode(x)
	}
	for i := range names {
		if a, b := logs[0][i].Bytes(), logs[1][i].Bytes(); !bytes.Equal(a, b) {
			t.Fatalf("seed %d: %s is told something else:\n%s", seed, names[i], firstDifference(a, b))
		}
	}
	if !bytes.Equal(states[0], states[1]) {
		t.Fatalf("seed %d: the state differs after going on", seed)
	}
}

func firstDifference(a, b []byte) string {
	as, bs := bytes.Split(a, []byte("\n")), bytes.Split(b, []byte("\n"))
	for i := range min(len(as), len(bs)) {
		if !bytes.Equal(as[i], bs[i]) {
			return fmt.Sprintf("line %d: %s\nand %s", i, as[i], bs[i])
		}
	}
	return "one ends"
}

// A state of another configuration is refused.
func TestStateOfAnotherExchange(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	config := keptConfig(r)
	x, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	written := encode(x)
	for name, change := range map[string]func(*Config){
		"account":  func(c *Config) { c.Accounts[1].Username = "d" },
		"accounts": func(c *Config) { c.Accounts = c.Accounts[:2] },
		"balance":  func(c *Config) { c.Accounts[0].Balance++ },
		"event": func(c *Config) {
			c.Events[0].ID = 9
			c.Markets[0].EventID, c.Markets[1].EventID, c.Markets[2].EventID = 9, 9, 9
		},
		"market":   func(c *Config) { c.Markets[2].ID = 9 },
		"markets":  func(c *Config) { c.Markets = c.Markets[:2] },
		"contract": func(c *Config) { c.Markets[0].Contracts[0].ID = 9 },
	} {
		other := keptConfig(rand.New(rand.NewPCG(1, 1)))
		change(&other)
		y, err := New(other)
		if err != nil {
			t.Fatal(err)
		}
		c := codec.Reader(written)
		if y.Code(c); c.Err() == nil {
			t.Errorf("another %s is accepted", name)
		} else {
			t.Log(c.Err())
		}
	}
}
