package doctor

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/smk-go/smk/config"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/wire"
)

// The credentials of the tests, which no output may have.
const (
	plantedUser     = "planted-user"
	plantedPassword = "planted-password"
	plantedToken    = "planted-token"
)

// patience is a timeout that nothing that works exceeds, on a busy machine either; short is one that is waited for.
const (
	patience = time.Minute
	short    = 2 * time.Second
)

// healthyMachine is a machine on which all is well.
type healthyMachine struct{}

func (healthyMachine) CPUs() (CPUs, error) {
	return CPUs{Allowed: []int{0, 1, 2, 3}, Count: 4, Procs: 4}, nil
}

func (healthyMachine) Governors() ([]string, error) {
	return []string{"performance", "performance"}, nil
}
func (healthyMachine) OpenFiles() (int, Limit, error) { return 9, Limit{4096, 8192}, nil }
func (healthyMachine) LockedMemory() (Limit, error)   { return Limit{Unlimited, Unlimited}, nil }

func (healthyMachine) ClockSync() (ClockSync, error) {
	return ClockSync{true, 300 * time.Microsecond, 12 * time.Millisecond}, nil
}

// examine runs the doctor with credentials in the environment, and looks for them in what it says.
func examine(t *testing.T, o Options, environ ...string) *Report {
	t.Helper()
	if o.Load.Environ == nil {
		o.Load.Environ = []string{"SMK_USERNAME=" + plantedUser, "SMK_PASSWORD=" + plantedPassword}
	}
	o.Load.Environ = append(o.Load.Environ, environ...)
	if o.Timeout == 0 {
		o.Timeout = patience
	}
	if o.Machine == nil {
		o.Machine = healthyMachine{}
	}
	r := Run(t.Context(), o)
	encoded, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, said := range []string{textOf(t, r), string(encoded)} {
		for _, secret := range []string{plantedUser, plantedPassword, plantedToken} {
			if strings.Contains(said, secret) {
				t.Errorf("says %s:\n%s", secret, said)
			}
		}
	}
	return r
}

func textOf(t *testing.T, r *Report) string {
	t.Helper()
	var text bytes.Buffer
	if err := r.WriteText(&text, false); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// find returns a check of a report.
func find(t *testing.T, r *Report, name string) *Check {
	t.Helper()
	for i := range r.Checks {
		if r.Checks[i].Name == name {
			return &r.Checks[i]
		}
	}
	t.Fatalf("there is no check %s", name)
	return nil
}

// expect holds a check to its status and to parts of what it says.
func expect(t *testing.T, r *Report, name string, status Status, parts ...string) {
	t.Helper()
	c := find(t, r, name)
	said := c.Measured + "\n" + strings.Join(c.Details, "\n") + "\n" + c.Do
	if c.Status != status {
		t.Errorf("%s is %s, want %s: %s", name, c.Status, status, said)
	}
	for _, part := range parts {
		if !strings.Contains(said, part) {
			t.Errorf("%s does not say %q: %s", name, part, said)
		}
	}
	if status == Fail && r.Healthy {
		t.Errorf("healthy although %s failed", name)
	}
}

// expectAll holds several checks to one status.
func expectAll(t *testing.T, r *Report, status Status, names ...string) {
	t.Helper()
	for _, name := range names {
		expect(t, r, name, status)
	}
}

// exchange starts a simulator with the planted account.
func exchange(t *testing.T, set func(*sim.Config)) (server *sim.Server, address string) {
	t.Helper()
	c := sim.DefaultConfig()
	c.Agents = sim.Agents{}
	c.Accounts = append(c.Accounts, sim.Account{
		Username: plantedUser, Password: plantedPassword, Token: plantedToken, Balance: 100 * sim.Currency,
	})
	if set != nil {
		set(&c)
	}
	server, err := sim.Listen("127.0.0.1:0", c)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	go func() { served <- server.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-served, server.Close()); err != nil {
			t.Error(err)
		}
	})
	return server, server.Addr().String()
}

// certificate makes one for loopback, and the file to trust.
func certificate(t *testing.T) (cert tls.Certificate, trust string) {
	t.Helper()
	cert, err := sim.Certificate(time.Now(), "exchange.test")
	if err != nil {
		t.Fatal(err)
	}
	trust = filepath.Join(t.TempDir(), "trust.pem")
	if err := os.WriteFile(trust, sim.TrustPEM(cert), 0o600); err != nil {
		t.Fatal(err)
	}
	return cert, trust
}

// listen serves each connection by a function of its own until the test ends.
func listen(t *testing.T, serve func(net.Conn)) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				serve(conn)
			}()
		}
	}()
	return l.Addr().String()
}

// silent reads and says nothing, until the other end is gone.
func silent(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }

// says returns a peer that says something at once.
func says(text string) func(net.Conn) {
	return func(conn net.Conn) {
		_, _ = io.WriteString(conn, text)
		silent(conn)
	}
}

// script is a peer of the protocol: for each payload that it reads answer is called, and what that returns is sent.
// nil ends the connection.
func script(answer func(m *msg.Payload) []*msg.Payload) func(net.Conn) {
	return func(conn net.Conn) {
		var buf []byte
		out, chunk := uint64(1), make([]byte, 4096)
		for {
			payload, n, err := wire.Scan(buf, wire.Limits{})
			if err != nil {
				return
			}
			if n == 0 {
				read, err := conn.Read(chunk)
				if err != nil {
					return
				}
				buf = append(buf, chunk[:read]...)
				continue
			}
			var m msg.Payload
			if err := decode(&m, payload); err != nil {
				return
			}
			buf = buf[n:]
			answers := answer(&m)
			if answers == nil {
				return
			}
			for _, a := range answers {
				if !a.HasType() {
					a.SetType(msg.PayloadEto)
				}
				a.MutableEtoPayload().SetSeq(out)
				out++
				b, err := a.MarshalVT()
				if err != nil {
					panic(err)
				}
				if _, err := conn.Write(wire.AppendFrame(nil, b)); err != nil {
					return
				}
			}
		}
	}
}

// decode decodes a payload that has no room behind it.
func decode(m *msg.Payload, payload []byte) error {
	return m.Decode(append(bytes.Clone(payload), make([]byte, msg.SlackBytes)...)[:len(payload)], nil)
}

// loginResponse lets a client in.
func loginResponse() *msg.Payload {
	m := new(msg.Payload)
	m.MutableEtoPayload().SetType(msg.EtoPayloadLoginResponse)
	r := m.MutableEtoPayload().MutableLoginResponse()
	r.SetSessionString("planted-token")
	r.SetReset(2)
	return m
}

// logoutOf ends a session.
func logoutOf(reason msg.EtoLogoutReason) *msg.Payload {
	m := new(msg.Payload)
	m.MutableEtoPayload().SetType(msg.EtoPayloadLogout)
	m.MutableEtoPayload().MutableLogout().SetReason(reason)
	return m
}

// settingsFile writes bot.conf.
func settingsFile(t *testing.T, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "bot.conf")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// bare is an environment without anything.
func bare() config.Options { return config.Options{Environ: []string{}} }
