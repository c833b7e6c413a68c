package suite

import (
	"bufio"
	"bytes"
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

// Fact is a number that no goal speaks of.
type Fact struct {
	What  string         `json:"what"`
	Unit  string         `json:"unit"`
	Value measure.Spread `json:"value"` // over the rounds
}

// Programs of this module that are built to be looked at.
const (
	botProgram  = "github.com/smk-go/smk/bench/compare/internal/bot"
	bareProgram = "github.com/smk-go/smk/bench/compare/internal/bare"
)

// manyConnections is how many share what a process costs when memory is counted by the connection.
const manyConnections = 65

// size measures what a bot costs before it has done anything: the size of its program, the time until
// it has logged in, and the memory of a connection.
func size(ctx context.Context, o Options, r *Results) error {
	if _, err := exec.LookPath("go"); err != nil {
		r.Notes = append(r.Notes, "Sizes and times of a program are not measured: there is no go command to build it.")
		return nil
	}
	dir, err := os.MkdirTemp("", "smk-bot-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var bytes [2]float64
	for i, program := range []string{botProgram, bareProgram} {
		if bytes[i], err = built(ctx, filepath.Join(dir, filepath.Base(program)), program); err != nil {
			return err
		}
	}
	r.fact("size of a bot's program, without symbols", "MB", bytes[0]/1e6)
	r.fact("size of a program that opens a TLS connection and nothing else", "MB", bytes[1]/1e6)

	certificate, err := sim.Certificate(time.Now(), "127.0.0.1")
	if err != nil {
		return err
	}
	trust := filepath.Join(dir, "trust.pem")
	if err := os.WriteFile(trust, sim.TrustPEM(certificate), 0o600); err != nil {
		return err
	}
	for _, over := range []struct {
		name string
		tls  *tls.Config
		args []string
	}{
		{"plain TCP", nil, nil},
		{"TLS", &tls.Config{Certificates: []tls.Certificate{certificate}}, []string{trust}},
	} {
		c := sim.Config{TLS: over.tls}
		for i := range manyConnections {
			c.Accounts = append(c.Accounts, sim.Account{Username: "bot" + strconv.Itoa(i), Password: "bot"})
		}
		if err := start(ctx, o, r, c, over.name, filepath.Join(dir, filepath.Base(botProgram)), over.args); err != nil {
			return fmt.Errorf("%s: %w", over.name, err)
		}
	}
	return nil
}

// start lets bots log in at an exchange.
func start(ctx context.Context, o Options, r *Results, c sim.Config, name, program string, args []string) error {
	exchange, err := sim.Listen("127.0.0.1:0", c)
	if err != nil {
		return err
	}
	served := make(chan error, 1)
	go func() { served <- exchange.Serve(ctx) }()
	defer func() {
		_ = exchange.Close()
		<-served
	}()
	address := exchange.Addr().String()
	var times, heap, resident []float64
	for range o.longRounds() {
		one, err := runBot(ctx, program, append([]string{address, "1"}, args...))
		if err != nil {
			return err
		}
		many, err := runBot(ctx, program, append([]string{address, strconv.Itoa(manyConnections)}, args...))
		if err != nil {
			return err
		}
		times = append(times, one.ready.Seconds()*1e3)
		heap = append(heap, (many.heap-one.heap)/(manyConnections-1)/1024)
		resident = append(resident, (many.resident-one.resident)/(manyConnections-1)/1024)
	}
	r.fact("start of a bot's process to login, "+name, "ms", times...)
	r.fact("Go heap of a connection, "+name, "KiB", heap...)
	if measure.Median(resident) > 0 {
		r.fact("resident memory of a connection, "+name, "KiB", resident...)
	}
	return nil
}

// fact notes a number, or one of each round.
func (r *Results) fact(what, unit string, values ...float64) {
	r.Facts = append(r.Facts, Fact{What: what, Unit: unit, Value: measure.SpreadOf(values)})
}

// built builds a program and returns its size in bytes.
func built(ctx context.Context, name, program string) (float64, error) {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", name, program)
	if out, err := cmd.CombinedOutput(); err != nil {
		line, _, _ := bytes.Cut(out, []byte("\n"))
		return 0, fmt.Errorf("go build: %w: %s", err, line)
	}
	info, err := os.Stat(name)
	if err != nil {
		return 0, err
	}
	return float64(info.Size()), nil
}

// botRun is what one run of the bot's program told.
type botRun struct {
	ready          time.Duration // from before the start of the process until all were logged in
	heap, resident float64       // in bytes
}

func runBot(ctx context.Context, program string, args []string) (run botRun, err error) {
	cmd := exec.CommandContext(ctx, program, args...)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	in, err := cmd.StdinPipe()
	if err != nil {
		return run, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return run, err
	}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return run, err
	}
	reader := bufio.NewReader(out)
	line, _ := reader.ReadString('\n')
	run.ready = time.Since(start)
	_, _ = fmt.Fscan(reader, &run.heap, &run.resident)
	_ = in.Close()
	if err := cmd.Wait(); err != nil {
		return run, fmt.Errorf("%w: %s", err, bytes.TrimSpace(complaint.Bytes()))
	}
	if line != "ready\n" || run.heap == 0 {
		return run, errors.New("the bot does not say what it takes")
	}
	return run, nil
}
