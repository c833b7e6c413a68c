package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/chaos"
	"github.com/smk-go/smk/sim/fault"
)

// soakTexts are those of flags and commands whose declarations have no room for them.
var soakTexts = kong.Vars{
	"soak_forget": "Bots keep nothing in files: one that was killed asks for all messages of its account, so that a " +
		"long run has to be slow.",
}

// soakCommand is bots and an exchange as processes, with a proxy between them that breaks connections. All of them are
// killed and stopped at random, except one bot whose memory is watched. In the end everything that the bots know is
// compared with what the exchange knows.
type soakCommand struct {
	For    time.Duration `default:"2m" help:"How long (${default})."`
	Seed   uint64        `help:"Seed of everything that is left to chance; without it a random one, which is printed."`
	Plain  bool          `help:"Plain TCP instead of TLS: messages are lost, doubled and overtaken, too."`
	Pace   int           `default:"100" help:"Requests of each bot a second at most (${default})."`
	Forget bool          `help:"${soak_forget}"`
	Calm   bool          `help:"Break nothing and kill nobody."`
	Dir    string        `placeholder:"DIR" help:"Keep the files of the run here; without it they are removed."`
	JSON   bool          `name:"json" help:"Print one JSON document in the end."`
}

// Limits of a soak.
const (
	soakMin     = 5 * time.Second
	soakHistory = 1 << 13 // messages of an account that the exchange keeps
	soakForget  = 1 << 16 // the same for bots without a file, which need all of them
	soakAnswers = 3       // messages of an account for each request
	soakSettle  = 90 * time.Second
	soakSeconds = 20 // until a process has to have ended

	heapGrowthMax = 512 << 10 // bytes by which the least live heap of the last third may exceed that of the first
)

// Validate is called by the command line's parser.
func (c *soakCommand) Validate() error {
	switch {
	case c.For < soakMin:
		return fmt.Errorf("--for: %v is less than %v", c.For, soakMin)
	case c.Pace < 1 || c.Pace > 1000:
		return fmt.Errorf("--pace: %d is not between 1 and 1000", c.Pace)
	}
	return nil
}

// soak is a running soak.
type soak struct {
	*soakCommand
	random   *rand.Rand
	dir      string
	out      io.Writer
	exchange *soakProcess
	bots     [2]*soakProcess // the first is never killed
	proxy    *chaos.Proxy
	counts   soakCounts
	durable  bool // bots sync each request
	report   soakReport
}

// Run runs a soak.
func (c *soakCommand) Run(ctx context.Context, std stdio) (err error) {
	if c.Seed == 0 {
		c.Seed = rand.Uint64() >> 1
	}
	printed := &checkedWriter{Writer: std.out}
	if c.JSON {
		printed.Writer = io.Discard
	}
	s := &soak{soakCommand: c, random: rand.New(rand.NewPCG(c.Seed, 0x50a1)), out: printed, dir: c.Dir}
	if s.dir == "" {
		if s.dir, err = os.MkdirTemp("", "smk-soak-"); err != nil {
			return err
		}
		defer os.RemoveAll(s.dir)
	} else {
		err = needEmpty(s.dir) // said in JSON, too
	}
	if c.Forget {
		c.Pace = max(1, min(c.Pace, int(soakForget/soakAnswers/c.For.Seconds())))
	}
	s.durable = s.random.IntN(2) == 0
	fmt.Fprintf(s.out, "seed      %d, %v, at most %d requests of a bot a second, synced %t\n", c.Seed, c.For, c.Pace,
		s.durable && !c.Forget)
	defer s.end()
	begun := time.Now()
	working := startProgress(std.err, func() string {
		return fmt.Sprintf("soak: %v of %v", time.Since(begun).Round(time.Second), c.For)
	})
	s.out = working.over(s.out)
	for _, part := range []func() error{
		s.start, func() error { return s.play(ctx) }, func() error { return s.compare(ctx) },
	} {
		if err == nil {
			err = part()
		}
	}
	working.stop()
	if s.proxy != nil {
		fmt.Fprintf(s.out, "faults    %s\n", faultCounts(s.proxy.Counts()))
		s.report.Faults = faultMap(s.proxy.Counts())
	}
	n := s.counts
	fmt.Fprintf(s.out, "processes %d kills of the exchange, %d of a bot, %d stops, %d resets, %d plans\n",
		n.ExchangeKills, n.BotKills, n.Stops, n.Resets, n.Plans)
	if c.JSON {
		err = errors.Join(err, s.report.write(std.out, s, time.Since(begun), err))
	}
	return errors.Join(err, printed.err)
}

// needEmpty refuses a folder with something in it: the certificate and the states of another soak, which may still run.
func needEmpty(dir string) error {
	files, err := os.ReadDir(dir)
	if err == nil && len(files) > 0 {
		err = fmt.Errorf("--dir: %s is not empty", dir)
	}
	return err
}

