package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/smk-go/smk/sim"
)

// plannedNetwork answers as it is told, and dials for real where it is not.
type plannedNetwork struct {
	system
	addresses []net.IPAddr
	lookupErr error
	dialErrs  map[string]error // by address
}

func (n plannedNetwork) Lookup(ctx context.Context, host string) ([]net.IPAddr, error) {
	if n.lookupErr == context.DeadlineExceeded {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return n.addresses, n.lookupErr
}

func (n plannedNetwork) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	switch err := n.dialErrs[host]; err {
	case nil:
		return n.system.Dial(ctx, network, address)
	case context.DeadlineExceeded:
		<-ctx.Done()
		return nil, ctx.Err()
	default:
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
}

func addressOf(texts ...string) (all []net.IPAddr) {
	for _, text := range texts {
		all = append(all, net.IPAddr{IP: net.ParseIP(text)})
	}
	return all
}

// TestNames have no address, or cannot be asked for.
func TestNames(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		says []string
	}{
		{
			"not found", &net.DNSError{Err: "no such host", Name: "exchange.test", IsNotFound: true},
			[]string{`"exchange.test" is not found`, "spelling of engine.address, which is from flag --address"},
		},
		{"nothing", nil, []string{`"exchange.test" is not found`}},
		{"silent", context.DeadlineExceeded, []string{
			"no answer about \"exchange.test\" within 100ms",
			"name servers",
		}},
		{"broken", &net.DNSError{Err: "server misbehaving"}, []string{"server misbehaving", "name servers"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := Options{Address: "exchange.test:3801", Network: plannedNetwork{lookupErr: c.err}}
			if c.err == context.DeadlineExceeded {
				o.Timeout = short / 20
			}
			r := examine(t, o)
			expect(t, r, nameDNS, Fail, c.says...)
			expectAll(t, r, Skip, nameTCP, nameTLS, nameCertificate, nameLogin, namePing, nameThrottle, nameLogout)
		})
	}
}

// TestDeadAddress has nobody who listens.
func TestDeadAddress(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	r := examine(t, Options{Address: l.Addr().String(), Plain: true})
	expect(t, r, nameTCP, Fail, "no connection to "+l.Addr().String(), "refused: nothing listens there",
		"Check host and port of engine.address (from flag --address)", "smk sim")
	expectAll(t, r, Skip, nameTLS, nameCertificate, nameLogin, namePing, nameThrottle, nameLogout)
}

// TestConnect tries all addresses of a host.
func TestConnect(t *testing.T) {
	_, address := exchange(t, nil)
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		errs   map[string]error
		status Status
		says   []string
	}{
		{
			"no IPv6",
			map[string]error{"fd00::1": syscall.ENETUNREACH},
			OK,
			[]string{"connected to 127.0.0.1:", "no route"},
		},
		{
			"one refuses",
			map[string]error{"fd00::1": syscall.ECONNREFUSED},
			Warn,
			[]string{"connected to 127.0.0.1:", "some addresses"},
		},
		{
			"no network",
			map[string]error{"fd00::1": syscall.ENETUNREACH, "127.0.0.1": syscall.EHOSTUNREACH},
			Fail,
			[]string{"no connection to exchange.test:" + port, "no route to the host"},
		},
		{
			"firewall",
			map[string]error{"fd00::1": context.DeadlineExceeded, "127.0.0.1": context.DeadlineExceeded},
			Fail,
			[]string{"no answer within 100ms", "firewall", port},
		},
		{
			"odd",
			map[string]error{"fd00::1": errors.New("odd\x1b"), "127.0.0.1": syscall.EPERM},
			Fail,
			[]string{`odd\x1b`, "network and the address"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := Options{
				Address: "exchange.test:" + port, Plain: true, NoLogin: true,
				Network: plannedNetwork{addresses: addressOf("fd00::1", "127.0.0.1"), dialErrs: c.errs},
			}
			if c.name == "firewall" {
				o.Timeout = short / 20
			}
			expect(t, examine(t, o), nameTCP, c.status, c.says...)
		})
	}
}

// impatientNetwork is one whose second address answers, and hangs up while the first one is still waited for.
type impatientNetwork struct {
	plannedNetwork
	hungUp chan struct{}
}

func (n impatientNetwork) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	if host, _, _ := net.SplitHostPort(address); host == "fd00::1" {
		<-n.hungUp
		return nil, syscall.ETIMEDOUT
	}
	select {
	case <-n.hungUp:
		return n.system.Dial(ctx, network, address)
	default:
	}
	conn, other := net.Pipe()
	_ = other.Close()
	close(n.hungUp)
	return conn, nil
}

// TestImpatientExchange waits for a dead address longer than the exchange waits for a client.
func TestImpatientExchange(t *testing.T) {
	cert, err := sim.Certificate(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	_, address := exchange(t, func(c *sim.Config) { c.TLS = &tls.Config{Certificates: []tls.Certificate{cert}} })
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	r := examine(t, Options{
		Address: "exchange.test:" + port, NoLogin: true,
		Network: impatientNetwork{plannedNetwork{addresses: addressOf("fd00::1", "127.0.0.1")}, make(chan struct{})},
	})
	expect(t, r, nameTCP, Warn, "connected to 127.0.0.1:", "some addresses")
	expect(t, r, nameTLS, OK)
}

// TestAddressesMax bounds what a name server can make the doctor do.
func TestAddressesMax(t *testing.T) {
	many := make([]string, 100)
	errs := map[string]error{"127.0.0.9": syscall.ECONNREFUSED}
	for i := range many {
		many[i] = "127.0.0.9"
	}
	r := examine(t, Options{
		Address: "exchange.test:1", Plain: true,
		Network: plannedNetwork{addresses: addressOf(many...), dialErrs: errs},
	})
	if n := len(find(t, r, nameTCP).Details); n != addressesMax {
		t.Errorf("tried %d addresses", n)
	}
}
