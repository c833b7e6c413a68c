package roundtrip

import (
	"bytes"
	"crypto/tls"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/wire"
)

// server is a server in a process of its own, for one connection.
type server struct {
	name   string
	cmd    *exec.Cmd
	port   string
	tls    *tls.Config // of its clients, nil for plain TCP
	stderr strings.Builder
}

// start starts a server and reads the line in which it prints its port.
func start(name string, cmd *exec.Cmd) (*server, error) {
	s := &server{name: name, cmd: cmd}
	cmd.Stderr = &s.stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, err
	}
	if _, err := fmt.Fscanln(out, &s.port); err != nil {
		_ = cmd.Process.Kill()
		return nil, fmt.Errorf("%s does not start: %w", name, errors.Join(err, s.stop()))
	}
	return s, nil
}

func (s *server) address() string { return "127.0.0.1:" + s.port }

// stop waits for the server to end with its connection, and kills it after stopMax.
func (s *server) stop() error {
	timer := time.AfterFunc(stopMax, func() { _ = s.cmd.Process.Kill() })
	defer timer.Stop()
	if err := s.cmd.Wait(); err != nil {
		return fmt.Errorf("%s: %w: %s", s.name, err, s.stderr.String())
	}
	return nil
}

// stopMax is how long a server may take to end.
const stopMax = 5 * time.Second

//go:embed floor/floor.c
var floorSource []byte

// compile builds the program in C in dir. Tuning to the processor at hand is tried first. CC may name the compiler
// with flags of its own.
func compile(dir string) (path string, err error) {
	cc := strings.Fields(os.Getenv("CC"))
	if len(cc) == 0 {
		cc = []string{"cc"}
	}
	source := filepath.Join(dir, "floor.c")
	if err := os.WriteFile(source, floorSource, 0o600); err != nil {
		return "", err
	}
	path = filepath.Join(dir, "floor")
	var out []byte
	for _, tune := range [][]string{{"-march=native"}, nil} {
		args := slices.Concat(cc[1:], []string{"-O3", "-Wall", "-Wextra", "-Werror", "-o", path, source}, tune)
		if out, err = exec.Command(cc[0], args...).CombinedOutput(); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("no C compiler that builds it: %w: %s", err, bytes.TrimSpace(out))
}

// asServer is the environment variable that makes this program the server in Go: its core, the number of orders, and
// whether it speaks TLS. Both ends in one process would share a scheduler, and neither has that in production.
const asServer = "SMK_ROUNDTRIP_SERVER"

func init() {
	if how := os.Getenv(asServer); how != "" {
		if err := serveGo(how); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
}

// startGo starts this program as the server in Go.
func startGo(core, orders int, secure bool) (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d %d %t", asServer, core, orders, secure))
	s, err := start("the server in Go", cmd)
	if err == nil && secure {
		s.tls = &tls.Config{InsecureSkipVerify: true} //nolint:gosec // how it knows the server is not measured
	}
	return s, err
}

// serveGo is floor.c's busy server in Go, for one connection, with TLS or without.
func serveGo(how string) error {
	var core, orders int
	var secure bool
	if _, err := fmt.Sscan(how, &core, &orders, &secure); err != nil {
		return err
	}
	// It ends even if the program that started it is gone.
	time.AfterFunc(serverMax, func() { os.Exit(1) })
	script := newScript(orders)
	// The garbage of the script is memory that the system has mapped, as in a program that has run for a while: no
	// page faults amid records.
	runtime.GC()
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	tcp, err := listener.AcceptTCP()
	if err == nil {
		err = pinThread(core)
	}
	if err != nil {
		return err
	}
	raw, err := newBusyConn(tcp)
	if err != nil {
		return err
	}
	if secure {
		certificate, err := sim.Certificate(time.Now(), "127.0.0.1")
		if err != nil {
			return err
		}
		return serve(tls.Server(raw, &tls.Config{Certificates: []tls.Certificate{certificate}}), script)
	}
	return serve(raw, script)
}

// serverMax is how long a server in Go lives.
const serverMax = time.Minute

// serve answers the n-th frame with the n-th reply until the other end closes the connection.
func serve(conn net.Conn, script []exchange) error {
	b := make([]byte, 64<<10)
	have := 0
	for {
		n, err := conn.Read(b[have:])
		if have += n; n == 0 && err != nil {
			for _, end := range []error{io.EOF, os.ErrClosed, unix.ECONNRESET, unix.EPIPE} {
				if errors.Is(err, end) {
					return nil
				}
			}
			return err
		}
		done := 0
		for {
			_, size, err := wire.Scan(b[done:have], wire.Limits{})
			if err != nil {
				return err
			}
			if size == 0 {
				break
			}
			if done += size; len(script) == 0 {
				continue // a logout
			}
			if _, err := conn.Write(script[0].reply); err != nil {
				return fmt.Errorf("the server in Go: %w", err)
			}
			script = script[1:]
		}
		have = copy(b, b[done:have])
	}
}
