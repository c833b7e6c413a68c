package inspect

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/gen/eto"
	"github.com/smk-go/smk/gen/seto"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/wire"
)

// pen writes a journal by hand.
type pen struct {
	t   *testing.T
	dir string
	out *journal.Journal
	rec *journal.Recorder
	at  int64
}

func newPen(t *testing.T) *pen {
	t.Helper()
	p := &pen{t: t, dir: t.TempDir()}
	out, err := journal.Open(journal.Config{
		Dir: p.dir, Name: "pen", OnFull: journal.FullWait, Clock: func() int64 { return 0 },
		Wall: func() int64 { return 1_800_000_000_000_000_000 },
	})
	if err != nil {
		t.Fatal(err)
	}
	p.out, p.rec = out, out.Recorder()
	p.text(journal.KindStart, "{}")
	return p
}

func (p *pen) text(kind journal.Kind, s string) {
	p.at += 1_000_000
	p.rec.Append(kind, 0, 1, p.at, []byte(s))
	p.rec.Commit()
}

// message appends a message.
func (p *pen) message(kind journal.Kind, m *seto.Payload) {
	p.t.Helper()
	b, err := proto.Marshal(m)
	if err != nil {
		p.t.Fatal(err)
	}
	if kind == journal.KindInbound {
		b = wire.AppendFrame(nil, b)
	}
	p.text(kind, string(b))
}

func (p *pen) close() string {
	p.t.Helper()
	if err := p.out.Close(); err != nil {
		p.t.Fatal(err)
	}
	return p.dir
}

// envelope returns a message with a sequence number.
func envelope(seq uint64, typ seto.PayloadType) *seto.Payload {
	return &seto.Payload{Type: typ.Enum(), EtoPayload: &eto.Payload{Seq: &seq}}
}

func heartbeat(seq uint64, replay bool) *seto.Payload {
	m := envelope(seq, seto.PayloadType_PAYLOAD_ETO)
	m.EtoPayload.Type, m.EtoPayload.IsReplay = eto.PayloadType_PAYLOAD_HEARTBEAT.Enum(), &replay
	return m
}

func login() *seto.Payload {
	m := envelope(1, seto.PayloadType_PAYLOAD_LOGIN)
	m.EtoPayload.Type = eto.PayloadType_PAYLOAD_LOGIN.Enum()
	m.Login = &seto.Login{Username: proto.String("****"), Password: proto.String("****")}
	return m
}

// loggedIn returns the answer of a login.
func loggedIn(seq uint64) *seto.Payload {
	m := envelope(seq, seto.PayloadType_PAYLOAD_ETO)
	m.EtoPayload.Type = eto.PayloadType_PAYLOAD_LOGIN_RESPONSE.Enum()
	m.EtoPayload.LoginResponse = &eto.LoginResponse{Session: proto.String("****"), Reset_: proto.Uint64(2)}
	return m
}
