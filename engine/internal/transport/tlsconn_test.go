package transport

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// certificate is the server's. Clients of these tests do not verify it.
var certificate = func() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}()

// tlsInBubble gives a test a TLS connection in memory, whose handshake is done, and a clock
// that stands still while anything runs.
func tlsInBubble(t *testing.T, test func(t *testing.T, c *tlsConn, far *tls.Conn)) {
	synctest.Test(t, func(t *testing.T) {
		near, below := net.Pipe()
		far := tls.Server(below, &tls.Config{
			Certificates:           []tls.Certificate{certificate},
			SessionTicketsDisabled: true,
		})
		go func() { _ = far.Handshake() }()
		c, err := OpenTLS(t.Context(), near, &tls.Config{InsecureSkipVerify: true}, NewClock())
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		defer func() { _, _ = c.Close(), below.Close() }()
		test(t, c.(*tlsConn), far)
	})
}

// TestTLSRead reads records that arrive late, in one piece with others, and in pieces that are
// shorter than what they hold, and a deadline ends a read without any.
func TestTLSRead(t *testing.T) {
	tlsInBubble(t, func(t *testing.T, c *tlsConn, far *tls.Conn) {
		clock := NewClock()
		c.Arm(clock.Now()+int64(time.Second), false)
		read(t, c, clock, "", time.Second)
		go func() {
			time.Sleep(time.Minute)
			_, _ = far.Write([]byte("the first record has more than sixteen bytes"))
		}()
		c.Arm(Never, false)
		read(t, c, clock, "the first record", time.Minute)
		for _, want := range []string{" has more than s", "ixteen bytes"} {
			if !c.Buffered() {
				t.Errorf("not buffered before %q", want)
			}
			read(t, c, clock, want, 0)
		}
		if c.Buffered() {
			t.Error("buffered at the end")
		}
		c.Arm(Never, false)
		c.Wake()
		read(t, c, clock, "", 0)
	})
}

// TestTLSWrite writes more than the socket takes: what is encrypted waits, nothing else is
// accepted meanwhile, and everything arrives once and in order.
func TestTLSWrite(t *testing.T) {
	tlsInBubble(t, func(t *testing.T, c *tlsConn, far *tls.Conn) {
		all := make([]byte, 3*tlsWriteMax)
		_, _ = rand.Read(all)
		n, err := c.Write(all)
		if n != tlsWriteMax || err != nil || !c.Unsent() || c.Progressed() {
			t.Fatalf("wrote %d bytes, %v, unsent %t", n, err, c.Unsent())
		}
		if n, err := c.Write(all[n:]); n != 0 || err != nil {
			t.Fatalf("wrote %d bytes, %v before the first left", n, err)
		}
		got := make(chan []byte)
		go func() {
			b, _ := io.ReadAll(far)
			got <- b
		}()
		for n < len(all) {
			more, err := c.Write(all[n:])
			if err != nil {
				t.Fatal(err)
			}
			n += more
			if !c.Progressed() || c.Progressed() {
				t.Fatal("progress is not reported once")
			}
		}
		if err := c.Flush(); err != nil || c.Unsent() {
			t.Errorf("flush: %v, unsent %t", err, c.Unsent())
		}
		_ = c.Close()
		if !bytes.Equal(<-got, all) {
			t.Error("the other end got something else")
		}
	})
}

// TestTLSClose sends the alert that tells the end from a connection that was cut, and takes
// the one of the other end for an end of file.
func TestTLSClose(t *testing.T) {
	tlsInBubble(t, func(t *testing.T, c *tlsConn, far *tls.Conn) {
		got := make(chan []byte)
		go func() {
			b, _ := io.ReadAll(far.NetConn())
			got <- b
		}()
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if b := <-got; len(b) <= recordHeaderBytes || len(b) != recordHeaderBytes+int(b[4]) {
			t.Errorf("the other end got %x, want one record", b)
		}
	})
	tlsInBubble(t, func(t *testing.T, c *tlsConn, far *tls.Conn) {
		go func() { _ = far.CloseWrite() }()
		c.Arm(Never, false)
		if n, err := c.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			t.Errorf("read %d bytes, %v, want io.EOF", n, err)
		}
	})
}

// TestHandshakeFails closes the connection.
func TestHandshakeFails(t *testing.T) {
	for name, fail := range map[string]func(far net.Conn, cancel func()){
		"end":     func(far net.Conn, _ func()) { _ = far.Close() },
		"context": func(_ net.Conn, cancel func()) { cancel() },
	} {
		t.Run(name, func(t *testing.T) {
			near, far := net.Pipe()
			defer func() { _ = far.Close() }()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			go func() {
				_, _ = far.Read(make([]byte, 1))
				fail(far, cancel)
			}()
			c, err := OpenTLS(ctx, near, &tls.Config{ServerName: "exchange.test"}, NewClock())
			if c != nil || err == nil {
				t.Errorf("opened %v, %v", c, err)
			}
			if _, err := near.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
				t.Errorf("the connection is not closed: %v", err)
			}
		})
	}
}

// TestTLSAbort closes a connection whose socket has no room: what is encrypted and did not leave does not leave, and
// neither does the alert, other than when the connection is closed.
func TestTLSAbort(t *testing.T) {
	for _, abort := range []bool{true, false} {
		tlsInBubble(t, func(t *testing.T, c *tlsConn, far *tls.Conn) {
			if n, err := c.Write([]byte("an order")); n == 0 || err != nil || !c.Unsent() {
				t.Fatalf("Write: %d, %v, unsent %t", n, err, c.Unsent())
			}
			got := make(chan string)
			go func() {
				time.Sleep(time.Microsecond) // after Close or Abort has begun
				b, _ := io.ReadAll(far)
				got <- string(b)
			}()
			want := "an order"
			if abort {
				want = ""
				_ = c.Abort()
			} else {
				_ = c.Close()
			}
			if b := <-got; b != want {
				t.Errorf("abort %t: %q arrives", abort, b)
			}
		})
	}
}
