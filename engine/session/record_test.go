package session

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/ring"
	"github.com/smk-go/smk/wire"
)

// recording is a session with a tap and a recorder.
type recording struct {
	*kit
	tapped   []record
	recorded []record
	stream   []byte // received, as recorded
	calls    int
}

func newRecording(t testing.TB, config Config) *recording {
	t.Helper()
	r := new(recording)
	config.Resume, config.Username, config.Password, config.ReferenceBase = ResumeSession, "Zu", "Zp", 100
	config = records(config, &r.tapped)
	config.Record = r.record
	r.kit = newKit(t, config)
	return r
}

func (r *recording) record(shown *TapRecord) {
	r.calls++
	one := record{shown.Direction, shown.Epoch, shown.At, string(shown.Payload)}
	if shown.Direction == Outbound {
		r.recorded = append(r.recorded, one)
		return
	}
	r.stream = append(r.stream, shown.Payload...)
	for rest := shown.Payload; len(rest) > 0; {
		payload, n, err := wire.Scan(rest, wire.Limits{})
		if err != nil || n == 0 {
			r.t.Fatalf("%d bytes are no frame: %v", len(rest), err)
		}
		if rest = rest[n:]; len(payload) > 0 {
			one.payload = string(payload)
			r.recorded = append(r.recorded, one)
		}
	}
}

// framed puts a frame's payload into another frame, which a peer may send as well.
func framed(random *rand.Rand, frame []byte) []byte {
	payload, _, err := wire.Scan(frame, wire.Limits{})
	if err != nil {
		panic(err)
	}
	if random.IntN(3) > 0 {
		return frame
	}
	n := len(payload)
	header := []byte{byte(n) | 0x80, byte(n>>7) | 0x80, byte(n>>14) | 0x80, 0}
	return append(header, payload...)
}

// TestRecordSeesWhatTapSees has a session receive and send at random, in pieces at random, over lost connections: what
// is recorded are the payloads that a tap sees, in the same order, and the bytes that were received.
func TestRecordSeesWhatTapSees(t *testing.T) {
	masked, large := 0, uint64(0)
	for seed := range uint64(100) {
		random := rand.New(rand.NewPCG(seed, 1))
		r := newRecording(t, Config{ReceiveBytes: []int{128, 1024, 0}[random.IntN(3)]})
		r.now = 1
		var want []byte
		var batch []byte
		deliver := func(frame []byte) {
			want = append(want, frame...)
			if batch = append(batch, frame...); random.IntN(3) > 0 {
				return
			}
			frame, batch = batch, nil
			for len(frame) > 0 {
				n := 1 + random.IntN(len(frame))
				n = copy(r.s.Free(), frame[:n])
				r.s.Filled(n)
				frame = frame[n:]
				for {
					r.now += int64(random.IntN(2))
					e, err := r.s.Next(r.now)
					if err != nil {
						t.Fatal(err)
					}
					if e == nil {
						break
					}
					if e.Kind == Message && random.IntN(3) == 0 {
						r.mustSend(msg.PayloadOrderCreate, orderCreate())
					}
				}
				switch random.IntN(8) {
				case 0:
					r.s.Written(len(r.s.Pending()))
				case 1:
					r.s.RecordNow()
				}
			}
		}
		login := func() {
			r.open()
			deliver(r.eto(msg.EtoPayloadLoginResponse, func(e *msg.EtoPayload) {
				e.MutableLoginResponse().SetSessionString(strings.Repeat(hidden, 5+random.IntN(300)))
			}))
			for len(batch) > 0 {
				deliver(nil)
			}
		}
		login()
		for range 40 {
			switch random.IntN(12) {
			case 0: // an application message that has a login as well
				deliver(r.payload(func() *msg.Payload {
					p := new(msg.Payload)
					p.MutableMarketState().SetMarketId(1)
					p.MutableMarketState().SetState(msg.MarketStateType(2))
					p.MutableEtoPayload().MutableLogin().SetSessionString(strings.Repeat(hidden, 5))
					return p
				}()))
				masked++
			case 1:
				deliver([]byte{0, 7, 7, 7})
			case 2: // unknown fields that may be as long as no buffer
				b := r.state(false)
				payload, _, _ := wire.Scan(b, wire.Limits{})
				filler := bytes.Repeat([]byte("\x9a\x06\x04abcd"), random.IntN(600))
				deliver(wire.AppendFrame(nil, append(bytes.Clone(payload), filler...)))
			case 3:
				r.ping()
			case 4:
				for range random.IntN(2 * sentMax) {
					r.mustSend(msg.PayloadMarketSubscribe, new(msg.OrderCancelAll))
				}
			default:
				deliver(framed(random, r.state(false)))
			}
		}
		for len(batch) > 0 {
			deliver(nil)
		}
		r.s.Lost(r.now, io.EOF)
		large += r.s.buffer.Stats().Large
		if !slices.Equal(r.recorded, r.tapped) {
			i := 0
			for i < min(len(r.recorded), len(r.tapped)) && r.recorded[i] == r.tapped[i] {
				i++
			}
			t.Fatalf("seed %d: %d recorded, %d tapped, the first %d are the same", seed, len(r.recorded),
				len(r.tapped), i)
		}
		shows := bytes.Contains(r.stream, []byte(strings.Repeat(hidden, 5)))
		for _, b := range [][]byte{r.stream, want} { // a length may have the letter's number
			copy(b, bytes.ReplaceAll(b, []byte(hidden), []byte("*")))
		}
		if !bytes.Equal(r.stream, want) || shows {
			t.Fatalf("seed %d: %d bytes recorded, want %d", seed, len(r.stream), len(want))
		}
	}
	if masked == 0 || large == 0 {
		t.Errorf("%d messages with a login, %d large ones", masked, large)
	}
}

