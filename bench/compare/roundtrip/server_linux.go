package roundtrip

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/smk-go/smk/wire"
)

// asServer is the environment variable that makes this program the server in Go: its
// core, the number of orders, and whether it speaks TLS. Both ends in one process
// would share a scheduler, and neither has that in production.
const asServer = "SMK_ROUNDTRIP_SERVER"

func init() {
	if how := os.Getenv(asServer); how != "" {
		var core, orders int
		var secure bool
		_, err := fmt.Sscan(how, &core, &orders, &secure)
		if err == nil {
			err = serveGo(os.Stdout, core, orders, secure)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
}

// serveGo is floor.c's busy server in Go, for one connection, with TLS or without. It
// tells its port and, in hexadecimal, its certificate.
func serveGo(out io.Writer, core, orders int, secure bool) error {
	// Nobody is left spinning when whoever started this program is gone.
	time.AfterFunc(serverMax, func() { os.Exit(1) })
	script, err := newScript(orders)
	if err != nil {
		return err
	}
	// What making the script has left over is memory that the system has mapped: a
	// program that has run for a while has that, and no page faults amid records.
	runtime.GC()
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }()
	var config *tls.Config
	var certificate []byte
	if secure {
		if config, err = ephemeral(); err != nil {
			return err
		}
		certificate = config.Certificates[0].Certificate[0]
	}
	if _, err := fmt.Fprintf(out, "%d %x\n", listener.Addr().(*net.TCPAddr).Port, certificate); err != nil {
		return err
	}
	tcp, err := listener.AcceptTCP()
	if err != nil {
		return err
	}
	if err := settle(core); err != nil {
		_ = tcp.Close()
		return err
	}
	raw, err := newBusyConn(tcp)
	if err != nil {
		return err
	}
	defer func() { _ = raw.Close() }() // the other end is gone
	if secure {
		return converse(tls.Server(raw, config), script)
	}
	return converse(raw, script)
}

// serverMax is how long a server in Go lives.
const serverMax = time.Minute

// converse answers the n-th frame with the n-th reply until the other end hangs up.
func converse(conn net.Conn, script []turn) error {
	b := make([]byte, 64<<10)
	have := 0
	for {
		n, err := conn.Read(b[have:])
		if have += n; n == 0 && err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, os.ErrClosed) || isReset(err) {
				return nil
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
				continue // a goodbye
			}
			if _, err := conn.Write(script[0].reply); err != nil {
				return fmt.Errorf("the server in Go: %w", err)
			}
			script = script[1:]
		}
		have = copy(b, b[done:have])
	}
}

// ephemeral are settings with a certificate for this process alone.
func ephemeral() (*tls.Config, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, nil
}

// startGo starts this program as the server in Go. trust is what a client needs to
// believe it; nil without TLS.
func startGo(core, orders int, secure bool) (s *server, trust *tls.Config, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d %d %t", asServer, core, orders, secure))
	s, said, err := start("the server in Go", cmd)
	if err != nil || !secure {
		return s, nil, err
	}
	der, err := hex.DecodeString(said)
	var certificate *x509.Certificate
	if err == nil {
		certificate, err = x509.ParseCertificate(der)
	}
	if err != nil {
		return nil, nil, errors.Join(err, s.kill())
	}
	trust = &tls.Config{RootCAs: x509.NewCertPool()}
	trust.RootCAs.AddCert(certificate)
	return s, trust, nil
}

// server is a server in a process of its own, for one connection.
type server struct {
	name string
	cmd  *exec.Cmd
	port int
	said strings.Builder // to standard error
}

// start starts a server and reads the line in which it tells its port and more.
func start(name string, cmd *exec.Cmd) (s *server, more string, err error) {
	s = &server{name: name, cmd: cmd}
	cmd.Stderr = &s.said
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	if err := cmd.Start(); err != nil {
		return nil, "", err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	port, more, _ := strings.Cut(strings.TrimSpace(line), " ")
	if err == nil {
		s.port, err = strconv.Atoi(port)
	}
	if err != nil {
		return nil, "", fmt.Errorf("%s does not start: %w", name, errors.Join(err, s.kill()))
	}
	return s, more, nil
}

func (s *server) address() string { return "127.0.0.1:" + strconv.Itoa(s.port) }

// stop waits for the server to see the end of its connection, and ends it if it
// does not.
func (s *server) stop() error {
	timer := time.AfterFunc(stopMax, func() { _ = s.cmd.Process.Kill() })
	defer timer.Stop()
	if err := s.cmd.Wait(); err != nil {
		return fmt.Errorf("%s: %w: %s", s.name, err, s.said.String())
	}
	return nil
}

// stopMax is how long a server may take to see that it is alone.
const stopMax = 5 * time.Second

// kill ends a server that nobody has connected to.
func (s *server) kill() error {
	_ = s.cmd.Process.Kill()
	return s.stop()
}
