package engine_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
)

// patience is how long a test waits for what does not come before it fails. In a
// bubble it costs nothing.
const patience = time.Minute

// network is where an engine under test dials; the other ends come to the test.
type network struct {
	name   string
	dial   func(ctx context.Context, network, address string) (net.Conn, error)
	secure bool
	wait   engine.Wait

	accepted chan net.Conn
}

// networks makes one of each kind: memory, a real socket as the engine likes it, a
// real socket that does not show its descriptor, and each of them with TLS.
func networks(t *testing.T) []*network {
	var all []*network
	for _, secure := range []bool{false, true} {
		suffix := ""
		if secure {
			suffix = "+tls"
		}
		all = append(all,
			newNetwork(t, "pipe"+suffix, secure, pipe),
			newNetwork(t, "tcp"+suffix, secure, loopback(t)),
			newNetwork(t, "wrapped tcp"+suffix, secure, wrapped(loopback(t))),
			newNetwork(t, "tcp spin"+suffix, secure, loopback(t)).waiting(engine.WaitSpin),
			newNetwork(t, "tcp spin block"+suffix, secure, loopback(t)).waiting(engine.WaitSpinBlock),
		)
	}
	return all
}

// waiting sets how engines that dial here wait.
func (n *network) waiting(w engine.Wait) *network {
	n.wait = w
	return n
}

// opener opens a connection and returns both ends.
type opener func(context.Context) (near, far net.Conn, err error)

func newNetwork(t *testing.T, name string, secure bool, open opener) *network {
	n := &network{name: name, secure: secure, accepted: make(chan net.Conn, 16)}
	n.dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
		near, far, err := open(ctx)
		if err != nil {
			return nil, err
		}
		if secure {
			far = tls.Server(far, serverTLS(t))
		}
		n.accepted <- far
		return near, nil
	}
	return n
}

// pipe opens connections in memory.
func pipe(context.Context) (near, far net.Conn, err error) {
	near, far = net.Pipe()
	return near, far, nil
}

// loopback opens connections over a socket of the loopback device.
func loopback(t *testing.T) func(context.Context) (near, far net.Conn, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return func(ctx context.Context) (near, far net.Conn, err error) {
		var d net.Dialer
		near, err = d.DialContext(ctx, "tcp", listener.Addr().String())
		if err != nil {
			return nil, nil, err
		}
		// Small, so that writes of any size are taken in part.
		if err := near.(*net.TCPConn).SetWriteBuffer(16 << 10); err != nil {
			return nil, nil, err
		}
		for {
			far, err = listener.Accept()
			if err != nil || far.RemoteAddr().String() == near.LocalAddr().String() {
				return near, far, err
			}
			_ = far.Close() // of a dial that was given up
		}
	}
}

// wrapped hides what a connection is besides a net.Conn.
func wrapped(open opener) opener {
	return func(ctx context.Context) (near, far net.Conn, err error) {
		near, far, err = open(ctx)
		return struct{ net.Conn }{near}, far, err
	}
}

// accept waits for the engine's next connection.
func (n *network) accept(t *testing.T) *peer {
	t.Helper()
	select {
	case conn := <-n.accepted:
		return newPeer(t, conn)
	case <-time.After(patience):
		t.Fatal("the engine does not connect")
		return nil
	}
}

// config is for an engine that dials here.
func (n *network) config() engine.Config {
	c := engine.Config{
		Session:    session.Config{Username: "user", Password: "secret"},
		Address:    "exchange.test:3801",
		DisableTLS: !n.secure,
		Dial:       n.dial,
		Wait:       n.wait,
		OnStop:     engine.StopLeave,                        // what becomes of orders has tests of its own
		State:      engine.StateConfig{DisableFollow: true}, // no subscriptions between what a peer expects
		// Few, so that both ways of waiting come to pass.
		SpinRounds: 20,
	}
	if n.secure {
		c.TLS = clientTLS()
	}
	return c
}

// start makes an engine, lets the test register handlers, and runs it.
func start(t *testing.T, config engine.Config, register func(*engine.Engine)) *running {
	t.Helper()
	noLeaks(t)
	return startInBubble(t, config, register)
}

// startInBubble is start for a test in a bubble, which has its own way to notice
// what is left over.
func startInBubble(t *testing.T, config engine.Config, register func(*engine.Engine)) *running {
	t.Helper()
	e, err := engine.New(config)
	if err != nil {
		t.Fatal(err)
	}
	if register != nil {
		register(e)
	}
	r := &running{t: t, Engine: e, ended: make(chan error, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	r.cancel = cancel
	go func() { r.ended <- e.Run(ctx) }()
	t.Cleanup(func() {
		_ = e.Close()
		if !r.waited {
			<-r.ended
		}
	})
	return r
}

// running is an engine in Run.
type running struct {
	*engine.Engine
	t      *testing.T
	cancel context.CancelFunc
	ended  chan error
	waited bool
}

// wait returns what Run returns.
func (r *running) wait() error {
	r.t.Helper()
	select {
	case err := <-r.ended:
		r.waited = true
		return err
	case <-time.After(patience):
		r.t.Fatal("the engine does not end")
		return nil
	}
}

// noLeaks checks at the end of the test that no goroutine is left over.
func noLeaks(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		for end := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; runtime.Gosched() {
			if time.Now().After(end) {
				stacks := make([]byte, 1<<20)
				t.Errorf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks,
					true)])
				return
			}
		}
	})
}

// authority signs the certificates of tests.
var authority = newCertificate("exchange.test")

func newCertificate(host string) tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func serverTLS(*testing.T) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{authority}}
}

func clientTLS() *tls.Config {
	roots := x509.NewCertPool()
	roots.AddCert(authority.Leaf)
	return &tls.Config{RootCAs: roots}
}
