package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
)

// get asks for a truth.
func (p *simProcess) get(query string) (t simTruth, text string) {
	p.t.Helper()
	answer, err := http.Get(p.Truth + query)
	if err != nil {
		p.t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "application/json" {
		p.t.Fatalf("%s: %s", answer.Status, b)
	}
	return decodeTruth(p.t, b), string(b)
}

func decodeTruth(t *testing.T, b []byte) (truth simTruth) {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&truth); err != nil {
		t.Fatalf("%v: %s", err, b)
	}
	return truth
}

// UnmarshalText is for tests, which read what was written.
func (a *amount) UnmarshalText(b []byte) error {
	whole, part, _ := strings.Cut(strings.TrimPrefix(string(b), "-"), ".")
	digits := strings.TrimLeft(whole+part+strings.Repeat("0", 8-len(part)), "0")
	if digits == "" {
		digits = "0"
	}
	if err := json.Unmarshal([]byte(digits), (*int64)(a)); err != nil {
		return err
	}
	if b[0] == '-' {
		*a = -*a
	}
	return nil
}

// The exchange tells what it knows, of all accounts and of one, while it runs and in the end.
func TestSimTruth(t *testing.T) {
	markets := filepath.Join(t.TempDir(), "markets.json")
	text := `{"markets": [
		{"id": 7, "state": "LIVE", "contracts": [{"id": 8}]},
		{"id": 9, "state": "LIVE", "pending_timeout": "900s", "contracts": [{"id": 10}]}]}`
	if err := os.WriteFile(markets, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p := startSim(t, "--truth=:0", "--life=0", "--markets="+markets)
	if !strings.HasPrefix(p.Truth, "http://127.0.0.1:") {
		t.Fatalf("the truth is at %s", p.Truth)
	}
	demo, rival := p.dial(nil), p.dial(nil)
	demo.login(sim.DemoUsername, sim.DemoPassword)
	rival.login("rival", "rival")
	order := func(l *simLine, side msg.Side, market, contract uint32, quantity uint64, reference uint64) uint64 {
		l.send(func(m *msg.Payload) {
			o := m.MutableOrderCreate()
			o.SetSide(side)
			o.SetQuantity(quantity)
			o.SetPrice(2500)
			o.SetMarketId(market)
			o.SetContractId(contract)
			if reference != 0 {
				o.SetReference(reference)
				o.SetLabelString("mine")
			}
		})
		for {
			if m := l.next(); m == nil {
				t.Fatal("the exchange is gone")
			} else if m.HasOrderAccepted() {
				return m.GetOrderAccepted().GetOrderId()
			}
		}
	}
	const reference = 1<<64 - 1 // no float has it
	resting := order(demo, msg.SideBuy, 7, 8, 30000, reference)
	sale := order(rival, msg.SideSell, 7, 8, 20000, 0)
	order(demo, msg.SideBuy, 9, 10, 10000, 0)
	order(rival, msg.SideSell, 9, 10, 10000, 0)

	all, said := p.get("")
	if len(all.Accounts) != 2 || all.Time.IsZero() ||
		strings.Contains(said, "demo-token") || strings.Contains(said, "password") {
		t.Fatalf("it told %s", said)
	}
	one, said := p.get("?account=demo")
	if len(one.Accounts) != 1 || !reflect.DeepEqual(one.Accounts[0], all.Accounts[0]) {
		t.Errorf("one account is %s, of all %+v", said, all.Accounts[0])
	}
	ref := uint64(reference)
	wantOrder := orderTruth{
		ID: resting, Reference: &ref, Label: "mine", Market: 7, Contract: 8, Side: "buy", TIF: "GOOD_TIL_CANCELLED",
		Price: 2500, Quantity: 30000, Executed: 20000, Available: 10000, AveragePrice: 2500, State: "live",
	}
	a := one.Accounts[0]
	if len(a.Orders) != 2 || !reflect.DeepEqual(a.Orders[0], wantOrder) ||
		a.Orders[1].State != "filled" || a.Orders[1].Reference != nil {
		t.Errorf("orders %+v, want first %+v", a.Orders, wantOrder)
	}
	a.Orders = nil
	want := accountTruth{
		Username: "demo", ID: 13872755517445011, Live: 1, AccountSequence: 4,
		Balance: amount(10_000 * sim.Currency), Available: amount(10_000*sim.Currency - 40000*2500),
		Reserved: reserved{Orders: 10000 * 2500, Fills: 20000 * 2500, ProvisionalFills: 10000 * 2500},
		Positions: []positionTruth{
			{Market: 7, Contract: 8, Net: 20000, Cash: -20000 * 2500},
			{Market: 9, Contract: 10, Provisional: &provisionalTruth{1, 10000, -10000 * 2500}},
		},
	}
	if !reflect.DeepEqual(a, want) {
		t.Errorf("it told %s, want %+v", said, want)
	}
	if r := all.Accounts[1]; r.Live != 0 || len(r.Orders) != 2 || r.Orders[0].ID != sale ||
		r.Orders[0].Side != "sell" ||
		r.Positions[0].Net != -20000 || r.Positions[1].Provisional.Net != -10000 {
		t.Errorf("rival: %+v", r)
	}

	for query, status := range map[string]int{"?account=nobody": http.StatusNotFound, "accounts": http.StatusNotFound} {
		answer, err := http.Get(p.Truth + query)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != status {
			t.Errorf("%s: %s", query, answer.Status)
		}
	}
	answer, err := http.Post(p.Truth, "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %s", answer.Status)
	}

	demo.conn.Close()
	rival.conn.Close()
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(p.out)
	if err != nil {
		t.Fatal(err)
	}
	last := decodeTruth(t, rest)
	if !reflect.DeepEqual(last.Accounts, all.Accounts) || bytes.Count(rest, []byte("\n")) != 1 {
		t.Errorf("in the end it told %s, want %+v", rest, all.Accounts)
	}
	if err := p.cmd.Wait(); err != nil || p.err.Len() > 0 {
		t.Errorf("%v, said %q", err, p.err.String())
	}
}

