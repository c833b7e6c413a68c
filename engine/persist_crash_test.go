package engine_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
	truth "github.com/smk-go/smk/sim/exchange"
)

// crashKills is how often TestPersistCrash kills a process with each setting, and crashShort how often with -short.
const (
	crashKills = 50 * seeds / seedsAll
	crashShort = 4
)

// crashChild names the variable that makes this program the process that is killed: the address of the exchange.
const crashChild = "SMK_CRASH_CHILD"

func init() {
	if address := os.Getenv(crashChild); address != "" {
		trader(address)
		os.Exit(0)
	}
}

// TestPersistCrash kills a trading process with SIGKILL at random moments, over loopback, and starts it again from its
// file. It trades again only when the test has compared it with the exchange: no order is lost, invented or sent
// twice, and positions and money are the exchange's. With durable intents it knows every order that the exchange has
// before it connects.
func TestPersistCrash(t *testing.T) {
	kills := crashKills
	if testing.Short() {
		kills = crashShort
	}
	for _, durable := range []bool{false, true} {
		t.Run(fmt.Sprintf("durable %t", durable), func(t *testing.T) { newCrashes(t, durable).run(kills) })
	}
}

// crashes is the exchange, and one process after another.
type crashes struct {
	t       *testing.T
	server  *sim.Server
	file    string
	durable bool
	rand    *rand.Rand

	process  *exec.Cmd
	in       io.WriteCloser
	out      *bufio.Reader
	queued   map[uint64]bool // references of all processes
	replaces map[uint64]bool // of these, of replaces: the order is known with the answer

	known, adopted, unknown, intents, fills int // for the log
}

// report is what a process says of itself.
type report struct {
	Recovery engine.Recovery
	Missing  []uint64 // of the references that it was asked for
	Live     map[uint64]order.Order
	Doubts   map[uint64]bool
	Position []order.Position
	Account  order.Account
	Complete order.Completeness
}

func newCrashes(t *testing.T, durable bool) *crashes {
	settings := sim.DefaultConfig()
	settings.Agents = sim.Agents{}
	settings.Throttle.Off = true
	settings.Limits.History, settings.Limits.OutFrames, settings.Limits.OutBytes = 1<<16, 1<<17, 1<<24
	settings.Limits.Orders = 1 << 16
	server, err := sim.Listen("127.0.0.1:0", settings)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(context.Background()) }()
	t.Cleanup(func() {
		if err := errors.Join(server.Close(), <-served); err != nil {
			t.Error(err)
		}
	})
	return &crashes{
		t: t, server: server, durable: durable, file: filepath.Join(t.TempDir(), "state"),
		rand: rand.New(rand.NewPCG(1, 2)), queued: make(map[uint64]bool),
		replaces: make(map[uint64]bool),
	}
}

func (c *crashes) run(kills int) {
	for n := range kills {
		c.start()
		c.before(n)
		c.compare()
		c.trade(time.Duration(2+c.rand.IntN(80)) * time.Millisecond)
	}
	c.start()
	c.before(kills)
	c.compare()
	_ = c.in.Close() // it ends by itself
	if err := c.process.Wait(); err != nil {
		c.t.Error(err)
	}
	c.t.Logf("%d orders of %d references, %d known at the start, %d intents, %d adopted, %d unknown, %d fills "+
		"meanwhile",
		len(c.references()), len(c.queued), c.known, c.intents, c.adopted, c.unknown, c.fills)
}

// start starts a process.
func (c *crashes) start() {
	c.process = exec.Command(os.Args[0])
	c.process.Env = append(os.Environ(), crashChild+"="+c.server.Addr().String(), "SMK_CRASH_FILE="+c.file,
		fmt.Sprintf("SMK_CRASH_DURABLE=%t", c.durable))
	c.process.Stderr = os.Stderr
	var err error
	if c.in, err = c.process.StdinPipe(); err != nil {
		c.t.Fatal(err)
	}
	out, err := c.process.StdoutPipe()
	if err != nil {
		c.t.Fatal(err)
	}
	c.out = bufio.NewReader(out)
	if err := c.process.Start(); err != nil {
		c.t.Fatal(err)
	}
}

