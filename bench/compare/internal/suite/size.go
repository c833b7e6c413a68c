package suite

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/smk-go/smk/bench/compare/internal/measure"
	"github.com/smk-go/smk/sim"
)

// Programs of this module that are built to be measured.
const (
	botProgram  = "github.com/smk-go/smk/bench/compare/internal/bot"
	bareProgram = "github.com/smk-go/smk/bench/compare/internal/bare"
)

// manyConnections is how many share what a process costs when memory is counted by the connection.
const manyConnections = 65

// runSize measures what a bot costs before it has done anything: the size of its program, the time until it has
// logged in, and the memory of a connection.
func runSize(ctx context.Context, o Options, r *Results) error {
	if _, err := exec.LookPath("go"); err != nil {
		r.Notes = append(r.Notes, "Sizes and times of a program are not measured: there is no go command to build it.")
		return nil
	}
	dir, err := os.MkdirTemp("", "smk-bot-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	bot := filepath.Join(dir, "bot")
	for _, p := range []struct{ name, program, what string }{
		{bot, botProgram, "size of a bot's program, without symbols"},
		{filepath.Join(dir, "bare"), bareProgram, "size of a program that opens a TLS connection and nothing else"},
	} {
		cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", p.name, p.program)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("go build: %w: %s", err, out)
		}
		info, err := os.Stat(p.name)
		if err != nil {
			return err
		}
		r.Facts = append(r.Facts, measure.NewFact(p.what, "MB", float64(info.Size())/1e6))
	}
	certificate, err := sim.Certificate(time.Now(), "127.0.0.1")
	if err != nil {
		return err
	}
	trust := filepath.Join(dir, "trust.pem")
	if err := os.WriteFile(trust, sim.TrustPEM(certificate), 0o600); err != nil {
		return err
	}
	secure := &tls.Config{Certificates: []tls.Certificate{certificate}}
	return errors.Join(r.logins(ctx, o, "plain TCP", nil, bot), r.logins(ctx, o, "TLS", secure, bot, trust))
}

// logins lets bots log in at an exchange.
func (r *Results) logins(ctx context.Context, o Options, over string, c *tls.Config, bot string, args ...string) error {
	config := sim.Config{TLS: c}
	for i := range manyConnections {
		config.Accounts = append(config.Accounts, sim.Account{Username: "bot" + strconv.Itoa(i), Password: "bot"})
	}
	exchange, err := sim.Listen("127.0.0.1:0", config)
	if err != nil {
		return err
	}
	served := make(chan error, 1)
	go func() { served <- exchange.Serve(ctx) }()
	defer func() {
		_ = exchange.Close()
		<-served
	}()
	bots := func(connections int) (started, error) {
		return runBot(ctx, bot, append([]string{exchange.Addr().String(), strconv.Itoa(connections)}, args...))
	}
	var times, heap, resident []float64
	for range o.longRounds() {
		alone, err1 := bots(1)
		many, err2 := bots(manyConnections)
		if err := errors.Join(err1, err2); err != nil {
			return fmt.Errorf("%s: %w", over, err)
		}
		const kib = 1024 * (manyConnections - 1)
		times = append(times, alone.millis)
		heap = append(heap, (many.heap-alone.heap)/kib)
		resident = append(resident, (many.resident-alone.resident)/kib)
	}
	r.Facts = append(r.Facts, measure.NewFact("start of a bot's process to login, "+over, "ms", times...),
		measure.NewFact("Go heap of a connection, "+over, "KiB", heap...))
	if measure.SpreadOf(resident).Median > 0 {
		r.Facts = append(r.Facts, measure.NewFact("resident memory of a connection, "+over, "KiB", resident...))
	}
	return nil
}

// started is what a bot's process took from before its start until all its connections were logged in, and its memory
// in bytes then.
type started struct{ millis, heap, resident float64 }

// runBot runs the bot's program.
func runBot(ctx context.Context, name string, args []string) (s started, err error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stderr = os.Stderr
	start := time.Now()
	out, err := cmd.Output()
	if err != nil {
		return s, err
	}
	var loggedIn int64
	if _, err := fmt.Sscan(string(out), &loggedIn, &s.heap, &s.resident); err != nil || s.heap == 0 {
		return s, fmt.Errorf("the bot prints %q: %w", out, err)
	}
	s.millis = time.Unix(0, loggedIn).Sub(start).Seconds() * 1e3
	return s, nil
}
