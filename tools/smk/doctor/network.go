package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"time"
)

// addressesMax is how many addresses of a host are tried.
const addressesMax = 8

// lookup finds the addresses of the host.
func (d *doctor) lookup(ctx context.Context) []net.IPAddr {
	if ip := net.ParseIP(d.host); ip != nil {
		d.report.add(ok(nameDNS, "%s is an address, no name", d.host))
		return []net.IPAddr{{IP: ip}}
	}
	ctx, cancel := context.WithTimeout(ctx, d.Timeout)
	defer cancel()
	begun := time.Now()
	found, err := d.Network.Lookup(ctx, d.host)
	took := time.Since(begun)
	c := ok(nameDNS, "%q is not found", d.host)
	c.value("lookup_seconds", took.Seconds())
	var dns *net.DNSError
	switch {
	case err == nil && len(found) > 0:
	case errors.As(err, &dns) && dns.IsNotFound || err == nil:
		d.report.add(c.fail("Check the spelling of engine.address, which is from " + d.origin("engine.address") +
			", and whether this network's name server knows the name."))
		return nil
	case errors.Is(err, context.DeadlineExceeded) || errors.As(err, &dns) && dns.IsTimeout:
		c.Measured = fmt.Sprintf("no answer about %q within %v", d.host, d.Timeout)
		d.report.add(c.fail("Check the name servers in /etc/resolv.conf, the VPN and the firewall (port 53)."))
		return nil
	default:
		c.Measured = fmt.Sprintf("%q cannot be looked up: %q", d.host, err)
		d.report.add(c.fail("Check the name servers in /etc/resolv.conf and the network."))
		return nil
	}
	texts := make([]string, 0, len(found))
	found = found[:min(len(found), addressesMax)]
	for _, a := range found {
		texts = append(texts, a.String())
	}
	c.Measured = fmt.Sprintf("%s is %s, found in %v", d.host, strings.Join(texts, ", "), rounded(took))
	d.report.add(c)
	return found
}

// dialed is what came of an attempt to connect.
type dialed struct {
	conn net.Conn
	took time.Duration
	err  error
}

// connect connects to each address, and returns a new connection to the first that can be reached, or nil.
func (d *doctor) connect(parent context.Context, addresses []net.IPAddr) (first net.Conn) {
	ctx, cancel := context.WithTimeout(parent, d.Timeout)
	defer cancel()
	var connected string
	results := make([]chan dialed, len(addresses))
	for i, a := range addresses {
		results[i] = make(chan dialed, 1)
		go func() {
			begun := time.Now()
			conn, err := d.Network.Dial(ctx, "tcp", net.JoinHostPort(a.String(), d.port))
			results[i] <- dialed{conn, time.Since(begun), err}
		}()
	}
	c := ok(nameTCP, "")
	var failed []error
	for i, a := range addresses {
		r := <-results[i]
		switch {
		case r.err != nil:
			c.Details = append(c.Details, fmt.Sprintf("%s: %v", net.JoinHostPort(a.String(), d.port),
				d.explainDial(r.err)))
			if !noRoute(r.err) { // of a machine without IPv6 no IPv6 is expected
				failed = append(failed, r.err)
			}
			continue
		case first != nil:
			_ = r.conn.Close()
			continue
		}
		first, connected = r.conn, net.JoinHostPort(a.String(), d.port)
		c.Measured = fmt.Sprintf("connected to %s in %v", connected, rounded(r.took))
		c.value("connect_seconds", r.took.Seconds())
	}
	if first != nil && len(addresses) > 1 {
		// The others may have taken as long as the exchange waits for a client to begin.
		_ = first.Close()
		var err error
		again, cancel := context.WithTimeout(parent, d.Timeout)
		defer cancel()
		if first, err = d.Network.Dial(again, "tcp", connected); err != nil {
			c.Details = append(c.Details, fmt.Sprintf("%s, again: %v", connected, d.explainDial(err)))
			first, failed = nil, append(failed, err)
		}
	}
	switch {
	case first == nil:
		cause := errors.Join(failed...)
		c.Measured = "no connection to " + net.JoinHostPort(d.host, d.port)
		d.report.add(c.fail(d.adviseDial(cause)))
	case len(failed) > 0:
		d.report.add(c.warn("Connections to some addresses of the host fail: find out whether a firewall is in " +
			"between."))
	default:
		d.report.add(c)
	}
	return first
}

func noRoute(err error) bool {
	return errors.Is(err, syscall.ENETUNREACH) || errors.Is(err, syscall.EHOSTUNREACH) ||
		errors.Is(err, syscall.EADDRNOTAVAIL)
}

// explainDial returns what happened, in short.
func (d *doctor) explainDial(err error) string {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused: nothing listens there"
	case isTimeout(err):
		return fmt.Sprintf("no answer within %v", d.Timeout)
	case noRoute(err):
		return "no route to it"
	}
	return fmt.Sprintf("%q", err)
}

// adviseDial returns what to do if no address could be connected to.
func (d *doctor) adviseDial(err error) string {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "Check host and port of engine.address (from " + d.origin("engine.address") +
			"); if it is a simulator, start it: smk sim."
	case err == nil:
		return "Check this machine's network: it has no route to the host."
	case isTimeout(err):
		return "Have the firewall let TCP connections to port " + d.port + " out, and check the address: a host that " +
			"does not exist does not answer either."
	}
	return "Check this machine's network and the address."
}

func isTimeout(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) || os.IsTimeout(err)
}

// closedByPeer reports whether the other end closed or reset the connection.
func closedByPeer(err error) bool {
	return isEOF(err) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}
