package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"github.com/smk-go/smk/plugin/smknats/natsserver"
)

// Names of the demo's subjects.
const (
	natsDemoEnvironment = "demo"
	natsDemoAccount     = "demo"
)

// natsDemoCommand publishes the demo's journal, in a process of its own so that the bot does not notice, and with a
// server of its own if none is named. It ends with its standard input.
type natsDemoCommand struct {
	natsPublishCommand
	Listen string `help:"Where a server of its own listens, if one is wanted."`
}

// Run publishes until the standard input ends.
func (c *natsDemoCommand) Run(ctx context.Context, std stdio) error {
	c.yield(std)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if c.Listen != "" {
		store, err := os.MkdirTemp("", "smk-nats-")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(store) }()
		server, err := natsserver.Start(c.Listen, store)
		if err != nil {
			return err
		}
		defer server.Close()
		c.URL = server.URL()
	}
	if err := json.NewEncoder(std.out).Encode(map[string]string{"url": c.URL}); err != nil {
		return err
	}
	go afterEOF(std.in, cancel)
	return c.natsPublishCommand.Run(ctx, stdio{std.in, io.Discard, std.err})
}

// natsProcess is the publisher of a demo.
type natsProcess struct {
	cmd   *exec.Cmd
	stdin io.Closer
	said  *strings.Builder
	url   string
}

// startNATS starts the publisher of a journal.
func startNATS(dir string, flags []string) (*natsProcess, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &natsProcess{said: new(strings.Builder)}
	p.cmd = exec.Command(self, append([]string{
		"nats-demo", "--journal=" + dir, "--environment=" + natsDemoEnvironment, "--account=" + natsDemoAccount,
	}, flags...)...)
	ownGroup(p.cmd)
	p.cmd.Stderr = p.said
	stdin, err := p.cmd.StdinPipe() // it ends with this process, whatever ends that
	if err != nil {
		return nil, err
	}
	p.stdin = stdin
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	var hello struct{ URL string }
	if err == nil {
		err = json.Unmarshal(line, &hello)
	}
	if err != nil {
		_ = p.cmd.Wait()
		return nil, errors.New("--nats: " + strings.TrimSpace(strings.TrimPrefix(p.said.String(), "smk: ")))
	}
	p.url = hello.URL
	return p, nil
}

// stop ends the publisher.
func (p *natsProcess) stop() {
	if p != nil {
		_ = p.stdin.Close()
		_ = p.cmd.Wait()
	}
}

// startNATS starts the publisher of the demo, and says how to follow it.
func (s *showing) startNATS() (err error) {
	flags := []string{"--listen=" + s.NATSListen}
	if s.NATSURL != "" {
		flags = []string{"--url=" + s.NATSURL}
		if s.NATSCreds != "" {
			flags = append(flags, "--creds="+s.NATSCreds)
		}
	}
	if s.nats, err = startNATS(s.dir, flags); err != nil {
		return err
	}
	if s.JSON {
		return json.NewEncoder(s.std.out).Encode(map[string]string{
			"nats": s.nats.url, "environment": natsDemoEnvironment, "account": natsDemoAccount,
		})
	}
	fmt.Fprintf(s.std.out, "nats        %s, environment %s, account %s (interrupt to end)\n", s.nats.url,
		natsDemoEnvironment, natsDemoAccount)
	fmt.Fprintf(s.std.out, "follow      smk nats follow --url %s\n", s.nats.url)
	return nil
}
