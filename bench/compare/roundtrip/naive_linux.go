package roundtrip

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/gen/eto"
	"github.com/smk-go/smk/gen/seto"
)

// naive is the client that one writes first: a connection, a buffered reader, the
// standard protobuf types, reads that sleep. It keeps no session: it counts what
// it sends and believes what it gets.
type naive struct {
	*counts
	conn   net.Conn
	reader *bufio.Reader
	buf    []byte
	out    []byte
	seq    uint64
	orders int
}

func dialNaive(address string) (*naive, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	return &naive{conn: conn, reader: bufio.NewReader(conn)}, nil
}

// run is one turn. With an interval orders have moments of their own.
func (n *naive) run(counts *counts, interval time.Duration) (turnsTaken, error) {
	defer func() { _ = n.conn.Close() }()
	n.counts = counts
	err := n.send(&seto.Payload{
		Type:       seto.PayloadType_PAYLOAD_LOGIN.Enum(),
		EtoPayload: &eto.Payload{Type: eto.PayloadType_PAYLOAD_LOGIN.Enum()},
		Login:      &seto.Login{Username: proto.String(username), Password: proto.String(password)},
	})
	if err == nil {
		err = n.await(seto.PayloadType_PAYLOAD_THROTTLE_LIMITS_CHANGED)
	}
	n.last = n.now()
	for last := false; err == nil && !last; {
		if interval > 0 && n.done > 0 {
			for n.last += int64(interval); n.now() < n.last; {
			}
		}
		n.orders++
		if err = n.send(order(n.orders)); err != nil {
			break
		}
		if err = n.await(seto.PayloadType_PAYLOAD_ORDER_ACCEPTED); err != nil {
			break
		}
		due := n.last
		if last = n.note(); interval > 0 && n.done != n.warm+1 {
			n.last = due
		}
	}
	return n.taken, err
}

// send gives a message the next sequence and sends it.
func (n *naive) send(m *seto.Payload) error {
	n.seq++
	if m.EtoPayload == nil {
		m.EtoPayload = new(eto.Payload)
	}
	m.EtoPayload.Seq = proto.Uint64(n.seq)
	payload, err := proto.Marshal(m)
	if err != nil {
		return err
	}
	n.out = append(binary.AppendUvarint(n.out[:0], uint64(len(payload))), payload...)
	_, err = n.conn.Write(n.out)
	return err
}

// await reads up to a message of a type.
func (n *naive) await(want seto.PayloadType) error {
	for {
		length, err := binary.ReadUvarint(n.reader)
		if err != nil {
			return err
		}
		if length > 1<<20 {
			return fmt.Errorf("a message of %d bytes", length)
		}
		if cap(n.buf) < int(length) {
			n.buf = make([]byte, length)
		}
		n.buf = n.buf[:length]
		if _, err := io.ReadFull(n.reader, n.buf); err != nil {
			return err
		}
		var m seto.Payload
		if err := proto.Unmarshal(n.buf, &m); err != nil {
			return err
		}
		if m.GetType() == want {
			return nil
		}
	}
}
