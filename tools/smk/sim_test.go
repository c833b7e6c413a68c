package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/wire"
)

// simProcess is the program in a process of its own.
type simProcess struct {
	t   *testing.T
	cmd *exec.Cmd
	out *bufio.Reader
	err bytes.Buffer
	welcome
}

func startSim(t *testing.T, args ...string) *simProcess {
	t.Helper()
	p := &simProcess{t: t, cmd: exec.Command("smk", append([]string{"sim", "--json", "--addr=127.0.0.1:0"},
		args...)...)}
	p.cmd.Stderr = &p.err
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.cmd.Process.Kill()
		p.cmd.Wait()
	})
	p.out = bufio.NewReader(out)
	first, err := p.out.ReadBytes('\n')
	if err != nil {
		p.cmd.Wait()
		t.Fatalf("%v: %s", err, p.err.String())
	}
	if err := json.Unmarshal(first, &p.welcome); err != nil {
		t.Fatal(err)
	}
	return p
}

// simLine is a client of the program.
type simLine struct {
	t    *testing.T
	conn net.Conn
	buf  []byte
	out  uint64
}

func (p *simProcess) dial(config *tls.Config) *simLine {
	p.t.Helper()
	conn, err := net.Dial("tcp", p.Address)
	if err != nil {
		p.t.Fatal(err)
	}
	if config != nil {
		conn = tls.Client(conn, config)
	}
	p.t.Cleanup(func() { conn.Close() })
	return &simLine{t: p.t, conn: conn, out: 1}
}

func (l *simLine) send(fill func(*msg.Payload)) {
	l.t.Helper()
	var m msg.Payload
	fill(&m)
	if !m.HasType() {
		m.SetType(msg.PayloadEto)
	}
	m.MutableEtoPayload().SetSeq(l.out)
	l.out++
	b, err := m.MarshalVT()
	if err != nil {
		l.t.Fatal(err)
	}
	if _, err := l.conn.Write(wire.AppendFrame(nil, b)); err != nil {
		l.t.Fatal(err)
	}
}

func (l *simLine) login(username, password string) {
	l.send(func(m *msg.Payload) {
		m.MutableEtoPayload().SetType(msg.EtoPayloadLogin)
		m.MutableLogin().SetUsernameString(username)
		m.MutableLogin().SetPasswordString(password)
	})
}

// next returns the next message, nil at the end of the stream.
func (l *simLine) next() *msg.Payload {
	l.t.Helper()
	for {
		payload, n, err := wire.Scan(l.buf, wire.Limits{})
		if err != nil {
			l.t.Fatal(err)
		}
		if n > 0 {
			m := new(msg.Payload)
			if err := m.Decode(bytes.Clone(payload), nil); err != nil {
				l.t.Fatal(err)
			}
			l.buf = l.buf[n:]
			return m
		}
		b := make([]byte, 4096)
		got, err := l.conn.Read(b)
		l.buf = append(l.buf, b[:got]...)
		if got == 0 && err == io.EOF {
			return nil
		}
		if got == 0 && err != nil {
			l.t.Fatal(err)
		}
	}
}

func (l *simLine) wantLogout(reason msg.EtoLogoutReason) {
	l.t.Helper()
	for {
		m := l.next()
		if m == nil {
			l.t.Fatal("the stream ended without a logout")
		}
		if m.GetEtoPayload().GetType() == msg.EtoPayloadLogout {
			if got := m.GetEtoPayload().GetLogout().GetReason(); got != reason {
				l.t.Fatalf("logged out for %v, want %v", got, reason)
			}
			if l.next() != nil {
				l.t.Fatal("something follows the logout")
			}
			return
		}
	}
}

