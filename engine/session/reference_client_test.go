package session

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/wire"
)

// transcript is what the reference client put on the wire, call by call.
type transcript struct {
	Name     string
	Settings struct {
		Username, Password, Token string
		AccountSequence           uint64 `json:"account_sequence"`
	}
	Steps []struct {
		Call   string // what the client was asked to do
		Client string // what it sent
		Server string // what it received
		Flush  string `json:"client_buffered_then_flushed"` // what it sent then
		Event  string
		Out    *uint64 `json:"next_out_seq"`
		In     *uint64 `json:"next_in_seq"`
	}
}

// deviations are the steps in which we send something more, each with the reason. From then
// on our sequences are ahead.
var deviations = map[string]struct {
	step      int
	sent, why string
}{
	"gap: seq 4 arrives when 2 is expected": {
		3, "0c0801120808021006" + "22020802",
		"the reference client logs a gap and then stalls for good; we ask for a replay",
	},
	"token login with account sequence": {
		2, "080801120408021002",
		"the reference client does not know when the exchange has repeated everything; we ask by a ping",
	},
}

// TestReferenceClient compares our bytes and counters with the reference client's.
func TestReferenceClient(t *testing.T) {
	content, err := os.ReadFile("testdata/reference_client.json")
	if err != nil {
		t.Fatal(err)
	}
	var transcripts []transcript
	if err := json.Unmarshal(content, &transcripts); err != nil {
		t.Fatal(err)
	}
	deviated := 0
	for _, script := range transcripts {
		t.Run(script.Name, func(t *testing.T) {
			k := newKit(t, Config{
				Username: script.Settings.Username, Password: script.Settings.Password, Token: script.Settings.Token,
				AccountSequence: script.Settings.AccountSequence,
			})
			extra := uint64(0) // sequences that we are ahead
			for i, step := range script.Steps {
				want := step.Flush
				switch {
				case step.Server != "":
					k.feed(unhex(t, step.Server))
					k.events()
					if d, ok := deviations[script.Name]; ok && d.step == i {
						want, extra = d.sent, 1
						deviated++
					}
				case step.Call != "":
					k.call(step.Call)
					if extra > 0 {
						k.sent() // the same, with later sequences
						k.counters(*step.In, *step.Out+extra)
						continue
					}
					want = step.Client
				default:
					continue // an event, which says what the bytes before it meant
				}
				if got := hex.EncodeToString(k.sent()); got != want {
					t.Fatalf("step %d, %s: sent\n%s, want\n%s", i, step.Call, got, want)
				}
				k.counters(*step.In, *step.Out+extra)
			}
		})
	}
	if len(transcripts) != 4 || deviated != len(deviations) {
		t.Errorf("%d transcripts and %d deviations, want 4 and %d", len(transcripts), deviated, len(deviations))
	}
}

// TestDuplicateHeartbeat is the other deviation: the reference client answers a
// heartbeat before it looks at the sequence. We answer each one once.
func TestDuplicateHeartbeat(t *testing.T) {
	k := newEstablished(t, Config{})
	beat := k.eto(msg.EtoPayloadHeartbeat, nil)
	k.feed(beat)
	k.events()
	k.wantSent("080801120408021005")
	k.feed(beat)
	k.wantKinds(k.events())
	k.wantSent("")
	k.counters(3, 3)
}

// call does what a transcript says the client was asked for.
func (k *kit) call(name string) {
	k.t.Helper()
	const order = 82892989397900053
	send := func(typ msg.PayloadType, m wire.Marshaler) {
		k.t.Helper()
		if _, err := send(k.s, k.now, typ, m); err != nil {
			k.t.Fatal(err)
		}
	}
	switch name {
	case "login":
		if err := k.s.Open(k.now); err != nil {
			k.t.Fatal(err)
		}
	case "ping":
		if _, err := k.s.Ping(k.now); err != nil {
			k.t.Fatal(err)
		}
	case "logout":
		if err := k.s.Logout(k.now); err != nil {
			k.t.Fatal(err)
		}
	case "order_create":
		send(msg.PayloadOrderCreate, orderCreate())
	case "order_create ioc":
		m := orderCreate()
		m.SetSide(msg.SideSell)
		m.SetTif(msg.ImmediateOrCancel)
		m.SetReference(77)
		m.SetLabelString("mm-1")
		send(msg.PayloadOrderCreate, m)
	case "order_cancel":
		m := new(msg.OrderCancel)
		m.SetOrderId(order)
		send(msg.PayloadOrderCancel, m)
	case "market_subscribe":
		m := new(msg.MarketSubscribe)
		m.SetMarketId(317002)
		send(msg.PayloadMarketSubscribe, m)
	case "settings false":
		m := new(msg.Settings)
		m.SetCancelAllOnFailure(false)
		send(msg.PayloadSettings, m)
	case "cancel_all market":
		m := new(msg.OrderCancelAll)
		m.SetMarketId(317002)
		send(msg.PayloadOrderCancelAll, m)
	default:
		k.t.Fatalf("unknown call %q", name)
	}
}
