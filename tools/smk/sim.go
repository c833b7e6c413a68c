package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/script"
)

// simTexts are those of flags and commands whose declarations have no room for them.
var simTexts = kong.Vars{
	"sim_addr": "Where to listen; port 0 takes a free one. Without a host it is this machine alone; 0.0.0.0 or [::] " +
		"is every interface.",
	"sim_trust":    "Where to write a certificate that was made now, for clients to trust",
	"sim_accounts": "Accounts, JSON; without it demo and rival, their names being their passwords.",
	"sim_speed":    "Seconds of the exchange in one second, 0.001 to 1000",
	"sim_life":     "Actions of other participants a second, 0 for none",
	"sim_faults": "What goes wrong on connections, such as drop=1%,delay=5%,delay-max=1s; swarm draws it from the " +
		"seed, for each connection.",
	"sim_state": "Keep what the exchange knows in this file, now and then and in the end, and go on from it: " +
		"sessions " +
		"are gone, accounts, orders, markets and numbers stay.",
	"sim_each":       "0 before every answer, so that an exchange that is killed forgets nothing that it said.",
	"sim_stateevery": "How often",
	"sim_history":    "Account messages kept for each account, which a client can ask for, at most 1048576",
	"sim_truth": "Answer HTTP GET there with what the exchange knows: each account's orders, positions and balance, " +
		"as JSON. Without a host it is this machine alone.",
	"sim_play": "Play a scenario with clients of its own, as fast as possible, say whether it came out as expected, " +
		"and end.",
	"sim_for":  "End after this long; without it the exchange ends when it is interrupted.",
	"sim_json": "Say how to connect, and in the end what the exchange knows, as JSON, in a line each.",
}

// simCommand is an exchange that any client of the protocol can log in to.
type simCommand struct {
	Addr string `default:"127.0.0.1:3701" placeholder:"HOST:PORT" help:"${sim_addr}"`

	TLS   bool   `name:"tls" help:"Speak TLS, with a certificate made now unless --cert names one."`
	Cert  string `placeholder:"FILE" help:"The certificate, PEM. Implies --tls and needs --key."`
	Key   string `placeholder:"FILE" help:"The certificate's private key, PEM."`
	Trust string `default:"smk-sim.pem" placeholder:"FILE" help:"${sim_trust} (${default})."`

	Accounts string `placeholder:"FILE" help:"${sim_accounts}"`
	Markets  string `placeholder:"FILE" help:"Events and markets, JSON; without it a football match."`

	Seed   uint64  `default:"1" help:"Seed of everything that is left to chance (${default})."`
	Speed  float64 `default:"1" placeholder:"FACTOR" help:"${sim_speed} (${default})."`
	Life   int     `default:"50" placeholder:"RATE" help:"${sim_life} (${default})."`
	Faults string  `placeholder:"PLAN" help:"${sim_faults}"`

	State      string        `placeholder:"FILE" help:"${sim_state}"`
	StateEvery time.Duration `default:"1s" placeholder:"TIME" help:"${sim_stateevery} (${default}); ${sim_each}"`

	Orders  int `default:"131072" placeholder:"N" help:"Orders kept, live and ended, at most 4194304 (${default})."`
	History int `default:"1024" placeholder:"N" help:"${sim_history} (${default})."`

	Truth string `placeholder:"HOST:PORT" help:"${sim_truth}"`

	Scenario  string `placeholder:"NAME|FILE" help:"What happens, from the start on: one of --scenarios, or a file."`
	Scenarios bool   `help:"List the scenarios that there are, and end."`
	Play      string `placeholder:"NAME|FILE" help:"${sim_play}"`

	End  bool          `help:"End when the scenario is over."`
	For  time.Duration `placeholder:"TIME" help:"${sim_for}"`
	JSON bool          `name:"json" help:"${sim_json}"`
	EOF  bool          `name:"until-eof" hidden:"" help:"End when the standard input ends."`

	scenario *script.Scenario // that was read
}

// faultsSwarm is the plan that is drawn.
const faultsSwarm = "swarm"

// Limits of the exchange's flags.
const (
	speedMin, speedMax = 0.001, 1000
	lifeMax            = 1_000_000
)

// Validate is called by the command line's parser.
func (c *simCommand) Validate() error {
	switch {
	case (c.Cert == "") != (c.Key == ""):
		return errors.New("--cert and --key: one needs the other")
	case !(c.Speed >= speedMin && c.Speed <= speedMax):
		return fmt.Errorf("--speed: %v is not between %v and %v", c.Speed, speedMin, speedMax)
	case c.Life < 0 || c.Life > lifeMax:
		return fmt.Errorf("--life: %d is not between 0 and %d", c.Life, lifeMax)
	case c.End && c.Scenario == "":
		return errors.New("--end: there is no --scenario that could be over")
	case c.Orders < 1 || c.Orders > 1<<22:
		return fmt.Errorf("--orders: %d is not between 1 and %d", c.Orders, 1<<22)
	case c.History < 1 || c.History > 1<<20:
		return fmt.Errorf("--history: %d is not between 1 and %d", c.History, 1<<20)
	case c.StateEvery < 0:
		return fmt.Errorf("--state-every: %v is not a time", c.StateEvery)
	case c.State != "" && c.Scenario != "":
		return errors.New("--state and --scenario: a scenario begins with an exchange of its own")
	case c.For < 0:
		return fmt.Errorf("--for: %v is not a time to serve", c.For)
	}
	return nil
}