// A signal ends the exchange cleanly: clients are told, the exit code is 0.
func TestSimEndsOnSignals(t *testing.T) {
	for _, signal := range []os.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			p := startSim(t)
			l := p.dial(nil)
			l.login(sim.DemoUsername, sim.DemoPassword)
			if m := l.next(); m.GetEtoPayload().GetType() != msg.EtoPayloadLoginResponse {
				t.Fatalf("the answer to the login is %v", m)
			}
			if err := p.cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			l.wantLogout(msg.EtoLogoutDowntime)
			l.conn.Close()
			if _, err := io.Copy(io.Discard, p.out); err != nil {
				t.Error(err)
			}
			if err := p.cmd.Wait(); err != nil || p.err.Len() > 0 {
				t.Errorf("%v, said %q", err, p.err.String())
			}
		})
	}
}

// What the program writes is what a client needs to trust it; the fingerprint is that of
// the certificate that it shows.
func TestSimTLS(t *testing.T) {
	trust := filepath.Join(t.TempDir(), "trust.pem")
	p := startSim(t, "--tls", "--trust="+trust)
	b, err := os.ReadFile(trust)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(b) || p.Trust != trust || !p.TLS {
		t.Fatalf("told %+v, trust %s", p.welcome, b)
	}
	l := p.dial(&tls.Config{RootCAs: pool, ServerName: p.Host})
	l.login("rival", "rival")
	if m := l.next(); m.GetEtoPayload().GetType() != msg.EtoPayloadLoginResponse {
		t.Fatalf("the answer to the login is %v", m)
	}
	shown := l.conn.(*tls.Conn).ConnectionState().PeerCertificates[0]
	if got := sim.Fingerprint(tls.Certificate{Certificate: [][]byte{shown.Raw}}); got != p.Fingerprint {
		t.Errorf("it shows %s and tells %s", got, p.Fingerprint)
	}
	if _, err := tls.Dial("tcp", p.Address, &tls.Config{ServerName: p.Host}); err == nil {
		t.Error("trusted by everybody")
	}
}

