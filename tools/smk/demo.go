package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/journal"
)

// demoTexts are those of flags and commands whose declarations have no room for them.
var demoTexts = kong.Vars{
	"demo_addr": "Where the exchange listens; 0 is any port.",
	"demo_rate": "About how many orders the bot creates in a second; 0 is as many as are answered.",
	"demo_scenario": "goal, a second of trading as fast as it goes with a summary; or match, a whole football " +
		"match with " +
		"goals, halts, voided fills and settlement. Without it goal, and match with --dash.",
	"demo_speed": "Seconds of the match in one second, 1 to 100; 0 is 20 with --dash, and 100 without.",
	"demo_nats": "Publish a match on NATS, and go on until interrupted: with a server of its own, unless --nats-url " +
		"names another.",
	"demo_at": "127.0.0.1:4222",
	"demo_on": "Where the server of --nats listens",
}

type demoCommand struct {
	Addr    string        `default:"127.0.0.1:0" placeholder:"HOST:PORT" help:"${demo_addr}"`
	JSON    bool          `name:"json" help:"Print the summary as JSON."`
	Orders  int           `default:"20000" help:"How many orders the bot creates at least."`
	Rate    int           `default:"0" placeholder:"N" help:"${demo_rate}"`
	Seed    uint64        `default:"1" help:"Seed of the exchange's other participants."`
	Timeout time.Duration `default:"45s" help:"Give up after this long."`
	Journal string        `placeholder:"DIR" help:"Record the bot's run in this folder, see smk journal."`

	Scenario string  `default:"" placeholder:"NAME" help:"${demo_scenario}"`
	Speed    float64 `default:"0" placeholder:"FACTOR" help:"${demo_speed}"`
	Dash     bool    `help:"Show a match in the browser, and go on until interrupted."`
	Listen   string  `default:"127.0.0.1:0" placeholder:"HOST:PORT" help:"Where --dash serves the page (${default})."`
	Open     bool    `help:"Open the page of --dash in a browser."`
	Control  bool    `help:"Let the page of --dash halt, flatten and resume the bot."`

	NATS       bool   `name:"nats" help:"${demo_nats}"`
	NATSListen string `name:"nats-listen" default:"${demo_at}" placeholder:"HOST:PORT" help:"${demo_on} (${default})."`
	NATSURL    string `name:"nats-url" placeholder:"URL,..." help:"Servers for --nats, instead of its own."`
	NATSCreds  string `name:"nats-creds" type:"existingfile" placeholder:"FILE" help:"Credentials file for --nats-url."`
}

// Limits of the demo's flags.
const (
	ordersMin, ordersMax = 10, 100_000 // the exchange keeps the last 131,072 for its truth
	rateMax              = 100_000

	speedAlone, speedWatched = 100, 20 // of a match
)

// stopTimeout is how long the cancellation of what is left may take when the demo is interrupted.
const stopTimeout = 5 * time.Second

// Validate is called by the command line's parser.
func (c *demoCommand) Validate() error {
	if c.Orders < ordersMin || c.Orders > ordersMax {
		return fmt.Errorf("--orders: %d is not between %d and %d", c.Orders, ordersMin, ordersMax)
	}
	if c.Rate < 0 || c.Rate > rateMax {
		return fmt.Errorf("--rate: %d is not between 0 and %d", c.Rate, rateMax)
	}
	if c.Timeout <= 0 {
		return fmt.Errorf("--timeout: %v is not a time to wait", c.Timeout)
	}
	return c.validateShow()
}

// validateShow fills in what is not said of a match, and checks what is.
func (c *demoCommand) validateShow() error {
	if c.Scenario == "" {
		c.Scenario = scenarioGoal
		if c.Dash || c.NATS {
			c.Scenario = scenarioMatch
		}
	}
	speed := c.Speed
	if speed == 0 {
		c.Speed = speedAlone
		if c.Dash || c.NATS {
			c.Speed = speedWatched
		}
	}
	switch {
	case c.Scenario == scenarioGoal && speed != 0:
		return errors.New("--speed is that of a match: --scenario match")
	case c.Scenario != scenarioGoal && c.Scenario != scenarioMatch:
		return fmt.Errorf("--scenario: %q is neither goal nor match", c.Scenario)
	case c.Dash && c.Scenario != scenarioMatch:
		return errors.New("--dash shows a match: --scenario goal is over in a second")
	case c.NATS && c.Scenario != scenarioMatch:
		return errors.New("--nats publishes a match: --scenario goal is over in a second")
	case !c.NATS && (c.NATSURL != "" || c.NATSCreds != ""):
		return errors.New("--nats-url and --nats-creds are for --nats")
	case c.NATSCreds != "" && c.NATSURL == "":
		return errors.New("--nats-creds: the server of --nats knows no users")
	case !(c.Speed >= 1 && c.Speed <= 100):
		return fmt.Errorf("--speed: %v is not between 1 and 100", c.Speed)
	case !c.Dash && (c.Open || c.Control):
		return errors.New("--open and --control are for the page of --dash")
	}
	return nil
}

// Run starts an exchange in a process of its own, so that what is measured here is the bot's alone,
// trades with it and compares the two accounts of what happened.
func (c *demoCommand) Run(ctx context.Context, std stdio) error {
	if c.Scenario == scenarioMatch {
		return c.show(ctx, std)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.Timeout, fmt.Errorf("the demo did not end within %v", c.Timeout))
	defer cancel()
	s, err := c.play(ctx)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return cause // whatever failed, failed because of it
		}
		return err
	}
	if c.JSON {
		err = s.writeJSON(std.out)
	} else {
		err = s.writeText(std.out)
	}
	if err == nil && !s.Agrees {
		err = errors.New("the bot's account differs from the exchange's")
	}
	return err
}

