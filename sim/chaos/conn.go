package chaos

import (
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// conn is a connection: one pump for each direction.
type conn struct {
	proxy    *Proxy
	serial   uint64
	client   net.Conn
	exchange net.Conn
	tls      atomic.Bool // messages are records

	stalled atomic.Int64 // nothing moves until then, nanoseconds since 1970
	black   atomic.Int64 // nothing moves any more, and the connection is reset then; 0 means no

	mu    sync.Mutex // guards the ends
	ended bool
	done  chan struct{} // closed by end
}

// run connects to the exchange and passes bytes on until the connection ends.
func (c *conn) run() {
	dialer := net.Dialer{Timeout: dialTimeout}
	exchange, err := dialer.DialContext(c.proxy.ctx, "tcp", c.proxy.config.To)
	if err != nil {
		c.end(true)
		return
	}
	c.mu.Lock()
	if c.ended {
		c.mu.Unlock()
		reset(exchange)
		return
	}
	c.exchange = exchange
	c.mu.Unlock()
	var pumps sync.WaitGroup
	pumps.Go(func() { c.pump(c.client, exchange, true).run() })
	pumps.Go(func() { c.pump(exchange, c.client, false).run() })
	pumps.Wait()
	c.end(false)
}

func (c *conn) pump(from, to net.Conn, in bool) *pump {
	stream := c.serial << 1
	if in {
		stream |= 1
	}
	return &pump{
		conn: c, from: from, to: to, in: in, buf: make([]byte, 0, bufBytes),
		random: rand.New(rand.NewPCG(c.proxy.config.Seed, stream)),
	}
}

// end ends the connection at both sides, once: with a reset, or as by a process that closes its socket.
func (c *conn) end(withReset bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return
	}
	c.ended = true
	close(c.done)
	for _, s := range []net.Conn{c.client, c.exchange} {
		switch {
		case s == nil:
		case withReset:
			reset(s)
		default:
			_ = s.Close()
		}
	}
}

// sleep waits, and reports false if the connection has ended meanwhile.
func (c *conn) sleep(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.done:
		return false
	}
}

// waitStalled waits until the connection is not stalled any more. It reports false if it has ended, or is a black
// hole, whose end it waits for.
func (c *conn) waitStalled() bool {
	for {
		if black := c.black.Load(); black != 0 {
			c.sleep(time.Until(time.Unix(0, black)))
			c.end(true)
			return false
		}
		left := time.Until(time.Unix(0, c.stalled.Load()))
		if left <= 0 {
			return true
		}
		if !c.sleep(left) {
			return false
		}
	}
}