// A certificate of the user's own is used as it is.
func TestSimOwnCertificate(t *testing.T) {
	own, err := sim.Certificate(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(own.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	err = errors.Join(os.WriteFile(certFile, sim.TrustPEM(own), 0o600),
		os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	p := startSim(t, "--cert="+certFile, "--key="+keyFile)
	//nolint:gosec // the certificate is compared below
	conn, err := tls.Dial("tcp", p.Address, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	shown := conn.ConnectionState().PeerCertificates[0]
	if !bytes.Equal(shown.Raw, own.Certificate[0]) || p.Trust != "" {
		t.Errorf("it shows %v, told %+v", shown.Subject, p.welcome)
	}
}

// Accounts of a file can log in and others cannot; who is cut off is named on standard error.
func TestSimAccounts(t *testing.T) {
	file := filepath.Join(t.TempDir(), "accounts.json")
	text := `{"accounts": [{"username": "ann", "password": "secret", "balance": "5"}]}`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p := startSim(t, "--accounts="+file)
	stranger := p.dial(nil)
	stranger.login(sim.DemoUsername, sim.DemoPassword)
	stranger.wantLogout(msg.EtoLogoutUnauthorised)
	stranger.conn.Close()
	l := p.dial(nil)
	l.login("ann", "secret")
	if m := l.next(); m.GetEtoPayload().GetType() != msg.EtoPayloadLoginResponse {
		t.Fatalf("the answer to the login is %v", m)
	}
	if _, err := l.conn.Write([]byte{4, 0xff, 0xff, 0xff, 0xff}); err != nil {
		t.Fatal(err)
	}
	for l.next() != nil {
	}
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil {
		t.Error(err)
	}
	said := p.err.String()
	if !bytes.Contains(p.err.Bytes(), []byte(" (ann): ")) || bytes.Contains(p.err.Bytes(), []byte("secret")) {
		t.Errorf("it said %q", said)
	}
}

// Faults of the command line reach connections.
func TestSimFaults(t *testing.T) {
	p := startSim(t, "--faults=duplicate=100%")
	l := p.dial(nil)
	l.login(sim.DemoUsername, sim.DemoPassword)
	for range 2 {
		if m := l.next(); m.GetEtoPayload().GetType() != msg.EtoPayloadLoginResponse {
			t.Fatalf("the answer to the login is %v", m)
		}
	}
	refused := startSim(t, "--faults=refuse=100%").dial(nil)
	if refused.next() != nil {
		t.Error("a refused connection is sent something")
	}
}

// end interrupts the exchange and returns what it said on standard error.
func (p *simProcess) end() string {
	p.t.Helper()
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		p.t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, p.out); err != nil {
		p.t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil {
		p.t.Error(err)
	}
	return p.err.String()
}

// A client at a port of the other kind is cut, and the exchange says what is wrong.
func TestSimWrongPort(t *testing.T) {
	p := startSim(t)
	l := p.dial(&tls.Config{InsecureSkipVerify: true}) //nolint:gosec // there is no certificate
	if err := l.conn.(*tls.Conn).Handshake(); err == nil {
		t.Error("a handshake at a plain port")
	}
	if said := p.end(); !strings.HasSuffix(said, " (not logged in): looks like TLS, use --tls\n") {
		t.Errorf("it said %q", said)
	}
	p = startSim(t, "--tls", "--trust="+filepath.Join(t.TempDir(), "trust.pem"))
	l = p.dial(nil)
	l.login(sim.DemoUsername, sim.DemoPassword)
	if l.next() != nil {
		t.Error("a plain client at a TLS port is sent something")
	}
	const want = " (not logged in): is plain at a TLS port: use TLS, or leave out --tls\n"
	if said := p.end(); !strings.HasSuffix(said, want) {
		t.Errorf("it said %q", said)
	}
}

// Why the exchange logged a client out is printed.
func TestSimLogoutReasons(t *testing.T) {
	p := startSim(t, "--speed=100")
	l := p.dial(nil)
	l.login(sim.DemoUsername, sim.DemoPassword)
	l.wantLogout(msg.EtoLogoutHeartbeatTimeout)
	l.conn.Close()
	said := p.end()
	want := `^smk: logged out 127\.0\.0\.1:\d+ \(demo\): HEARTBEAT_TIMEOUT, no message for \S+\n$`
	if !regexp.MustCompile(want).MatchString(said) {
		t.Errorf("it said %q", said)
	}
}

// What listens on an IPv6 address alone says that others cannot connect.
func TestWelcomeOfIPv6(t *testing.T) {
	for _, k := range []struct {
		addr      net.TCPAddr
		host      string
		only      bool
		everybody bool
	}{
		{net.TCPAddr{IP: net.IPv6loopback, Port: 5}, "::1", true, false},
		{net.TCPAddr{IP: net.ParseIP("fe80::1"), Zone: "lo", Port: 5}, "fe80::1%lo", true, false},
		{net.TCPAddr{IP: net.IPv6unspecified, Port: 5}, "127.0.0.1", false, true},
		{net.TCPAddr{IP: net.IPv4zero, Port: 5}, "127.0.0.1", false, true},
		{net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 5}, "127.0.0.1", false, false},
	} {
		w := welcomeOf(&simCommand{}, sim.DefaultConfig(), &k.addr, nil, nil)
		var b bytes.Buffer
		if err := w.writeText(&b); err != nil {
			t.Fatal(err)
		}
		const hint = "\n            clients that speak IPv4 alone, such as the Python SDK, cannot connect: " +
			"--addr 127.0.0.1:5 or [::]:5 is for them\n"
		if w.Host != k.host || w.IPv6Only != k.only || strings.Contains(b.String(), hint) != k.only ||
			strings.Contains(b.String(), "every interface") != k.everybody || w.Address != net.JoinHostPort(k.host,
			"5") {
			t.Errorf("%v: %+v\n%s", &k.addr, w, &b)
		}
	}
}

// TestSimUntilEOF: an exchange that another process has started for itself ends with that.
func TestSimUntilEOF(t *testing.T) {
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"sim", "--json", "--until-eof", "--addr=127.0.0.1:0"},
		stdio{strings.NewReader("..."), &out, &errs}); code != exitOK {
		t.Errorf("exit %d: %s", code, &errs)
	}
}