// Run serves until ctx ends, which is a clean end.
func (c *simCommand) Run(ctx context.Context, std stdio) error {
	switch {
	case c.Scenarios:
		return listScenarios(std.out, c.JSON)
	case c.Play != "":
		return c.play(std.out)
	}
	config, explain, err := c.config()
	if err != nil {
		return err
	}
	secure, err := c.secure(&config)
	if err != nil {
		return err
	}
	log := newLines(std.err)
	config.OnClose = log.closed
	server, err := sim.Listen(loopback(c.Addr), config)
	if err != nil {
		log.end()
		return errors.New(strings.TrimPrefix(explain(err).Error(), "sim: "))
	}
	var truth *truthServer
	if err = secure.write(config.TLS); err == nil && c.Truth != "" {
		truth, err = serveTruth(c.Truth, server)
	}
	if err != nil {
		log.end()
		return errors.Join(err, server.Close())
	}
	if c.For > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.For)
		defer cancel()
	}
	var over func()
	if c.End {
		ctx, over = context.WithCancel(ctx)
		defer over()
	}
	if c.EOF {
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		defer cancel()
		go afterEOF(std.in, cancel)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx) }()
	said := c.say(std.out, welcomeOf(c, config, server.Addr(), secure, truth))
	events := newLines(std.out)
	server.Do(func(s *sim.Sim) {
		if c.Faults == faultsSwarm {
			s.Faults.SetSwarm()
		}
		if c.scenario != nil {
			c.scenario.Start(s, c.happened(events), over)
		}
	})
	if said != nil {
		err = server.Close()
	}
	err = errors.Join(said, err, <-served, truth.close())
	log.end()
	events.end()
	if err != nil {
		return err
	}
	return c.sayLast(std.out, server)
}

// loopback is an address to listen on whose missing host means this machine alone: an exchange
// whose passwords everybody knows is opened to others by a word, not by leaving one out.
func loopback(addr string) string {
	if host, port, err := net.SplitHostPort(addr); err == nil && host == "" {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return addr
}

// say prints how to connect.
func (c *simCommand) say(out io.Writer, w welcome) error {
	if c.JSON {
		return json.NewEncoder(out).Encode(w)
	}
	return w.writeText(out)
}

// sayLast prints what the exchange knew in the end: for people, and for machines if they asked
// for anything.
func (c *simCommand) sayLast(out io.Writer, server *sim.Server) (err error) {
	var t simTruth
	server.View(func(s *sim.Sim) { t, _ = simTruthOf(s, "") })
	if !c.JSON {
		if _, err = fmt.Fprintln(out, "ended       every client was told"); err == nil {
			err = t.writeText(out)
		}
	}
	if err == nil && (c.JSON || c.Truth != "") {
		err = t.writeJSON(out)
	}
	return err
}

// lines prints what happens to clients, off the exchange's goroutine. What comes faster than
// it can be printed is left out.
type lines struct {
	queue chan string
	ended chan struct{}
}

// linesMax is how many lines may wait.
const linesMax = 256

func newLines(out io.Writer) *lines {
	l := &lines{queue: make(chan string, linesMax), ended: make(chan struct{})}
	go func() {
		defer close(l.ended)
		for s := range l.queue {
			fmt.Fprintln(out, s)
		}
	}()
	return l
}

// closed is told of a connection that the exchange ended.
func (l *lines) closed(client net.Addr, username string, cause error) {
	if username == "" {
		username = "not logged in"
	}
	did, why := "cut off", strings.TrimPrefix(cause.Error(), "sim: ")
	var logout *sim.LogoutError
	switch {
	case errors.As(cause, &logout):
		did, why = "logged out", strings.TrimPrefix(why, "logged out: ")
	case errors.Is(cause, sim.ErrTLS):
		why = "looks like TLS, use --tls"
	case errors.Is(cause, sim.ErrNotTLS):
		why = "is plain at a TLS port: use TLS, or leave out --tls"
	}
	l.say(fmt.Sprintf("smk: %s %v (%s): %s", did, client, username, why))
}

func (l *lines) say(text string) {
	select {
	case l.queue <- text:
	default: // who cannot print that fast does not hold the exchange up
	}
}

// end waits until all is printed.
func (l *lines) end() {
	close(l.queue)
	<-l.ended
}
