package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/smk-go/smk/backtest"
	"github.com/smk-go/smk/config"
	"github.com/smk-go/smk/sim"
)

// botProcess is a bot in a process of its own, for one run.
type botProcess struct {
	command []string
	values  map[string]string // of parameters
	show    bool
	std     stdio
}

const (
	botPatience  = 15 * time.Second // for a bot to end after the recording
	killPatience = 3 * time.Second  // for what it was killed with to be gone
	tailBytes    = 2000             // of what a bot printed last
)

// run serves the recording to the bot.
func (p *botProcess) run(ctx context.Context, c backtest.ServerConfig) (*backtest.Result, error) {
	s, err := backtest.Listen(c)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	dir, err := os.MkdirTemp("", "smk-backtest-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	cmd, tail, err := p.start(s.Addr(), dir)
	if err != nil {
		return nil, err
	}
	exited := make(chan error, 1)
	go func() {
		err := cmd.Wait()
		exited <- err
		select { // a bot that ends while it is served has its say, and then nobody is served any more
		case <-ctx.Done():
		case <-time.After(time.Second):
			cancel(errBotEnded)
		}
	}()
	m, err := s.Serve(ctx, func() {
		if signalGroup(cmd, os.Interrupt) != nil {
			_ = cmd.Process.Kill()
		}
	})
	if err != nil {
		return nil, p.failed(err, kill(cmd, exited), tail)
	}
	select {
	case <-exited: // what it returns after an interrupt is its own affair
	case <-time.After(botPatience):
		_ = kill(cmd, exited)
	}
	return s.Result(m), nil
}

// kill ends the bot and what it has started, such as the program behind a shell or go run, and returns how the bot
// ended.
func kill(cmd *exec.Cmd, exited <-chan error) error {
	_ = signalGroup(cmd, os.Kill)
	_ = cmd.Process.Kill()
	select {
	case err := <-exited:
		return err
	case <-time.After(killPatience):
		return errBotLeft
	}
}

var errBotLeft = errors.New("killed, but something that it has started runs on")

var errBotEnded = errors.New("the bot ended before the recording")

// start starts the process, whose state file and journal, if it has them, are in a folder of the run's own.
func (p *botProcess) start(addr net.Addr, dir string) (*exec.Cmd, *tailWriter, error) {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return nil, nil, err
	}
	pairs := []string{"{addr}", addr.String(), "{host}", host, "{port}", port}
	env := append(os.Environ(), "SMK_ADDRESS="+addr.String(), "SMK_PLAIN=yes", "SMK_USERNAME="+sim.DemoUsername,
		"SMK_PASSWORD="+sim.DemoPassword, "SMK_BACKTEST_HOST="+host, "SMK_BACKTEST_PORT="+port,
		config.BacktestVariable+"="+dir)
	for name, value := range p.values {
		pairs = append(pairs, "{"+name+"}", value)
		env = append(env, "SMK_BACKTEST_SET_"+strings.ToUpper(name)+"="+value)
	}
	replace := strings.NewReplacer(pairs...)
	args := make([]string, len(p.command))
	for i, a := range p.command {
		args[i] = replace.Replace(a)
	}
	cmd := exec.Command(args[0], args[1:]...)
	tail := &tailWriter{}
	cmd.Stdout, cmd.Stderr, cmd.Env = io.Writer(tail), io.Writer(tail), env
	if p.show {
		cmd.Stdout, cmd.Stderr = io.MultiWriter(tail, p.std.err), io.MultiWriter(tail, p.std.err)
	}
	ownGroup(cmd) // signals are for all that it starts
	if err := cmd.Start(); err != nil {
		return nil, nil, fmt.Errorf("the bot does not start: %w", err)
	}
	return cmd, tail, nil
}

// failed says what a bot that failed printed last.
func (p *botProcess) failed(err, bot error, tail *tailWriter) error {
	if text := strings.TrimSpace(tail.String()); text != "" && !p.show {
		return fmt.Errorf("%w; the bot (%v) printed last:\n%s", err, ending(bot), text)
	}
	return fmt.Errorf("%w; the bot: %v", err, ending(bot))
}

func ending(err error) string {
	if err == nil {
		return "ended well"
	}
	return err.Error()
}

// tailWriter keeps the last bytes that were written.
type tailWriter struct {
	mu sync.Mutex // guards b
	b  []byte
}

// Write implements io.Writer.
func (t *tailWriter) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.b = append(t.b, b...); len(t.b) > 2*tailBytes {
		t.b = append(t.b[:0], t.b[len(t.b)-tailBytes:]...)
	}
	return len(b), nil
}

// String returns the last whole lines.
func (t *tailWriter) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.b
	if len(b) > tailBytes {
		b = b[len(b)-tailBytes:]
		if i := bytes.IndexByte(b, '\n'); i >= 0 {
			b = b[i+1:]
		}
	}
	return string(b)
}