// Who connects to the truth's address and says nothing keeps nobody out for good: places are
// few and come back.
func TestTruthPlaces(t *testing.T) {
	l := &limitedListener{newPipes(), make(chan struct{}, 2)}
	a, _ := l.Accept()
	b, _ := l.Accept()
	third := make(chan net.Conn)
	go func() {
		c, _ := l.Accept()
		third <- c
	}()
	select {
	case <-third:
		t.Fatal("three places, want two")
	default:
	}
	a.Close()
	a.Close() // once is what counts
	c := <-third
	b.Close()
	c.Close()
	if len(l.places) != 0 {
		t.Errorf("%d places are taken", len(l.places))
	}
}

// pipes accepts one connection after the other.
type pipes struct{ net.Listener }

func newPipes() net.Listener { return pipes{} }

func (pipes) Accept() (net.Conn, error) {
	conn, other := net.Pipe()
	other.Close()
	return conn, nil
}

// The text has the same, for people.
func TestSimTruthText(t *testing.T) {
	truth := simTruth{Accounts: []accountTruth{{
		Username: "ann", Balance: amount(5 * sim.Currency), Available: amount(4 * sim.Currency),
		Live: 1, Orders: make([]orderTruth, 3),
		Positions: []positionTruth{
			{Market: 1, Contract: 2, Net: -15000, Cash: amount(sim.Currency)},
			{Market: 1, Contract: 3, Net: 5, Provisional: &provisionalTruth{2, 10000, -amount(sim.Currency)}},
		},
	}}}
	for range someMax {
		truth.Accounts = append(truth.Accounts, accountTruth{Username: "more"})
	}
	var b bytes.Buffer
	if err := truth.writeText(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"truth       ann: balance 5.00, available 4.00, 1 orders live, 2 ended\n",
		"            market 1, contract 2: -1.50 of payoff for 1.00\n",
		"            market 1, contract 3: +0.0005 of payoff for 0.00, and provisional +1.00 for -1.00 in 2 fills\n",
		"            1 accounts more (--json or --truth for all)\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, &b)
		}
	}
}

// The README's example has every field and no other.
func TestReadmeOfTheTruth(t *testing.T) {
	readme, err := os.ReadFile("../../sim/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := bytes.Cut(readme, []byte("```json\n"))
	example, _, closed := bytes.Cut(rest, []byte("```"))
	if !found || !closed {
		t.Fatal("there is no example")
	}
	truth := decodeTruth(t, example)
	again, err := json.Marshal(truth)
	if err != nil {
		t.Fatal(err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, example); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(compact.Bytes(), again) {
		t.Errorf("the example is\n%s\nthe program writes it as\n%s", &compact, again)
	}
}
