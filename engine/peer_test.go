package engine_test

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/gen/eto"
	"github.com/smk-go/smk/gen/seto"
	"github.com/smk-go/smk/wire"
)

// peer is the exchange's end of one connection, played by the test: it reads and
// writes whole messages of the standard types and keeps its own sequence. Its
// methods end the test from the test's goroutine, so it is used there alone.
type peer struct {
	t    *testing.T
	conn net.Conn
	buf  []byte
	seq  uint64 // of the last message sent
	got  uint64 // of the last message received
}

func newPeer(t *testing.T, conn net.Conn) *peer {
	t.Cleanup(func() { _ = conn.Close() })
	// A test that waits for what does not come fails instead of hanging.
	_ = conn.SetDeadline(time.Now().Add(patience))
	return &peer{t: t, conn: conn}
}

// receive returns the next message and checks its sequence.
func (p *peer) receive() *seto.Payload {
	p.t.Helper()
	m, err := p.tryReceive()
	if err != nil {
		p.t.Fatalf("exchange reads: %v", err)
	}
	p.got++
	if seq := m.GetEtoPayload().GetSeq(); seq != p.got {
		p.t.Fatalf("exchange got sequence %d, want %d: %v", seq, p.got, m)
	}
	return m
}

func (p *peer) tryReceive() (*seto.Payload, error) {
	for {
		payload, n, err := wire.Scan(p.buf, wire.Limits{})
		if err != nil {
			return nil, err
		}
		if n > 0 {
			m := new(seto.Payload)
			err := proto.Unmarshal(payload, m)
			p.buf = p.buf[n:]
			return m, err
		}
		chunk := make([]byte, 4096)
		n, err = p.conn.Read(chunk)
		p.buf = append(p.buf, chunk[:n]...)
		if n == 0 && err != nil {
			return nil, err
		}
	}
}

// want receives a message of a payload type.
func (p *peer) want(typ seto.PayloadType) *seto.Payload {
	p.t.Helper()
	m := p.receive()
	if m.GetType() != typ {
		p.t.Fatalf("exchange got %v, want %v", m, typ)
	}
	return m
}

// wantEto receives a session message.
func (p *peer) wantEto(typ eto.PayloadType) *seto.Payload {
	p.t.Helper()
	m := p.receive()
	if m.GetEtoPayload().GetType() != typ {
		p.t.Fatalf("exchange got %v, want %v", m, typ)
	}
	return m
}

// frame gives a message the next sequence and encodes it.
func (p *peer) frame(m *seto.Payload) []byte {
	p.seq++
	if m.EtoPayload == nil {
		m.EtoPayload = new(eto.Payload)
	}
	m.EtoPayload.Seq = proto.Uint64(p.seq)
	payload, err := proto.MarshalOptions{AllowPartial: true}.Marshal(m) // the engine must do without required fields
	if err != nil {
		panic(err) // the test is wrong
	}
	return wire.AppendFrame(nil, payload)
}

// send sends messages in one write.
func (p *peer) send(messages ...*seto.Payload) {
	p.t.Helper()
	var b []byte
	for _, m := range messages {
		b = append(b, p.frame(m)...)
	}
	p.write(b)
}

func (p *peer) write(b []byte) {
	p.t.Helper()
	if _, err := p.conn.Write(b); err != nil {
		p.t.Fatalf("exchange writes: %v", err)
	}
}

// login answers the login, and receives the ping that follows if it asked for account
// messages; caughtUp answers that.
func (p *peer) login() *seto.Payload {
	p.t.Helper()
	m := p.want(seto.PayloadType_PAYLOAD_LOGIN)
	p.send(loginResponse(p.got + 1))
	if m.GetLogin().AccountSequence_64 != nil {
		p.wantEto(eto.PayloadType_PAYLOAD_PING)
	}
	return m
}

// caughtUp answers the ping behind the login.
func (p *peer) caughtUp() {
	p.t.Helper()
	p.send(etoMessage(&eto.Payload{Type: eto.PayloadType_PAYLOAD_PONG.Enum()}))
}

func loginResponse(reset uint64) *seto.Payload {
	return etoMessage(&eto.Payload{
		Type:          eto.PayloadType_PAYLOAD_LOGIN_RESPONSE.Enum(),
		LoginResponse: &eto.LoginResponse{Session: proto.String("a session"), Reset_: proto.Uint64(reset)},
	})
}

// logout reads up to the logout, confirms it and closes.
func (p *peer) logout() {
	p.t.Helper()
	for p.receive().GetEtoPayload().GetType() != eto.PayloadType_PAYLOAD_LOGOUT {
	}
	p.send(loggedOut(eto.LogoutReason_LOGOUT_CONFIRMATION))
	p.close()
}

// close ends the connection and reads what is still on its way.
func (p *peer) close() {
	_ = p.conn.Close()
}

// wantEnd reads until the engine has closed the connection.
func (p *peer) wantEnd() {
	p.t.Helper()
	for {
		_, err := p.tryReceive()
		switch {
		case err == nil:
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrClosedPipe), errors.Is(err, net.ErrClosed), isReset(err):
			return
		default:
			p.t.Fatalf("exchange reads: %v, want the end", err)
		}
	}
}

func isReset(err error) bool {
	var op *net.OpError
	return errors.As(err, &op)
}

func etoMessage(e *eto.Payload) *seto.Payload {
	return &seto.Payload{Type: seto.PayloadType_PAYLOAD_ETO.Enum(), EtoPayload: e}
}

func loggedOut(reason eto.LogoutReason) *seto.Payload {
	return etoMessage(&eto.Payload{
		Type:   eto.PayloadType_PAYLOAD_LOGOUT.Enum(),
		Logout: &eto.Logout{Reason: reason.Enum()},
	})
}

func heartbeat() *seto.Payload {
	return etoMessage(&eto.Payload{Type: eto.PayloadType_PAYLOAD_HEARTBEAT.Enum()})
}

func quotes(market, contract, price uint32) *seto.Payload {
	return &seto.Payload{
		Type: seto.PayloadType_PAYLOAD_CONTRACT_QUOTES.Enum(),
		ContractQuotes: &seto.ContractQuotes{
			MarketId: proto.Uint32(market), ContractId: proto.Uint32(contract),
			Bids: []*seto.Quote{{Price: proto.Uint32(price), Quantity: proto.Uint64(10000)}},
		},
	}
}

func accepted(seq, reference, order, account uint64) *seto.Payload {
	return &seto.Payload{
		Type: seto.PayloadType_PAYLOAD_ORDER_ACCEPTED.Enum(),
		OrderAccepted: &seto.OrderAccepted{
			Seq: proto.Uint64(seq), Reference: proto.Uint64(reference), OrderId: proto.Uint64(order),
			AccountSequence_64: proto.Uint64(account),
		},
	}
}

func executed(i int) *seto.Payload {
	return &seto.Payload{
		Type: seto.PayloadType_PAYLOAD_ORDER_EXECUTED.Enum(),
		OrderExecuted: &seto.OrderExecuted{
			OrderId: proto.Uint64(1001), Side: seto.Side_SIDE_BUY.Enum(), MarketId: proto.Uint32(7),
			ContractId:         proto.Uint32(8),
			AccountSequence_64: proto.Uint64(uint64(i + 1)),
			Price:              proto.Uint32(2500), Quantity: proto.Uint64(10000),
			TotalExecutedQuantity: proto.Uint64(10000), AvailableQuantity: proto.Uint64(0),
		},
	}
}