// start starts the proxy and the processes.
func (s *soak) start() (err error) {
	var trust []string
	if !s.Plain {
		if trust, err = s.certificate(); err != nil {
			return err
		}
	}
	args := []string{
		"sim", "--json", "--until-eof", "--addr=127.0.0.1:0", "--truth=127.0.0.1:0", "--life=50",
		fmt.Sprint("--seed=", s.Seed),
		"--state=" + filepath.Join(s.dir, "state"), "--state-every=0s", "--orders=4096",
	}
	if s.Forget {
		args = append(args, fmt.Sprint("--history=", soakForget))
	} else {
		args = append(args, fmt.Sprint("--history=", soakHistory))
	}
	if len(trust) > 0 {
		args = append(args, "--cert="+trust[0], "--key="+trust[1])
	}
	if s.exchange, err = startSoakProcess(args); err != nil {
		return err
	}
	w := s.exchange.welcome // from now on it listens where it listened first
	for i, a := range s.exchange.args {
		switch a {
		case "--addr=127.0.0.1:0":
			s.exchange.args[i] = "--addr=" + w.Address
		case "--truth=127.0.0.1:0":
			s.exchange.args[i] = "--truth=" + strings.TrimSuffix(strings.TrimPrefix(w.Truth, "http://"), "/")
		}
	}
	if s.proxy, err = chaos.Listen(chaos.Config{Listen: "127.0.0.1:0", To: w.Address, Seed: s.Seed}); err != nil {
		return err
	}
	go s.proxy.Serve()
	for i, name := range []string{sim.DemoUsername, "rival"} {
		args := []string{
			"soak-bot", "--address=" + s.proxy.Addr().String(), "--username=" + name, "--password=" + name,
			fmt.Sprint("--seed=", s.Seed+uint64(i)), fmt.Sprint("--pace=", s.Pace),
		}
		if len(trust) > 0 {
			args = append(args, "--trust="+trust[0])
		}
		if !s.Forget {
			args = append(args, "--state="+filepath.Join(s.dir, name), fmt.Sprint("--durable=", s.durable))
		}
		if s.bots[i], err = startSoakProcess(args); err != nil {
			return err
		}
	}
	return nil
}

// end ends what still runs.
func (s *soak) end() {
	for _, p := range []*soakProcess{s.bots[0], s.bots[1], s.exchange} {
		if p != nil {
			p.kill()
		}
	}
	if s.proxy != nil {
		_ = s.proxy.Close()
	}
}

// play breaks connections and kills processes until the time is over.
func (s *soak) play(ctx context.Context) error {
	over := time.After(s.For)
	if s.Calm {
		select {
		case <-over:
			return s.alive()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for {
		wait := time.Duration(100+s.random.IntN(900)) * time.Millisecond
		select {
		case <-over:
			return s.alive()
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
		if err := s.alive(); err != nil {
			return err
		}
		if err := s.step(); err != nil {
			return err
		}
	}
}

// alive checks that no process has ended by itself.
func (s *soak) alive() error {
	for _, p := range []*soakProcess{s.exchange, s.bots[0], s.bots[1]} {
		if err := p.exited(); err != nil {
			return err
		}
	}
	return nil
}

// step does something to a process or to the connections.
func (s *soak) step() error {
	pause := time.Duration(s.random.IntN(1500)) * time.Millisecond
	switch n := s.random.IntN(10); {
	case n < 2:
		s.counts.ExchangeKills++
		return s.exchange.restart(pause)
	case n < 4:
		s.counts.BotKills++
		return s.bots[1].restart(pause)
	case n < 5:
		s.counts.Stops++
		p := []*soakProcess{s.exchange, s.bots[0], s.bots[1]}[s.random.IntN(3)]
		return errors.Join(p.signal(stopProcess), sleepFor(pause), p.signal(continueProcess))
	case n < 6:
		s.counts.Resets++
		s.proxy.Reset()
		return nil
	}
	s.counts.Plans++
	return s.proxy.SetPlan(s.plan())
}

func sleepFor(d time.Duration) error {
	<-time.After(d)
	return nil
}

// plan draws a plan of faults: a third of them is there, a quarter of the plans is quiet.
func (s *soak) plan() fault.Plan {
	p := fault.Plan{
		DelayMax: 200 * time.Millisecond, StallMax: 2 * time.Second, CoalesceFor: 30 * time.Millisecond,
		DripEvery: time.Millisecond, HalfOpenFor: 2 * time.Second,
	}
	if s.random.IntN(4) == 0 {
		return p
	}
	for _, k := range soakFaults {
		if s.random.IntN(3) == 0 {
			p.Chance[k.kind] = 1 + s.random.Uint32N(k.most)
		}
	}
	return p
}

// soakFaults are the faults and their highest chances, in a million. A bit that flips is noticed under TLS alone.
var soakFaults = []struct {
	kind fault.Kind
	most uint32
}{
	{fault.Split, 500_000},
	{fault.Coalesce, 300_000},
	{fault.Drip, 20_000},
	{fault.Cut, 20_000},
	{fault.Stall, 3_000},
	{fault.HalfOpen, 2_000},
	{fault.Refuse, 500_000},
	{fault.Drop, 20_000},
	{fault.Duplicate, 20_000},
	{fault.DropIn, 20_000},
	{fault.DuplicateIn, 20_000},
	{fault.Delay, 10_000},
	{fault.Reorder, 20_000},
	{fault.DelayIn, 10_000},
	{fault.ReorderIn, 20_000},
}
