package main

import (
	"bufio"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/smk-go/smk/sim"
)

// soakProcess is a process of a soak: the exchange or a bot. It is started again with the same arguments.
type soakProcess struct {
	args    []string
	cmd     *exec.Cmd
	stdin   io.WriteCloser
	welcome welcome           // what an exchange said first
	states  chan *soakBooking // what a bot answers
	ended   chan struct{}     // closed when the process has ended
	waited  error             // set before
	mu      sync.Mutex        // guards samples
	samples []soakSample      // of this process
}

func startSoakProcess(args []string) (*soakProcess, error) {
	p := &soakProcess{args: args}
	return p, p.start()
}

func (p *soakProcess) start() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	return p.startAs(exec.Command(self, p.args...))
}

// startAs starts a command as the process. With an error it has ended.
func (p *soakProcess) startAs(cmd *exec.Cmd) (err error) {
	p.cmd = cmd
	p.cmd.Stderr = os.Stderr
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return err
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := p.cmd.Start(); err != nil {
		return err
	}
	p.states, p.ended, p.samples = make(chan *soakBooking, 1), make(chan struct{}), nil
	lines := bufio.NewReader(stdout)
	if p.args[0] == "sim" {
		first, err := lines.ReadBytes('\n')
		if err == nil {
			err = json.Unmarshal(first, &p.welcome)
		}
		if err != nil {
			close(p.ended) // nobody waits for it any more
			return fmt.Errorf("the exchange does not start: %w", errors.Join(err, p.cmd.Wait()))
		}
	}
	go p.read(lines, p.ended)
	return nil
}

// read takes what the process says until it ends.
func (p *soakProcess) read(lines *bufio.Reader, ended chan struct{}) {
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			break
		}
		var m soakMessage
		if p.args[0] == "sim" || json.Unmarshal(line, &m) != nil {
			continue
		}
		if m.State != nil {
			p.states <- m.State
		}
		if m.Sample != nil {
			p.mu.Lock()
			p.samples = append(p.samples, *m.Sample)
			p.mu.Unlock()
		}
	}
	p.waited = p.cmd.Wait()
	close(ended)
}

// exited returns an error if the process has ended by itself.
func (p *soakProcess) exited() error {
	select {
	case <-p.ended:
		return fmt.Errorf("%s ended by itself: %v", p.args[0], p.waited)
	default:
		return nil
	}
}

func (p *soakProcess) signal(s syscall.Signal) error {
	if s == 0 {
		return nil
	}
	return p.cmd.Process.Signal(s)
}

// kill kills the process, if it still runs, and waits for its end.
func (p *soakProcess) kill() {
	if p.cmd == nil || p.cmd.Process == nil || p.ended == nil {
		return
	}
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// restart kills the process and starts it again after a pause.
func (p *soakProcess) restart(pause time.Duration) error {
	p.kill()
	<-time.After(pause)
	return p.start()
}

// say writes a line to a bot.
func (p *soakProcess) say(text string) error {
	_, err := io.WriteString(p.stdin, text+"\n")
	return err
}

// state asks a bot what it knows.
func (p *soakProcess) state() (*soakBooking, error) {
	if err := p.say(soakState); err != nil {
		return nil, err
	}
	select {
	case s := <-p.states:
		return s, nil
	case <-p.ended:
		return nil, p.exited()
	case <-time.After(soakSeconds * time.Second):
		return nil, errors.New("a bot does not answer")
	}
}

// wait waits for a process that ends by itself, without an error.
func (p *soakProcess) wait() error {
	select {
	case <-p.ended:
		return p.waited
	case <-time.After(soakSeconds * time.Second):
		return fmt.Errorf("%s does not end", p.args[0])
	}
}

// certificate makes a certificate that the exchange has whenever it is started, and returns its file and its key's.
func (s *soak) certificate() ([]string, error) {
	cert, err := sim.Certificate(time.Now(), "127.0.0.1")
	if err != nil {
		return nil, err
	}
	key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	if err != nil {
		return nil, err
	}
	names := []string{filepath.Join(s.dir, "cert.pem"), filepath.Join(s.dir, "key.pem")}
	return names, errors.Join(
		os.WriteFile(names[0], sim.TrustPEM(cert), 0o600),
		os.WriteFile(names[1], pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}), 0o600),
	)
}