// TestRecordIsOneCall shows a hundred messages of one clock reading in one piece, and those of the next in another.
func TestRecordIsOneCall(t *testing.T) {
	r := newRecording(t, Config{})
	r.s.SetTap(nil)
	r.open()
	r.login()
	r.events()
	r.s.RecordNow()
	for range 2 {
		r.calls = 0
		for range 100 {
			r.feed(r.state(false))
			if _, err := r.s.Next(r.now); err != nil {
				t.Fatal(err)
			}
		}
		if r.calls != 99 { // feed calls Free each time
			t.Errorf("%d calls for 100 reads", r.calls)
		}
		r.s.RecordNow()
		r.calls = 0
		var all []byte
		for range 100 {
			all = append(all, r.state(false)...)
		}
		r.feed(all)
		r.events()
		if r.s.RecordNow(); r.calls != 1 {
			t.Errorf("%d calls for 100 messages", r.calls)
		}
		r.s.RecordNow()
		if r.now++; r.calls != 1 {
			t.Errorf("%d calls when there is nothing", r.calls)
		}
	}
}

// TestRecordRefused records the header of a frame that is refused, and nothing behind it.
func TestRecordRefused(t *testing.T) {
	for bad, header := range map[string]string{
		"\xff\xff\xff\xff\x7fZZZZ":        "\xff\xff\xff\xff",
		strings.Repeat("\x80", 11) + "ZZ": strings.Repeat("\x80", wire.HeaderBytesMax),
	} {
		r := newRecording(t, Config{})
		r.open()
		r.login()
		r.events()
		r.s.RecordNow()
		r.feed([]byte(bad))
		_, err := r.drain()
		var refused *wire.FrameError
		if !errors.As(err, &refused) {
			t.Fatalf("%x: %v", bad, err)
		}
		last := ""
		r.s.recorder.f = func(shown *TapRecord) { last += string(shown.Payload) }
		r.s.Lost(r.now, err)
		if last != header {
			t.Errorf("%x: recorded %x, want %x", bad, last, header)
		}
	}
}

// blob is a message of so many bytes.
type blob []byte

func (b blob) SizeVT() int { return len(b) }

func (b blob) MarshalToSizedBufferVT(to []byte) (int, error) {
	return copy(to[len(to)-len(b):], b), nil
}

// TestRecordBeforeRoomIsReused records messages that fill the send ring, before the next ones lie where they lay.
func TestRecordBeforeRoomIsReused(t *testing.T) {
	r := newRecording(t, Config{Send: ring.SendRingConfig{Bytes: 16 << 10, Records: 16}})
	r.open()
	r.login()
	r.events()
	for i := range byte(10) {
		r.mustSend(msg.PayloadMarketSubscribe, blob(bytes.Repeat([]byte{0xfa, 0x7f, 1, i}, 1000)))
		r.s.Written(len(r.s.Pending()))
	}
	if r.s.RecordNow(); len(r.tapped) != 12 || !slices.Equal(r.recorded, r.tapped) {
		t.Errorf("%d recorded, %d tapped", len(r.recorded), len(r.tapped))
	}
}
