package sim

import (
	"bufio"
	"context"
	"io"
	"net"
	"testing"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/wire"
)

const window = 64 // requests in flight

// BenchmarkServer measures creates that are answered by two messages each and cancelled at once, from one
// client with 64 in flight, next to a plain echo of as many bytes over the same kind of socket.
func BenchmarkServer(b *testing.B) {
	config := testConfig()
	s, err := Listen("127.0.0.1:0", config)
	if err != nil {
		b.Fatal(err)
	}
	go s.Serve(context.Background())
	defer s.Close()
	conn, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	seq := uint64(1)
	var m msg.Payload
	frame := func(fill func(*msg.Payload)) []byte {
		m.Reset()
		m.MutableEtoPayload().Reset()
		fill(&m)
		m.MutableEtoPayload().SetSeq(seq)
		seq++
		p, err := m.MarshalVT()
		if err != nil {
			b.Fatal(err)
		}
		return wire.AppendFrame(nil, p)
	}
	r := bufio.NewReaderSize(conn, 1<<16)
	read := func() {
		n, shift := 0, 0
		for {
			c, err := r.ReadByte()
			if err != nil {
				b.Fatal(err)
			}
			n |= int(c&0x7f) << shift
			shift += 7
			if c < 0x80 {
				break
			}
		}
		if _, err := r.Discard(n); err != nil {
			b.Fatal(err)
		}
	}
	conn.Write(frame(func(m *msg.Payload) {
		m.MutableEtoPayload().SetType(msg.EtoPayloadLogin)
		m.MutableLogin().SetUsernameString(DemoUsername)
		m.MutableLogin().SetPasswordString(DemoPassword)
	}))
	read()
	var batch []byte
	b.ReportAllocs()
	b.ResetTimer()
	for done := 0; done < b.N; done += window {
		batch = batch[:0]
		for range window {
			batch = append(batch, frame(func(m *msg.Payload) {
				o := m.MutableOrderCreate()
				o.SetSide(buy)
				o.SetQuantity(1000)
				o.SetPrice(3000)
				o.SetReference(seq)
				o.SetTif(msg.ImmediateOrCancel)
				o.SetMarketId(DemoMarket)
				o.SetContractId(DemoHome)
			})...)
		}
		if _, err := conn.Write(batch); err != nil {
			b.Fatal(err)
		}
		for range 2 * window {
			read()
		}
	}
}

func BenchmarkEcho(b *testing.B) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		buf := make([]byte, 64<<10)
		for {
			n, err := c.Read(buf)
			if err != nil {
				return
			}
			c.Write(buf[:n])
		}
	}()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	batch := make([]byte, window*(32+160)/2) // the mean of both directions
	b.ResetTimer()
	for done := 0; done < b.N; done += window {
		conn.Write(batch)
		if _, err := io.ReadFull(conn, batch); err != nil {
			b.Fatal(err)
		}
	}
}