// play starts the exchange, trades and compares.
func (c *demoCommand) play(ctx context.Context) (*summary, error) {
	exchange, err := startExchange(ctx, c.Addr, c.Seed)
	if err != nil {
		return nil, err
	}
	defer exchange.kill()
	s, err := trade(ctx, exchange, c.Orders, c.Rate, c.Journal)
	if err != nil {
		return nil, err
	}
	truth, err := exchange.stop()
	if err != nil {
		return nil, err
	}
	s.Address, s.Seed = exchange.hello.Address, c.Seed
	s.compare(truth)
	return s, nil
}

// trade logs a bot in, lets it trade until it is flat and logs it out.
func trade(
	ctx context.Context, exchange *exchangeProcess, orders, rate int, journalDir string,
) (*summary, error) {
	hello := exchange.hello
	config := demoConfig(hello.Market)
	config.Address = hello.Address
	config.Session.Username, config.Session.Password = hello.Username, hello.Password
	if journalDir != "" {
		config.Journal = journal.Config{
			Dir: journalDir, Name: journalNameOf(hello, orders),
			Durability: journal.SyncNone,
		}
	}
	e, err := engine.New(config)
	if err != nil {
		return nil, err
	}
	b, err := newBot(e, hello, orders, exchange)
	if err == nil && rate > 0 {
		err = b.pace(rate)
	}
	if err != nil {
		return nil, err
	}
	left, runErr := e.RunUntilFlat(ctx, stopTimeout)
	s, err := b.summary(hello.names())
	if err != nil {
		return nil, errors.Join(err, runErr)
	}
	s.Orders.Live, s.CleanLogout = len(left), runErr == nil
	return s, nil
}

// demoConfig returns the bot's settings, without what names the exchange and the account.
func demoConfig(market uint32) engine.Config {
	return engine.Config{
		DisableTLS: true,
		Session:    session.Config{AccountFromStart: true, RequireCaughtUp: true, CancelAllOnFailure: true},
		State: engine.StateConfig{
			HandleReplayed: true, // the counts are to include what happened during the cut
			OnUnresolved:   engine.CancelUnresolvedMarket,
			Risk: risk.Config{
				OrderQuantityMax: quoteSize, MarketExposureMax: lossMax, ContractOrdersMax: 8,
				RefuseSelfCross: true, Markets: []uint32{market},
			},
		},
		ReconnectBackoff: []time.Duration{0, 10 * time.Millisecond},
		CancelAllOnPanic: true,
	}
}

// exchangeProcess is a running exchange in a process of its own. It lives until its standard input
// ends, and then tells its truth.
type exchangeProcess struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	lines *json.Decoder
	err   *strings.Builder
	hello hello
}

func startExchange(ctx context.Context, addr string, seed uint64, flags ...string) (*exchangeProcess, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &exchangeProcess{err: new(strings.Builder)}
	flags = append([]string{"exchange", "--addr=" + addr, fmt.Sprintf("--seed=%d", seed)}, flags...)
	p.cmd = exec.CommandContext(ctx, self, flags...)
	p.cmd.Stderr = p.err
	ownGroup(p.cmd) // an interrupt of the terminal is for the demo, which ends its exchange last
	stdin, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the exchange: %w", err)
	}
	p.stdin, p.lines = stdin, json.NewDecoder(stdout)
	if err := p.lines.Decode(&p.hello); err != nil {
		return nil, p.ended(err)
	}
	return p, nil
}

// ended waits for the process and says why it ended: its own words if it had any.
func (p *exchangeProcess) ended(err error) error {
	waitErr := p.cmd.Wait()
	if said := strings.TrimSpace(strings.TrimPrefix(p.err.String(), "smk: ")); said != "" {
		return errors.New(said)
	}
	return fmt.Errorf("the exchange ended early: %w", errors.Join(err, waitErr))
}

// kickOff starts the match.
func (p *exchangeProcess) kickOff() error { return p.ask(askKickOff) }

// goal has a goal fall, which halts the market.
func (p *exchangeProcess) goal() error { return p.ask(askGoal) }

// cut breaks the connection in the middle of the next message to the bot.
func (p *exchangeProcess) cut() error { return p.ask(askCut) }

// ask returns when the exchange has done it. A bot that went on meanwhile would create any number of orders before the
// cut if the exchange's process were kept from the processor.
func (p *exchangeProcess) ask(what byte) error {
	if _, err := p.stdin.Write([]byte{what}); err != nil {
		return err
	}
	var done string
	if err := p.lines.Decode(&done); err != nil {
		return p.ended(err)
	}
	return nil
}

// stop lets the exchange end and returns what it knows.
func (p *exchangeProcess) stop() (t truth, err error) {
	if err := p.stdin.Close(); err != nil {
		return t, err
	}
	if err := p.lines.Decode(&t); err != nil {
		return t, p.ended(err)
	}
	return t, p.cmd.Wait()
}

// kill ends the process if it still runs.
func (p *exchangeProcess) kill() {
	if p.cmd.ProcessState == nil {
		p.cmd.Process.Kill()
		p.cmd.Wait()
	}
}
