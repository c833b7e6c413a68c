package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/smk-go/smk/plugin/smknats"
)

// What is measured of a bot whose journal is published to consumers.
const (
	fanOutOrders    = 2_000  // NATS_FANOUT=N in the environment: N rounds (NATS_FANOUT_RATE=600: only those at 600) of
	fanOutMore      = 10_000 // orders as fast as they are answered, and of
	fanOutPaced     = 1_500  // at fanOutRate
	fanOutApart     = 6_000  // at least, of bots with a core of their own
	fanOutConsumers = 5
	fanOutMany      = 50  // then
	fanOutRate      = 600 // a second
	burnPeriod      = 10 * time.Millisecond
	consumersTime   = 10 * time.Second // until all of them are there
)

// TestFannedOut compares bots with a publisher, a server and consumers, one of which does not read, with bots
// without: they allocate as much, which is nothing in steady state. Round trips are printed, not judged: the machine
// may be busy, and publisher, server and consumers take cores that the bot and its exchange have to share with them.
// How much of that is the machine's, another bot says: beside it runs something else that takes as much processor
// time. Beside a fourth all of them take only what nobody else wants. The same with bots that have a core of their own,
// and what runs beside them the other, is what the loop itself notices.
func TestFannedOut(t *testing.T) {
	f := newFanOut(t)
	rounds, _ := strconv.Atoi(os.Getenv("NATS_FANOUT"))
	if rounds == 0 {
		f.orders, f.consumers = fanOutOrders, fanOutConsumers
		f.check(f.trade(0, f.publish()), f.consumers-1)
		return
	}
	f.consumers = fanOutMany
	for rate, orders := range map[int]int{0: fanOutMore, fanOutRate: fanOutPaced} {
		f.orders = orders
		if only := os.Getenv("NATS_FANOUT_RATE"); only != "" && only != strconv.Itoa(rate) {
			continue
		}
		var alone, fanned, burnt, idle, apart, apartBurnt, shares []float64
		for round := range rounds {
			var a, p, b, i, own, ownFanned, ownBurnt fanOutTrade
			arms := []func(){
				func() { a = f.trade(rate, nil) },
				func() { p = f.trade(rate, f.publish()); b = f.trade(rate, f.burn(p.share)) },
				func() { i = f.trade(rate, f.publish("--idle")) },
				func() {
					f.apart, f.orders = true, max(orders, fanOutApart)
					own = f.trade(rate, nil)
					ownFanned = f.trade(rate, f.publish())
					ownBurnt = f.trade(rate, f.burn(ownFanned.share))
					f.apart, f.orders = false, orders
				},
			}
			for n := range arms { // each begins in turn
				arms[(round+n)%len(arms)]()
			}
			f.check(a, 0)
			f.check(p, f.consumers-1)
			f.check(i, f.consumers-1)
			f.check(own, 0)
			f.check(ownFanned, f.consumers-1)
			f.check(ownBurnt, 0)
			over := func(r fanOutTrade) float64 { return r.RoundTrip.P99 / a.RoundTrip.P99 }
			alone, shares = append(alone, a.RoundTrip.P99), append(shares, p.share)
			fanned, burnt, idle = append(fanned, over(p)), append(burnt, over(b)), append(idle, over(i))
			apart = append(apart, ownFanned.RoundTrip.P99/own.RoundTrip.P99)
			apartBurnt = append(apartBurnt, ownBurnt.RoundTrip.P99/own.RoundTrip.P99)
			t.Logf("%d orders a second: p99 %.0f us alone; with %d consumers %.0f us (%.2f cores, %d messages), "+
				"with as much else %.0f us, with idle consumers %.0f us (%.2f cores, %d messages); "+
				"on a core of its own %.0f us, with consumers %.0f us (%d messages), with as much else %.0f us",
				rate, a.RoundTrip.P99, f.consumers, p.RoundTrip.P99, p.share, p.delivered,
				b.RoundTrip.P99, i.RoundTrip.P99, i.share, i.delivered, own.RoundTrip.P99, ownFanned.RoundTrip.P99,
				ownFanned.delivered, ownBurnt.RoundTrip.P99)
		}
		for _, list := range [][]float64{alone, fanned, burnt, idle, apart, apartBurnt, shares} {
			slices.Sort(list)
		}
		m := rounds / 2
		t.Logf("%d orders a second, medians of %d rounds: p99 %.0f us alone; fan-out / alone %.2f, "+
			"as much else / alone %.2f, idle fan-out / alone %.2f, on cores apart %.2f, as much else there %.2f; "+
			"fan-out takes %.2f cores",
			rate, rounds, alone[m], fanned[m], burnt[m], idle[m], apart[m], apartBurnt[m], shares[m])
	}
}