// ask sends a command and returns the answer.
func (c *crashes) ask(command string, arguments any) (r report) {
	b, err := json.Marshal(arguments)
	if err == nil {
		_, err = fmt.Fprintf(c.in, "%s %s\n", command, b)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	for {
		line, err := c.out.ReadString('\n')
		if err != nil {
			c.t.Fatal(command, ": ", err)
		}
		if text, ok := strings.CutPrefix(line, "report "); ok {
			if err := json.Unmarshal([]byte(text), &r); err != nil {
				c.t.Fatal(err)
			}
			return r
		}
		c.note(line)
	}
}

// note notes a reference that a process has queued.
func (c *crashes) note(line string) {
	var reference uint64
	if _, err := fmt.Sscanf(line, "queued %d", &reference); err != nil {
		return
	}
	c.replaces[reference] = strings.HasSuffix(line, "to replace\n")
	if c.queued[reference] {
		c.t.Errorf("reference %d is used a second time", reference)
	}
	c.queued[reference] = true
}

// references returns those of the orders that the exchange has.
func (c *crashes) references() (all []uint64) {
	seen := make(map[uint64]bool)
	for _, o := range c.server.Orders(sim.DemoUsername) {
		if seen[o.Reference] {
			c.t.Errorf("two orders of reference %d", o.Reference)
		}
		seen[o.Reference] = true
		if !c.queued[o.Reference] {
			c.t.Errorf("the exchange has an order of reference %d, which nobody queued", o.Reference)
		}
		all = append(all, o.Reference)
	}
	return all
}

// before asks what a process knows before it connects.
func (c *crashes) before(n int) {
	creates := slices.DeleteFunc(c.references(), func(reference uint64) bool { return c.replaces[reference] })
	r := c.ask("before", creates)
	if r.Recovery.Found != (n > 0) {
		c.t.Errorf("run %d: %+v", n, r.Recovery)
	}
	if c.durable && len(r.Missing) > 0 {
		c.t.Errorf("run %d: orders %v are not known before the login", n, r.Missing)
	}
	c.known, c.intents = c.known+len(r.Live), c.intents+r.Recovery.Intents
}

// compare has the process connect, and compares it with the exchange once the messages that are under way have
// arrived.
func (c *crashes) compare() {
	difference := "nothing arrived"
	var r report
	for end := time.Now().Add(20 * time.Second); difference != "" && time.Now().Before(end); {
		r = c.ask("compare", c.references())
		difference = c.differ(&r)
	}
	if difference != "" {
		c.t.Fatal(difference)
	}
	c.adopted, c.unknown = c.adopted+r.Recovery.Adopted, c.unknown+len(r.Recovery.Unknown)
	c.fills += r.Recovery.Fills
}

// differ returns how a process differs from the exchange, "" if it does not.
func (c *crashes) differ(r *report) string {
	if !r.Recovery.Done {
		return "no recovery"
	}
	if len(r.Missing) > 0 {
		return fmt.Sprintf("orders %v are lost", r.Missing)
	}
	live := 0
	for _, o := range c.server.Orders(sim.DemoUsername) {
		if o.State != truth.OrderLive {
			continue
		}
		live++
		got, ok := r.Live[o.Reference]
		if !ok || got.Foreign || uint64(got.Available) != o.Available || uint64(got.Executed) != o.Executed {
			return fmt.Sprintf("order %+v, the exchange has %+v", got, o)
		}
	}
	for reference, o := range r.Live {
		if o.ID == 0 && !r.Doubts[reference] {
			return fmt.Sprintf("order %+v is invented", o)
		}
		if o.ID != 0 {
			live--
		}
	}
	if live != 0 {
		return fmt.Sprintf("%d live orders of the exchange more", live)
	}
	account, _ := c.server.Truth(sim.DemoUsername)
	for i, contract := range dayContracts {
		for _, p := range account.Positions {
			if got := r.Position[i]; p.Contract == contract && (int64(got.Final) != p.Net ||
				int64(got.FinalFlow) != int64(p.Flow) || int64(got.Provisional) != p.PendingNet) {
				return fmt.Sprintf("position %+v, the exchange has %+v", got, p)
			}
		}
	}
	if int64(r.Account.Open) != int64(account.Resting) || int64(r.Account.Final) != int64(account.Matched) {
		return fmt.Sprintf("account %+v, the exchange has %+v", r.Account, account)
	}
	if !r.Complete.Complete && r.Complete.Why != order.CatchUpLacking {
		return fmt.Sprintf("completeness %+v", r.Complete)
	}
	return ""
}

// trade lets a process trade for a while, with a rival who takes its orders, and kills it.
func (c *crashes) trade(d time.Duration) {
	if _, err := io.WriteString(c.in, "trade null\n"); err != nil {
		c.t.Fatal(err)
	}
	killed := time.After(d)
	for trading := true; trading; {
		select {
		case <-killed:
			trading = false
		case <-time.After(time.Millisecond):
			c.take()
		}
	}
	if err := c.process.Process.Kill(); err != nil {
		c.t.Fatal(err)
	}
	for {
		line, err := c.out.ReadString('\n')
		if err != nil {
			break
		}
		c.note(line)
	}
	_ = c.process.Wait()
	c.take() // while nobody is there
}

func (c *crashes) take() {
	side, price := msg.SideBuy, uint32(6500)
	if c.rand.IntN(2) == 0 {
		side, price = msg.SideSell, 3500
	}
	c.server.Do(func(s *sim.Sim) {
		s.Exchange.Submit("rival", truth.Create{
			Market: sim.DemoMarket, Contract: dayContracts[c.rand.IntN(3)], Side: side, Price: price, Quantity: 15_000,
		})
	})
}

// trader is the process that is killed.
func trader(address string) {
	d := &tradingDay{rand: rand.New(rand.NewPCG(uint64(os.Getpid()), 3)), wanted: make(map[uint32]quote.Two)}
	bot, err := engine.New(engine.Config{
		Address: address, DisableTLS: true, OnStop: engine.StopLeave,
		Session: session.Config{Username: sim.DemoUsername, Password: sim.DemoPassword, RequireCaughtUp: true},
		State: engine.StateConfig{
			File: os.Getenv("SMK_CRASH_FILE"), DurableIntents: os.Getenv("SMK_CRASH_DURABLE") == "true",
			SaveEvery: 5 * time.Millisecond,
			Orders:    order.Config{Orders: 4096, Retained: 1 << 15, Contracts: 16},
			Quotes:    quote.Config{Contracts: 16},
		},
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	d.Engine = bot
	bot.OnPayload(func(r *engine.TapRecord) {
		var p seto.Payload
		if r.Direction != session.Outbound || proto.Unmarshal(r.Payload, &p) != nil {
			return
		}
		switch p.GetType() {
		case seto.PayloadType_PAYLOAD_ORDER_CREATE:
			fmt.Println("queued", p.GetOrderCreate().GetReference())
		case seto.PayloadType_PAYLOAD_ORDER_CANCEL_REPLACE:
			fmt.Println("queued", p.GetOrderCancelReplace().GetReference(), "to replace")
		}
	})
	trading := false
	_, err = bot.Every(time.Millisecond, func() {
		if trading {
			d.crashAct()
		}
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	running := false
	for in := bufio.NewReaderSize(os.Stdin, 1<<20); ; {
		line, err := in.ReadString('\n')
		if err != nil {
			_ = bot.Close()
			return
		}
		command, arguments, _ := strings.Cut(line, " ")
		var references []uint64
		if err := json.Unmarshal([]byte(arguments), &references); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if command != "before" && !running {
			running = true
			go func() { _ = bot.Run(context.Background()) }()
		}
		act := func() { d.report(references) }
		if command == "trade" {
			act = func() { trading = true }
		}
		if !running {
			act()
			continue
		}
		var s engine.Submission
		if err := bot.Submitter().Do(act, &s); err != nil {
			os.Exit(1)
		}
		_, _ = s.Wait(context.Background())
	}
}

// report prints what the process knows.
func (d *tradingDay) report(references []uint64) {
	r := report{
		Recovery: d.Recovery(), Live: make(map[uint64]order.Order), Doubts: make(map[uint64]bool),
		Account: d.Account(), Complete: d.Completeness(),
	}
	r.Recovery.Cause, r.Complete.Cause = nil, nil
	for _, reference := range references {
		if o := d.Order(reference); o == nil || o.Foreign {
			r.Missing = append(r.Missing, reference)
		}
	}
	for o := range d.Orders() {
		r.Live[o.Reference] = *o
		r.Doubts[o.Reference] = o.Overlay&order.InDoubt != 0
	}
	for _, contract := range dayContracts {
		r.Position = append(r.Position, d.Position(sim.DemoMarket, contract))
	}
	b, err := json.Marshal(r)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("report %s\n", b)
}

// crashAct does something with orders, and keeps their number small.
func (d *tradingDay) crashAct() {
	live := make(map[uint64]order.Order)
	for o := range d.Orders() {
		if o.ID != 0 && o.Overlay == 0 {
			live[o.ID] = *o
		}
	}
	price := odds.Price(3000 + 100*d.rand.IntN(41))
	for id := range maps.Keys(live) {
		o := live[id]
		switch n := d.rand.IntN(20); {
		case n < 2 || len(live) > 30 && n < 8:
			_, _ = d.SendOrderCancel(cancelOf(id))
		case n == 2:
			var m msg.OrderCancelReplace
			m.SetOrigOrderId(id)
			m.SetPrice(uint32(price))
			m.SetQuantity(uint64(o.Executed) + 20_000)
			m.SetMarketId(o.Market)
			_, _ = d.SendOrderCancelReplace(&m)
		}
		break
	}
	side := odds.Buy + odds.Side(d.rand.IntN(2))
	if side == odds.Buy {
		price = min(price, 4900)
	} else {
		price = max(price, 5100)
	}
	_, _ = d.Place(order.Limit{
		Market: sim.DemoMarket, Contract: dayContracts[d.rand.IntN(3)], Side: side, Price: price, Quantity: 20_000,
	})
}
