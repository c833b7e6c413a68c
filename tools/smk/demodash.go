package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/plugin/smkcontrol"
)

// The scenarios of the demo.
const (
	scenarioGoal  = "goal"  // the short one: a goal, as fast as possible, and a summary
	scenarioMatch = "match" // a whole match, to be looked at
)

// showing is a demo that people look at.
type showing struct {
	*demoCommand
	std     stdio
	dir     string // of the journal
	token   string
	control string // address of the bot's control server
	url     string // of the page
	names   map[uint32]string
	dash    *exec.Cmd
	stdin   io.Closer // of the dashboard
	nats    *natsProcess
}

// show plays matches, one after the other with --dash or --nats, until ctx ends; without it one, with a summary.
func (c *demoCommand) show(ctx context.Context, std stdio) (err error) {
	s := &showing{demoCommand: c, std: std, dir: c.Journal}
	if s.dir == "" {
		if s.dir, err = os.MkdirTemp("", "smk-demo-"); err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(s.dir) }()
	}
	defer s.stopDash()
	defer func() { s.nats.stop() }()
	if c.Control {
		s.token = rand.Text()
	}
	for run := 1; ; run++ {
		err := s.match(ctx, run)
		if err != nil || !c.Dash && !c.NATS || ctx.Err() != nil {
			return err
		}
	}
}

// match plays a match with an exchange of its own.
func (s *showing) match(ctx context.Context, run int) error {
	// The bot cancels its orders when it is interrupted: the exchange lives until then.
	exchange, err := startExchange(context.WithoutCancel(ctx), s.Addr, s.Seed+uint64(run)-1, "--scenario="+s.Scenario,
		fmt.Sprintf("--speed=%v", s.Speed))
	if err != nil {
		return err
	}
	defer exchange.kill()
	e, err := engine.New(matchConfig(&exchange.hello, s.dir, run))
	if err != nil {
		return err
	}
	b, err := newMatchBot(e, &exchange.hello, exchange.kickOff)
	if err != nil {
		return errors.Join(err, e.Close())
	}
	if s.Control {
		control, err := smkcontrol.Listen(e, smkcontrol.Config{Address: s.controlAddress(), Token: s.token})
		if err != nil {
			return errors.Join(err, e.Close())
		}
		defer func() { _ = control.Close() }()
		s.control = control.URL()
	}
	if s.Dash && s.url == "" {
		s.names = exchange.hello.allNames()
		if err := s.startDash(); err != nil {
			return errors.Join(err, e.Close())
		}
	}
	if s.NATS && s.nats == nil {
		if err := s.startNATS(); err != nil {
			return errors.Join(err, e.Close())
		}
	}
	line := startProgress(s.std.err, func() string { return s.progressText(b, run) })
	left, runErr := e.RunUntilFlat(ctx, stopTimeout)
	line.stop()
	cash := b.Account().Cash
	runErr = errors.Join(b.failure, runErr)
	if ctx.Err() != nil { // interrupted: the exchange was, too
		return nil
	}
	t, err := exchange.stop()
	if err != nil {
		return err
	}
	return errors.Join(runErr, s.summary(b, &t, cash, len(left)))
}

// controlAddress is where the bot takes commands: where it did in the last match, as the page knows that.
func (s *showing) controlAddress() string {
	if s.control != "" {
		return strings.TrimPrefix(s.control, "http://")
	}
	return "127.0.0.1:0"
}

// summary says how a match ended, and whether bot and exchange agree.
func (s *showing) summary(b *matchBot, t *truth, cash odds.Money, left int) error {
	agrees := int64(cash) == t.Money.Cash && left == t.Live
	if s.JSON {
		err := json.NewEncoder(s.std.out).Encode(map[string]any{
			"orders": b.counts.orders.Load(), "fills": b.counts.fills.Load(), "voided": b.counts.voided.Load(),
			"cash": int64(cash), "exchange_cash": t.Money.Cash, "profit": int64(b.Account().Realised), "agrees": agrees,
		})
		if err != nil {
			return err
		}
	} else {
		const text = "match       %d orders, %d fills, %d of them voided; profit %s; the exchange's truth %s\n"
		fmt.Fprintf(s.std.out, text,
			b.counts.orders.Load(), b.counts.fills.Load(), b.counts.voided.Load(), signed(b.Account().Realised),
			map[bool]string{true: "agrees to the last unit", false: "DIFFERS"}[agrees])
	}
	if !agrees {
		return errDiffers
	}
	return nil
}

// startDash starts the dashboard, in a process of its own, and says where it is.
func (s *showing) startDash() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	args := append([]string{"dash", "--journal=" + s.dir, "--listen=" + s.Listen, "--json", "--until-eof"},
		nameFlags(s.names)...)
	if s.Open {
		args = append(args, "--open")
	}
	if s.Control {
		args = append(args, "--control", "--bot="+s.control)
	}
	cmd := exec.Command(self, args...)
	ownGroup(cmd)
	if s.stdin, err = cmd.StdinPipe(); err != nil { // it ends with this process, whatever ends that
		return err
	}
	cmd.Env = append(os.Environ(), "SMK_CONTROL_TOKEN="+s.token)
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	var hello struct{ URL string }
	if err == nil {
		err = json.Unmarshal(line, &hello)
	}
	if err != nil {
		_ = cmd.Wait()
		return fmt.Errorf("the dashboard did not start: %s", strings.TrimSpace(said.String()))
	}
	s.dash, s.url = cmd, hello.URL
	if s.JSON {
		return json.NewEncoder(s.std.out).Encode(map[string]string{
			"dashboard": s.url, "journal": s.dir, "token": s.token, "control": s.control,
		})
	}
	fmt.Fprintf(s.std.out, "dashboard   %s (interrupt to end)\n", s.url)
	fmt.Fprintf(s.std.out, "terminal    smk watch --journal %s\n", s.dir)
	if s.Control {
		fmt.Fprintf(s.std.out, "token       %s (halt, flatten and resume ask for it)\n", s.token)
	}
	return nil
}

// stopDash ends the dashboard.
func (s *showing) stopDash() {
	if s.dash != nil {
		_ = s.stdin.Close()
		_ = s.dash.Wait()
	}
}

// progressText is the progress line.
func (s *showing) progressText(b *matchBot, run int) string {
	state, _ := b.counts.state.Load().(string)
	return fmt.Sprintf("match %d: %s; %d orders, %d fills, profit %s", run, state, b.counts.orders.Load(),
		b.counts.fills.Load(), signed(odds.Money(b.counts.profit.Load())))
}