// fanOut runs demos, as processes of the test's own program.
type fanOut struct {
	t         *testing.T
	dir       string // of the programs
	orders    int
	consumers int
	apart     bool // the bot on the first core, what runs beside it on the second
}

// command is one that runs on a core, if cores are kept apart.
func (f *fanOut) command(core int, name string, args ...string) *exec.Cmd {
	path := filepath.Join(f.dir, name)
	if !f.apart {
		return exec.Command(path, args...)
	}
	return exec.Command("taskset", append([]string{"--cpu-list", strconv.Itoa(core), path}, args...)...)
}

// fanOutTrade is what a demo says, and what ran beside it.
type fanOutTrade struct {
	summary
	delivered int64   // to consumers
	share     float64 // cores that what ran beside it took
}

// newFanOut makes the programs, which testscript tells apart by their names.
func newFanOut(t *testing.T) *fanOut {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	f := &fanOut{t: t, dir: t.TempDir()}
	for _, name := range []string{"smk", "fanout", "burn"} {
		if os.Link(self, filepath.Join(f.dir, name)) == nil {
			continue
		}
		b, err := os.ReadFile(self)
		if err == nil {
			err = os.WriteFile(filepath.Join(f.dir, name), b, 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return f
}

// check expects that a bot did not allocate, and that consumers had as many messages each as there were contracts.
func (f *fanOut) check(r fanOutTrade, consumers int) {
	f.t.Helper()
	const made = 0.05 // allocations a message, of what is made once
	if r.AllocationsPerMessage > made || !r.Agrees {
		f.t.Errorf("%v allocations a message, agrees %v", r.AllocationsPerMessage, r.Agrees)
	}
	if r.delivered < int64(consumers*len(r.Positions)) {
		f.t.Errorf("%d messages for %d consumers", r.delivered, consumers)
	}
}

// beside is what runs beside a bot: it begins with the bot's journal, and ends with what it delivered and used.
type beside func(journal string) (end func() (delivered int64, used time.Duration))

// trade runs a demo.
func (f *fanOut) trade(rate int, b beside) (r fanOutTrade) {
	f.t.Helper()
	dir := filepath.Join(f.t.TempDir(), "journal")
	if err := os.Mkdir(dir, 0o755); err != nil {
		f.t.Fatal(err)
	}
	end := func() (int64, time.Duration) { return 0, 0 }
	if b != nil {
		end = b(dir)
	}
	began := time.Now()
	out, err := f.command(0, "smk", "demo", "--json", "--journal="+dir, "--timeout=1m",
		fmt.Sprintf("--rate=%d", rate), fmt.Sprintf("--orders=%d", f.orders)).Output()
	took := time.Since(began)
	if err == nil {
		err = json.Unmarshal(out, &r.summary)
	}
	if err != nil {
		f.t.Fatalf("%v: %s", err, out)
	}
	var used time.Duration
	r.delivered, used = end()
	r.share = used.Seconds() / took.Seconds()
	return r
}

// publish publishes the journal on a server, with consumers that follow it.
func (f *fanOut) publish(flags ...string) beside {
	return func(journal string) func() (int64, time.Duration) {
		server := f.start("smk", "nats-demo", "--journal="+journal, "--listen=127.0.0.1:0", strings.Join(flags, " "))
		var hello struct{ URL string }
		server.read(&hello)
		consumers := f.start("fanout", hello.URL, strconv.Itoa(f.consumers), strings.Join(flags, " "))
		consumers.read(&struct{}{})
		return func() (int64, time.Duration) {
			var delivered int64
			_ = consumers.stdin.Close()
			consumers.read(&delivered)
			return delivered, consumers.end() + server.end()
		}
	}
}

// burn takes as many cores for nothing.
func (f *fanOut) burn(share float64) beside {
	return func(string) func() (int64, time.Duration) {
		p := f.start("burn", fmt.Sprint(share))
		return func() (int64, time.Duration) { return 0, p.end() }
	}
}

// helper is a process that ends with its standard input.
type helper struct {
	t     *testing.T
	cmd   *exec.Cmd
	stdin io.Closer
	out   *json.Decoder
}

func (f *fanOut) start(name string, args ...string) *helper {
	f.t.Helper()
	args = slices.DeleteFunc(args, func(a string) bool { return a == "" })
	p := &helper{t: f.t, cmd: f.command(1, name, args...)}
	p.cmd.Stderr = os.Stderr
	in, err := p.cmd.StdinPipe()
	if err != nil {
		f.t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		f.t.Fatal(err)
	}
	p.stdin, p.out = in, json.NewDecoder(out)
	f.t.Cleanup(func() { _ = p.cmd.Process.Kill() }) // one that has ended is not there
	return p
}

func (p *helper) read(v any) {
	p.t.Helper()
	if err := p.out.Decode(v); err != nil {
		p.t.Fatalf("%v: %v", p.cmd.Args, err)
	}
}

// end ends the process and returns the processor time that it had.
func (p *helper) end() time.Duration {
	p.t.Helper()
	_ = p.stdin.Close()
	if err := p.cmd.Wait(); err != nil {
		p.t.Fatalf("%v: %v", p.cmd.Args, err)
	}
	return p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime()
}

// runFanOut are consumers, each with a connection of its own, and one that subscribes and does not read. It says when
// they are there, and in the end how many messages they had.
func runFanOut() error {
	if lowerPriority(); len(os.Args) > 3 {
		idlePriority()
	}
	count, err := strconv.Atoi(os.Args[2])
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var delivered atomic.Int64
	var wait sync.WaitGroup
	for range count - 1 {
		nc, err := nats.Connect(os.Args[1])
		if err != nil {
			return err
		}
		defer nc.Close()
		f, err := smknats.Follow(ctx, nc, smknats.FollowConfig{
			Environment: natsDemoEnvironment, Account: natsDemoAccount, StaleAfter: time.Minute,
		})
		if err != nil {
			return err
		}
		wait.Go(func() {
			for {
				if _, err := f.Next(ctx); err != nil {
					return
				}
				delivered.Add(1)
			}
		})
	}
	stalled, err := stalledConsumer(os.Args[1])
	if err != nil {
		return err
	}
	defer func() { _ = stalled.Close() }()
	out := json.NewEncoder(os.Stdout)
	if err := out.Encode(struct{}{}); err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	cancel()
	wait.Wait()
	return out.Encode(delivered.Load())
}

// stalledConsumer subscribes to everything, and never reads.
func stalledConsumer(server string) (net.Conn, error) {
	u, err := url.Parse(server)
	if err != nil {
		return nil, err
	}
	conn, err := net.DialTimeout("tcp", u.Host, consumersTime)
	if err != nil {
		return nil, err
	}
	_ = conn.SetDeadline(time.Now().Add(consumersTime))
	in := bufio.NewReader(conn)
	if line, err := in.ReadString('\n'); err != nil || !strings.HasPrefix(line, "INFO") {
		return nil, fmt.Errorf("%q, %w", line, err)
	}
	_, err = io.WriteString(conn, "CONNECT {\"verbose\":false}\r\nSUB smk.> 1\r\nPING\r\n")
	if err != nil {
		return nil, err
	}
	line, err := in.ReadString('\n')
	if !strings.HasPrefix(line, "PONG") {
		return nil, errors.Join(err, fmt.Errorf("%q instead of a PONG", line))
	}
	return conn, conn.SetDeadline(time.Time{})
}

// runBurn takes as much processor time as its argument says, in cores, on two threads, until the standard input ends.
func runBurn() error {
	lowerPriority()
	share, err := strconv.ParseFloat(os.Args[1], 64)
	if err != nil {
		return err
	}
	for range 2 {
		go func() {
			for {
				began := time.Now()
				for time.Since(began) < time.Duration(share/2*float64(burnPeriod)) {
				}
				time.Sleep(burnPeriod - time.Since(began))
			}
		}()
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// mainOf runs a helper of the tests.
func mainOf(run func() error) func() {
	return func() {
		if err := run(); err != nil {
			fmt.Fprintln(os.Stderr, os.Args[0]+":", err)
			os.Exit(1)
		}
	}
}
